/* How much the mechanism costs beyond the cryptography that it cannot do without, as ratios within
 * one run: establishing a context against the same public-key operations bare on libcrypto, and
 * sealed messages against the bare AEAD with its cipher context kept. 1.00 would be free of charge.
 *
 *     make bench            all of it
 *     bench/bench_engine N  with N rounds of each measurement (default 5; the best round counts)
 *
 * Interleaved rounds, best of each: what is left of noise hits both sides alike. */
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/edhoc.h"
#include "token/protect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#define HANDSHAKES 300

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- establishing ---- */

struct end {
    struct key *key;
    struct identity_set *identities;
    struct trust *trust;
};

static void make_end(struct end *e, const struct keytype *type, const char *name)
{
    struct identity *id;

    must(key_generate(type, &e->key) == EDHOC_OK, "key");
    must(identity_new_raw(e->key, name, name, &id) == EDHOC_OK, "identity");
    must(identity_set_new(&id, 1, &e->identities) == EDHOC_OK, "identity set");
}

static void pin(struct end *e, struct key *peer)
{
    struct trust_line *line = calloc(1, sizeof(*line));

    must(line != NULL && trust_new(&e->trust) == EDHOC_OK, "trust");
    line->principals = strdup("*");
    line->roles = TRUST_CLIENT | TRUST_SERVER;
    line->valid_after = INT64_MIN;
    line->valid_before = INT64_MAX;
    line->file = strdup("bench");
    must(cred_new_kid(peer, &line->cred) == EDHOC_OK, "credential");
    must(trust_add(e->trust, line) == EDHOC_OK, "trust line");
}

static void end_free(struct end *e)
{
    key_free(e->key);
    identity_set_free(e->identities);
    trust_free(e->trust);
}

static struct edhoc *session(enum edhoc_role role, const struct end *e, int suite)
{
    struct edhoc_config config = {.role = role,
                                  .identities = e->identities,
                                  .trust = e->trust,
                                  .suites = {{suite}, 1},
                                  .target = role == EDHOC_INITIATOR ? "bench@host" : NULL};
    struct edhoc *s;

    must(edhoc_new(&config, &s) == EDHOC_OK, "session");
    return s;
}

static void handshake(const struct end *i, const struct end *r, int suite)
{
    struct edhoc *initiator = session(EDHOC_INITIATOR, i, suite);
    struct edhoc *responder = session(EDHOC_RESPONDER, r, suite);
    struct buf a = buf_new(EDHOC_TOKEN_MAX), b = buf_new(EDHOC_TOKEN_MAX);

    must(edhoc_step(initiator, BYTES_NONE, &a) == EDHOC_OK, "message_1");
    must(edhoc_step(responder, buf_bytes(&a), &b) == EDHOC_OK, "message_2");
    must(edhoc_step(initiator, buf_bytes(&b), &a) == EDHOC_OK, "message_3");
    must(edhoc_step(responder, buf_bytes(&a), &b) == EDHOC_OK && edhoc_done(responder), "end");
    buf_free(&a);
    buf_free(&b);
    edhoc_free(initiator);
    edhoc_free(responder);
}

static EVP_PKEY *bare_keygen(const struct keytype *type)
{
    EVP_PKEY *key = type->ossl_group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", type->ossl_group)
                                             : EVP_PKEY_Q_keygen(NULL, NULL, type->ossl_name);

    must(key != NULL, "bare key");
    return key;
}

static void bare_ecdh(EVP_PKEY *own, EVP_PKEY *peer)
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

static void bare_signature(EVP_PKEY *key, const char *hash)
{
    static const uint8_t text[300];
    uint8_t signature[256];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    must(ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, hash, NULL, NULL, key, NULL) == 1 &&
             EVP_DigestSign(ctx, signature, &len, text, sizeof(text)) == 1,
         "bare signature");
    EVP_MD_CTX_reset(ctx);
    must(EVP_DigestVerifyInit_ex(ctx, NULL, hash, NULL, NULL, key, NULL) == 1 &&
             EVP_DigestVerify(ctx, signature, len, text, sizeof(text)) == 1,
         "bare verification");
    EVP_MD_CTX_free(ctx);
}

/* The public-key operations of one session, both sides: two ephemeral keys, G_XY on both sides, and
 * for each party either G_RX (G_IY) on both sides or one signature made and verified. */
static void bare(const struct keytype *ephemeral, EVP_PKEY *authentication, bool dh,
                 const char *hash)
{
    EVP_PKEY *x = bare_keygen(ephemeral), *y = bare_keygen(ephemeral);

    bare_ecdh(x, y);
    bare_ecdh(y, x);
    for (int party = 0; party < 2; party++) {
        if (dh) {
            bare_ecdh(authentication, x);
            bare_ecdh(x, authentication);
        } else {
            bare_signature(authentication, hash);
        }
    }
    EVP_PKEY_free(x);
    EVP_PKEY_free(y);
}

