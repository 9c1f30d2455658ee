#include "crypto/hash.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"

#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* Fetched at first use and never freed: threads may use them until the process ends, later than any
 * destructor of ours could know. NULL where this libcrypto lacks the algorithm. */
static struct {
    const char *const name;
    const size_t length, block;
    EVP_MD *md;
} hashes[HASH_COUNT] = {
    [HASH_SHA256] = {"SHA256", 32, 64, NULL},
    [HASH_SHA384] = {"SHA384", 48, 128, NULL},
    [HASH_SHAKE256] = {"SHAKE256", 64, 136, NULL}, /* SHAKE256 with 512 bits of output */
};
static EVP_MAC *kmac;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    (void)ERR_set_mark();
    for (size_t i = 0; i < HASH_COUNT; i++)
        hashes[i].md = EVP_MD_fetch(NULL, hashes[i].name, NULL);
    kmac = EVP_MAC_fetch(NULL, "KMAC-256", NULL);
    (void)ERR_pop_to_mark();
}

bool crypto_has_hash(enum crypto_hash hash)
{
    (void)pthread_once(&fetched, fetch);
    return hashes[hash].md != NULL && (hash != HASH_SHAKE256 || kmac != NULL);
}

size_t crypto_hash_length(enum crypto_hash hash)
{
    return hashes[hash].length;
}

/* ---- hash ---- */

/* A context serves for several digests, one after the other. */
static edhoc_err start(enum crypto_hash hash, EVP_MD_CTX **out)
{
    *out = crypto_has_hash(hash) ? EVP_MD_CTX_new() : NULL;
    if (*out != NULL)
        return EDHOC_OK;
    return crypto_has_hash(hash)
               ? EDHOC_ERR_NOMEM
               : report(EDHOC_ERR_CRYPTO, "this libcrypto has no %s", hashes[hash].name);
}

static bool digest(EVP_MD_CTX *ctx, enum crypto_hash hash, const struct bytes *parts, size_t count,
                   uint8_t *out)
{
    if (EVP_DigestInit_ex2(ctx, hashes[hash].md, NULL) != 1)
        return false;
    for (size_t i = 0; i < count; i++)
        if (EVP_DigestUpdate(ctx, parts[i].p, parts[i].len) != 1)
            return false;
    if (hash == HASH_SHAKE256)
        return EVP_DigestFinalXOF(ctx, out, hashes[hash].length) == 1;
    return EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

edhoc_err crypto_digest(enum crypto_hash hash, const struct bytes *parts, size_t count,
                        struct fixed *out)
{
    EVP_MD_CTX *ctx;
    edhoc_err err;

    out->len = hashes[hash].length;
    (void)ERR_set_mark();
    err = start(hash, &ctx);
    if (err == EDHOC_OK && !digest(ctx, hash, parts, count, out->b))
        err = crypto_failed("hash");
    EVP_MD_CTX_free(ctx);
    (void)ERR_pop_to_mark();
    return err;
}

edhoc_err crypto_sha256(struct bytes in, uint8_t out[32])
{
    struct fixed value;
    edhoc_err err = crypto_digest(HASH_SHA256, &in, 1, &value);

    if (err == EDHOC_OK)
        memcpy(out, value.b, 32);
    return err;
}

edhoc_err crypto_sha1(struct bytes in, uint8_t out[20])
{
    edhoc_err err = EDHOC_OK;
    size_t len = 0;

    (void)ERR_set_mark();
    if (EVP_Q_digest(NULL, "SHA1", NULL, in.p, in.len, out, &len) != 1 || len != 20)
        err = crypto_failed("SHA-1");
    (void)ERR_pop_to_mark();
    return err;
}

/* ---- HMAC and KMAC256 ---- */

#define BLOCK_MAX 128
#define PARTS_MAX 3

/* HMAC, RFC 2104: H( K xor opad || H( K xor ipad || parts ) ). Written down here, because libcrypto's
 * takes three times as long about it: it looks up the hash by its name and makes three contexts, for
 * each of the thirty keys, salts and MACs of a session. */
static bool hmac(EVP_MD_CTX *ctx, enum crypto_hash hash, struct bytes key,
                 const struct bytes *parts, size_t count, uint8_t *out)
{
    size_t block = hashes[hash].block;
    uint8_t pad[BLOCK_MAX] = {0}, inner[FIXED_MAX];
    struct bytes all[1 + PARTS_MAX] = {bytes_of(pad, block)};
    bool ok = count <= PARTS_MAX;

    if (key.len > block)
        ok = ok && digest(ctx, hash, &key, 1, pad);
    else if (key.len > 0)
        memcpy(pad, key.p, key.len);
    for (size_t i = 0; i < block; i++)
        pad[i] ^= 0x36;
    for (size_t i = 0; i < count && ok; i++)
        all[1 + i] = parts[i];
    ok = ok && digest(ctx, hash, all, 1 + count, inner);
    for (size_t i = 0; i < block; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    all[1] = bytes_of(inner, hashes[hash].length);
    ok = ok && digest(ctx, hash, all, 2, out);
    bytes_wipe(pad, sizeof(pad));
    bytes_wipe(inner, sizeof(inner));
    return ok;
}

static bool run_kmac(EVP_MAC_CTX *ctx, struct bytes key, const struct bytes *parts, size_t count,
                     uint8_t *out, size_t len)
{
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &len), OSSL_PARAM_END};
    size_t got;

    /* KMAC takes no empty key pointer; a salt or PRK is never empty. */
    if (EVP_MAC_init(ctx, key.p, key.len, params) != 1)
        return false;
    for (size_t i = 0; i < count; i++)
        if (parts[i].len > 0 && EVP_MAC_update(ctx, parts[i].p, parts[i].len) != 1)
            return false;
    return EVP_MAC_final(ctx, out, &got, len) == 1 && got == len;
}

