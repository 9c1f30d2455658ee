/* What the loading of one thing goes by beside its settings, and what it notes for later. NULL where
 * nothing is to be noted and no key is encrypted. */
#ifndef MECH_LOAD_LOADING_H
#define MECH_LOAD_LOADING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stamps;

struct loading {
    struct stamps *stamps;  /* takes down every file that is asked for; NULL: nobody does */
    const char *passphrase; /* of an encrypted key; NULL: there is none */
    const uid_t *uid; /* whose files may be believed beside root's; NULL: the effective user's */
    size_t bytes;     /* read so far */
    bool again;       /* something was left out for a reason that may pass */
    bool gone;        /* a file that had to be there was not */
};

#endif
