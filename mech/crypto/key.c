#include "crypto/key.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/begun.h"
#include "crypto/failure.h"
#include "crypto/generator.h"
#include "crypto/key_inside.h"
#include "crypto/keytype.h"
#include "crypto/made.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#define TYPES_MAX 8 /* rows of keytypes, at most */

/* ---- life ---- */

struct key *key_ref(struct key *k)
{
    if (k != NULL)
        atomic_fetch_add(&k->refs, 1);
    return k;
}

void key_rest(struct key *k)
{
    begun_free(&k->begun);
}

/* For X25519 and X448, a public key that nobody needs any more is given another value for the next
 * peer, which takes a thirtieth of making one; meanwhile it has none. */
static EVP_PKEY *_Atomic spares[TYPES_MAX];

static EVP_PKEY *take_spare(const struct keytype *type)
{
    return atomic_exchange(&spares[type - keytypes], NULL);
}

static void give_spare(const struct key *k)
{
    static const uint8_t zeros[COORDINATE_MAX];
    EVP_PKEY *pkey = k->pkey;

    (void)ERR_set_mark();
    if (EVP_PKEY_set1_encoded_public_key(pkey, zeros, k->type->coordinate) == 1)
        pkey = atomic_exchange(&spares[k->type - keytypes], pkey);
    EVP_PKEY_free(pkey);
    (void)ERR_pop_to_mark();
}

void key_free(struct key *k)
{
    if (k == NULL || atomic_fetch_sub(&k->refs, 1) != 1)
        return;
    if (k->drop != NULL)
        k->drop(k->arg);
    key_rest(k);
    if (k->passing)
        give_spare(k);
    else
        EVP_PKEY_free(k->pkey);
    free(k);
}

const struct keytype *key_type(const struct key *k)
{
    return k->type;
}

struct bytes key_x(const struct key *k)
{
    return bytes_of(k->point, k->type->coordinate);
}

struct bytes key_y(const struct key *k)
{
    return k->whole ? bytes_of(k->point + k->type->coordinate, k->type->coordinate) : BYTES_NONE;
}

bool key_same(const struct key *a, const struct key *b)
{
    return a->type == b->type && bytes_equal(key_x(a), key_x(b)) && bytes_equal(key_y(a), key_y(b));
}

/* ---- what libcrypto is to make keys from ----
 *
 * A key of each type without a value of use: for EC the group alone, whose tables take longer to set
 * up than a point to check. */

static struct made patterns[TYPES_MAX]; /* by the row of keytypes */

static EVP_PKEY *make_group(const char *name)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)name, 0),
        OSSL_PARAM_END};
    EVP_PKEY *pkey = NULL;

    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEY_PARAMETERS, params);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static void *make_pattern(const void *of)
{
    static const uint8_t zeros[COORDINATE_MAX];
    const struct keytype *type = of;

    return type->kty == KTY_EC2 ? make_group(type->ossl_group)
                                : EVP_PKEY_new_raw_public_key_ex(NULL, type->ossl_name, NULL, zeros,
                                                                 type->coordinate);
}

static void unmake_pattern(void *pkey)
{
    EVP_PKEY_free(pkey);
}

static const struct maker pattern_maker = {make_pattern, unmake_pattern};

static EVP_PKEY *pattern(const struct keytype *type)
{
    return made_get(&patterns[type - keytypes], &pattern_maker, type);
}

bool crypto_has_curve(enum cose_curve curve)
{
    const struct keytype *type = keytype_by_curve(curve, true);

    return made_has(&patterns[type - keytypes], &pattern_maker, type);
}

/* ---- making keys ---- */

static size_t size_of_key(const struct keytype *type)
{
    return sizeof(struct key) + (type->kty == KTY_EC2 ? 2 : 1) * type->coordinate;
}

/* Around libcrypto's key, whose reference it takes over (on failure too). */
static edhoc_err wrap_pkey(EVP_PKEY *pkey, const struct keytype *type, struct key **out)
{
    struct key *k = calloc(1, size_of_key(type));

    *out = k;
    if (k == NULL) {
        EVP_PKEY_free(pkey);
        return EDHOC_ERR_NOMEM;
    }
    atomic_init(&k->refs, 1);
    k->type = type;
    k->pkey = pkey;
    return EDHOC_OK;
}

