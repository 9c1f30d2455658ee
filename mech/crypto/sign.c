#include "crypto/sign.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/begun.h"
#include "crypto/ecdsa_form.h"
#include "crypto/failure.h"
#include "crypto/generator.h"
#include "crypto/key_inside.h"

#include <stdatomic.h>

#include <openssl/core_names.h>
#include <openssl/err.h>

static const char *signature_hash(const struct keytype *type)
{
    switch (type->curve) {
    case CRV_P256:
        return "SHA256";
    case CRV_P384:
        return "SHA384";
    default:
        return NULL; /* EdDSA hashes for itself */
    }
}

static EVP_MD_CTX *begin(const struct key *k)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (ctx != NULL &&
        EVP_DigestSignInit_ex(ctx, NULL, signature_hash(k->type), NULL, NULL, k->pkey, NULL) == 1)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

/* The key's own signature of nothing yet. */
static const EVP_MD_CTX *begun(const struct key *k)
{
    EVP_MD_CTX *_Atomic *place = &key_begun(k)->signature;
    EVP_MD_CTX *there = atomic_load(place), *made = there == NULL ? begin(k) : NULL;

    if (made == NULL)
        return there;
    if (atomic_compare_exchange_strong(place, &there, made))
        return made;
    EVP_MD_CTX_free(made); /* another thread was first */
    return there;
}

static EVP_MD_CTX *copy_of_begun(const struct key *k)
{
    const EVP_MD_CTX *from = begun(k);
    EVP_MD_CTX *ctx = from != NULL ? EVP_MD_CTX_new() : NULL;

    if (ctx != NULL && EVP_MD_CTX_copy_ex(ctx, from) == 1)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

/* One to be used up. What cannot be copied (EdDSA's, by OpenSSL 3.0.0) is begun anew. */
static EVP_MD_CTX *ready(const struct key *k)
{
    EVP_MD_CTX *ctx = k->foreign ? NULL : copy_of_begun(k);

    return ctx != NULL ? ctx : begin(k);
}

/* EdDSA's signature, or ECDSA's in DER. */
static edhoc_err sign(const struct key *k, struct bytes text, uint8_t *out, size_t *len)
{
    EVP_MD_CTX *ctx = ready(k);
    bool ok = ctx != NULL && EVP_DigestSign(ctx, out, len, text.p, text.len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok ? EDHOC_OK : crypto_failed("signing");
}

edhoc_err crypto_sign(const struct key *private_key, struct bytes text, struct buf *signature)
{
    const struct keytype *type = private_key->type;
    uint8_t made[160]; /* P-384 in DER: at most 104; Ed448: 114 */
    size_t len = sizeof(made);
    edhoc_err err;

    if (private_key->sign != NULL)
        return private_key->sign(private_key->arg, text, signature);
    if (type->dh)
        return report(EDHOC_ERR_BUG, "a Diffie-Hellman key cannot sign");
    (void)ERR_set_mark();
    err = generator_ready(); /* ECDSA draws */
    if (err == EDHOC_OK)
        err = sign(private_key, text, made, &len);
    if (err == EDHOC_OK && type->kty == KTY_EC2)
        err = ecdsa_to_cose(bytes_of(made, len), type->coordinate, signature);
    else if (err == EDHOC_OK)
        buf_put(signature, bytes_of(made, len));
    (void)ERR_pop_to_mark();
    return err == EDHOC_OK ? buf_err(signature) : err;
}

static bool begin_to_verify(const struct key *k, EVP_MD_CTX *ctx)
{
    const EVP_MD_CTX *there = atomic_load(&key_begun(k)->verification);

    if (there != NULL && EVP_MD_CTX_copy_ex(ctx, there) == 1)
        return true;
    (void)EVP_MD_CTX_reset(ctx);
    if (EVP_DigestVerifyInit_ex(ctx, NULL, signature_hash(k->type), NULL, NULL, k->pkey, NULL) != 1)
        return false;
    if (there == NULL && !k->foreign)
        begun_keep_verification(key_begun(k), ctx);
    return true;
}

/* `signature`: EdDSA's, or ECDSA's in DER. libcrypto's answer is 1, 0 for a wrong signature, or
 * negative, but where EdDSA finds no memory it is 0, too. */
static edhoc_err verify(const struct key *k, struct bytes text, struct bytes signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    edhoc_err err = EDHOC_OK;
    int verified = -1;

    if (ctx != NULL && begin_to_verify(k, ctx))
        verified = EVP_DigestVerify(ctx, signature.p, signature.len, text.p, text.len);
    if (verified < 0)
        err = ctx == NULL ? EDHOC_ERR_NOMEM : crypto_failed("verifying");
    else if (verified == 0)
        err = crypto_lacked_memory() ? EDHOC_ERR_NOMEM
                                     : report(EDHOC_ERR_PROOF, "the signature does not verify");
    EVP_MD_CTX_free(ctx);
    return err;
}

static edhoc_err verify_ecdsa(const struct key *k, struct bytes text, struct bytes signature)
{
    size_t len;
    uint8_t *der = ecdsa_from_cose(signature, &len);
    edhoc_err err = der == NULL ? EDHOC_ERR_NOMEM : verify(k, text, bytes_of(der, len));

    OPENSSL_free(der);
    return err;
}

edhoc_err crypto_verify(const struct key *public_key, struct bytes text, struct bytes signature)
{
    const struct keytype *type = public_key->type;
    edhoc_err err;

    if (type->dh)
        return report(EDHOC_ERR_BUG, "a Diffie-Hellman key cannot verify a signature");
    if (signature.len != type->signature)
        return report(EDHOC_ERR_PROOF, "a signature of %zu bytes", signature.len);
    (void)ERR_set_mark();
    err = type->kty == KTY_EC2 ? verify_ecdsa(public_key, text, signature)
                               : verify(public_key, text, signature);
    (void)ERR_pop_to_mark();
    return err;
}
