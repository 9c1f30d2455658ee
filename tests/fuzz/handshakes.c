/* The engine in both roles: raw tokens, plaintexts that are encrypted as they must be, and a live
 * handshake whose tokens are mutated on their way. Nobody but the two that know each other's keys
 * may ever get through, and where both are done, they have the same keys. */
#include "fuzz.h"

#include "../side.h"
#include "base/cbor.h"
#include "crypto/keytype.h"
#include "edhoc/encrypt0.h"
#include "edhoc/session.h"

#include <stdlib.h>
#include <string.h>

#define NOW    1800000000
#define TARGET "HTTP@web.example.org"

/* ---- two sides ---- */

struct pair {
    struct edhoc *side[2];
    struct buf token[5]; /* 1 to 4 */
    unsigned tokens;
};

static struct key *keys[3]; /* the initiator's, the responder's, a stranger's */

static void make_keys(void)
{
    for (size_t i = 0; i < 3 && keys[i] == NULL; i++)
        fuzz_must(key_generate(keytype_by_name(i == 2 ? "ed25519" : "x25519"), &keys[i]) ==
                      EDHOC_OK,
                  "a key");
}

static struct trust *trust_in(struct key *key, const char *name)
{
    struct buf line = buf_new(1024);
    struct trust *t = NULL;

    trust_line_format(name, NULL, key, NULL, &line);
    fuzz_must(trust_new(&t) == EDHOC_OK && trust_read(t, &line, "file", 1) == EDHOC_OK, "a trust");
    return t;
}

static struct edhoc *new_side(enum edhoc_role role, unsigned options)
{
    bool initiator = role == EDHOC_INITIATOR;
    struct side_config config = {
        .role = role,
        .options = options,
        .trust = trust_in(keys[initiator ? 1 : 0], initiator ? TARGET : "alice"),
        .suites = suite_defaults(),
        .target = initiator ? TARGET : NULL,
        .now = NOW};
    struct identity *id;
    struct edhoc *s = NULL;

    fuzz_must(identity_new_raw(keys[initiator ? 0 : 1], initiator ? "alice" : TARGET, "source",
                               &id) == EDHOC_OK &&
                  identity_set_new(&id, 1, &config.identities) == EDHOC_OK &&
                  side_new(&config, &s) == EDHOC_OK,
              "a session");
    identity_set_free(config.identities);
    trust_free(config.trust);
    return s;
}

static void pair_new(struct pair *p, unsigned options)
{
    make_keys();
    p->tokens = 0;
    for (size_t i = 0; i < 5; i++)
        p->token[i] = buf_new(EDHOC_TOKEN_MAX);
    p->side[EDHOC_INITIATOR] = new_side(EDHOC_INITIATOR, options);
    p->side[EDHOC_RESPONDER] = new_side(EDHOC_RESPONDER, 0);
}

static void pair_free(struct pair *p)
{
    for (size_t i = 0; i < 5; i++)
        buf_free(&p->token[i]);
    side_free(p->side[0]);
    side_free(p->side[1]);
}

/* Makes the next token from the last one. */
static edhoc_err advance(struct pair *p)
{
    struct bytes in = buf_bytes(&p->token[p->tokens]);
    enum edhoc_role role = p->tokens % 2 == 0 ? EDHOC_INITIATOR : EDHOC_RESPONDER;

    p->tokens++;
    return edhoc_step(p->side[role], in, &p->token[p->tokens]);
}

static void advance_to(struct pair *p, unsigned tokens)
{
    while (p->tokens < tokens)
        fuzz_must(advance(p) == EDHOC_OK, "an honest handshake goes on");
}

/* ---- raw tokens ---- */

/* The first byte says which token the rest stands for. */
static void run_token(struct bytes in)
{
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    unsigned number = in.len > 0 ? 1 + in.p[0] % 4 : 1;
    struct edhoc *reader;
    struct pair p;

    pair_new(&p, EDHOC_CONFIRM);
    advance_to(&p, number - 1);
    reader = p.side[number % 2 == 1 ? EDHOC_RESPONDER : EDHOC_INITIATOR];
    if (in.len > 0)
        (void)!edhoc_step(reader, bytes_of(in.p + 1, in.len - 1), &out);
    fuzz_must(!edhoc_done(reader), "nobody authenticates without a key");
    buf_free(&out);
    pair_free(&p);
}

static void seed_token(void (*add)(struct bytes))
{
    struct pair p;

    pair_new(&p, EDHOC_CONFIRM);
    advance_to(&p, 4);
    for (unsigned n = 1; n <= 4; n++) {
        struct buf seed = buf_new(EDHOC_TOKEN_MAX);

        buf_put_byte(&seed, (uint8_t)(n - 1));
        buf_put_buf(&seed, &p.token[n]);
        add(buf_bytes(&seed));
        buf_free(&seed);
    }
    pair_free(&p);
}

/* ---- plaintexts ---- */