static bool read_coordinate(EVP_PKEY *pkey, const char *param, uint8_t *out, size_t len)
{
    BIGNUM *n = NULL;
    bool ok = EVP_PKEY_get_bn_param(pkey, param, &n) == 1 && BN_bn2binpad(n, out, (int)len) >= 0;

    BN_free(n);
    return ok;
}

/* Both coordinates at one go, unless the point is compressed. */
static bool take_point(struct key *k, struct bytes point)
{
    size_t n = k->type->coordinate;

    if (point.len != 1 + 2 * n || point.p[0] != 4)
        return false;
    memcpy(k->point, point.p + 1, 2 * n);
    return true;
}

static bool ask_for_point(struct key *k)
{
    uint8_t point[1 + 2 * COORDINATE_MAX];
    size_t len;

    return EVP_PKEY_get_octet_string_param(k->pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
                                           &len) == 1 &&
           take_point(k, bytes_of(point, len));
}

/* A private key in hardware tells nothing of itself, but the public one beside it. */
static bool export_point(struct key *k)
{
    OSSL_PARAM *all = NULL;
    const OSSL_PARAM *point;
    bool ok = EVP_PKEY_todata(k->pkey, EVP_PKEY_PUBLIC_KEY, &all) == 1 &&
              (point = OSSL_PARAM_locate_const(all, OSSL_PKEY_PARAM_PUB_KEY)) != NULL &&
              point->data_type == OSSL_PARAM_OCTET_STRING &&
              take_point(k, bytes_of(point->data, point->data_size));

    OSSL_PARAM_free(all);
    return ok;
}

static bool read_point(struct key *k)
{
    size_t n = k->type->coordinate;

    k->whole = true;
    return ask_for_point(k) || export_point(k) ||
           (read_coordinate(k->pkey, OSSL_PKEY_PARAM_EC_PUB_X, k->point, n) &&
            read_coordinate(k->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, k->point + n, n));
}

static bool read_public(struct key *k)
{
    size_t len = k->type->coordinate;

    if (k->type->kty == KTY_EC2)
        return read_point(k);
    return EVP_PKEY_get_raw_public_key(k->pkey, k->point, &len) == 1 && len == k->type->coordinate;
}

/* The same, with the public key that libcrypto tells. */
static edhoc_err wrap_and_read(EVP_PKEY *pkey, const struct keytype *type, struct key **out)
{
    edhoc_err err = wrap_pkey(pkey, type, out);

    if (err == EDHOC_OK && !read_public(*out)) {
        key_free(*out);
        *out = NULL;
        err = crypto_failed("reading a public key");
    }
    return err;
}

/* What generates keys of each type knows none of them, and is used again: whoever wants one takes it,
 * and gives it back. */
static EVP_PKEY_CTX *_Atomic generators[TYPES_MAX];

static EVP_PKEY_CTX *take_generator(const struct keytype *type)
{
    EVP_PKEY_CTX *ctx = atomic_exchange(&generators[type - keytypes], NULL);
    EVP_PKEY *from = ctx == NULL ? pattern(type) : NULL;

    if (from != NULL)
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, from, NULL);
    if (from == NULL || (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1))
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

static EVP_PKEY *generate(const struct keytype *type)
{
    EVP_PKEY_CTX *ctx = take_generator(type);
    EVP_PKEY *pkey = NULL;

    if (ctx != NULL && EVP_PKEY_generate(ctx, &pkey) == 1)
        ctx = atomic_exchange(&generators[type - keytypes], ctx);
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
        err = wrap_and_read(pkey, type, out);
    (void)ERR_pop_to_mark();
    return err;
}

