#include "crypto/ecdh.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/key_inside.h"

#include <openssl/err.h>
#include <openssl/evp.h>

static bool all_zero(const struct fixed *value)
{
    uint8_t any = 0;

    for (size_t i = 0; i < value->len; i++)
        any |= value->b[i];
    return any == 0;
}

edhoc_err crypto_ecdh(const struct key *private_key, const struct key *peer, struct fixed *out)
{
    EVP_PKEY_CTX *ctx;
    edhoc_err err = EDHOC_OK;

    out->len = sizeof(out->b);
    if (private_key->type->curve != peer->type->curve)
        return report(EDHOC_ERR_BUG, "ECDH between two curves");
    (void)ERR_set_mark();
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, private_key->pkey, NULL);
    if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
        EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 0) != 1)
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
