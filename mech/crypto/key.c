#include "crypto/internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

struct key {
    atomic_uint refs;
    const struct keytype *type;
    EVP_PKEY *pkey;
    bool is_private;
    uint8_t x[COORDINATE_MAX], y[COORDINATE_MAX];
    size_t y_len; /* 0 for OKP and for a compact representation */
    edhoc_err (*sign)(void *arg, struct bytes text, struct buf *signature);
    void (*drop)(void *arg);
    void *arg;
};

/* ---- life ---- */

struct key *key_ref(struct key *k)
{
    if (k != NULL)
        atomic_fetch_add(&k->refs, 1);
    return k;
}

void key_free(struct key *k)
{
    if (k == NULL || atomic_fetch_sub(&k->refs, 1) != 1)
        return;
    if (k->drop != NULL)
        k->drop(k->arg);
    EVP_PKEY_free(k->pkey);
    free(k);
}

const struct keytype *key_type(const struct key *k)
{
    return k->type;
}

bool key_is_private(const struct key *k)
{
    return k->is_private;
}

struct bytes key_x(const struct key *k)
{
    return bytes_of(k->x, k->type->coordinate);
}

struct bytes key_y(const struct key *k)
{
    return bytes_of(k->y, k->y_len);
}

static bool read_coordinate(EVP_PKEY *pkey, const char *param, uint8_t *out, size_t len)
{
    BIGNUM *n = NULL;
    bool ok = EVP_PKEY_get_bn_param(pkey, param, &n) == 1 && BN_bn2binpad(n, out, (int)len) >= 0;

    BN_free(n);
    return ok;
}

static bool read_public(struct key *k)
{
    size_t len = sizeof(k->x);

    if (k->type->kty == KTY_OKP)
        return EVP_PKEY_get_raw_public_key(k->pkey, k->x, &len) == 1 && len == k->type->coordinate;
    k->y_len = k->type->coordinate;
    return read_coordinate(k->pkey, OSSL_PKEY_PARAM_EC_PUB_X, k->x, k->type->coordinate) &&
           read_coordinate(k->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, k->y, k->type->coordinate);
}

/* A key around libcrypto's, whose reference it takes over (on failure too). */
static edhoc_err wrap_pkey(EVP_PKEY *pkey, const struct keytype *type, bool is_private,
                           struct key **out)
{
    struct key *k = calloc(1, sizeof(*k));

    *out = NULL;
    if (k == NULL) {
        EVP_PKEY_free(pkey);
        return EDHOC_ERR_NOMEM;
    }
    atomic_init(&k->refs, 1);
    k->type = type;
    k->pkey = pkey;
    k->is_private = is_private;
    if (!read_public(k)) {
        key_free(k);
        return crypto_failed("reading a public key");
    }
    *out = k;
    return EDHOC_OK;
}

/* ---- making keys ---- */

bool crypto_has_curve(enum cose_curve curve)
{
    const struct keytype *type = keytype_by_curve(curve, true);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type->ossl_name, NULL);
    bool has = ctx != NULL;

    EVP_PKEY_CTX_free(ctx);
    if (!has)
        crypto_forget_errors();
    return has;
}

edhoc_err key_generate(const struct keytype *type, struct key **out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type->ossl_name, NULL);
    EVP_PKEY *pkey = NULL;
    edhoc_err err;

    *out = NULL;
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
        (type->ossl_group != NULL && EVP_PKEY_CTX_set_group_name(ctx, type->ossl_group) != 1) ||
        EVP_PKEY_generate(ctx, &pkey) != 1)
        err = crypto_failed("generating a key");
    else
        err = wrap_pkey(pkey, type, true, out);
    EVP_PKEY_CTX_free(ctx);
    return err;
}

/* An EC key from its parameters: public point, and private scalar or NULL. */
static EVP_PKEY *ec_pkey(const struct keytype *type, struct bytes point, const BIGNUM *scalar)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;

    if (build != NULL && ctx != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, type->ossl_group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.len) &&
        (scalar == NULL || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar)) &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &pkey, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                                params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* The public point of a scalar, uncompressed; 0 on failure. */
static size_t ec_public_point(const struct keytype *type, const BIGNUM *scalar, uint8_t *out,
                              size_t max)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(type->ossl_group));
    EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
    size_t len = 0;

    if (point != NULL && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1)
        len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, max, NULL);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return len;
}

static EVP_PKEY *ec_private(const struct keytype *type, struct bytes raw)
{
    uint8_t point[1 + 2 * COORDINATE_MAX];
    BIGNUM *scalar = BN_secure_new();
    EVP_PKEY *pkey = NULL;
    size_t len;

    if (scalar != NULL && BN_bin2bn(raw.p, (int)raw.len, scalar) != NULL) {
        BN_set_flags(scalar, BN_FLG_CONSTTIME);
        len = ec_public_point(type, scalar, point, sizeof(point));
        if (len > 0)
            pkey = ec_pkey(type, bytes_of(point, len), scalar);
    }
    BN_clear_free(scalar);
    return pkey;
}

