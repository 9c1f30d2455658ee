#include "crypto/ecdh.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/key_inside.h"

#include <stdatomic.h>

#include <openssl/err.h>
#include <openssl/evp.h>

static bool all_zero(const struct fixed *value)
{
    static const uint8_t zeros[FIXED_MAX];

    return bytes_equal_secret(fixed_bytes(value), bytes_of(zeros, value->len));
}

static EVP_PKEY_CTX *begin(const struct key *k)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);

    if (ctx != NULL && EVP_PKEY_derive_init(ctx) == 1)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

/* The key's own ECDH without a peer. */
static const EVP_PKEY_CTX *begun(const struct key *k)
{
    EVP_PKEY_CTX *_Atomic *place = &key_begun(k)->ecdh;
    EVP_PKEY_CTX *there = atomic_load(place), *made = there == NULL ? begin(k) : NULL;

    if (made == NULL)
        return there;
    if (atomic_compare_exchange_strong(place, &there, made))
        return made;
    EVP_PKEY_CTX_free(made); /* another thread was first */
    return there;
}

static EVP_PKEY_CTX *copy_of_begun(const struct key *k)
{
    const EVP_PKEY_CTX *from = begun(k);

    return from != NULL ? EVP_PKEY_CTX_dup(from) : NULL;
}

/* One to be used up. What cannot be copied is begun anew. */
static EVP_PKEY_CTX *ready(const struct key *k)
{
    EVP_PKEY_CTX *ctx = k->foreign ? NULL : copy_of_begun(k);

    return ctx != NULL ? ctx : begin(k);
}

edhoc_err crypto_ecdh(const struct key *private_key, const struct key *peer, struct fixed *out)
{
    EVP_PKEY_CTX *ctx;
    edhoc_err err = EDHOC_OK;

    out->len = sizeof(out->b);
    if (private_key->type->curve != peer->type->curve)
        return report(EDHOC_ERR_BUG, "ECDH between two curves");
    (void)ERR_set_mark();
    ctx = ready(private_key);
    if (ctx == NULL || EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 0) != 1)
        err = crypto_failed("ECDH");
    else if (EVP_PKEY_derive(ctx, out->b, &out->len) != 1 || all_zero(out))
        err = crypto_lacked_memory()
                  ? EDHOC_ERR_NOMEM
                  : report(EDHOC_ERR_BAD_POINT, "the shared secret is zero: a point of low order");
    if (err != EDHOC_OK)
        fixed_wipe(out);
    EVP_PKEY_CTX_free(ctx);
    (void)ERR_pop_to_mark();
    return err;
}
