/* A hash for tables whose keys a peer can choose. Two different inputs have the same value with a
 * probability of 2^-32, whatever they are, for whoever does not know the key: multilinear hashing
 * (Lemire and Kaser, "Strongly universal string hashing is fast"). */
#ifndef MECH_KEYED_HASH_H
#define MECH_KEYED_HASH_H

#include "base/bytes.h"

#define KEYED_HASH_MAX 256 /* bytes of an input */

struct keyed_hash {
    uint64_t key[2 + KEYED_HASH_MAX / 4];
};

/* Makes the key of a random number. */
void keyed_hash_init(struct keyed_hash *h, uint64_t random);
/* Of at most KEYED_HASH_MAX bytes. */
uint32_t keyed_hash(const struct keyed_hash *h, struct bytes in);

#endif
