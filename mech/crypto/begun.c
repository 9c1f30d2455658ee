#include "crypto/begun.h"

#include <stddef.h>

#include <openssl/err.h>

static atomic_uint verifications; /* that are kept */

void begun_init(struct begun *b)
{
    atomic_init(&b->ecdh, NULL);
    atomic_init(&b->signature, NULL);
    atomic_init(&b->verification, NULL);
    atomic_init(&b->verifies, false);
}

void begun_free(struct begun *b)
{
    EVP_MD_CTX *verification = atomic_exchange(&b->verification, NULL);

    EVP_PKEY_CTX_free(atomic_exchange(&b->ecdh, NULL));
    EVP_MD_CTX_free(atomic_exchange(&b->signature, NULL));
    EVP_MD_CTX_free(verification);
    if (verification != NULL)
        atomic_fetch_sub(&verifications, 1);
}

/* False where another thread was first, or there is no memory. */
static bool keep(struct begun *b, const EVP_MD_CTX *ctx)
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new(), *there = NULL;

    if (copy != NULL && EVP_MD_CTX_copy_ex(copy, ctx) == 1 &&
        atomic_compare_exchange_strong(&b->verification, &there, copy))
        return true;
    EVP_MD_CTX_free(copy);
    return false;
}

void begun_keep_verification(struct begun *b, const EVP_MD_CTX *ctx)
{
    if (!atomic_exchange(&b->verifies, true))
        return;
    (void)ERR_set_mark();
    if (atomic_fetch_add(&verifications, 1) >= BEGUN_VERIFICATIONS_MAX || !keep(b, ctx))
        atomic_fetch_sub(&verifications, 1);
    (void)ERR_pop_to_mark();
}
