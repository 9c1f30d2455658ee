/* What is made once for the whole process and never freed: algorithms of libcrypto's, patterns to copy.
 * Threads may use them until the process ends, later than any destructor of ours could know.
 *
 * An attempt that failed is made again by whoever asks next, unless libcrypto said that it does not
 * have such a thing: memory that was short for a moment must not cost a process its ciphers. */
#ifndef MECH_MADE_H
#define MECH_MADE_H

#include <stdatomic.h>
#include <stdbool.h>

struct made {
    void *_Atomic object;
    atomic_bool lacking; /* libcrypto does not have it */
};

struct maker {
    void *(*make)(const void *arg);
    void (*unmake)(void *object); /* for one that another thread was faster to make */
};

/* NULL where libcrypto lacks it, or something failed: the error is after the caller's mark. */
void *made_get(struct made *made, const struct maker *maker, const void *arg);
/* Does libcrypto have it? True for all that is known, too, where the attempt failed for another reason. */
bool made_has(struct made *made, const struct maker *maker, const void *arg);

#endif
