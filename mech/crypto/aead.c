#include "crypto/aead.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/made.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static const struct aead {
    const char *name;
    size_t key, nonce, tag;
    bool ccm;
    bool leaves; /* key and nonce of a short message on the stack: see wipe_leavings() */
} aeads[AEAD_COUNT] = {
    [AES_CCM_16_64_128] = {"AES-128-CCM", 16, 13, 8, true, false},
    [AES_CCM_16_128_128] = {"AES-128-CCM", 16, 13, 16, true, false},
    [AES_128_GCM] = {"AES-128-GCM", 16, 12, 16, false, false},
    [AES_256_GCM] = {"AES-256-GCM", 32, 12, 16, false, false},
    [CHACHA20_POLY1305] = {"ChaCha20-Poly1305", 32, 12, 16, false, true},
};
/* struct cipher */
static struct made fetched[AEAD_COUNT];

struct cipher {
    EVP_CIPHER *evp;
    bool takes_nonce; /* by a parameter, see below */
};

#define CCM_MESSAGE_MAX 65535 /* L = 2: nonce of 13 bytes, length field of 2 */

/* ---- a new nonce for a cipher whose key is set ----
 *
 * EVP_CipherInit_ex2() asks the cipher for the length of its nonce each time, which takes as long as
 * a short message. libcrypto's GCM also takes a whole nonce by the parameter with which TLS sets the
 * fixed part of one: length -1, as OpenSSH has it by EVP_CTRL_GCM_SET_IV_FIXED. Whether it does is
 * tried once, in both directions, since an implementation of somebody else may pass over it. */

/* `tag` is that of a message to be opened, NULL to seal. */
static bool set_nonce(EVP_CIPHER_CTX *ctx, bool by_parameter, const uint8_t nonce[12],
                      const uint8_t *tag)
{
    const OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, (void *)nonce, SIZE_MAX),
        OSSL_PARAM_octet_string(tag == NULL ? NULL : OSSL_CIPHER_PARAM_AEAD_TAG, (void *)tag, 16),
        OSSL_PARAM_END,
    };

    return by_parameter ? EVP_CIPHER_CTX_set_params(ctx, params) == 1
                        : EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, tag == NULL, params + 1) == 1;
}

static bool get_tag(EVP_CIPHER_CTX *ctx, uint8_t tag[16])
{
    const OSSL_PARAM end = OSSL_PARAM_END;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, 16),
                           end};
    uint8_t none[16];
    int len;

    return EVP_CipherFinal_ex(ctx, none, &len) == 1 && EVP_CIPHER_CTX_get_params(ctx, params) == 1;
}

static bool verifies(EVP_CIPHER_CTX *ctx)
{
    uint8_t none[16];
    int len;

    return EVP_CipherFinal_ex(ctx, none, &len) == 1;
}

/* An empty message under two nonces has two tags, whichever way the nonces come. */
static bool takes_nonce(const EVP_CIPHER *cipher, EVP_CIPHER_CTX *seal, EVP_CIPHER_CTX *open)
{
    static const uint8_t key[AEAD_KEY_MAX] = {1}, a[12] = {2}, b[12] = {3};
    uint8_t tag_a[16], tag_b[16], tag[16];

    return EVP_CipherInit_ex2(seal, cipher, key, a, 1, NULL) == 1 && get_tag(seal, tag_a) &&
           set_nonce(seal, false, b, NULL) && get_tag(seal, tag_b) &&
           set_nonce(seal, true, a, NULL) && get_tag(seal, tag) && memcmp(tag_a, tag_b, 16) != 0 &&
           memcmp(tag_a, tag, 16) == 0 && EVP_CipherInit_ex2(open, cipher, key, a, 0, NULL) == 1 &&
           set_nonce(open, true, b, tag_b) && verifies(open) && set_nonce(open, true, a, tag_a) &&
           verifies(open) && set_nonce(open, true, a, tag_b) && !verifies(open);
}

static void unfetch(void *object)
{
    struct cipher *c = object;

    EVP_CIPHER_free(c->evp);
    free(c);
}

static void *fetch(const void *of)
{
    const struct aead *aead = of;
    EVP_CIPHER_CTX *seal = EVP_CIPHER_CTX_new(), *open = EVP_CIPHER_CTX_new();
    struct cipher *c = calloc(1, sizeof(*c));

    if (c != NULL)
        c->evp = EVP_CIPHER_fetch(NULL, aead->name, NULL);
    if (c != NULL && (c->evp == NULL || seal == NULL || open == NULL)) {
        unfetch(c);
        c = NULL;
    }
    if (c != NULL && !aead->ccm) {
        (void)ERR_set_mark();
        c->takes_nonce = takes_nonce(c->evp, seal, open);
        (void)ERR_pop_to_mark();
    }
    EVP_CIPHER_CTX_free(seal);
    EVP_CIPHER_CTX_free(open);
    return c;
}