edhoc_err key_from_private(const struct keytype *type, struct bytes raw, struct key **out)
{
    EVP_PKEY *pkey = NULL;

    *out = NULL;
    if (raw.len == type->coordinate)
        pkey = type->kty == KTY_EC2
                   ? ec_private(type, raw)
                   : EVP_PKEY_new_raw_private_key_ex(NULL, type->ossl_name, NULL, raw.p, raw.len);
    if (pkey == NULL)
        return crypto_failed("importing a private key");
    return wrap_pkey(pkey, type, true, out);
}

/* SEC 1 point: 02 || x stands for a compact representation, as either y does. */
static EVP_PKEY *ec_public(const struct keytype *type, struct bytes x, struct bytes y)
{
    struct buf point = buf_new(1 + 2 * COORDINATE_MAX);
    EVP_PKEY *pkey = NULL;

    buf_put_byte(&point, y.len == 0 ? 0x02 : 0x04);
    buf_put(&point, x);
    buf_put(&point, y);
    if (!point.failed)
        pkey = ec_pkey(type, buf_bytes(&point), NULL);
    buf_free(&point);
    return pkey;
}

/* Partial public-key validation (SP 800-56A 5.6.2.3.4, required by RFC 9528 section 9.2): libcrypto
 * checks it again, whatever the import did. */
static bool ec_public_ok(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = ctx != NULL && EVP_PKEY_public_check_quick(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

edhoc_err key_from_public(const struct keytype *type, struct bytes x, struct bytes y,
                          struct key **out)
{
    bool ec = type->kty == KTY_EC2;
    EVP_PKEY *pkey = NULL;
    edhoc_err err;

    *out = NULL;
    if (x.len == type->coordinate && (y.len == 0 || (ec && y.len == x.len)))
        pkey = ec ? ec_public(type, x, y)
                  : EVP_PKEY_new_raw_public_key_ex(NULL, type->ossl_name, NULL, x.p, x.len);
    if (pkey == NULL || (ec && !ec_public_ok(pkey))) {
        EVP_PKEY_free(pkey);
        crypto_forget_errors();
        return report(EDHOC_ERR_BAD_POINT, "%zu bytes that are no public key on %s", x.len,
                      type->ossl_group != NULL ? type->ossl_group : type->ossl_name);
    }
    err = wrap_pkey(pkey, type, false, out);
    if (err == EDHOC_OK)
        (*out)->y_len = y.len;
    return err;
}

edhoc_err key_with_signer(struct key *public_key,
                          edhoc_err (*sign)(void *arg, struct bytes text, struct buf *signature),
                          void (*drop)(void *arg), void *arg, struct key **out)
{
    struct key *k = calloc(1, sizeof(*k));

    *out = NULL;
    if (k == NULL)
        return EDHOC_ERR_NOMEM;
    *k = *public_key;
    atomic_init(&k->refs, 1);
    (void)EVP_PKEY_up_ref(k->pkey);
    k->is_private = true;
    k->sign = sign;
    k->drop = drop;
    k->arg = arg;
    *out = k;
    return EDHOC_OK;
}

static int curve_nid(const char *name)
{
    int nid = EC_curve_nist2nid(name);

    return nid != NID_undef ? nid : OBJ_txt2nid(name);
}

static bool is_of_type(EVP_PKEY *pkey, const struct keytype *type)
{
    char group[64];

    int is_explicit = 0;

    if (EVP_PKEY_is_a(pkey, type->ossl_name) != 1)
        return false;
    /* Parameters spelled out are a curve of somebody's choice, even where they look like ours. */
    if (type->ossl_group != NULL &&
        EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &is_explicit) == 1 &&
        is_explicit != 0)
        return false;
    return type->ossl_group == NULL ||
           (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
            curve_nid(group) == curve_nid(type->ossl_group));
}

static const struct keytype *type_of(EVP_PKEY *pkey, bool dh)
{
    for (const struct keytype *t = keytypes; t->name != NULL; t++)
        if (is_of_type(pkey, t) && (t->kty == KTY_OKP || t->dh == dh))
            return t;
    return NULL;
}

static bool has_private_half(EVP_PKEY *pkey, const struct keytype *type)
{
    BIGNUM *scalar = NULL;
    size_t len = 0;
    bool has = type->kty == KTY_OKP
                   ? EVP_PKEY_get_raw_private_key(pkey, NULL, &len) == 1
                   : EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1;

    BN_clear_free(scalar);
    crypto_forget_errors();
    return has;
}

edhoc_err key_from_pkey(EVP_PKEY *pkey, bool dh, struct key **out)
{
    const struct keytype *type = type_of(pkey, dh);
    bool is_private;

    *out = NULL;
    if (type == NULL && EVP_PKEY_is_a(pkey, "RSA") == 1)
        return report(EDHOC_ERR_KEY_FORMAT, "an RSA key; no EDHOC cipher suite signs with RSA");
    if (type == NULL) {
        crypto_forget_errors();
        return report(EDHOC_ERR_KEY_FORMAT,
                      "a key of type %s; usable are X25519, X448, Ed25519, "
                      "Ed448, and EC keys on P-256 and P-384",
                      EVP_PKEY_get0_type_name(pkey) ? EVP_PKEY_get0_type_name(pkey) : "unknown");
    }
    is_private = has_private_half(pkey, type);
    if (EVP_PKEY_up_ref(pkey) != 1)
        return crypto_failed("sharing a key");
    return wrap_pkey(pkey, type, is_private, out);
}

/* ---- PEM ---- */

struct asked {
    const char *passphrase; /* or NULL */
    bool used;
};

/* The only passphrase callback: answers with the one that was given, or refuses. Never prompts. */
static int passphrase_callback(char *to, int size, int rwflag, void *arg)
{
    struct asked *asked = arg;
    size_t len = asked->passphrase == NULL ? 0 : strlen(asked->passphrase);

    (void)rwflag;
    if (asked->passphrase == NULL || size < 0 || len > (size_t)size)
        return -1;
    memcpy(to, asked->passphrase, len);
    asked->used = true;
    return (int)len;
}

/* Programs use a passphrase to check who is there: one that opened nothing proves nothing. */
static edhoc_err key_opened(EVP_PKEY *pkey, const struct asked *asked, bool dh, struct key **out)
{
    if (asked->passphrase != NULL && !asked->used)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "the key is not encrypted, so no passphrase is its own");
    return key_from_pkey(pkey, dh, out);
}