static EVP_PKEY *ec_pkey(const struct keytype *type, struct bytes point, const BIGNUM *scalar)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;

    if (build != NULL && ctx != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, type->ossl_group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.len) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY *ec_from_scalar(const struct keytype *type, const EC_GROUP *group,
                                const BIGNUM *scalar)
{
    uint8_t octets[1 + 2 * COORDINATE_MAX];
    EC_POINT *point = EC_POINT_new(group);
    size_t len = 0;

    if (point != NULL && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1)
        len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets,
                                 sizeof(octets), NULL);
    EC_POINT_free(point);
    return len > 0 ? ec_pkey(type, bytes_of(octets, len), scalar) : NULL;
}

static edhoc_err ec_private(const struct keytype *type, struct bytes raw, EVP_PKEY **out)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(type->ossl_group));
    BIGNUM *scalar = BN_secure_new();
    edhoc_err err = EDHOC_OK;

    *out = NULL;
    if (group == NULL || scalar == NULL || BN_bin2bn(raw.p, (int)raw.len, scalar) == NULL)
        err = crypto_failed("importing a private key");
    else if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
        err = report(EDHOC_ERR_KEY_FORMAT, "a private key that is out of its curve's range");
    else
        BN_set_flags(scalar, BN_FLG_CONSTTIME);
    if (err == EDHOC_OK && (*out = ec_from_scalar(type, group, scalar)) == NULL)
        err = crypto_failed("importing a private key");
    BN_clear_free(scalar);
    EC_GROUP_free(group);
    return err;
}

static edhoc_err okp_private(const struct keytype *type, struct bytes raw, EVP_PKEY **out)
{
    *out = EVP_PKEY_new_raw_private_key_ex(NULL, type->ossl_name, NULL, raw.p, raw.len);
    return *out != NULL ? EDHOC_OK : crypto_failed("importing a private key");
}

edhoc_err key_from_private(const struct keytype *type, struct bytes raw, struct key **out)
{
    EVP_PKEY *pkey;
    edhoc_err err;

    *out = NULL;
    if (raw.len != type->coordinate)
        return report(EDHOC_ERR_KEY_FORMAT, "a private key of %zu bytes", raw.len);
    (void)ERR_set_mark();
    err = type->kty == KTY_EC2 ? ec_private(type, raw, &pkey) : okp_private(type, raw, &pkey);
    if (err == EDHOC_OK)
        err = wrap_and_read(pkey, type, out);
    (void)ERR_pop_to_mark();
    return err;
}

/* The SEC 1 form of a point; 02 || x stands for a compact representation, as either y does. */
static size_t encode(const struct keytype *type, struct bytes x, struct bytes y, uint8_t *out)
{
    size_t head = type->kty == KTY_EC2;

    if (head > 0)
        out[0] = y.len == 0 ? 0x02 : 0x04;
    memcpy(out + head, x.p, x.len);
    if (y.len > 0)
        memcpy(out + head + x.len, y.p, y.len);
    return head + x.len + y.len;
}

static edhoc_err no_public_key(const struct keytype *type, size_t len)
{
    return report(EDHOC_ERR_BAD_POINT, "%zu bytes that are no public key on %s", len,
                  type->ossl_group != NULL ? type->ossl_group : type->ossl_name);
}

/* For a NIST curve libcrypto sees to it that the coordinates are in range and the point is on the
 * curve: the partial validation of SP 800-56A 5.6.2.3.4, which RFC 9528 section 9.2 requires. */
static edhoc_err import(const struct keytype *type, struct bytes x, struct bytes y, EVP_PKEY **out)
{
    uint8_t point[1 + 2 * COORDINATE_MAX];
    size_t len = encode(type, x, y, point);
    EVP_PKEY *from = pattern(type);

    if (type->kty == KTY_OKP && !type->dh) /* libcrypto gives no other value to one of these */
        *out = EVP_PKEY_new_raw_public_key_ex(NULL, type->ossl_name, NULL, x.p, x.len);
    else
        *out = from != NULL ? EVP_PKEY_dup(from) : NULL;
    if (*out == NULL)
        return crypto_failed("importing a public key");
    if ((type->kty == KTY_EC2 || type->dh) &&
        EVP_PKEY_set1_encoded_public_key(*out, point, len) != 1) {
        EVP_PKEY_free(*out);
        *out = NULL;
        return crypto_lacked_memory() ? EDHOC_ERR_NOMEM : no_public_key(type, x.len);
    }
    return EDHOC_OK;
}