static const struct maker fetcher = {fetch, unfetch};

/* NULL where this libcrypto lacks it, or memory is short. */
static const struct cipher *cipher_of(enum crypto_aead alg)
{
    return made_get(&fetched[alg], &fetcher, &aeads[alg]);
}

bool crypto_has_aead(enum crypto_aead alg)
{
    return made_has(&fetched[alg], &fetcher, &aeads[alg]);
}

size_t crypto_aead_key(enum crypto_aead alg)
{
    return aeads[alg].key;
}

size_t crypto_aead_nonce(enum crypto_aead alg)
{
    return aeads[alg].nonce;
}

/* Key and nonce set. CCM wants its tag length (sealing) or the tag (opening) before the key, and
 * the message's length before the associated data. */
static bool start(EVP_CIPHER_CTX *ctx, enum crypto_aead alg, bool seal, struct bytes key,
                  struct bytes nonce, const uint8_t *tag, size_t text_len)
{
    uint8_t *expected = (uint8_t *)(uintptr_t)tag; /* only read */
    const struct cipher *cipher = cipher_of(alg);
    int tag_len = (int)aeads[alg].tag;
    int len;

    if (cipher == NULL || EVP_CipherInit_ex2(ctx, cipher->evp, NULL, NULL, seal, NULL) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)nonce.len, NULL) != 1)
        return false;
    if ((aeads[alg].ccm || !seal) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, tag_len, expected) != 1)
        return false;
    if (EVP_CipherInit_ex2(ctx, NULL, key.p, nonce.p, seal, NULL) != 1)
        return false;
    return !aeads[alg].ccm || EVP_CipherUpdate(ctx, NULL, &len, NULL, (int)text_len) == 1;
}

/* libcrypto's assembly for 32-bit x86 leaves both there, and OpenSSL 3.6 the nonce on amd64 too. */
static void wipe_leavings(enum crypto_aead alg)
{
    if (aeads[alg].leaves)
        bytes_wipe_stack();
}

/* Associated data, text, end. For CCM the text is one call, also when it is empty, and opening
 * verifies in it; for the others the end verifies. */
static bool run(EVP_CIPHER_CTX *ctx, struct bytes aad, struct bytes text, uint8_t *out)
{
    uint8_t none = 0;
    int len;

    if (aad.len > 0 && EVP_CipherUpdate(ctx, NULL, &len, aad.p, (int)aad.len) != 1)
        return false;
    if (EVP_CipherUpdate(ctx, out, &len, text.len > 0 ? text.p : &none, (int)text.len) != 1)
        return false;
    if ((size_t)len != text.len)
        return false;
    return EVP_CipherFinal_ex(ctx, out + text.len, &len) == 1;
}

static bool lengths_ok(enum crypto_aead alg, struct bytes aad, struct bytes text)
{
    return aad.len <= INT_MAX && text.len <= (aeads[alg].ccm ? CCM_MESSAGE_MAX : INT_MAX - 16);
}

edhoc_err crypto_seal(enum crypto_aead alg, struct bytes key, struct bytes nonce, struct bytes aad,
                      struct bytes plaintext, struct buf *out)
{
    size_t tag_len = aeads[alg].tag;
    EVP_CIPHER_CTX *ctx = NULL;
    edhoc_err err = EDHOC_OK;
    uint8_t *text;

    if (!lengths_ok(alg, aad, plaintext))
        return report(EDHOC_ERR_TOO_LONG,
                      "%zu bytes do not fit the cipher suite's AEAD (AES-CCM "
                      "carries 65535)",
                      plaintext.len);
    text = buf_extend(out, plaintext.len + tag_len);
    if (text == NULL)
        return buf_err(out);
    (void)ERR_set_mark();
    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL || !start(ctx, alg, true, key, nonce, NULL, plaintext.len) ||
        !run(ctx, aad, plaintext, text) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)tag_len, text + plaintext.len) != 1) {
        err = ctx == NULL ? EDHOC_ERR_NOMEM : crypto_failed("encryption");
        bytes_wipe(text, plaintext.len + tag_len);
        out->len -= plaintext.len + tag_len;
    }
    EVP_CIPHER_CTX_free(ctx);
    (void)ERR_pop_to_mark();
    wipe_leavings(alg);
    return err;
}

edhoc_err crypto_open(enum crypto_aead alg, struct bytes key, struct bytes nonce, struct bytes aad,
                      struct bytes ciphertext, struct buf *out)
{
    size_t tag_len = aeads[alg].tag;
    EVP_CIPHER_CTX *ctx = NULL;
    edhoc_err err = EDHOC_OK;
    struct bytes text;
    uint8_t *plain;