edhoc_err key_from_pem(struct bytes pem, const char *passphrase, bool dh, struct key **out)
{
    BIO *bio = BIO_new_mem_buf(pem.len > 0 ? pem.p : (const uint8_t *)"", (int)pem.len);
    struct asked asked = {passphrase, false};
    EVP_PKEY *pkey = NULL;
    edhoc_err err;

    *out = NULL;
    if (bio == NULL)
        return EDHOC_ERR_NOMEM;
    pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, passphrase_callback, &asked, NULL, NULL);
    if (pkey != NULL)
        err = key_opened(pkey, &asked, dh, out);
    else
        err = report(EDHOC_ERR_KEY_FORMAT,
                     passphrase == NULL
                         ? "no unencrypted PEM private key in it (an encrypted one needs the "
                           "passphrase of gss_acquire_cred_with_password)"
                         : "no PEM private key in it that this passphrase opens");
    crypto_forget_errors();
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    return err;
}

/* The first private key that the store hands out. */
static EVP_PKEY *first_private_key(OSSL_STORE_CTX *store)
{
    EVP_PKEY *pkey = NULL;

    (void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (pkey == NULL && OSSL_STORE_eof(store) == 0) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info == NULL && OSSL_STORE_error(store) != 0)
            break;
        if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            pkey = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    return pkey;
}

edhoc_err key_from_uri(const char *uri, const char *passphrase, bool dh, struct key **out)
{
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(passphrase_callback, 0);
    struct asked asked = {passphrase, false};
    OSSL_STORE_CTX *store = NULL;
    EVP_PKEY *pkey = NULL;
    edhoc_err err;

    *out = NULL;
    if (ui == NULL)
        return EDHOC_ERR_NOMEM;
    store = OSSL_STORE_open_ex(uri, NULL, NULL, ui, &asked, NULL, NULL, NULL);
    if (store != NULL)
        pkey = first_private_key(store);
    if (pkey != NULL)
        err = key_opened(pkey, &asked, dh, out);
    else
        err = report(EDHOC_ERR_KEY_FORMAT,
                     "%.200s: OpenSSL's providers here open no private key by "
                     "this URI",
                     uri);
    /* A private key in a token cannot be looked into, but signs. */
    if (err == EDHOC_OK)
        (*out)->is_private = true;
    crypto_forget_errors();
    EVP_PKEY_free(pkey);
    (void)OSSL_STORE_close(store);
    UI_destroy_method(ui);
    return err;
}

edhoc_err key_to_pem(const struct key *k, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    edhoc_err err = EDHOC_OK;
    const uint8_t *p;
    long len;

    if (bio == NULL || !k->is_private || k->sign != NULL ||
        PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) != 1)
        err = crypto_failed("writing a private key");
    if (err == EDHOC_OK) {
        len = BIO_get_mem_data(bio, (char **)(uintptr_t)&p);
        buf_put(out, bytes_of(p, (size_t)len));
        err = out->failed ? EDHOC_ERR_NOMEM : EDHOC_OK;
    }
    BIO_free(bio);
    return err;
}

