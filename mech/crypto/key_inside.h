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
    struct begun begun;
    uint8_t x[COORDINATE_MAX], y[COORDINATE_MAX];
    size_t y_len; /* 0 for OKP and for a compact representation */
    edhoc_err (*sign)(void *arg, struct bytes text, struct buf *signature);
    void (*drop)(void *arg);
    void *arg;
};

/* What a key remembers of its use is no part of what it is: so it is const to whoever uses it. */
static inline struct begun *key_begun(const struct key *k)
{
    return (struct begun *)(uintptr_t)&k->begun;
}

#endif
