/* The file `identities`: which of a user's keys is for which target, as Host and IdentityFile of
 * ssh's configuration say it. Each line has patterns and a place:
 *
 *     HTTP@*.example.org,!HTTP@old.example.org    work.pem
 *     *@db.example.org                            agent:SHA256:...
 *
 * A path is absolute, begins with "~/", or is relative to the folder of the file; one with blanks
 * stands between double quotes. Empty lines, and those that begin with #, are passed over. The first
 * line whose patterns match a target is the one for it. */
#ifndef MECH_LOAD_CHOICES_H
#define MECH_LOAD_CHOICES_H

#include "load/loading.h"
#include "base/report.h"

#define CHOICES_FILE_MAX 65536 /* bytes */
#define CHOICES_MAX      1024  /* lines that say something */

struct choice {
    const char *patterns;
    const char *place; /* absolute, or a URI that is no file's */
    unsigned line;
};

struct choices; /* immutable, counted */

/* Without the file there are none. EDHOC_ERR_SETTING with the line and the rule, EDHOC_ERR_FILE,
 * EDHOC_ERR_PERMISSIONS when others can write it. */
edhoc_err choices_read(const char *path, struct loading *loading,
                       struct choices **out) EDHOC_MUST_USE;
struct choices *choices_ref(struct choices *c);
void choices_free(struct choices *c); /* drops a reference; NULL is fine */

size_t choices_count(const struct choices *c);
const struct choice *choices_at(const struct choices *c, size_t i);
/* The line for a target, or NULL. */
const struct choice *choices_find(const struct choices *c, const char *target);

#endif
