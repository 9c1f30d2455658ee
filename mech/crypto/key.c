#include "crypto/key.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/generator.h"
#include "crypto/key_inside.h"
#include "crypto/keytype.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

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
static edhoc_err wrap_pkey(EVP_PKEY *pkey, const struct keytype *type, struct key **out)
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
    EVP_PKEY_CTX *ctx;

    (void)ERR_set_mark();
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type->ossl_name, NULL);
    EVP_PKEY_CTX_free(ctx);
    (void)ERR_pop_to_mark();
    return ctx != NULL;
}

static EVP_PKEY *generate(const struct keytype *type)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type->ossl_name, NULL);
    EVP_PKEY *pkey = NULL;

    if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
        (type->ossl_group == NULL || EVP_PKEY_CTX_set_group_name(ctx, type->ossl_group) == 1))
        (void)EVP_PKEY_generate(ctx, &pkey);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

edhoc_err key_generate(const struct keytype *type, struct key **out)
{
    EVP_PKEY *pkey = NULL;
    edhoc_err err;

    *out = NULL;
    (void)ERR_set_mark();
    err = generator_ready();
    if (err == EDHOC_OK && (pkey = generate(type)) == NULL)
        err = crypto_failed("generating a key");
    if (err == EDHOC_OK)
        err = wrap_pkey(pkey, type, out);
    (void)ERR_pop_to_mark();
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
    edhoc_err err;

    *out = NULL;
    (void)ERR_set_mark();
    if (raw.len == type->coordinate)
        pkey = type->kty == KTY_EC2
                   ? ec_private(type, raw)
                   : EVP_PKEY_new_raw_private_key_ex(NULL, type->ossl_name, NULL, raw.p, raw.len);
    err = pkey == NULL ? crypto_failed("importing a private key") : wrap_pkey(pkey, type, out);
    (void)ERR_pop_to_mark();
    return err;
}

/* SEC 1 point: 02 || x stands for a compact representation, as either y does. */
static EVP_PKEY *ec_public(const struct keytype *type, struct bytes x, struct bytes y)
{
    struct buf point = buf_new(1 + 2 * COORDINATE_MAX);
    EVP_PKEY *pkey = NULL;

    buf_put_byte(&point, y.len == 0 ? 0x02 : 0x04);
    buf_put(&point, x);
    buf_put(&point, y);
    if (buf_err(&point) == EDHOC_OK)
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

static edhoc_err no_public_key(const struct keytype *type, size_t len)
{
    if (crypto_lacked_memory())
        return EDHOC_ERR_NOMEM;
    return report(EDHOC_ERR_BAD_POINT, "%zu bytes that are no public key on %s", len,
                  type->ossl_group != NULL ? type->ossl_group : type->ossl_name);
}

edhoc_err key_from_public(const struct keytype *type, struct bytes x, struct bytes y,
                          struct key **out)
{
    bool ec = type->kty == KTY_EC2;
    EVP_PKEY *pkey = NULL;
    edhoc_err err;

    *out = NULL;
    (void)ERR_set_mark();
    if (x.len == type->coordinate && (y.len == 0 || (ec && y.len == x.len)))
        pkey = ec ? ec_public(type, x, y)
                  : EVP_PKEY_new_raw_public_key_ex(NULL, type->ossl_name, NULL, x.p, x.len);
    if (pkey != NULL && (!ec || ec_public_ok(pkey))) {
        err = wrap_pkey(pkey, type, out);
        if (*out != NULL)
            (*out)->y_len = y.len;
    } else {
        EVP_PKEY_free(pkey);
        err = no_public_key(type, x.len);
    }
    (void)ERR_pop_to_mark();
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

edhoc_err key_of_no_use(const char *type)
{
    if (strcmp(type, "RSA") == 0)
        return report(EDHOC_ERR_KEY_FORMAT, "an RSA key; no EDHOC cipher suite signs with RSA");
    return report(EDHOC_ERR_KEY_FORMAT,
                  "a key of type %s; usable are X25519, X448, Ed25519, Ed448, and EC keys on P-256 "
                  "and P-384",
                  type);
}

edhoc_err key_from_pkey(EVP_PKEY *pkey, bool dh, struct key **out)
{
    const struct keytype *type;
    edhoc_err err;

    *out = NULL;
    (void)ERR_set_mark();
    type = type_of(pkey, dh);
    if (type == NULL)
        err = key_of_no_use(EVP_PKEY_get0_type_name(pkey));
    else if (EVP_PKEY_up_ref(pkey) != 1)
        err = crypto_failed("sharing a key");
    else
        err = wrap_pkey(pkey, type, out);
    (void)ERR_pop_to_mark();
    return err;
}
