/* How much the engine costs beyond the cryptography that it cannot do without: establishing a session
 * against the same public-key operations bare on libcrypto, and sealed messages against the bare AEAD
 * with its cipher context kept. A ratio of 1 would be free of charge. */
#include "floor.h"
#include "measure.h"

#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/edhoc.h"
#include "peer/party.h"
#include "profile/gss_api.h"
#include "token/protect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

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
    struct buf line = buf_new(1024);

    trust_line_format("*", "client,server", peer, NULL, &line);
    must(trust_new(&e->trust) == EDHOC_OK && trust_read(e->trust, &line, "bench", 1) == EDHOC_OK,
         "trust");
}

static void end_free(struct end *e)
{
    key_free(e->key);
    identity_set_free(e->identities);
    trust_free(e->trust);
}

struct side {
    struct party_fixed current;
    struct party *party;
    struct profile *profile;
    struct edhoc *engine;
};

static void side_new(struct side *s, bool initiator, const struct end *e, int suite)
{
    struct party_config party = {.initiator = initiator,
                                 .current = party_current_fixed,
                                 .arg = &s->current,
                                 .name = initiator ? "bench@host" : NULL,
                                 .suites = {{suite}, 1}};
    struct profile_wish wish = {.target = "bench@host"};
    struct edhoc_config config = {.role = initiator ? EDHOC_INITIATOR : EDHOC_RESPONDER,
                                  .parties = &party_parties,
                                  .profile = &profile_gss_api};

    s->current = (struct party_fixed){e->identities, e->trust};
    must(party_new(&party, &s->party) == EDHOC_OK, "party");
    must((initiator ? profile_new_initiator(&wish, &s->profile)
                    : profile_new_responder(&s->profile)) == EDHOC_OK,
         "profile");
    config.parties_arg = s->party;
    config.profile_arg = s->profile;
    must(edhoc_new(&config, &s->engine) == EDHOC_OK, "session");
}

static void side_free(struct side *s)
{
    edhoc_free(s->engine);
    party_free(s->party);
    profile_free(s->profile);
}

static void handshake(const struct end *i, const struct end *r, int suite)
{
    struct buf a = buf_new(EDHOC_TOKEN_MAX), b = buf_new(EDHOC_TOKEN_MAX);
    struct side initiator, responder;

    side_new(&initiator, true, i, suite);
    side_new(&responder, false, r, suite);
    must(edhoc_step(initiator.engine, BYTES_NONE, &a) == EDHOC_OK, "message_1");
    must(edhoc_step(responder.engine, buf_bytes(&a), &b) == EDHOC_OK, "message_2");
    must(edhoc_step(initiator.engine, buf_bytes(&b), &a) == EDHOC_OK, "message_3");
    must(edhoc_step(responder.engine, buf_bytes(&a), &b) == EDHOC_OK, "the end");
    must(edhoc_done(initiator.engine) && edhoc_done(responder.engine), "both ends");
    buf_free(&a);
    buf_free(&b);
    side_free(&initiator);
    side_free(&responder);
}

struct sessions {
    struct end i, r;
    int suite;
};

static void establish(void *arg)
{
    const struct sessions *s = arg;

    handshake(&s->i, &s->r, s->suite);
}

static const char *ossl_name(const struct keytype *type)
{
    return type->ossl_group != NULL ? type->ossl_group : type->ossl_name;
}

static void bench_establish(const char *type_name, int suite)
{
    const struct keytype *type = keytype_by_name(type_name);
    const char *hash = type->kty == KTY_OKP ? NULL : type->curve == CRV_P384 ? "SHA384" : "SHA256";
    struct sessions sessions = {.suite = suite};
    struct floor bare;
    struct work works[] = {{establish, NULL, &sessions, {0}}, {floor_establish, NULL, &bare, {0}}};

    floor_init(&bare, ossl_name(keytype_by_curve(suite_by_id(suite)->dh, true)), ossl_name(type),
               type->dh, hash);
    make_end(&sessions.i, type, "bench");
    make_end(&sessions.r, type, "bench@host");
    pin(&sessions.i, sessions.r.key);
    pin(&sessions.r, sessions.i.key);
    measure(works, 2, 0.15);
    result(1e6 * seconds_of(&works[0]), "us establish %s suite %d", type_name, suite);
    result(speed_ratio(&works[0], &works[1]), "ratio establish %s suite %d", type_name, suite);
    floor_free(&bare);
    end_free(&sessions.i);
    end_free(&sessions.r);
}

/* ---- sealed messages ---- */

struct sealing {
    struct protect *protect;
    struct piece piece;
};

static void seal(void *arg)
{
    struct sealing *s = arg;
    uint8_t header[TOKEN_HEADER], tag[TOKEN_TAG];

    must(protect_seal(s->protect, TOKEN_SEAL, &s->piece, 1, header, tag) == EDHOC_OK, "sealing");
}

static void bench_seal(int suite, const char *cipher, size_t len)
{
    const uint8_t prk[64] = {1};
    uint8_t *text = calloc(1, len);
    struct sealing sealing = {.piece = {false, text, text, len}};
    struct floor_message bare;
    struct work works[] = {{seal, NULL, &sealing, {0}}, {floor_seal, NULL, &bare, {0}}};
    size_t prk_len = crypto_hash_length(suite_by_id(suite)->hash);

    must(text != NULL && protect_new(suite_by_id(suite), bytes_of(prk, prk_len), true,
                                     &sealing.protect) == EDHOC_OK,
         "sealing set-up");
    floor_message_init(&bare, cipher, len);
    measure(works, 2, 0.05);
    result((double)len / seconds_of(&works[0]) / 1e6, "MB/s seal suite %d %zu", suite, len);
    result(speed_ratio(&works[0], &works[1]), "ratio seal suite %d %zu", suite, len);
    floor_message_free(&bare);
    protect_free(sealing.protect);
    free(text);
}

int main(void)
{
    static const size_t sizes[] = {64, 1024, 16384, 1u << 20};

    bench_establish("x25519", 6);
    bench_establish("ed25519", 4);
    bench_establish("p256", 6);
    bench_establish("p256", 2);
    bench_establish("p384dh", 24);
    bench_establish("x448", 25);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        bench_seal(6, "AES-128-GCM", sizes[i]);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        bench_seal(4, "ChaCha20-Poly1305", sizes[i]);
    return 0;
}
