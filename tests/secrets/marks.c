#include "marks.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "../lib/keep.h"
#include "base/base64.h"
#include "crypto/aead.h"
#include "crypto/mac.h"
#include "edhoc/keysched.h"

/* ---- marks ---- */

#ifdef HAVE_VALGRIND_MEMCHECK_H
#include <valgrind/memcheck.h>

bool marks_work(const char **why)
{
    *why = "only under valgrind: make check-valgrind";
    return RUNNING_ON_VALGRIND != 0;
}

void marks_secret(const void *p, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(p, len);
}

void marks_public(const void *p, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(p, len);
}

unsigned marks_reports(void)
{
    return (unsigned)VALGRIND_COUNT_ERRORS;
}

/* Memcheck's own bits about each byte: 0 where it has a value. */
static void get_bits(const void *p, uint8_t *bits, size_t len)
{
    (void)VALGRIND_GET_VBITS(p, bits, len);
}
#else
bool marks_work(const char **why)
{
    *why = "built without valgrind/memcheck.h. On Debian and Ubuntu: apt install valgrind";
    return false;
}

void marks_secret(const void *p, size_t len)
{
    (void)p;
    (void)len;
}

void marks_public(const void *p, size_t len)
{
    (void)p;
    (void)len;
}

unsigned marks_reports(void)
{
    return 0;
}

static void get_bits(const void *p, uint8_t *bits, size_t len)
{
    (void)p;
    memset(bits, 0, len);
}
#endif

static size_t count_marked(const void *p, size_t len)
{
    uint8_t bits[256];
    size_t marked = 0;

    for (size_t at = 0; at < len; at += sizeof(bits)) {
        size_t n = len - at < sizeof(bits) ? len - at : sizeof(bits);

        get_bits((const uint8_t *)p + at, bits, n);
        for (size_t i = 0; i < n; i++)
            marked += bits[i] != 0;
    }
    return marked;
}

bool marks_any(const void *p, size_t len)
{
    return count_marked(p, len) > 0;
}

bool marks_all(const void *p, size_t len)
{
    return count_marked(p, len) == len;
}

/* What libcrypto is given in place of a secret. */
static void *unmarked(const void *p, size_t len)
{
    void *copy;

    if (p == NULL || len == 0 || !marks_any(p, len))
        return (void *)(uintptr_t)p;
    copy = keep_new(len);
    memcpy(copy, p, len);
    marks_public(copy, len);
    return copy;
}

/* ---- a private key in a file ---- */

static struct bytes private_key;
static unsigned found;

void marks_private_key(struct bytes raw)
{
    private_key = raw;
    found = 0;
}

unsigned marks_found(void)
{
    return found;
}

static void mark_private_key(const void *p, size_t len)
{
    const void *at = private_key.len > 0 ? memmem(p, len, private_key.p, private_key.len) : NULL;

    if (at != NULL)
        marks_secret(at, private_key.len);
    found += at != NULL;
}

bool __real_base64_read(struct bytes text, struct buf *out);
bool __wrap_base64_read(struct bytes text, struct buf *out);
bool __wrap_base64_read(struct bytes text, struct buf *out)
{
    bool ok = __real_base64_read(text, out);

    mark_private_key(out->p, out->len);
    return ok;
}

static pem_password_cb *asked;

/* What our callback gives to libcrypto. */
static int answer(char *to, int size, int rwflag, void *arg)
{
    int len = asked(to, size, rwflag, arg);

    if (len > 0)
        marks_public(to, (size_t)len);
    return len;
}

int __real_PEM_do_header(EVP_CIPHER_INFO *cipher, unsigned char *data, long *len,
                         pem_password_cb *callback, void *arg);
int __wrap_PEM_do_header(EVP_CIPHER_INFO *cipher, unsigned char *data, long *len,
                         pem_password_cb *callback, void *arg);
int __wrap_PEM_do_header(EVP_CIPHER_INFO *cipher, unsigned char *data, long *len,
                         pem_password_cb *callback, void *arg)
{
    int ok;

    asked = callback;
    ok = __real_PEM_do_header(cipher, data, len, answer, arg);
    mark_private_key(data, (size_t)*len);
    return ok;
}

PKCS8_PRIV_KEY_INFO *__real_PKCS8_decrypt(const X509_SIG *sealed, const char *passphrase, int len);
PKCS8_PRIV_KEY_INFO *__wrap_PKCS8_decrypt(const X509_SIG *sealed, const char *passphrase, int len);
PKCS8_PRIV_KEY_INFO *__wrap_PKCS8_decrypt(const X509_SIG *sealed, const char *passphrase, int len)
{
    return __real_PKCS8_decrypt(sealed, unmarked(passphrase, (size_t)len), len);
}

