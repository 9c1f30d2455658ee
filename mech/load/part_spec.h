/* What a part is made of (part.h). */
#ifndef MECH_LOAD_PART_SPEC_H
#define MECH_LOAD_PART_SPEC_H

#include "base/err.h"

#include <stdbool.h>

struct loading;

#define PART_PLACES 2

/* What identifies a part, beside the effective user and groups. */
struct part_spec {
    const struct part_kind *kind;
    const char *place[PART_PLACES]; /* absolute paths, what each means is the kind's; or NULL */
    bool optional;                  /* a file that does not exist is as good as an empty one */
    const char *passphrase;         /* or NULL */
};

struct part_kind {
    /* Makes the contents. Called without a lock, by any thread, in any process. */
    edhoc_err (*load)(const struct part_spec *spec, struct loading *loading, void **contents);
    void *(*ref)(void *contents); /* NULL is fine for both */
    void (*free)(void *contents);
};

#endif