edhoc_err key_from_public(const struct keytype *type, struct bytes x, struct bytes y,
                          struct key **out)
{
    EVP_PKEY *pkey;
    edhoc_err err;

    *out = NULL;
    if (x.len != type->coordinate ||
        (y.len != 0 && (type->kty == KTY_OKP || y.len != type->coordinate)))
        return no_public_key(type, x.len);
    (void)ERR_set_mark();
    err = import(type, x, y, &pkey);
    if (err == EDHOC_OK)
        err = wrap_pkey(pkey, type, out);
    if (err == EDHOC_OK) {
        memcpy((*out)->point, x.p, x.len);
        if (y.len > 0)
            memcpy((*out)->point + x.len, y.p, y.len);
        (*out)->whole = y.len > 0;
    }
    (void)ERR_pop_to_mark();
    return err;
}

edhoc_err key_from_ephemeral(const struct keytype *type, struct bytes x, struct key **out)
{
    bool passing = type->kty == KTY_OKP && type->dh && x.len == type->coordinate;
    EVP_PKEY *pkey = passing ? take_spare(type) : NULL;
    edhoc_err err = EDHOC_OK;

    *out = NULL;
    (void)ERR_set_mark();
    if (pkey == NULL) {
        err = key_from_public(type, x, BYTES_NONE, out);
    } else if (EVP_PKEY_set1_encoded_public_key(pkey, x.p, x.len) != 1) {
        EVP_PKEY_free(pkey);
        err = crypto_failed("importing a public key");
    } else {
        err = wrap_pkey(pkey, type, out);
        if (err == EDHOC_OK)
            memcpy((*out)->point, x.p, x.len);
    }
    if (*out != NULL)
        (*out)->passing = passing;
    (void)ERR_pop_to_mark();
    return err;
}

static edhoc_err share_pkey(const struct key *k)
{
    edhoc_err err;

    (void)ERR_set_mark();
    err = EVP_PKEY_up_ref(k->pkey) == 1 ? EDHOC_OK : crypto_failed("sharing a key");
    (void)ERR_pop_to_mark();
    return err;
}

edhoc_err key_with_signer(struct key *public_key,
                          edhoc_err (*sign)(void *arg, struct bytes text, struct buf *signature),
                          void (*drop)(void *arg), void *arg, struct key **out)
{
    struct key *k = calloc(1, size_of_key(public_key->type));
    edhoc_err err;

    *out = NULL;
    if (k == NULL)
        return EDHOC_ERR_NOMEM;
    err = share_pkey(public_key);
    if (err != EDHOC_OK) {
        free(k);
        return err;
    }
    memcpy(k, public_key, size_of_key(public_key->type));
    atomic_init(&k->refs, 1);
    begun_init(&k->begun);
    k->passing = false;
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

/* Parameters spelled out are a curve of somebody's choice, even where they look like ours. A provider may
 * not know that parameter; who lacks the memory to look does not get away with it. */
static bool is_spelled_out(EVP_PKEY *pkey)
{
    int is_explicit = 0;

    if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &is_explicit) != 1)
        return crypto_lacked_memory();
    return is_explicit != 0;
}

static bool is_of_type(EVP_PKEY *pkey, const struct keytype *type)
{
    char group[64];

    if (EVP_PKEY_is_a(pkey, type->ossl_name) != 1)
        return false;
    return type->ossl_group == NULL ||
           (!is_spelled_out(pkey) &&
            EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
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
        err = crypto_lacked_memory() ? EDHOC_ERR_NOMEM
                                     : key_of_no_use(EVP_PKEY_get0_type_name(pkey));
    else if (EVP_PKEY_up_ref(pkey) != 1)
        err = crypto_failed("sharing a key");
    else
        err = wrap_and_read(pkey, type, out);
    if (*out != NULL)
        (*out)->foreign = true;
    (void)ERR_pop_to_mark();
    return err;
}