int __real_i2d_PKCS8_PRIV_KEY_INFO(const PKCS8_PRIV_KEY_INFO *key, unsigned char **out);
int __wrap_i2d_PKCS8_PRIV_KEY_INFO(const PKCS8_PRIV_KEY_INFO *key, unsigned char **out);
int __wrap_i2d_PKCS8_PRIV_KEY_INFO(const PKCS8_PRIV_KEY_INFO *key, unsigned char **out)
{
    int len = __real_i2d_PKCS8_PRIV_KEY_INFO(key, out);

    if (len > 0)
        mark_private_key(*out, (size_t)len);
    return len;
}

EVP_PKEY *__real_EVP_PKEY_new_raw_private_key_ex(OSSL_LIB_CTX *lib, const char *type,
                                                 const char *query, const unsigned char *raw,
                                                 size_t len);
EVP_PKEY *__wrap_EVP_PKEY_new_raw_private_key_ex(OSSL_LIB_CTX *lib, const char *type,
                                                 const char *query, const unsigned char *raw,
                                                 size_t len);
EVP_PKEY *__wrap_EVP_PKEY_new_raw_private_key_ex(OSSL_LIB_CTX *lib, const char *type,
                                                 const char *query, const unsigned char *raw,
                                                 size_t len)
{
    return __real_EVP_PKEY_new_raw_private_key_ex(lib, type, query, unmarked(raw, len), len);
}

BIGNUM *__real_BN_bin2bn(const unsigned char *p, int len, BIGNUM *out);
BIGNUM *__wrap_BN_bin2bn(const unsigned char *p, int len, BIGNUM *out);
BIGNUM *__wrap_BN_bin2bn(const unsigned char *p, int len, BIGNUM *out)
{
    return __real_BN_bin2bn(unmarked(p, (size_t)len), len, out);
}

/* ---- C strings: where they end ---- */

static bool is_nul(const char *p)
{
    char c = *p;

    marks_public(&c, 1);
    return c == '\0';
}

size_t __wrap_strlen(const char *text);
size_t __wrap_strlen(const char *text)
{
    size_t len = 0;

    while (!is_nul(text + len))
        len++;
    return len;
}

char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    size_t size = __wrap_strlen(text) + 1;
    char *copy = malloc(size);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void *__real_memchr(const void *p, int c, size_t len);
void *__wrap_memchr(const void *p, int c, size_t len);
void *__wrap_memchr(const void *p, int c, size_t len)
{
    size_t at = 0;

    if (c != '\0')
        return __real_memchr(p, c, len);
    while (at < len && !is_nul((const char *)p + at))
        at++;
    return at < len ? (uint8_t *)(uintptr_t)p + at : NULL;
}

/* ---- base64 ---- */

int __real_EVP_EncodeBlock(unsigned char *to, const unsigned char *from, int len);
int __wrap_EVP_EncodeBlock(unsigned char *to, const unsigned char *from, int len);
int __wrap_EVP_EncodeBlock(unsigned char *to, const unsigned char *from, int len)
{
    int made = __real_EVP_EncodeBlock(to, unmarked(from, (size_t)len), len);

    if (marks_any(from, (size_t)len))
        marks_secret(to, (size_t)made);
    return made;
}

int __real_EVP_DecodeBlock(unsigned char *to, const unsigned char *from, int len);
int __wrap_EVP_DecodeBlock(unsigned char *to, const unsigned char *from, int len);
int __wrap_EVP_DecodeBlock(unsigned char *to, const unsigned char *from, int len)
{
    int made = __real_EVP_DecodeBlock(to, unmarked(from, (size_t)len), len);

    if (made > 0 && marks_any(from, (size_t)len))
        marks_secret(to, (size_t)made);
    return made;
}

/* ---- hashes ---- */

static bool hashes_secret; /* one hash at a time */

int __real_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *p, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *p, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *p, size_t len)
{
    hashes_secret = hashes_secret || marks_any(p, len);
    return __real_EVP_DigestUpdate(ctx, unmarked(p, len), len);
}

static void mark_hash(uint8_t *out, size_t len)
{
    if (hashes_secret)
        marks_secret(out, len);
    hashes_secret = false;
}

int __real_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *out, unsigned *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *out, unsigned *len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *out, unsigned *len)
{
    int ok = __real_EVP_DigestFinal_ex(ctx, out, len);

    mark_hash(out, (size_t)EVP_MD_CTX_get_size(ctx));
    return ok;
}

