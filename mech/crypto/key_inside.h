/* What is inside a key: for the files of this folder that give it to libcrypto. */
#ifndef MECH_KEY_INSIDE_H
#define MECH_KEY_INSIDE_H

#include "crypto/key.h"

#include <stdatomic.h>

#include <openssl/evp.h>

struct key {
    atomic_uint refs;
    const struct keytype *type;
    EVP_PKEY *pkey;
    uint8_t x[COORDINATE_MAX], y[COORDINATE_MAX];
    size_t y_len; /* 0 for OKP and for a compact representation */
    edhoc_err (*sign)(void *arg, struct bytes text, struct buf *signature);
    void (*drop)(void *arg);
    void *arg;
};

#endif