static void bench_establish(const char *type_name, int suite, int rounds)
{
    const struct keytype *type = keytype_by_name(type_name);
    const struct keytype *ephemeral = keytype_by_curve(suite_by_id(suite)->dh, true);
    const char *hash = type->kty == KTY_OKP ? NULL : type->curve == CRV_P384 ? "SHA384" : "SHA256";
    EVP_PKEY *authentication = bare_keygen(type);
    double ours = 1e9, theirs = 1e9;
    struct end i = {0}, r = {0};

    make_end(&i, type, "bench");
    make_end(&r, type, "bench@host");
    pin(&i, r.key);
    pin(&r, i.key);
    for (int round = 0; round < rounds; round++) {
        double start = now();

        for (int n = 0; n < HANDSHAKES; n++)
            handshake(&i, &r, suite);
        ours = now() - start < ours ? now() - start : ours;
        start = now();
        for (int n = 0; n < HANDSHAKES; n++)
            bare(ephemeral, authentication, type->dh, hash);
        theirs = now() - start < theirs ? now() - start : theirs;
    }
    printf("establish  suite %2d  %-8s both sides %8.1f us   bare %8.1f us   speed ratio %.2f\n",
           suite, type_name, 1e6 * ours / HANDSHAKES, 1e6 * theirs / HANDSHAKES, theirs / ours);
    EVP_PKEY_free(authentication);
    end_free(&i);
    end_free(&r);
}

/* ---- sealed messages ---- */

static void bare_seal(EVP_CIPHER_CTX *ctx, const uint8_t *nonce, const uint8_t *header,
                      uint8_t *text, size_t len, uint8_t *tag)
{
    int n;

    must(EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) == 1 &&
             EVP_EncryptUpdate(ctx, NULL, &n, header, TOKEN_HEADER) == 1 &&
             EVP_EncryptUpdate(ctx, text, &n, text, (int)len) == 1 &&
             EVP_EncryptFinal_ex(ctx, tag, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1,
         "bare AEAD");
}

static void bench_seal(int suite, const char *cipher, size_t len, int rounds)
{
    const uint8_t prk[64] = {1}, key[32] = {2};
    size_t count = 20u * 1024 * 1024 / (len + 1024);
    EVP_CIPHER *alg = EVP_CIPHER_fetch(NULL, cipher, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t header[TOKEN_HEADER] = {0}, tag[TOKEN_TAG], nonce[12] = {0};
    uint8_t *text = calloc(1, len);
    struct piece piece = {false, text, text, len};
    double ours = 1e9, theirs = 1e9;
    struct protect *p;

    must(text != NULL && alg != NULL && ctx != NULL &&
             protect_new(suite_by_id(suite),
                         bytes_of(prk, crypto_hash_length(suite_by_id(suite)->hash)), true,
                         &p) == EDHOC_OK &&
             EVP_EncryptInit_ex2(ctx, alg, key, nonce, NULL) == 1,
         "AEAD set-up");
    for (int round = 0; round < rounds; round++) {
        double start = now();

        for (size_t n = 0; n < count; n++)
            must(protect_seal(p, TOKEN_SEAL, &piece, 1, header, tag) == EDHOC_OK, "sealing");
        ours = now() - start < ours ? now() - start : ours;
        start = now();
        for (size_t n = 0; n < count; n++) {
            memcpy(nonce, &n, sizeof(n));
            bare_seal(ctx, nonce, header, text, len, tag);
        }
        theirs = now() - start < theirs ? now() - start : theirs;
    }
    printf("seal       suite %2d  %8zu bytes  %10.1f MB/s   bare %10.1f MB/s   speed ratio %.2f\n",
           suite, len, (double)(len * count) / ours / 1e6, (double)(len * count) / theirs / 1e6,
           theirs / ours);
    protect_free(p);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(alg);
    free(text);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {64, 1024, 16384, 1u << 20};
    int rounds = argc > 1 ? atoi(argv[1]) : 5;

    must(rounds > 0, "reading the number of rounds");
    bench_establish("x25519", 6, rounds);
    bench_establish("ed25519", 4, rounds);
    bench_establish("p256", 5, rounds);
    bench_establish("p384dh", 24, rounds);
    bench_establish("x448", 25, rounds);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        bench_seal(6, "AES-128-GCM", sizes[i], rounds);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        bench_seal(4, "ChaCha20-Poly1305", sizes[i], rounds);
    return 0;
}