int __real_EVP_DigestFinalXOF(EVP_MD_CTX *ctx, unsigned char *out, size_t len);
int __wrap_EVP_DigestFinalXOF(EVP_MD_CTX *ctx, unsigned char *out, size_t len);
int __wrap_EVP_DigestFinalXOF(EVP_MD_CTX *ctx, unsigned char *out, size_t len)
{
    int ok = __real_EVP_DigestFinalXOF(ctx, out, len);

    mark_hash(out, len);
    return ok;
}

/* ---- MACs ---- */

/* At any moment there are few. */
static struct maker_of_macs {
    const EVP_MAC_CTX *ctx;
    bool key_secret, text_secret;
} macs[16];

static struct maker_of_macs *find_mac(const EVP_MAC_CTX *ctx)
{
    for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++)
        if (macs[i].ctx == ctx)
            return &macs[i];
    return NULL;
}

static struct maker_of_macs *mac_of(const EVP_MAC_CTX *ctx)
{
    struct maker_of_macs *m = find_mac(ctx);

    if (m == NULL)
        m = find_mac(NULL);
    if (m == NULL)
        abort();
    m->ctx = ctx;
    return m;
}

void __real_EVP_MAC_CTX_free(EVP_MAC_CTX *ctx);
void __wrap_EVP_MAC_CTX_free(EVP_MAC_CTX *ctx);
void __wrap_EVP_MAC_CTX_free(EVP_MAC_CTX *ctx)
{
    struct maker_of_macs *m = find_mac(ctx);

    if (m != NULL)
        *m = (struct maker_of_macs){.ctx = NULL};
    __real_EVP_MAC_CTX_free(ctx);
}

int __real_EVP_MAC_init(EVP_MAC_CTX *ctx, const unsigned char *key, size_t len,
                        const OSSL_PARAM params[]);
int __wrap_EVP_MAC_init(EVP_MAC_CTX *ctx, const unsigned char *key, size_t len,
                        const OSSL_PARAM params[]);
int __wrap_EVP_MAC_init(EVP_MAC_CTX *ctx, const unsigned char *key, size_t len,
                        const OSSL_PARAM params[])
{
    struct maker_of_macs *m = mac_of(ctx);

    if (key != NULL)
        m->key_secret = marks_any(key, len);
    m->text_secret = false;
    return __real_EVP_MAC_init(ctx, unmarked(key, len), len, params);
}

int __real_EVP_MAC_update(EVP_MAC_CTX *ctx, const unsigned char *p, size_t len);
int __wrap_EVP_MAC_update(EVP_MAC_CTX *ctx, const unsigned char *p, size_t len);
int __wrap_EVP_MAC_update(EVP_MAC_CTX *ctx, const unsigned char *p, size_t len)
{
    mac_of(ctx)->text_secret |= marks_any(p, len);
    return __real_EVP_MAC_update(ctx, unmarked(p, len), len);
}

int __real_EVP_MAC_final(EVP_MAC_CTX *ctx, unsigned char *out, size_t *len, size_t max);
int __wrap_EVP_MAC_final(EVP_MAC_CTX *ctx, unsigned char *out, size_t *len, size_t max);
int __wrap_EVP_MAC_final(EVP_MAC_CTX *ctx, unsigned char *out, size_t *len, size_t max)
{
    int ok = __real_EVP_MAC_final(ctx, out, len, max);

    if (mac_of(ctx)->key_secret || mac_of(ctx)->text_secret)
        marks_secret(out, *len);
    return ok;
}

edhoc_err __real_crypto_mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                            size_t count, struct fixed *out);
edhoc_err __wrap_crypto_mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                            size_t count, struct fixed *out);
/* Only that of a passphrase has a key that is no secret here, see the header. */
edhoc_err __wrap_crypto_mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                            size_t count, struct fixed *out)
{
    edhoc_err err = __real_crypto_mac(hash, key, parts, count, out);

    if (!marks_any(key.p, key.len))
        marks_public(out->b, out->len);
    return err;
}

/* ---- Diffie-Hellman and signatures ---- */

int __real_EVP_PKEY_derive(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len);
int __wrap_EVP_PKEY_derive(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len);
int __wrap_EVP_PKEY_derive(EVP_PKEY_CTX *ctx, unsigned char *out, size_t *len)
{
    int ok = __real_EVP_PKEY_derive(ctx, out, len);

    if (ok == 1)
        marks_secret(out, *len);
    return ok;
}

