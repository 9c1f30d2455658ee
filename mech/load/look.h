/* What a look at the files of a part found. Immutable once made. */
#ifndef MECH_LOAD_LOOK_H
#define MECH_LOAD_LOOK_H

#include <sys/types.h>

#include "base/report.h"

struct part_kind;
struct part_spec;
struct stamps;

struct look {
    void *contents;        /* of this look, or after an error of one before; NULL: of none */
    struct stamps *stamps; /* of the files, as they were read or refused */
    size_t bytes;          /* of the files that the contents are made of */
    edhoc_err err;
    char *story; /* the error's details, or NULL */
    bool gone;   /* the error is that a file that must be there is not */
    bool again;  /* what was wrong may pass though the files stay the same */
};

/* Reads the files. `uid` is whose they may be, beside root's; `before` may be NULL. NULL where there
 * is no memory for a look. */
struct look *look_new(const struct part_spec *spec, const uid_t *uid, const struct look *before);
void look_free(const struct part_kind *kind, struct look *look); /* NULL is fine */
/* Would a new look find the same? By the stamps, unless a file was so young that they do not tell. */
bool look_holds(const struct look *look);

#endif