/* KMAC256( key, parts, 8 * len, "" ), NIST SP 800-185 section 4. */
static edhoc_err kmac256(struct bytes key, const struct bytes *parts, size_t count, uint8_t *out,
                         size_t len)
{
    EVP_MAC_CTX *ctx = crypto_has_hash(HASH_SHAKE256) ? EVP_MAC_CTX_new(kmac) : NULL;
    edhoc_err err = EDHOC_OK;

    if (ctx == NULL || !run_kmac(ctx, key, parts, count, out, len))
        err = crypto_failed("KMAC");
    EVP_MAC_CTX_free(ctx);
    return err;
}

static edhoc_err hmac_once(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                           size_t count, uint8_t *out)
{
    EVP_MD_CTX *ctx;
    edhoc_err err = start(hash, &ctx);

    if (err == EDHOC_OK && !hmac(ctx, hash, key, parts, count, out))
        err = crypto_failed("HMAC");
    EVP_MD_CTX_free(ctx);
    return err;
}

edhoc_err crypto_mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                     size_t count, struct fixed *out)
{
    edhoc_err err;

    out->len = hashes[hash].length;
    (void)ERR_set_mark();
    err = hash == HASH_SHAKE256 ? kmac256(key, parts, count, out->b, out->len)
                                : hmac_once(hash, key, parts, count, out->b);
    (void)ERR_pop_to_mark();
    return err;
}

/* ---- extract and expand ---- */

edhoc_err crypto_extract(enum crypto_hash hash, struct bytes salt, struct bytes ikm,
                         struct fixed *out)
{
    return crypto_mac(hash, salt, &ikm, 1, out);
}

size_t crypto_expand_max(enum crypto_hash hash)
{
    return hash == HASH_SHAKE256 ? EDHOC_EXPAND_KMAC_MAX : 255 * hashes[hash].length;
}

/* HKDF-Expand, RFC 5869 section 2.3: T(i) = HMAC( PRK, T(i-1) || info || i ). Our own loop, because
 * EVP_KDF refuses a long info on several 3.0 releases. */
static bool hkdf_expand(EVP_MD_CTX *ctx, enum crypto_hash hash, struct bytes prk, struct bytes info,
                        uint8_t *out, size_t len)
{
    size_t t_len = hashes[hash].length, n;
    struct bytes previous = BYTES_NONE;
    uint8_t t[FIXED_MAX];
    bool ok = true;

    for (uint8_t i = 1; len > 0 && ok; i++) {
        struct bytes parts[] = {previous, info, bytes_of(&i, 1)};

        ok = hmac(ctx, hash, prk, parts, 3, t);
        n = len < t_len ? len : t_len;
        if (ok)
            memcpy(out, t, n);
        previous = bytes_of(t, t_len);
        out += n;
        len -= n;
    }
    bytes_wipe(t, sizeof(t));
    return ok;
}

static edhoc_err hkdf_once(enum crypto_hash hash, struct bytes prk, struct bytes info, uint8_t *out,
                           size_t len)
{
    EVP_MD_CTX *ctx;
    edhoc_err err = start(hash, &ctx);

    if (err == EDHOC_OK && !hkdf_expand(ctx, hash, prk, info, out, len))
        err = crypto_failed("HKDF-Expand");
    EVP_MD_CTX_free(ctx);
    return err;
}

edhoc_err crypto_expand(enum crypto_hash hash, struct bytes prk, struct bytes info, uint8_t *out,
                        size_t len)
{
    edhoc_err err;

    if (len == 0)
        return EDHOC_OK;
    if (len > crypto_expand_max(hash))
        return report(EDHOC_ERR_TOO_LONG, "%zu bytes of key material at once", len);
    (void)ERR_set_mark();
    err = hash == HASH_SHAKE256 ? kmac256(prk, &info, 1, out, len)
                                : hkdf_once(hash, prk, info, out, len);
    (void)ERR_pop_to_mark();
    return err;
}