static void run_plaintext_2(struct bytes in)
{
    struct buf message = buf_new(EDHOC_TOKEN_MAX), out = buf_new(EDHOC_TOKEN_MAX);
    struct edhoc *responder, *initiator;
    uint8_t *ciphertext;
    struct bytes g_y;
    struct pair p;

    pair_new(&p, 0);
    advance_to(&p, 2);
    responder = p.side[EDHOC_RESPONDER];
    initiator = p.side[EDHOC_INITIATOR];
    g_y = key_x(responder->ephemeral);
    cbor_put_bstr_head(&message, g_y.len + in.len);
    buf_put(&message, g_y);
    ciphertext = in.len > 0 ? buf_extend(&message, in.len) : NULL;
    if (ciphertext != NULL) {
        memcpy(ciphertext, in.p, in.len);
        fuzz_must(keysched_xor_2(&responder->work->ks, ciphertext, in.len) == EDHOC_OK,
                  "a keystream");
        if (edhoc_step(initiator, buf_bytes(&message), &out) == EDHOC_OK)
            fuzz_must(bytes_equal(in, buf_bytes(&responder->work->m2.plaintext)),
                      "only the responder can prove who it is");
    }
    buf_free(&message);
    buf_free(&out);
    pair_free(&p);
}

static void seed_plaintext_2(void (*add)(struct bytes))
{
    struct pair p;

    pair_new(&p, 0);
    advance_to(&p, 2);
    add(buf_bytes(&p.side[EDHOC_RESPONDER]->work->m2.plaintext));
    pair_free(&p);
}

static void run_plaintext_3(struct bytes in)
{
    struct buf plaintext = buf_new(EDHOC_TOKEN_MAX), message = buf_new(EDHOC_TOKEN_MAX);
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    struct edhoc *initiator;
    struct pair p;

    pair_new(&p, EDHOC_CONFIRM);
    advance_to(&p, 3);
    initiator = p.side[EDHOC_INITIATOR];
    buf_put(&plaintext, in);
    if (encrypt0_seal(initiator->suite, &initiator->work->ks.k_3, &initiator->work->ks.iv_3,
                      &initiator->work->ks.th_3, &plaintext, &message) == EDHOC_OK &&
        edhoc_step(p.side[EDHOC_RESPONDER], buf_bytes(&message), &out) == EDHOC_OK)
        fuzz_must(bytes_equal(in, buf_bytes(&initiator->work->m3.plaintext)),
                  "only the initiator can prove who it is");
    buf_free(&plaintext);
    buf_free(&message);
    buf_free(&out);
    pair_free(&p);
}

static void seed_plaintext_3(void (*add)(struct bytes))
{
    struct pair p;

    pair_new(&p, 0);
    advance_to(&p, 3);
    add(buf_bytes(&p.side[EDHOC_INITIATOR]->work->m3.plaintext));
    pair_free(&p);
}

/* ---- mutations of a live handshake ---- */

/* Five bytes each: which token, what to do, where (two bytes), a value. */
static void mutate(struct buf *token, const uint8_t *how)
{
    size_t at = token->len == 0 ? 0 : (size_t)(how[2] << 8 | how[3]) % token->len;

    if (token->len == 0)
        return;
    switch (how[1] % 4) {
    case 0:
        token->p[at] ^= how[4];
        break;
    case 1: /* cut */
        token->len = at;
        break;
    case 2:
        buf_put_byte(token, how[4]);
        break;
    default: /* one byte less */
        memmove(token->p + at, token->p + at + 1, token->len - at - 1);
        token->len--;
    }
}

static void run_mutation(struct bytes in)
{
    struct pair p;
    edhoc_err err = EDHOC_OK;
    bool changed = false;

    pair_new(&p, in.len > 0 && (in.p[0] & 0x80) != 0 ? EDHOC_CONFIRM : 0);
    while (err == EDHOC_OK && p.tokens < 4) {
        struct buf honest = buf_new(EDHOC_TOKEN_MAX);

        err = advance(&p);
        (void)!buf_copy(&honest, buf_bytes(&p.token[p.tokens]));
        for (size_t i = 0; i + 5 <= in.len && i < 100; i += 5)
            if (in.p[i] % 4 + 1u == p.tokens)
                mutate(&p.token[p.tokens], in.p + i);
        changed = changed || !bytes_equal(buf_bytes(&honest), buf_bytes(&p.token[p.tokens]));
        buf_free(&honest);
        if (edhoc_done(p.side[0]) && edhoc_done(p.side[1]))
            break;
    }
    if (edhoc_done(p.side[0]) && edhoc_done(p.side[1])) {
        fuzz_must(!changed || p.tokens == 4, "no changed token is believed");
        fuzz_must(bytes_equal(edhoc_prk_exporter(p.side[0]), edhoc_prk_exporter(p.side[1])),
                  "both have the same keys");
    }
    pair_free(&p);
}

const struct fuzz_target fuzz_handshakes[] = {
    {"token", run_token, seed_token},
    {"plaintext_2", run_plaintext_2, seed_plaintext_2},
    {"plaintext_3", run_plaintext_3, seed_plaintext_3},
    {"mutation", run_mutation, NULL},
    {NULL, NULL, NULL},
};