int __real_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *len, const unsigned char *p,
                          size_t text_len);
int __wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *len, const unsigned char *p,
                          size_t text_len);
int __wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *len, const unsigned char *p,
                          size_t text_len)
{
    return __real_EVP_DigestSign(ctx, out, len, unmarked(p, text_len), text_len);
}

int __real_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature, size_t len,
                            const unsigned char *p, size_t text_len);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature, size_t len,
                            const unsigned char *p, size_t text_len);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature, size_t len,
                            const unsigned char *p, size_t text_len)
{
    return __real_EVP_DigestVerify(ctx, signature, len, unmarked(p, text_len), text_len);
}

/* ---- ciphers ---- */

int __real_EVP_CipherInit_ex2(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher,
                              const unsigned char *key, const unsigned char *iv, int enc,
                              const OSSL_PARAM params[]);
int __wrap_EVP_CipherInit_ex2(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher,
                              const unsigned char *key, const unsigned char *iv, int enc,
                              const OSSL_PARAM params[]);
int __wrap_EVP_CipherInit_ex2(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher,
                              const unsigned char *key, const unsigned char *iv, int enc,
                              const OSSL_PARAM params[])
{
    int key_len = cipher != NULL ? EVP_CIPHER_get_key_length(cipher)
                                 : EVP_CIPHER_CTX_get_key_length(ctx);
    int iv_len = cipher != NULL ? EVP_CIPHER_get_iv_length(cipher)
                                : EVP_CIPHER_CTX_get_iv_length(ctx);

    return __real_EVP_CipherInit_ex2(ctx, cipher, unmarked(key, (size_t)key_len),
                                     unmarked(iv, (size_t)iv_len), enc, params);
}

int __real_EVP_CIPHER_CTX_set_params(EVP_CIPHER_CTX *ctx, const OSSL_PARAM params[]);
int __wrap_EVP_CIPHER_CTX_set_params(EVP_CIPHER_CTX *ctx, const OSSL_PARAM params[]);
/* The nonce as a parameter (crypto/aead.c): the first of them, and 12 bytes. */
int __wrap_EVP_CIPHER_CTX_set_params(EVP_CIPHER_CTX *ctx, const OSSL_PARAM params[])
{
    OSSL_PARAM copy[3];

    for (size_t i = 0; i < 3; i++)
        copy[i] = params[i];
    if (strcmp(copy[0].key, OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED) != 0)
        abort();
    copy[0].data = unmarked(copy[0].data, 12);
    return __real_EVP_CIPHER_CTX_set_params(ctx, copy);
}

int __real_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len,
                            const unsigned char *in, int in_len);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len,
                            const unsigned char *in, int in_len);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len,
                            const unsigned char *in, int in_len)
{
    int ok = __real_EVP_CipherUpdate(ctx, out, len, unmarked(in, (size_t)in_len), in_len);

    if (ok == 1 && out != NULL && !EVP_CIPHER_CTX_is_encrypting(ctx))
        marks_secret(out, (size_t)*len);
    return ok;
}

edhoc_err __real_crypto_open(enum crypto_aead alg, struct bytes key, struct bytes nonce,
                             struct bytes aad, struct bytes ciphertext, struct buf *out);
edhoc_err __wrap_crypto_open(enum crypto_aead alg, struct bytes key, struct bytes nonce,
                             struct bytes aad, struct bytes ciphertext, struct buf *out);
edhoc_err __wrap_crypto_open(enum crypto_aead alg, struct bytes key, struct bytes nonce,
                             struct bytes aad, struct bytes ciphertext, struct buf *out)
{
    edhoc_err err = __real_crypto_open(alg, key, nonce, aad, ciphertext, out);

    marks_public(out->p, out->len);
    return err;
}

edhoc_err __real_keysched_xor_2(struct keysched *ks, uint8_t *text, size_t len);
edhoc_err __wrap_keysched_xor_2(struct keysched *ks, uint8_t *text, size_t len);
edhoc_err __wrap_keysched_xor_2(struct keysched *ks, uint8_t *text, size_t len)
{
    edhoc_err err = __real_keysched_xor_2(ks, text, len);

    marks_public(text, len);
    return err;
}

/* ---- the verdict ---- */

int __real_CRYPTO_memcmp(const void *a, const void *b, size_t len);
int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t len);
int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t len)
{
    int verdict = __real_CRYPTO_memcmp(a, b, len);

    marks_public(&verdict, sizeof(verdict));
    return verdict;
}
