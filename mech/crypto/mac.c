#include "crypto/mac.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/hash.h"

#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* Fetched at first use and never freed, as the hashes are. */
static struct {
    const char *const name, *const digest;
    EVP_MAC *mac; /* NULL where this libcrypto lacks it */
} macs[HASH_COUNT] = {
    [HASH_SHA256] = {"HMAC", "SHA256", NULL},
    [HASH_SHA384] = {"HMAC", "SHA384", NULL},
    [HASH_SHAKE256] = {"KMAC-256", NULL, NULL},
};
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    (void)ERR_set_mark();
    for (size_t i = 0; i < HASH_COUNT; i++)
        macs[i].mac = EVP_MAC_fetch(NULL, macs[i].name, NULL);
    (void)ERR_pop_to_mark();
}

bool crypto_has_mac(enum crypto_hash hash)
{
    (void)pthread_once(&fetched, fetch);
    return macs[hash].mac != NULL;
}

/* ---- HMAC and KMAC256 ---- */

/* A MAC context with its key set; `out_len` is KMAC's output length, unused by HMAC. */
static EVP_MAC_CTX *mac_start(enum crypto_hash hash, struct bytes key, size_t out_len)
{
    /* KMAC takes no empty key pointer; a salt or PRK is never empty. */
    OSSL_PARAM params[2] = {OSSL_PARAM_END, OSSL_PARAM_END};
    EVP_MAC_CTX *ctx;

    if (!crypto_has_mac(hash) || (ctx = EVP_MAC_CTX_new(macs[hash].mac)) == NULL)
        return NULL;
    params[0] = hash == HASH_SHAKE256
                    ? OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &out_len)
                    : OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                       (char *)(uintptr_t)macs[hash].digest, 0);
    if (EVP_MAC_init(ctx, key.p, key.len, params) == 1)
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

static bool mac_run(EVP_MAC_CTX *ctx, const struct bytes *parts, size_t count, uint8_t *out,
                    size_t len)
{
    size_t got;

    for (size_t i = 0; i < count; i++)
        if (parts[i].len > 0 && EVP_MAC_update(ctx, parts[i].p, parts[i].len) != 1)
            return false;
    return EVP_MAC_final(ctx, out, &got, len) == 1 && got == len;
}

static edhoc_err mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                     size_t count, uint8_t *out, size_t len)
{
    EVP_MAC_CTX *ctx;
    edhoc_err err = EDHOC_OK;

    (void)ERR_set_mark();
    ctx = mac_start(hash, key, len);
    if (ctx == NULL || !mac_run(ctx, parts, count, out, len))
        err = crypto_failed("MAC");
    EVP_MAC_CTX_free(ctx);
    (void)ERR_pop_to_mark();
    return err;
}

edhoc_err crypto_mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                     size_t count, struct fixed *out)
{
    out->len = crypto_hash_length(hash);
    return mac(hash, key, parts, count, out->b, out->len);
}

/* ---- extract and expand ---- */

edhoc_err crypto_extract(enum crypto_hash hash, struct bytes salt, struct bytes ikm,
                         struct fixed *out)
{
    return crypto_mac(hash, salt, &ikm, 1, out);
}

size_t crypto_expand_max(enum crypto_hash hash)
{
    return hash == HASH_SHAKE256 ? EDHOC_EXPAND_KMAC_MAX : 255 * crypto_hash_length(hash);
}

/* HKDF-Expand, RFC 5869 section 2.3: T(i) = HMAC( PRK, T(i-1) || info || i ). Our own loop, because
 * EVP_KDF refuses a long info on several 3.0 releases. The keyed context is made once and copied.
 */
static bool hkdf_expand(EVP_MAC_CTX *keyed, struct bytes info, size_t hash_length, uint8_t *out,
                        size_t len)
{
    uint8_t t[FIXED_MAX];
    struct bytes previous = BYTES_NONE;
    bool ok = true;

    for (uint8_t i = 1; len > 0 && ok; i++) {
        size_t n = len < hash_length ? len : hash_length;
        EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(keyed);
        struct bytes parts[] = {previous, info, bytes_of(&i, 1)};

        ok = ctx != NULL && mac_run(ctx, parts, 3, t, hash_length);
        EVP_MAC_CTX_free(ctx);
        if (ok)
            memcpy(out, t, n);
        previous = bytes_of(t, hash_length);
        out += n;
        len -= n;
    }
    bytes_wipe(t, sizeof(t));
    return ok;
}

edhoc_err crypto_expand(enum crypto_hash hash, struct bytes prk, struct bytes info, uint8_t *out,
                        size_t len)
{
    EVP_MAC_CTX *keyed;
    edhoc_err err = EDHOC_OK;

    if (len == 0)
        return EDHOC_OK;
    if (len > crypto_expand_max(hash))
        return report(EDHOC_ERR_TOO_LONG, "%zu bytes of key material at once", len);
    if (hash == HASH_SHAKE256)
        return mac(hash, prk, &info, 1, out, len);
    (void)ERR_set_mark();
    keyed = mac_start(hash, prk, 0);
    if (keyed == NULL || !hkdf_expand(keyed, info, crypto_hash_length(hash), out, len))
        err = crypto_failed("HKDF-Expand");
    EVP_MAC_CTX_free(keyed);
    (void)ERR_pop_to_mark();
    return err;
}
