#include "crypto/hash.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/made.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

static const struct {
    const char *name;
    size_t length;
} hashes[HASH_COUNT] = {
    [HASH_SHA256] = {"SHA256", 32},
    [HASH_SHA384] = {"SHA384", 48},
    [HASH_SHAKE256] = {"SHAKE256", 64}, /* with 512 bits */
};
static struct made fetched[HASH_COUNT];

static void *fetch(const void *name)
{
    return EVP_MD_fetch(NULL, name, NULL);
}

static void unfetch(void *md)
{
    EVP_MD_free(md);
}

static const struct maker fetcher = {fetch, unfetch};

static const EVP_MD *digest_of(enum crypto_hash hash)
{
    return made_get(&fetched[hash], &fetcher, hashes[hash].name);
}

bool crypto_has_hash(enum crypto_hash hash)
{
    return made_has(&fetched[hash], &fetcher, hashes[hash].name);
}

size_t crypto_hash_length(enum crypto_hash hash)
{
    return hashes[hash].length;
}

static bool digest(EVP_MD_CTX *ctx, enum crypto_hash hash, const struct bytes *parts, size_t count,
                   struct fixed *out)
{
    if (EVP_DigestInit_ex2(ctx, digest_of(hash), NULL) != 1)
        return false;
    for (size_t i = 0; i < count; i++)
        if (EVP_DigestUpdate(ctx, parts[i].p, parts[i].len) != 1)
            return false;
    out->len = hashes[hash].length;
    if (hash == HASH_SHAKE256)
        return EVP_DigestFinalXOF(ctx, out->b, out->len) == 1;
    return EVP_DigestFinal_ex(ctx, out->b, NULL) == 1;
}

edhoc_err crypto_digest(enum crypto_hash hash, const struct bytes *parts, size_t count,
                        struct fixed *out)
{
    EVP_MD_CTX *ctx;
    edhoc_err err = EDHOC_OK;

    (void)ERR_set_mark();
    ctx = EVP_MD_CTX_new();
    if (ctx == NULL)
        err = EDHOC_ERR_NOMEM; /* which libcrypto does not queue */
    else if (digest_of(hash) == NULL || !digest(ctx, hash, parts, count, out))
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
