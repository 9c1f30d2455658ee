/* Which files a credential was made from, and whether they have changed since: by stat(), so that
 * it works on any file system and costs no descriptor and no thread in the host program.
 *
 * file_open() notes every path that it is asked for (loading.h), also those that do not exist: a
 * trust file that appears later is a change too. */
#ifndef MECH_LOAD_STAMPS_H
#define MECH_LOAD_STAMPS_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>

struct stamps;

edhoc_err stamps_new(struct stamps **out) EDHOC_MUST_USE;
void stamps_free(struct stamps *s); /* NULL is fine */
/* Notes a path; NULL notes nothing. The state noted is the one before the file is read, so that a
 * change during the reading shows as a change later. */
void stamps_note(struct stamps *s, const char *path);
/* Is any of the files another one than it was, or changed in time, size, owner or mode? A recording
 * that had run out of memory has always changed. */
bool stamps_changed(const struct stamps *s);
/* Was one of them so new that it could change again with the same stamp? File systems count time in
 * steps, of up to two seconds. */
bool stamps_young(const struct stamps *s);

#endif
