#include "crypto/verifier.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/ecdsa_form.h"
#include "crypto/failure.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum kind { ED25519, ECDSA, RSA_PKCS1 };

struct verifier {
    enum kind kind;
    EVP_PKEY *pkey;
    const char *hash; /* ECDSA's */
    size_t length;    /* of a signature */
};

static const struct {
    const char *group, *hash;
    size_t coordinate;
} curves[] = {
    [VERIFIER_P256] = {"P-256", "SHA256", 32},
    [VERIFIER_P384] = {"P-384", "SHA384", 48},
    [VERIFIER_P521] = {"P-521", "SHA512", 66},
};

/* Takes over `pkey`; NULL means that libcrypto did not take the key. */
static edhoc_err verifier_new(enum kind kind, EVP_PKEY *pkey, const char *hash, size_t length,
                              struct verifier **out)
{
    struct verifier *v = pkey != NULL ? malloc(sizeof(*v)) : NULL;

    *out = v;
    if (v != NULL) {
        *v = (struct verifier){kind, pkey, hash, length};
        return EDHOC_OK;
    }
    if (pkey == NULL && !crypto_lacked_memory())
        return report(EDHOC_ERR_KEY_FORMAT, "the CA's key is not a valid one of its type");
    EVP_PKEY_free(pkey);
    return EDHOC_ERR_NOMEM;
}

void verifier_free(struct verifier *v)
{
    if (v == NULL)
        return;
    EVP_PKEY_free(v->pkey);
    free(v);
}

size_t verifier_length(const struct verifier *v)
{
    return v->length;
}

/* ---- keys ---- */

edhoc_err verifier_ed25519(struct bytes x, struct verifier **out)
{
    EVP_PKEY *pkey;
    edhoc_err err;

    *out = NULL;
    (void)ERR_set_mark();
    pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x.p, x.len);
    /* 32 bytes are taken whichever they are: it is not the key that is at fault. */
    if (pkey == NULL && x.len == 32)
        err = crypto_failed("importing a CA's key");
    else
        err = verifier_new(ED25519, pkey, NULL, 64, out);
    (void)ERR_pop_to_mark();
    return err;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY *pkey = NULL;

    if (ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* Is it on its curve? As for our own keys, libcrypto is asked, whatever the import did. */
static bool is_valid_point(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = ctx != NULL && EVP_PKEY_public_check_quick(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static EVP_PKEY *ec_pkey(const char *group, struct bytes point)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.len) == 1)
        pkey = from_params("EC", build);
    if (pkey != NULL && !is_valid_point(pkey)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

edhoc_err verifier_ecdsa(enum verifier_curve curve, struct bytes point, struct verifier **out)
{
    size_t n = curves[curve].coordinate;
    bool uncompressed = point.len == 1 + 2 * n && point.p[0] == 4;
    edhoc_err err;

    (void)ERR_set_mark();
    err = verifier_new(ECDSA, uncompressed ? ec_pkey(curves[curve].group, point) : NULL,
                       curves[curve].hash, 2 * n, out);
    (void)ERR_pop_to_mark();
    return err;
}

/* With e = 1 everybody could sign; an even number is no exponent and no modulus. */
static EVP_PKEY *rsa_pkey(const BIGNUM *e, const BIGNUM *n)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    if (build != NULL && !BN_is_one(e) && BN_is_odd(e) && BN_is_odd(n) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        pkey = from_params("RSA", build);
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

edhoc_err verifier_rsa(struct bytes e, struct bytes n, struct verifier **out)
{
    bool fits = e.len <= VERIFIER_RSA_MAX / 8 && n.len <= VERIFIER_RSA_MAX / 8;
    BIGNUM *exponent, *modulus;
    edhoc_err err;

    *out = NULL;
    (void)ERR_set_mark();
    exponent = fits ? BN_bin2bn(e.p, (int)e.len, NULL) : NULL;
    modulus = fits ? BN_bin2bn(n.p, (int)n.len, NULL) : NULL;
    if (fits && (exponent == NULL || modulus == NULL))
        err = EDHOC_ERR_NOMEM;
    else if (!fits || BN_num_bits(modulus) < VERIFIER_RSA_MIN)
        err = report(EDHOC_ERR_KEY_FORMAT, "a CA's RSA key has %d to %d bits here",
                     VERIFIER_RSA_MIN, VERIFIER_RSA_MAX);
    else
        err = verifier_new(RSA_PKCS1, rsa_pkey(exponent, modulus), NULL,
                           (size_t)BN_num_bytes(modulus), out);
    BN_free(exponent);
    BN_free(modulus);
    (void)ERR_pop_to_mark();
    return err;
}

/* ---- verifying ---- */

static bool verifies(const struct verifier *v, const char *hash, struct bytes text,
                     struct bytes signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new(); /* RSA's default padding is that of PKCS #1 v1.5 */
    bool ok = ctx != NULL &&
              EVP_DigestVerifyInit_ex(ctx, NULL, hash, NULL, NULL, v->pkey, NULL) == 1 &&
              EVP_DigestVerify(ctx, signature.p, signature.len, text.p, text.len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool ecdsa_verifies(const struct verifier *v, struct bytes text, struct bytes signature)
{
    size_t len;
    uint8_t *der = ecdsa_from_cose(signature, &len);
    bool ok = der != NULL && verifies(v, v->hash, text, bytes_of(der, len));

    OPENSSL_free(der);
    return ok;
}

edhoc_err verifier_check(const struct verifier *v, enum verifier_hash hash, struct bytes text,
                         struct bytes signature)
{
    edhoc_err err = EDHOC_OK;
    bool ok;

    (void)ERR_set_mark();
    if (signature.len != v->length)
        ok = false;
    else if (v->kind == ECDSA)
        ok = ecdsa_verifies(v, text, signature);
    else if (v->kind == ED25519)
        ok = verifies(v, NULL, text, signature);
    else
        ok = verifies(v, hash == VERIFIER_SHA256 ? "SHA256" : "SHA512", text, signature);
    if (!ok)
        err = crypto_lacked_memory() ? EDHOC_ERR_NOMEM
                                     : report(EDHOC_ERR_PROOF, "the signature does not verify");
    (void)ERR_pop_to_mark();
    return err;
}
