#include "floor.h"
#include "measure.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>

/* ---- establishing ---- */

static bool is_group(const char *name)
{
    return strncmp(name, "P-", 2) == 0;
}

static EVP_PKEY *keygen(const char *name)
{
    EVP_PKEY *key = is_group(name) ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", name)
                                   : EVP_PKEY_Q_keygen(NULL, NULL, name);

    must(key != NULL, "bare key");
    return key;
}

void floor_init(struct floor *f, const char *ephemeral, const char *authentication, bool dh,
                const char *hash)
{
    *f = (struct floor){ephemeral, is_group(ephemeral), dh, hash, keygen(authentication)};
}

void floor_free(struct floor *f)
{
    EVP_PKEY_free(f->authentication);
}

static void ecdh(EVP_PKEY *own, EVP_PKEY *peer)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    uint8_t secret[64];
    size_t len = sizeof(secret);

    must(ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
             EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
             EVP_PKEY_derive(ctx, secret, &len) == 1,
         "bare ECDH");
    EVP_PKEY_CTX_free(ctx);
}

static void signature(EVP_PKEY *key, const char *hash)
{
    static const uint8_t text[300];
    uint8_t made[256];
    size_t len = sizeof(made);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    must(ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, hash, NULL, NULL, key, NULL) == 1 &&
             EVP_DigestSign(ctx, made, &len, text, sizeof(text)) == 1,
         "bare signature");
    EVP_MD_CTX_reset(ctx);
    must(EVP_DigestVerifyInit_ex(ctx, NULL, hash, NULL, NULL, key, NULL) == 1 &&
             EVP_DigestVerify(ctx, made, len, text, sizeof(text)) == 1,
         "bare verification");
    EVP_MD_CTX_free(ctx);
}

/* The point with the key's x, as a key: EDHOC sends no more of it. */
static EVP_PKEY *from_x(EVP_PKEY *key, const char *group)
{
    uint8_t point[133];
    size_t len;
    EVP_PKEY *out = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM params[3];

    must(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
                                         &len) == 1,
         "bare point");
    point[0] = 2;
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + len / 2);
    params[2] = OSSL_PARAM_construct_end();
    must(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
             EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_PUBLIC_KEY, params) == 1,
         "bare point from x");
    EVP_PKEY_CTX_free(ctx);
    return out;
}

void floor_establish(void *arg)
{
    const struct floor *f = arg;
    EVP_PKEY *x = keygen(f->ephemeral), *y = keygen(f->ephemeral);
    EVP_PKEY *x_sent = x, *y_sent = y;

    if (f->from_x) {
        x_sent = from_x(x, f->ephemeral);
        y_sent = from_x(y, f->ephemeral);
    }
    ecdh(x, y_sent);
    ecdh(y, x_sent);
    for (int party = 0; party < 2; party++) {
        if (f->dh) {
            ecdh(f->authentication, x_sent);
            ecdh(x, f->authentication);
        } else {
            signature(f->authentication, f->hash);
        }
    }
    if (f->from_x) {
        EVP_PKEY_free(x_sent);
        EVP_PKEY_free(y_sent);
    }
    EVP_PKEY_free(x);
    EVP_PKEY_free(y);
}

/* ---- messages ---- */

static EVP_CIPHER_CTX *cipher_new(const char *cipher, bool sealing)
{
    static const uint8_t key[32] = {1}, nonce[12];
    EVP_CIPHER *alg = EVP_CIPHER_fetch(NULL, cipher, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    must(alg != NULL && ctx != NULL &&
             EVP_CipherInit_ex2(ctx, alg, key, nonce, sealing ? 1 : 0, NULL) == 1,
         "bare AEAD set-up");
    EVP_CIPHER_free(alg);
    return ctx;
}

void floor_message_init(struct floor_message *m, const char *cipher, size_t len)
{
    *m = (struct floor_message){cipher_new(cipher, true), cipher_new(cipher, false), len,
                                calloc(1, len), 0};
    must(m->text != NULL, "memory");
}

void floor_message_free(struct floor_message *m)
{
    EVP_CIPHER_CTX_free(m->seal);
    EVP_CIPHER_CTX_free(m->open);
    free(m->text);
}

static void seal(struct floor_message *m, const uint8_t *from, uint8_t *to, uint8_t tag[16])
{
    uint8_t nonce[12] = {0}, header[FLOOR_HEADER] = {0};
    int n;

    m->count++;
    memcpy(nonce, &m->count, sizeof(m->count));
    must(EVP_EncryptInit_ex2(m->seal, NULL, NULL, nonce, NULL) == 1 &&
             EVP_EncryptUpdate(m->seal, NULL, &n, header, FLOOR_HEADER) == 1 &&
             EVP_EncryptUpdate(m->seal, to, &n, from, (int)m->len) == 1 &&
             EVP_EncryptFinal_ex(m->seal, tag, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(m->seal, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1,
         "bare sealing");
}

static void open(struct floor_message *m, const uint8_t *from, uint8_t *to, uint8_t tag[16])
{
    uint8_t nonce[12] = {0}, header[FLOOR_HEADER] = {0};
    int n;

    memcpy(nonce, &m->count, sizeof(m->count));
    must(EVP_DecryptInit_ex2(m->open, NULL, NULL, nonce, NULL) == 1 &&
             EVP_CIPHER_CTX_ctrl(m->open, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
             EVP_DecryptUpdate(m->open, NULL, &n, header, FLOOR_HEADER) == 1 &&
             EVP_DecryptUpdate(m->open, to, &n, from, (int)m->len) == 1 &&
             EVP_DecryptFinal_ex(m->open, to, &n) == 1,
         "bare opening");
}

void floor_seal(void *arg)
{
    struct floor_message *m = arg;
    uint8_t tag[16];

    seal(m, m->text, m->text, tag);
}

void floor_message(void *arg)
{
    struct floor_message *m = arg;
    uint8_t tag[16];

    seal(m, m->text, m->text, tag);
    open(m, m->text, m->text, tag);
}

void floor_message_allocating(void *arg)
{
    struct floor_message *m = arg;
    size_t overhead = FLOOR_HEADER + 16;
    uint8_t *sealed = malloc(m->len + overhead), *opened = malloc(m->len);

    must(sealed != NULL && opened != NULL, "memory");
    seal(m, m->text, sealed + FLOOR_HEADER, sealed + FLOOR_HEADER + m->len);
    open(m, sealed + FLOOR_HEADER, opened, sealed + FLOOR_HEADER + m->len);
    free(sealed);
    free(opened);
}