/* ---- ECDH ---- */

static bool all_zero(const struct fixed *value)
{
    uint8_t any = 0;

    for (size_t i = 0; i < value->len; i++)
        any |= value->b[i];
    return any == 0;
}

edhoc_err crypto_ecdh(const struct key *private_key, const struct key *peer, struct fixed *out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, private_key->pkey, NULL);
    edhoc_err err = EDHOC_OK;

    out->len = sizeof(out->b);
    if (private_key->type->curve != peer->type->curve)
        err = report(EDHOC_ERR_BUG, "ECDH between two curves");
    else if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
             EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 0) != 1)
        err = crypto_failed("ECDH");
    else if (EVP_PKEY_derive(ctx, out->b, &out->len) != 1 || all_zero(out))
        err = report(EDHOC_ERR_BAD_POINT, "the shared secret is zero: a point of low order");
    if (err != EDHOC_OK) {
        crypto_forget_errors();
        fixed_wipe(out);
    }
    EVP_PKEY_CTX_free(ctx);
    return err;
}

/* ---- signatures ---- */

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

/* libcrypto's DER to COSE's r || s. */
static edhoc_err ecdsa_to_cose(struct bytes der, size_t coordinate, struct buf *signature)
{
    const uint8_t *p = der.p;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.len);
    uint8_t *out = sig == NULL ? NULL : buf_extend(signature, 2 * coordinate);
    edhoc_err err = EDHOC_OK;

    if (sig == NULL)
        err = crypto_failed("reading a signature");
    else if (out == NULL)
        err = EDHOC_ERR_NOMEM;
    else if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)coordinate) < 0 ||
             BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + coordinate, (int)coordinate) < 0)
        err = crypto_failed("writing a signature");
    ECDSA_SIG_free(sig);
    return err;
}

/* And back. The result is for OPENSSL_free(). */
static uint8_t *ecdsa_from_cose(struct bytes cose, size_t *len)
{
    size_t coordinate = cose.len / 2;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(cose.p, (int)coordinate, NULL);
    BIGNUM *s = BN_bin2bn(cose.p + coordinate, (int)coordinate, NULL);
    uint8_t *der = NULL;
    int n = -1;

    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = s = NULL; /* now the signature's */
        n = i2d_ECDSA_SIG(sig, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    *len = n > 0 ? (size_t)n : 0;
    return n > 0 ? der : NULL;
}

edhoc_err crypto_sign(const struct key *private_key, struct bytes text, struct buf *signature)
{
    const struct keytype *type = private_key->type;
    uint8_t made[160]; /* P-384 in DER: at most 104; Ed448: 114 */
    size_t len = sizeof(made);
    EVP_MD_CTX *ctx;
    edhoc_err err = EDHOC_OK;

    if (private_key->sign != NULL)
        return private_key->sign(private_key->arg, text, signature);
    ctx = EVP_MD_CTX_new();
    if (type->dh || ctx == NULL ||
        EVP_DigestSignInit_ex(ctx, NULL, signature_hash(type), NULL, NULL, private_key->pkey,
                              NULL) != 1 ||
        EVP_DigestSign(ctx, made, &len, text.p, text.len) != 1)
        err = crypto_failed("signing");
    else if (type->kty == KTY_EC2)
        err = ecdsa_to_cose(bytes_of(made, len), type->coordinate, signature);
    else
        buf_put(signature, bytes_of(made, len));
    EVP_MD_CTX_free(ctx);
    return err == EDHOC_OK && signature->failed ? EDHOC_ERR_NOMEM : err;
}

static bool verify(const struct key *k, struct bytes text, struct bytes signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL &&
              EVP_DigestVerifyInit_ex(ctx, NULL, signature_hash(k->type), NULL, NULL, k->pkey,
                                      NULL) == 1 &&
              EVP_DigestVerify(ctx, signature.p, signature.len, text.p, text.len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

edhoc_err crypto_verify(const struct key *public_key, struct bytes text, struct bytes signature)
{
    const struct keytype *type = public_key->type;
    uint8_t *der = NULL;
    size_t der_len = 0;
    bool ok = false;

    if (type->dh)
        return report(EDHOC_ERR_BUG, "a Diffie-Hellman key cannot verify a signature");
    if (signature.len == type->signature) {
        if (type->kty == KTY_EC2)
            der = ecdsa_from_cose(signature, &der_len);
        ok = type->kty == KTY_OKP ? verify(public_key, text, signature)
                                  : der != NULL && verify(public_key, text, bytes_of(der, der_len));
    }
    OPENSSL_free(der);
    if (ok)
        return EDHOC_OK;
    crypto_forget_errors();
    return report(EDHOC_ERR_PROOF, "the signature does not verify");
}
