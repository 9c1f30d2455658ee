#include "crypto/mac.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/hash.h"
#include "crypto/made.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

static const struct mac {
    const char *name, *digest;
} macs[HASH_COUNT] = {
    [HASH_SHA256] = {"HMAC", "SHA256"},
    [HASH_SHA384] = {"HMAC", "SHA384"},
    [HASH_SHAKE256] = {"KMAC-256", NULL},
};
static struct made fetched[HASH_COUNT];
/* HMAC: what has its digest and no key yet, to be copied. */
static struct made patterns[HASH_COUNT];
static atomic_bool again[HASH_COUNT]; /* without a key, it begins again with the one it has */

static void *fetch(const void *name)
{
    return EVP_MAC_fetch(NULL, name, NULL);
}

static void unfetch(void *mac)
{
    EVP_MAC_free(mac);
}

static const struct maker fetcher = {fetch, unfetch};

static EVP_MAC *mac_of(enum crypto_hash hash)
{
    return made_get(&fetched[hash], &fetcher, macs[hash].name);
}

static EVP_MAC_CTX *new_hmac(EVP_MAC *mac, const char *digest)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
        OSSL_PARAM_END};
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

    if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) == 1)
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

/* Does a MAC come out the same the second time? Before 3.0.3, HMAC did not begin again. */
static bool begins_again(const EVP_MAC_CTX *pattern)
{
    static const uint8_t key[32] = {1};
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(pattern);
    uint8_t first[FIXED_MAX], second[FIXED_MAX];
    size_t len = 0, other = 0;
    bool ok = ctx != NULL && EVP_MAC_init(ctx, key, sizeof(key), NULL) == 1 &&
              EVP_MAC_update(ctx, key, 1) == 1 &&
              EVP_MAC_final(ctx, first, &len, sizeof(first)) == 1 &&
              EVP_MAC_init(ctx, NULL, 0, NULL) == 1 && EVP_MAC_update(ctx, key, 1) == 1 &&
              EVP_MAC_final(ctx, second, &other, sizeof(second)) == 1;

    EVP_MAC_CTX_free(ctx);
    return ok && bytes_equal(bytes_of(first, len), bytes_of(second, other));
}

static void *make_pattern(const void *of)
{
    enum crypto_hash hash = (enum crypto_hash)((const struct mac *)of - macs);
    EVP_MAC *mac = mac_of(hash);
    EVP_MAC_CTX *ctx = mac != NULL ? new_hmac(mac, macs[hash].digest) : NULL;

    if (ctx != NULL) {
        (void)ERR_set_mark();
        atomic_store(&again[hash], begins_again(ctx));
        (void)ERR_pop_to_mark();
    }
    return ctx;
}

static void unmake_pattern(void *ctx)
{
    EVP_MAC_CTX_free(ctx);
}

static const struct maker pattern_maker = {make_pattern, unmake_pattern};

static EVP_MAC_CTX *new_mac(enum crypto_hash hash)
{
    const EVP_MAC_CTX *pattern;
    EVP_MAC *mac;

    if (macs[hash].digest == NULL)
        return (mac = mac_of(hash)) != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    pattern = made_get(&patterns[hash], &pattern_maker, &macs[hash]);
    return pattern != NULL ? EVP_MAC_CTX_dup(pattern) : NULL;
}

bool crypto_has_mac(enum crypto_hash hash)
{
    return made_has(&fetched[hash], &fetcher, macs[hash].name) &&
           (macs[hash].digest == NULL || made_has(&patterns[hash], &pattern_maker, &macs[hash]));
}

/* ---- one MAC after the other ---- */

void deriver_put_away(struct deriver *d)
{
    EVP_MAC_CTX_free(d->ctx);
    d->ctx = NULL;
    fixed_wipe(&d->key);
}

static bool make_ready(struct deriver *d, enum crypto_hash hash)
{
    if (d->ctx != NULL && d->hash == hash)
        return true;
    deriver_put_away(d);
    d->ctx = new_mac(hash);
    d->hash = hash;
    return d->ctx != NULL;
}

static bool has_key(const struct deriver *d, struct bytes key)
{
    return key.len > 0 && bytes_equal_secret(fixed_bytes(&d->key), key);
}