    if (ciphertext.len < tag_len)
        return report(EDHOC_ERR_DECRYPT, "shorter than its tag");
    text = bytes_of(ciphertext.p, ciphertext.len - tag_len);
    if (!lengths_ok(alg, aad, text))
        return report(EDHOC_ERR_DECRYPT, "longer than the AEAD allows");
    plain = buf_extend(out, text.len + 1); /* one more, so that an empty text has a place too */
    if (plain == NULL)
        return buf_err(out);
    (void)ERR_set_mark();
    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL || !start(ctx, alg, false, key, nonce, text.p + text.len, text.len)) {
        err = ctx == NULL ? EDHOC_ERR_NOMEM : crypto_failed("decryption");
    } else if (!run(ctx, aad, text, plain)) {
        err = crypto_lacked_memory() ? EDHOC_ERR_NOMEM
                                     : report(EDHOC_ERR_DECRYPT, "the authentication tag is wrong");
    }
    EVP_CIPHER_CTX_free(ctx);
    (void)ERR_pop_to_mark();
    wipe_leavings(alg);
    out->len -= 1;
    if (err != EDHOC_OK) {
        bytes_wipe(plain, text.len);
        out->len -= text.len;
    }
    return err;
}

/* ---- a keyed cipher for many messages in pieces ----
 *
 * No marks in libcrypto's error queue here but for the key: they would cost a third of a short
 * message, and with GCM and ChaCha20-Poly1305 not even a wrong tag queues anything. So where one of
 * these fails, its own words are all that is told. */

struct crypto_cipher {
    EVP_CIPHER_CTX *ctx;
    enum crypto_aead alg;
    bool takes_nonce;
};

edhoc_err crypto_cipher_new(enum crypto_aead alg, bool seal, struct bytes key,
                            struct crypto_cipher **out)
{
    const struct cipher *cipher;
    struct crypto_cipher *c = NULL;
    edhoc_err err = EDHOC_OK;

    *out = NULL;
    if (aeads[alg].ccm || key.len != aeads[alg].key)
        return report(EDHOC_ERR_BUG, "cipher and key do not fit");
    c = calloc(1, sizeof(*c));
    if (c == NULL)
        return EDHOC_ERR_NOMEM;
    (void)ERR_set_mark();
    cipher = cipher_of(alg);
    c->ctx = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
    if (cipher != NULL && c->ctx == NULL)
        err = EDHOC_ERR_NOMEM;
    else if (cipher == NULL ||
             EVP_CipherInit_ex2(c->ctx, cipher->evp, key.p, NULL, seal, NULL) != 1)
        err = crypto_failed("cipher key");
    (void)ERR_pop_to_mark();
    c->alg = alg;
    c->takes_nonce = cipher != NULL && cipher->takes_nonce;
    if (err == EDHOC_OK)
        *out = c;
    else
        crypto_cipher_free(c);
    return err;
}

void crypto_cipher_free(struct crypto_cipher *c)
{
    if (c == NULL)
        return;
    EVP_CIPHER_CTX_free(c->ctx);
    free(c);
}

edhoc_err crypto_cipher_begin(struct crypto_cipher *c, const uint8_t nonce[12], const uint8_t *tag)
{
    return set_nonce(c->ctx, c->takes_nonce, nonce, tag) ? EDHOC_OK
                                                         : report(EDHOC_ERR_CRYPTO, "cipher nonce");
}

static edhoc_err feed(struct crypto_cipher *c, struct bytes in, uint8_t *out)
{
    int len;

    if (in.len == 0)
        return EDHOC_OK;
    if (in.len > INT_MAX)
        return report(EDHOC_ERR_MESSAGE_LENGTH, "%zu bytes", in.len);
    if (EVP_CipherUpdate(c->ctx, out, &len, in.p, (int)in.len) != 1 || (size_t)len != in.len)
        return report(EDHOC_ERR_CRYPTO, "cipher");
    return EDHOC_OK;
}

edhoc_err crypto_cipher_aad(struct crypto_cipher *c, struct bytes aad)
{
    return feed(c, aad, NULL);
}

edhoc_err crypto_cipher_text(struct crypto_cipher *c, struct bytes in, uint8_t *out)
{
    return feed(c, in, out);
}

edhoc_err crypto_cipher_tag(struct crypto_cipher *c, uint8_t tag[16])
{
    bool ok = get_tag(c->ctx, tag);

    wipe_leavings(c->alg);
    return ok ? EDHOC_OK : report(EDHOC_ERR_CRYPTO, "cipher tag");
}

edhoc_err crypto_cipher_verify(struct crypto_cipher *c)
{
    bool ok = verifies(c->ctx);

    wipe_leavings(c->alg);
    return ok ? EDHOC_OK : report(EDHOC_ERR_TOKEN_MIC, "the authentication tag is wrong");
}
