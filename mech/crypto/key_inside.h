/* What is inside a key: for the files of this folder that give it to libcrypto. */
#ifndef MECH_KEY_INSIDE_H
#define MECH_KEY_INSIDE_H

#include "crypto/begun.h"
#include "crypto/key.h"

#include <stdatomic.h>

#include <openssl/evp.h>

struct key {
    atomic_uint refs;
    const struct keytype *type;
    EVP_PKEY *pkey;
    bool foreign; /* from a provider that the host configured, whose contexts may not be copied */
    bool passing; /* its pkey is used again when it is let go of, see key_from_ephemeral() */
    bool whole;   /* y is known: not of a compact representation */
    struct begun begun;
    edhoc_err (*sign)(void *arg, struct bytes text, struct buf *signature);
    void (*drop)(void *arg);
    void *arg;
    uint8_t point[]; /* x, and for a NIST curve y, of type->coordinate bytes each */
};

/* What a key remembers of its use is no part of what it is: so it is const to whoever uses it. */
static inline struct begun *key_begun(const struct key *k)
{
    return (struct begun *)(uintptr_t)&k->begun;
}

#endif