/* HMAC takes longer to take a key than for a short text. */
static bool set_hmac_key(struct deriver *d, struct bytes key)
{
    if (has_key(d, key))
        return EVP_MAC_init(d->ctx, NULL, 0, NULL) == 1;
    fixed_wipe(&d->key);
    if (EVP_MAC_init(d->ctx, key.p, key.len, NULL) != 1)
        return false;
    if (atomic_load(&again[d->hash]) && key.len <= FIXED_MAX) {
        memcpy(d->key.b, key.p, key.len);
        d->key.len = key.len;
    }
    return true;
}

/* `out_len` is KMAC's output length, which HMAC is not told. */
static bool set_key(struct deriver *d, struct bytes key, size_t out_len)
{
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &out_len),
                           OSSL_PARAM_END};

    /* KMAC takes no empty key pointer; a salt or PRK is never empty. */
    return d->hash == HASH_SHAKE256 ? EVP_MAC_init(d->ctx, key.p, key.len, params) == 1
                                    : set_hmac_key(d, key);
}

static bool run(struct deriver *d, struct bytes key, const struct bytes *parts, size_t count,
                uint8_t *out, size_t len)
{
    size_t got;

    if (!set_key(d, key, len))
        return false;
    for (size_t i = 0; i < count; i++)
        if (parts[i].len > 0 && EVP_MAC_update(d->ctx, parts[i].p, parts[i].len) != 1)
            return false;
    return EVP_MAC_final(d->ctx, out, &got, len) == 1 && got == len;
}

static edhoc_err mac(struct deriver *d, enum crypto_hash hash, struct bytes key,
                     const struct bytes *parts, size_t count, uint8_t *out, size_t len)
{
    edhoc_err err = EDHOC_OK;

    (void)ERR_set_mark();
    if (!make_ready(d, hash) || !run(d, key, parts, count, out, len))
        err = crypto_failed("MAC");
    (void)ERR_pop_to_mark();
    if (hash == HASH_SHAKE256)
        bytes_wipe_stack(); /* where libcrypto leaves eight bytes of what it gives, on 32-bit x86 */
    return err;
}

/* ---- extract and expand ---- */

edhoc_err deriver_extract(struct deriver *d, enum crypto_hash hash, struct bytes salt,
                          struct bytes ikm, struct fixed *out)
{
    out->len = crypto_hash_length(hash);
    return mac(d, hash, salt, &ikm, 1, out->b, out->len);
}

size_t crypto_expand_max(enum crypto_hash hash)
{
    return hash == HASH_SHAKE256 ? EDHOC_EXPAND_KMAC_MAX : 255 * crypto_hash_length(hash);
}

/* HKDF-Expand, RFC 5869 section 2.3: T(i) = HMAC( PRK, T(i-1) || info || i ). Our own loop, because
 * EVP_KDF refuses a long info on several 3.0 releases. */
static edhoc_err hkdf_expand(struct deriver *d, enum crypto_hash hash, struct bytes prk,
                             const struct bytes info[3], uint8_t *out, size_t len)
{
    uint8_t t[FIXED_MAX];
    size_t hash_length = crypto_hash_length(hash);
    struct bytes previous = BYTES_NONE;
    edhoc_err err = EDHOC_OK;

    for (uint8_t i = 1; len > 0 && err == EDHOC_OK; i++) {
        size_t n = len < hash_length ? len : hash_length;
        struct bytes parts[] = {previous, info[0], info[1], info[2], bytes_of(&i, 1)};

        err = mac(d, hash, prk, parts, 5, t, hash_length);
        if (err == EDHOC_OK)
            memcpy(out, t, n);
        previous = bytes_of(t, hash_length);
        out += n;
        len -= n;
    }
    bytes_wipe(t, sizeof(t));
    return err;
}

edhoc_err deriver_expand(struct deriver *d, enum crypto_hash hash, struct bytes prk,
                         const struct bytes info[3], uint8_t *out, size_t len)
{
    if (len == 0)
        return EDHOC_OK;
    if (len > crypto_expand_max(hash))
        return report(EDHOC_ERR_TOO_LONG, "%zu bytes of key material at once", len);
    return hash == HASH_SHAKE256 ? mac(d, hash, prk, info, 3, out, len)
                                 : hkdf_expand(d, hash, prk, info, out, len);
}

/* ---- one value alone ---- */

edhoc_err crypto_mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                     size_t count, struct fixed *out)
{
    struct deriver d = {.ctx = NULL};
    edhoc_err err;

    out->len = crypto_hash_length(hash);
    err = mac(&d, hash, key, parts, count, out->b, out->len);
    deriver_put_away(&d);
    return err;
}
