/* Somebody between two sessions: every message dropped, repeated, swapped, cut, extended, changed,
 * replayed, sent back; and peers that say what they should not. Whatever happens, the side that
 * gets it fails, in the right way, and dies; no session completes that should not. */
#include "support.h"
#include "crypto/key.h"
#include "crypto/keytype.h"

#include "base/cbor.h"
#include "edhoc/ead.h"
#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/slow.h"
#include "lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scenario {
    const char *name, *initiator, *responder;
    int method, suite;
    unsigned options; /* of both */
    bool negotiation; /* the first choice of suite is refused */
    unsigned tokens;
    unsigned bits; /* of each byte that are flipped: fewer where the curve is slow */
};

static const struct scenario scenarios[] = {
    {"X25519 by value", "x25519", "x25519", 3, 6, 0, false, 3, 8},
    {"Ed25519 by value", "ed25519", "ed25519", 0, 4, 0, false, 3, 8},
    {"P-384", "p384dh", "p384dh", 3, 24, 0, false, 3, 1},
    {"X448", "x448", "x448", 3, 25, 0, false, 3, 1},
    {"with message_4", "x25519", "x25519", 3, 6, EDHOC_CONFIRM, false, 4, 8},
    {"by reference, hidden", "x25519", "x25519", 3, 6, EDHOC_CRED_BY_REFERENCE | EDHOC_HIDE_TARGET,
     false, 3, 4},
    {"negotiation", "x25519", "x25519", 3, 4, 0, true, 5, 4},
    {"negotiation with message_4", "x25519", "x25519", 3, 4, EDHOC_CONFIRM, true, 6, 2},
    {"P-256 signatures", "p256", "p256", 0, 6, 0, false, 3, 2},
};

#define SCENARIOS  (sizeof(scenarios) / sizeof(scenarios[0]))
#define TOKENS_MAX 6
/* Loop tests run over scenarios and tokens. */
#define LOOPS ((int)(SCENARIOS * TOKENS_MAX))

static const struct scenario *scenario_of(int loop)
{
    return &scenarios[loop / TOKENS_MAX];
}

static unsigned number_of(int loop)
{
    return (unsigned)(loop % TOKENS_MAX) + 1;
}

static void scenario_init(struct pair *p, const struct scenario *sc)
{
    pair_init(p, support_key(sc->initiator, 0), support_key(sc->responder, 1));
    for (int role = 0; role < 2; role++) {
        p->config[role].options = sc->options;
        p->config[role].suites = support_one_suite(sc->suite);
    }
    if (sc->negotiation)
        p->config[EDHOC_INITIATOR].suites = support_suite_list((int[]){6, 4}, 2);
}

/* The same ephemeral keys in every session, so that all sessions have the same messages. */
static void fix_ephemerals(struct pair *p, const struct scenario *sc)
{
    static uint8_t scalar[2][COORDINATE_MAX];
    size_t len = keytype_by_curve(suite_by_id(sc->suite)->dh, true)->coordinate;

    for (int role = 0; role < 2; role++) {
        memset(scalar[role], 0x11 * (role + 1), sizeof(scalar[role]));
        p->config[role].ephemeral = bytes_of(scalar[role], len);
    }
}

/* A new session of the same two, gone on honestly until token `number` was made. */
static void begin(struct pair *p, unsigned number)
{
    pair_reset(p);
    ck_assert_msg(pair_new(p), "%s", p->details[EDHOC_INITIATOR]);
    pair_advance(p, number);
}

/* ---- what each failure must look like ---- */

/* Of a message_2 that decrypts to other bytes than those that were sent. */
#define GARBLED                                                                                    \
    (ERR_SET(MALFORMED) | ERR_SET(CONNECTION_ID) | ERR_SET(CRED_FORM) | ERR_SET(CRED_BAD) |        \
     ERR_SET(UNKNOWN_KEY) | ERR_SET(PROOF))
/* Of a message_1 that was changed, where that shows at once. */
#define FIRST                                                                                      \
    (ERR_SET(MALFORMED) | ERR_SET(METHOD) | ERR_SET(NO_SUITE) | ERR_SET(BAD_POINT) |               \
     ERR_SET(CONNECTION_ID) | ERR_SET(EAD_CRITICAL) | ERR_SET(EAD_ITEM) | ERR_SET(TARGET) |        \
     ERR_SET(PEER_ERROR) | ERR_SET(NO_COMMON_SUITE))

static bool is_mute(enum session_state state, edhoc_err err)
{
    return err == EDHOC_ERR_STATE || err == EDHOC_ERR_PEER_ERROR || err == EDHOC_ERR_SUITE_RETRY ||
           err == EDHOC_ERR_NO_COMMON_SUITE || state == INITIATOR_WAIT_4 || state == SESSION_DONE;
}

static enum edhoc_role other_than(enum edhoc_role role)
{
    return role == EDHOC_INITIATOR ? EDHOC_RESPONDER : EDHOC_INITIATOR;
}

/* The other side gets the error message, and never answers it. */
static void tell_other(struct pair *p, enum edhoc_role other, struct bytes message)
{
    enum session_state state = p->side[other]->state;
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    edhoc_err err;

    err = pair_step(p, other, message, &out);
    if (p->tokens == 1 && state == RESPONDER_WAIT_1) {
        /* Its first token has to be message_1; it may see in this one no more than a bad one. */
        ck_assert(err == EDHOC_ERR_MALFORMED || err == EDHOC_ERR_PEER_ERROR);
        buf_free(&out);
        return;
    }
    ck_assert_uint_eq(out.len, 0);
    if (state == SESSION_DONE || state == SESSION_FAILED) {
        ck_assert_err(err, EDHOC_ERR_STATE);
    } else if (message.p[0] == 2) {
        ck_assert_err(err, EDHOC_ERR_SUITE_RETRY);
    } else {
        ck_assert_err(err, EDHOC_ERR_PEER_ERROR);
        ck_assert_msg(strncmp(p->details[other], "peer says: ", 11) == 0, "%s", p->details[other]);
    }
    buf_free(&out);
}

/* A side failed in this state, with that error, and says this. */
static void check_failure(struct pair *p, enum edhoc_role role, enum session_state state,
                          const struct buf *out)
{
    edhoc_err err = p->err[role];

    if (is_mute(state, err) && !(role == EDHOC_RESPONDER && err == EDHOC_ERR_NO_COMMON_SUITE)) {
        ck_assert_msg(out->len == 0, "%s (%s), and it says %s", report_sentence(err),
                      p->details[role], hex(buf_bytes(out)));
    } else {
        if (err != EDHOC_ERR_NO_COMMON_SUITE)
            support_check_error(buf_bytes(out), state == RESPONDER_WAIT_1 && err != EDHOC_ERR_TARGET
                                                    ? report_sentence(err)
                                                    : SUPPORT_REFUSAL);
        tell_other(p, other_than(role), buf_bytes(out));
    }
    ck_assert(state == SESSION_DONE || !edhoc_done(p->side[role]));
}

/* This side gets this, and must fail with one of these errors. */
static void must_fail(struct pair *p, enum edhoc_role role, struct bytes in, uint64_t allowed)
{
    enum session_state state = p->side[role]->state;
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    edhoc_err err = pair_step(p, role, in, &out);

    ck_assert_msg(err != EDHOC_OK, "state %d accepts %s", (int)state, hex(in));
    ck_assert_msg((allowed & support_err_set(err)) != 0, "state %d, %s: %s (%s)", (int)state,
                  hex(in), report_sentence(err), p->details[role]);
    check_failure(p, role, state, &out);
    buf_free(&out);
}

/* A responder gets a message_1 that is not what was sent. It may well accept it, since nothing in
 * it is authenticated yet, but then the initiator refuses message_2. */
static void must_fail_in_the_end(struct pair *p, const struct scenario *sc, unsigned number,
                                 struct bytes in)
{
    struct buf *out = &p->token[number + 1];
    edhoc_err err;

    ck_assert_int_eq(p->side[EDHOC_RESPONDER]->state, RESPONDER_WAIT_1);
    buf_reset(out);
    err = pair_step(p, EDHOC_RESPONDER, in, out);
    if (err != EDHOC_OK) {
        ck_assert_msg((FIRST & support_err_set(err)) != 0, "%s: %s (%s)", hex(in),
                      report_sentence(err), p->details[EDHOC_RESPONDER]);
        check_failure(p, EDHOC_RESPONDER, RESPONDER_WAIT_1, out);
    } else if (p->side[EDHOC_RESPONDER]->state == RESPONDER_WAIT_3) {
        must_fail(p, EDHOC_INITIATOR, buf_bytes(out), GARBLED);
    } else if (!sc->negotiation || number > 1) {
        must_fail(p, EDHOC_INITIATOR, buf_bytes(out),
                  ERR_SET(SUITE_RETRY) | ERR_SET(NO_COMMON_SUITE));
    } else {
        /* It would have been refused anyhow; nothing of it survives. */
        p->tokens = number + 1;
        pair_run(p, NULL, NULL);
        support_check_complete(p, sc->tokens, sc->method, sc->suite);
    }
}

static bool is_message_1(const struct scenario *sc, unsigned number)
{
    return number == 1 || (sc->negotiation && number == 3);
}

static bool is_message_2(const struct scenario *sc, unsigned number)
{
    return number == (sc->negotiation ? 4u : 2u);
}

/* The errors of a message_2 in which one byte of PLAINTEXT_2 was changed, by where that is. */
static uint64_t of_plaintext_2(struct bytes plaintext_2, size_t changed)
{
    struct cbor_reader r = cbor_reader(plaintext_2);
    size_t signature;

    (void)cbor_read_identifier(&r);
    if (changed < plaintext_2.len - r.rest.len)
        return ERR_SET(CONNECTION_ID) | ERR_SET(MALFORMED);
    (void)cbor_read_any(&r); /* ID_CRED_R */
    if (changed < plaintext_2.len - r.rest.len)
        return GARBLED;
    signature = cbor_read_bstr(&r).len;
    ck_assert(cbor_finished(&r)); /* no EAD_2 */
    return changed < plaintext_2.len - signature ? ERR_SET(MALFORMED) | ERR_SET(PROOF)
                                                 : ERR_SET(PROOF);
}

static uint64_t of_message_2(const struct pair *p, struct bytes in, struct bytes sent)
{
    const struct edhoc *r = p->side[EDHOC_RESPONDER];
    struct bytes plaintext_2 = buf_bytes(&r->work->m2.plaintext);
    size_t first = 0, changed = 0;

    if (in.len != sent.len)
        return GARBLED | ERR_SET(BAD_POINT);
    for (size_t i = 0; i < in.len; i++)
        if (in.p[i] != sent.p[i] && changed++ == 0)
            first = i;
    if (changed == 1 && first >= sent.len - plaintext_2.len)
        return of_plaintext_2(plaintext_2, first - (sent.len - plaintext_2.len));
    return GARBLED | ERR_SET(BAD_POINT);
}

/* What the receiver of token `number` must say to `in`, which is another one. */
static uint64_t expected(const struct pair *p, const struct scenario *sc, unsigned number,
                         struct bytes in)
{
    const struct suite *suite = p->side[EDHOC_INITIATOR]->suite;
    struct cbor_reader r = cbor_reader(in);
    struct bytes content = cbor_read_bstr(&r);

    if (message_is_error(in))
        return ERR_SET(PEER_ERROR) | (p->side[EDHOC_INITIATOR]->state == INITIATOR_WAIT_2
                                          ? ERR_SET(SUITE_RETRY) | ERR_SET(NO_COMMON_SUITE)
                                          : 0);
    if (!cbor_finished(&r))
        return ERR_SET(MALFORMED);
    if (pair_receiver(number) == EDHOC_RESPONDER ||
        p->side[EDHOC_INITIATOR]->state == INITIATOR_WAIT_4)
        return ERR_SET(DECRYPT);
    if (content.len <= keytype_by_curve(suite->dh, true)->coordinate)
        return ERR_SET(MALFORMED);
    return is_message_2(sc, number) ? of_message_2(p, in, buf_bytes(&p->token[number]))
                                    : GARBLED | ERR_SET(BAD_POINT);
}

/* In a session that awaits token `number`, something else comes. */
static void deliver(struct pair *p, const struct scenario *sc, unsigned number, struct bytes in)
{
    if (is_message_1(sc, number))
        must_fail_in_the_end(p, sc, number, in);
    else
        must_fail(p, pair_receiver(number), in, expected(p, sc, number, in));
}

/* ---- changed on the way ---- */

typedef bool (*mutation)(struct buf *token, unsigned step); /* false: no more steps */

static void sweep(int loop, mutation mutate, bool every_step)
{
    const struct scenario *sc = scenario_of(loop);
    unsigned number = number_of(loop), stride = every_step ? 1 : slow_stride();
    struct buf changed = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;

    if (number > sc->tokens)
        return;
    scenario_init(&p, sc);
    for (unsigned step = stride > 1 ? (unsigned)loop % stride : 0;; step += stride) {
        begin(&p, number);
        ck_assert_ok(buf_copy(&changed, buf_bytes(&p.token[number])));
        if (!mutate(&changed, step))
            break;
        deliver(&p, sc, number, buf_bytes(&changed));
    }
    buf_free(&changed);
    pair_free(&p);
}

static unsigned flips; /* bits per byte */

static bool flip(struct buf *token, unsigned step)
{
    unsigned at = step / flips, bit = flips == 8 ? step % 8 : (3 * at + 5 * step) % 8;

    if (at >= token->len)
        return false;
    token->p[at] ^= (uint8_t)(1u << bit);
    return true;
}

START_TEST(a_flipped_bit_ends_the_session)
{
    flips = scenario_of(_i)->bits;
    sweep(_i, flip, false);
}
END_TEST

static bool truncate_at(struct buf *token, unsigned step)
{
    if (step >= token->len)
        return false;
    token->len = step;
    return true;
}

START_TEST(a_shortened_message_ends_the_session)
{
    sweep(_i, truncate_at, false);
}
END_TEST

static const uint8_t extra[] = {0x00, 0x01, 0x20, 0x40, 0x60, 0x80, 0xa0, 0xf6, 0xff, 0x5f};
#define EXTRAS ((unsigned)sizeof(extra))

/* One byte more: at the end, at the beginning, and in the middle. */
static bool extend(struct buf *token, unsigned step)
{
    size_t len = token->len, at = step / EXTRAS == 0 ? len : step / EXTRAS == 1 ? 0 : len / 2;

    if (step >= 3 * EXTRAS)
        return false;
    buf_put_byte(token, 0);
    memmove(token->p + at + 1, token->p + at, len - at);
    token->p[at] = extra[step % EXTRAS];
    return true;
}

START_TEST(a_lengthened_message_ends_the_session)
{
    sweep(_i, extend, false);
}
END_TEST

/* A bstr that is longer or shorter by some bytes, with a head that says so. */
static bool resize(struct buf *token, unsigned step)
{
    static const int by[] = {1, 2, 16, 200, 40000, -1, -2, -8, -16, -17};
    struct cbor_reader r = cbor_reader(buf_bytes(token));
    struct bytes content = cbor_read_bstr(&r);
    struct buf changed = buf_new(EDHOC_TOKEN_MAX);
    size_t len;

    if (!cbor_finished(&r) || step >= sizeof(by) / sizeof(by[0]))
        return false;
    len = by[step] < 0 && content.len < (size_t)-by[step] ? 0 : content.len + (size_t)by[step];
    cbor_put_bstr_head(&changed, len);
    buf_put(&changed, bytes_of(content.p, len < content.len ? len : content.len));
    if (len > content.len)
        ck_assert_ptr_nonnull(buf_extend(&changed, len - content.len));
    ck_assert_ok(buf_copy(token, buf_bytes(&changed)));
    buf_free(&changed);
    return true;
}

START_TEST(another_length_of_the_byte_string_ends_the_session)
{
    sweep(_i, resize, true);
}
END_TEST

/* ---- the wrong message ---- */

static void check_still(struct edhoc *s, const uint8_t before[32])
{
    uint8_t now[32];

    if (!edhoc_done(s)) {
        support_check_dead(s);
        return;
    }
    ck_assert_ok(edhoc_exporter(s, 0, BYTES_NONE, now, sizeof(now)));
    ck_assert_mem_eq(now, before, sizeof(now));
}

/* Any message of the same session in place of the awaited one: dropped, repeated, or swapped.
 * (Those that are still to come are known from an earlier session with the same ephemeral keys.) */
START_TEST(a_message_out_of_turn_ends_the_session)
{
    const struct scenario *sc = scenario_of(_i);
    unsigned number = number_of(_i);
    struct buf recorded[TOKENS_MAX + 1];
    struct pair p;

    if (number > sc->tokens)
        return;
    scenario_init(&p, sc);
    fix_ephemerals(&p, sc);
    begin(&p, sc->tokens);
    for (unsigned n = 1; n <= sc->tokens; n++) {
        recorded[n] = buf_new(EDHOC_TOKEN_MAX);
        ck_assert_ok(buf_copy(&recorded[n], buf_bytes(&p.token[n])));
    }
    for (unsigned n = 1; n <= sc->tokens; n++) {
        if (n == number)
            continue;
        begin(&p, number);
        deliver(&p, sc, number, buf_bytes(&recorded[n]));
    }
    for (unsigned n = 1; n <= sc->tokens; n++)
        buf_free(&recorded[n]);
    pair_free(&p);
}
END_TEST

/* After the end, everything is out of turn, and nothing changes. */
START_TEST(after_the_end_nothing_changes)
{
    const struct scenario *sc = &scenarios[_i];
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    uint8_t key[32];
    struct pair p;

    scenario_init(&p, sc);
    begin(&p, 1);
    pair_run(&p, NULL, NULL);
    support_check_complete(&p, sc->tokens, sc->method, sc->suite);
    ck_assert_ok(edhoc_exporter(p.side[0], 0, BYTES_NONE, key, sizeof(key)));
    for (unsigned n = 0; n <= sc->tokens; n++)
        for (int role = 0; role < 2; role++) {
            struct bytes in = n == 0 ? BYTES_NONE : buf_bytes(&p.token[n]);

            ck_assert_err(edhoc_step(p.side[role], in, &out), EDHOC_ERR_STATE);
            ck_assert_uint_eq(out.len, 0);
            check_still(p.side[role], key);
        }
    buf_free(&out);
    pair_free(&p);
}
END_TEST

/* A session of yesterday, played back. Its message_1 is as good as any; what follows is not. */
START_TEST(a_session_of_yesterday_cannot_be_played_back)
{
    const struct scenario *sc = scenario_of(_i);
    unsigned number = number_of(_i);
    struct buf recorded[TOKENS_MAX + 1];
    struct pair p;

    if (number > sc->tokens)
        return;
    scenario_init(&p, sc);
    begin(&p, sc->tokens);
    for (unsigned n = 1; n <= sc->tokens; n++) {
        recorded[n] = buf_new(EDHOC_TOKEN_MAX);
        ck_assert_ok(buf_copy(&recorded[n], buf_bytes(&p.token[n])));
    }
    begin(&p, number);
    if (!(sc->negotiation && number == 2)) /* error code 2 is always the same */
        deliver(&p, sc, number, buf_bytes(&recorded[number]));
    /* All of the initiator's messages, to a responder who has never seen its own answers. */
    if (number == 1) {
        begin(&p, 1);
        for (unsigned n = 1; n < (sc->negotiation ? 5u : 3u); n += 2)
            ck_assert_ok(pair_step(&p, EDHOC_RESPONDER, buf_bytes(&recorded[n]), &p.token[n + 1]));
        ck_assert_int_eq(p.side[EDHOC_RESPONDER]->state, RESPONDER_WAIT_3);
        ck_assert_err(pair_step(&p, EDHOC_RESPONDER, buf_bytes(&recorded[sc->negotiation ? 5 : 3]),
                                &p.token[7]),
                      EDHOC_ERR_DECRYPT);
        support_check_error(buf_bytes(&p.token[7]), SUPPORT_REFUSAL);
    }
    for (unsigned n = 1; n <= sc->tokens; n++)
        buf_free(&recorded[n]);
    pair_free(&p);
}
END_TEST

/* Each message back to who has just sent it. */
START_TEST(a_message_sent_back_ends_the_session)
{
    const struct scenario *sc = scenario_of(_i);
    unsigned number = number_of(_i);
    enum edhoc_role sender = pair_sender(number);
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    enum session_state state;
    struct bytes token;
    struct pair p;

    if (number > sc->tokens)
        return;
    scenario_init(&p, sc);
    begin(&p, number);
    state = p.side[sender]->state;
    token = buf_bytes(&p.token[number]);
    if (state == SESSION_DONE) {
        ck_assert_err(pair_step(&p, sender, token, &out), EDHOC_ERR_STATE);
        ck_assert_uint_eq(out.len, 0);
    } else if (state == RESPONDER_WAIT_1) { /* its own error code 2 */
        ck_assert_err(pair_step(&p, sender, token, &out), EDHOC_ERR_PEER_ERROR);
        ck_assert_uint_eq(out.len, 0);
    } else {
        /* The other side has not got it yet: it waits for this very token. */
        must_fail(&p, sender, token, expected(&p, sc, number + 1, token));
    }
    buf_free(&out);
    pair_free(&p);
}
END_TEST

/* ---- error messages ---- */

/* Each place where one may come: an initiator that awaits message_2 or message_4, a responder that
 * awaits message_3 or, after error code 2, another message_1. */
static const struct {
    int scenario;
    unsigned awaited;
    enum session_state state;
} places[] = {
    {0, 2, INITIATOR_WAIT_2},
    {4, 4, INITIATOR_WAIT_4},
    {0, 3, RESPONDER_WAIT_3},
    {6, 3, RESPONDER_WAIT_1},
};
#define PLACES (ROWS(places))

static void send_error(int place, struct bytes message, uint64_t allowed, bool answered,
                       char details[512])
{
    const struct scenario *sc = &scenarios[places[place].scenario];
    enum edhoc_role role = pair_receiver(places[place].awaited);
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;
    edhoc_err err;

    scenario_init(&p, sc);
    begin(&p, places[place].awaited);
    ck_assert_int_eq(p.side[role]->state, places[place].state);
    err = pair_step(&p, role, message, &out);
    ck_assert_msg((allowed & support_err_set(err)) != 0, "place %d, %s: %s (%s)", place,
                  hex(message), err == EDHOC_OK ? "accepted" : report_sentence(err),
                  p.details[role]);
    /* Never answered, if it is one. */
    if (!answered)
        ck_assert_msg(out.len == 0, "place %d, %s: it is answered %s", place, hex(message),
                      hex(buf_bytes(&out)));
    memcpy(details, p.details[role], 512);
    buf_free(&out);
    pair_free(&p);
}

START_TEST(the_words_of_an_error_are_told_in_print)
{
    static const struct {
        const char *message, *details;
    } rows[] = {
        {"01626f6b", "peer says: ok (error code 1)"},
        {"0160", "peer says:  (error code 1)"},
        {"0163410a42", "peer says: A?B (error code 1)"},
        {"01661b5b324a0d00", "peer says: ?[2J?? (error code 1)"},
        {"0162c3a9", "peer says: ?? (error code 1)"},
        {"01647f202573", "peer says: ? %s (error code 1)"},
        {"00626f6b", "peer says: ok (error code 0)"},
        {"20626f6b", "peer says: ok (error code -1)"},
        {"03f5", "peer says: no reason that can be shown (error code 3)"},
        {"0362 6f6b", "peer says: ok (error code 3)"},
        {"010a", "peer says: no reason that can be shown (error code 1)"},
        {"014161", "peer says: no reason that can be shown (error code 1)"},
        {"0182616161 62", "peer says: no reason that can be shown (error code 1)"},
        {"1818626f6b", "peer says: ok (error code 24)"},
        {"1b7fffffffffffffff626f6b", "peer says: ok (error code 9223372036854775807)"},
        {"3b7fffffffffffffff626f6b", "peer says: ok (error code -9223372036854775808)"},
    };
    char details[512];

    for (int place = 0; place < PLACES; place++)
        for (int k = 0; k < ROWS(rows); k++) {
            struct bytes message = unhex(rows[k].message);

            send_error(place, message, ERR_SET(PEER_ERROR), false, details);
            ck_assert_str_eq(details, rows[k].details);
        }
}
END_TEST

/* Codes that no integer here can hold, and words without end. */
START_TEST(any_code_and_length_of_an_error_is_told)
{
    static const char *const codes[] = {"1b8000000000000000", "1bffffffffffffffff",
                                        "3b8000000000000000", "3bffffffffffffffff"};
    char words[60000], details[512];

    for (int place = 0; place < PLACES; place++) {
        for (int k = 0; k < ROWS(codes); k++) {
            struct buf message = buf_new(EDHOC_TOKEN_MAX);

            buf_put(&message, unhex(codes[k]));
            cbor_put_tstr(&message, BYTES_LITERAL("ok"));
            send_error(place, buf_bytes(&message), ERR_SET(PEER_ERROR), false, details);
            ck_assert(strncmp(details, "peer says: ", 11) == 0);
            buf_free(&message);
        }
        for (size_t len = 127; len <= sizeof(words); len = len < 130 ? len + 1 : len + 9957) {
            struct buf message = buf_new(EDHOC_TOKEN_MAX);

            memset(words, 'A', len);
            cbor_put_int(&message, 1);
            cbor_put_tstr(&message, bytes_of(words, len));
            send_error(place, buf_bytes(&message), ERR_SET(PEER_ERROR), false, details);
            ck_assert_uint_eq(strspn(details + 11, "A"), len < 128 ? len : 128);
            buf_free(&message);
        }
    }
}
END_TEST

/* What looks like an error message and is none. */
START_TEST(what_only_looks_like_an_error_is_malformed)
{
    static const char *const messages[] = {
        "01",         /* no ERR_INFO */
        "0162fffe",   /* not UTF-8 */
        "0161c3",     /* half a character */
        "0163eda080", /* a surrogate */
        "0162c080",   /* not the shortest */
        "01626f",     /* cut */
        "01626f6b00", /* one item too many */
        "1801626f6b", /* not the shortest integer */
        "0178026f6b", /* not the shortest length */
        "017f616fff", /* indefinite */
        "fb3ff0000000000000626f6b",
        "c101626f6b", /* tagged */
        "f6626f6b",
    };
    char details[512];

    for (int place = 0; place < PLACES; place++)
        for (int k = 0; k < ROWS(messages); k++) {
            struct bytes message = unhex(messages[k]);

            send_error(place, message, ERR_SET(MALFORMED), true, details);
        }
}
END_TEST

/* Error code 2 with something else than suites; and with suites, where it is too late for it. */
START_TEST(suites_are_listed_in_an_error_once_and_in_time)
{
    static const char *const malformed[] = {
        "0280",
        "028106",
        "0282066141",
        "02f6",
        "0260",
        "024106",
        "02a0",
        "0282060440",
        "028206f6",
        "02c106",
        "02f90000",
        "021bffffffffffffffff",
        ("029821060606060606060606060606060606060606060606060606"
         "06060606060606060606")};
    static const char *const good[] = {"0204", "02820405", "0200"};
    char details[512];

    for (int place = 0; place < PLACES; place++) {
        for (int k = 0; k < ROWS(malformed); k++) {
            struct bytes message = unhex(malformed[k]);
            bool is_error = message_is_error(message);

            send_error(place, message, ERR_SET(PEER_ERROR) | ERR_SET(MALFORMED), !is_error,
                       details);
        }
        for (int k = 0; k < ROWS(good); k++) {
            struct bytes message = unhex(good[k]);

            send_error(place, message, place == 0 ? ERR_SET(NO_COMMON_SUITE) : ERR_SET(PEER_ERROR),
                       false, details);
        }
    }
}
END_TEST

/* ---- sizes ---- */

/* 65,536 bytes are read, one more is not, whatever they are. */
START_TEST(a_token_has_at_most_64_kib)
{
    struct buf big = buf_new(EDHOC_TOKEN_MAX + 1);
    int place = _i;
    const struct scenario *sc = &scenarios[places[place].scenario];
    enum edhoc_role role = pair_receiver(places[place].awaited);
    struct pair p;

    ck_assert_ptr_nonnull(buf_extend(&big, EDHOC_TOKEN_MAX + 1));
    big.p[0] = 0x59; /* a bstr of 65,533 bytes */
    big.p[1] = 0xff;
    big.p[2] = 0xfd;
    scenario_init(&p, sc);
    begin(&p, places[place].awaited);
    must_fail(&p, role, bytes_of(big.p, EDHOC_TOKEN_MAX), ~ERR_SET(TOO_LONG));
    begin(&p, places[place].awaited);
    must_fail(&p, role, bytes_of(big.p, EDHOC_TOKEN_MAX + 1), ERR_SET(TOO_LONG));
    begin(&p, places[place].awaited);
    must_fail(&p, role, BYTES_NONE, ERR_SET(MALFORMED));
    begin(&p, places[place].awaited);
    must_fail(&p, role, bytes_of(big.p, 0), ERR_SET(MALFORMED));
    buf_free(&big);
    pair_free(&p);
}
END_TEST

static void put_padding(struct buf *ead, size_t bytes)
{
    cbor_put_int(ead, 0);
    cbor_put_bstr_head(ead, bytes);
    ck_assert_ptr_nonnull(buf_extend(ead, bytes));
}

/* The first message, and the longest that there may be: padding fills it up. */
START_TEST(the_first_token_has_at_most_64_kib)
{
    for (size_t more = 0; more < 2; more++) {
        struct buf ead = support_ead_1(SUPPORT_TARGET, 0), in = buf_new(EDHOC_TOKEN_MAX + 1);
        struct buf out = buf_new(EDHOC_TOKEN_MAX);
        struct pair p;

        scenario_init(&p, &scenarios[0]);
        begin(&p, 1);
        /* METHOD, suite, G_X, C_I, then the head of the padding */
        put_padding(&ead, EDHOC_TOKEN_MAX + more - (1 + 1 + 34 + 1) - ead.len - 4);
        support_put_message_1(&in, 3, (int[]){6}, 1, key_x(support_key("x25519", 3)),
                              buf_bytes(&ead));
        ck_assert_uint_eq(in.len, EDHOC_TOKEN_MAX + more);
        ck_assert_int_eq(pair_step(&p, EDHOC_RESPONDER, buf_bytes(&in), &out),
                         more == 0 ? EDHOC_OK : EDHOC_ERR_TOO_LONG);
        ck_assert_uint_gt(out.len, 0);
        buf_free(&ead);
        buf_free(&in);
        buf_free(&out);
        pair_free(&p);
    }
}
END_TEST

START_TEST(what_is_no_message_1_begins_nothing)
{
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;

    scenario_init(&p, &scenarios[0]);
    begin(&p, 0);
    ck_assert_err(pair_step(&p, EDHOC_RESPONDER, BYTES_NONE, &out), EDHOC_ERR_MALFORMED);
    support_check_error(buf_bytes(&out), report_sentence(EDHOC_ERR_MALFORMED));
    /* The initiator begins; it has nothing to read. */
    buf_reset(&out);
    ck_assert_err(pair_step(&p, EDHOC_INITIATOR, BYTES_LITERAL("x"), &out), EDHOC_ERR_STATE);
    ck_assert_uint_eq(out.len, 0);
    buf_free(&out);
    pair_free(&p);
}
END_TEST

/* ---- points ---- */

static struct bytes point_of(const char *what, size_t len, uint8_t to[64])
{
    memset(to, 0, 64);
    if (strcmp(what, "one") == 0)
        to[0] = 1;
    if (strcmp(what, "p") == 0) { /* 2^255 - 19: zero in another form */
        memset(to, 0xff, 32);
        to[0] = 0xed;
        to[31] = 0x7f;
    }
    if (strcmp(what, "ones") == 0) /* above the prime of the field */
        memset(to, 0xff, 64);
    return bytes_of(to, len);
}

static const struct {
    const char *type;
    int suite;
    const char *point;
    int longer; /* than it should be */
} points[] = {
    {"x25519", 6, "zero", 0},  {"x25519", 6, "one", 0},    {"x25519", 6, "p", 0},
    {"x25519", 6, "ones", -1}, {"x25519", 6, "ones", 1},   {"x25519", 6, "ones", -32},
    {"x448", 25, "zero", 0},   {"x448", 25, "one", 0},     {"x448", 25, "ones", -1},
    {"p256dh", 5, "ones", 0},  {"p256dh", 5, "ones", -1},  {"p256dh", 5, "ones", 1},
    {"p384dh", 24, "ones", 0}, {"p384dh", 24, "ones", -2}, {"p384dh", 24, "ones", 16},
};

START_TEST(bad_ephemeral_points_are_refused)
{
    const struct suite *suite = suite_by_id(points[_i].suite);
    size_t len = keytype_by_curve(suite->dh, true)->coordinate + (size_t)points[_i].longer;
    struct buf ead = support_ead_1(SUPPORT_TARGET, 0), in = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;
    uint8_t raw[64];
    struct bytes point = point_of(points[_i].point, len, raw);

    pair_init(&p, support_key(points[_i].type, 0), support_key(points[_i].type, 1));
    p.config[0].suites = p.config[1].suites = support_one_suite(points[_i].suite);
    begin(&p, 1);
    support_put_message_1(&in, 3, &points[_i].suite, 1, point, buf_bytes(&ead));
    must_fail(&p, EDHOC_RESPONDER, buf_bytes(&in), ERR_SET(BAD_POINT));

    if (points[_i].longer == 0) { /* G_Y's length is not told apart from the ciphertext */
        begin(&p, 2);
        buf_reset(&in);
        cbor_put_bstr_head(&in, len + 40);
        buf_put(&in, point);
        ck_assert_ptr_nonnull(buf_extend(&in, 40));
        must_fail(&p, EDHOC_INITIATOR, buf_bytes(&in), ERR_SET(BAD_POINT));
    }
    buf_free(&ead);
    buf_free(&in);
    pair_free(&p);
}
END_TEST

/* A public key of low order as a peer's own: everybody knows its shared secrets. */
START_TEST(a_credential_of_low_order_is_refused)
{
    static const char *const types[] = {"x25519", "x448"};
    uint8_t raw[64];

    for (int role = 0; role < 2; role++)
        for (size_t k = 0; k < 2; k++) {
            const struct keytype *type = keytype_by_name(types[k]);
            enum edhoc_role judge = other_than((enum edhoc_role)role);
            struct key *weak;
            struct identity *id;
            struct pair p;

            pair_init(&p, support_key(types[k], 0), support_key(types[k], 1));
            ck_assert_ok(
                key_from_public(type, point_of("zero", type->coordinate, raw), BYTES_NONE, &weak));
            id = p.config[role].identities->id[0];
            cred_free(id->by_value);
            ck_assert_ok(cred_new_kccs(weak, BYTES_LITERAL("alice"), &id->by_value));
            (void)support_pin(p.config[judge].trust,
                              (struct support_pin){.key = weak, .principals = "alice"});
            (void)support_pin(p.config[judge].trust,
                              (struct support_pin){.key = weak, .principals = SUPPORT_TARGET});
            ck_assert(pair_new(&p));
            pair_run(&p, NULL, NULL);
            support_check_refused(&p, judge, EDHOC_ERR_PROOF);
            key_free(weak);
            pair_free(&p);
        }
}
END_TEST

/* A key that is pinned, claimed by somebody who does not hold it. */
START_TEST(a_pinned_key_that_is_only_claimed_is_refused)
{
    static const char *const types[] = {"x25519", "ed25519", "p256", "p384dh", "ed448"};
    const char *type = types[_i];

    for (int role = 0; role < 2; role++)
        for (unsigned by_reference = 0; by_reference < 2; by_reference++) {
            enum edhoc_role judge = other_than((enum edhoc_role)role);
            struct identity *id, *victim;
            struct pair p;

            /* The judge knows key 0 or 1; the other side has key 2 and that credential. */
            pair_init(&p, support_key(type, 0), support_key(type, 1));
            id = support_identity(support_key(type, 2), role == 0 ? "alice" : SUPPORT_TARGET, "m");
            victim = p.config[role].identities->id[0];
            cred_free(id->by_value);
            cred_free(id->by_reference);
            id->by_value = cred_ref(victim->by_value);
            id->by_reference = cred_ref(victim->by_reference);
            pair_identities(&p, (enum edhoc_role)role, support_set(id, NULL));
            p.config[role].options = by_reference ? EDHOC_CRED_BY_REFERENCE : 0;
            ck_assert(pair_new(&p));
            pair_run(&p, NULL, NULL);
            support_check_refused(&p, judge, EDHOC_ERR_PROOF);
            pair_free(&p);
        }
}
END_TEST

/* ---- peers that do not follow the profile ---- */

/* Plain EDHOC on one side: what it says is authentic, and still not allowed. */
struct ead_row {
    const char *ead; /* "@" stands for the item that should be there */
    edhoc_err err;
};

static void put_ead(struct buf *to, const char *row, struct buf *item)
{
    while (*row != '\0') {
        if (*row == '@') {
            buf_put(to, buf_bytes(item));
            row++;
        } else if (*row == ' ') {
            row++;
        } else {
            char pair[3] = {row[0], row[1], '\0'};

            buf_put(to, unhex(pair));
            row += 2;
        }
    }
    buf_free(item);
}

static void plain_init(struct pair *p, enum edhoc_role role, unsigned options)
{
    pair_init(p, support_key("x25519", 0), support_key("x25519", 1));
    p->config[EDHOC_INITIATOR].options = options;
    p->config[EDHOC_RESPONDER].options = options;
    p->config[role].options |= SIDE_PLAIN;
    p->config[role].method = 1;
    p->config[EDHOC_INITIATOR].suites = support_one_suite(6);
}

static const struct ead_row ead_1_rows[] = {
    {"@", EDHOC_OK},
    {"00 @", EDHOC_OK}, /* padding */
    {"@ 00", EDHOC_OK},
    {"00 43010203 @ 00 40 00", EDHOC_OK},
    {"05 @ 06 4101", EDHOC_OK}, /* unknown, not critical */
    {"", EDHOC_ERR_EAD_ITEM},
    {"00", EDHOC_ERR_EAD_ITEM},
    {"@ @", EDHOC_ERR_EAD_ITEM},
    {"19ff47 4382f600", EDHOC_ERR_EAD_ITEM}, /* not critical */
    {"39ff46", EDHOC_ERR_EAD_ITEM},          /* no value */
    {"39ff46 40", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4382f602", EDHOC_ERR_EAD_ITEM}, /* unknown option */
    {"39ff46 4382f603", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4382f620", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4b82f61b8000000000000000", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4381f600", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4281f6", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4483f60000", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4482f60000", EDHOC_ERR_EAD_ITEM}, /* left over */
    {"39ff46 4482f61800", EDHOC_ERR_EAD_ITEM}, /* not the shortest */
    {"39ff46 449ff600ff", EDHOC_ERR_EAD_ITEM}, /* indefinite */
    {"39ff46 43826000", EDHOC_ERR_EAD_ITEM},   /* empty target */
    {"39ff46 4482610a00", EDHOC_ERR_EAD_ITEM}, /* control character */
    {"39ff46 4482617f00", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4482610000", EDHOC_ERR_EAD_ITEM}, /* NUL */
    {"39ff46 448261ff00", EDHOC_ERR_EAD_ITEM}, /* not UTF-8 */
    {"39ff46 4482416100", EDHOC_ERR_EAD_ITEM}, /* bstr */
    {"39ff46 43820000", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4382f700", EDHOC_ERR_EAD_ITEM}, /* undefined, not null */
    {"@ 24", EDHOC_ERR_EAD_CRITICAL},
    {"24 4101 @", EDHOC_ERR_EAD_CRITICAL},
    {"39ff47 4382f600 @", EDHOC_ERR_EAD_CRITICAL},
    {"@ 40", EDHOC_ERR_MALFORMED}, /* a value without a label */
    {"@ 60", EDHOC_ERR_MALFORMED},
    {"@ 1800", EDHOC_ERR_MALFORMED},
    {"@ 00 5f4100ff", EDHOC_ERR_MALFORMED},
    {"@ f6", EDHOC_ERR_MALFORMED},
    {"@ 3b7fffffffffffffff", EDHOC_ERR_MALFORMED},
};

START_TEST(each_ead_1_is_taken_or_refused)
{
    const struct ead_row *row = &ead_1_rows[_i];
    struct buf item = support_ead_1(SUPPORT_TARGET, 0), ead_3 = support_ead_3(0x22, NULL);
    struct buf ead_1 = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;

    put_ead(&ead_1, row->ead, &item);
    plain_init(&p, EDHOC_INITIATOR, 0);
    p.config[EDHOC_INITIATOR].ead[1] = buf_bytes(&ead_1);
    p.config[EDHOC_INITIATOR].ead[3] = buf_bytes(&ead_3);
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    ck_assert_msg(p.err[EDHOC_RESPONDER] == row->err, "\"%s\": %s (%s)", row->ead,
                  p.err[EDHOC_RESPONDER] == EDHOC_OK ? "accepted"
                                                     : report_sentence(p.err[EDHOC_RESPONDER]),
                  p.details[EDHOC_RESPONDER]);
    if (row->err == EDHOC_OK) {
        support_check_complete(&p, 3, 3, 6);
    } else {
        ck_assert_uint_eq(p.tokens, 2);
        support_check_error(buf_bytes(&p.token[2]), report_sentence(row->err));
        ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_PEER_ERROR);
    }
    buf_free(&ead_1);
    buf_free(&ead_3);
    pair_free(&p);
}
END_TEST

static const struct ead_row ead_2_rows[] = {
    {"", EDHOC_OK},
    {"00", EDHOC_OK},
    {"05 4101", EDHOC_OK},
    {"@", EDHOC_ERR_EAD_ITEM},
    {"19ff47 4382f600", EDHOC_ERR_EAD_ITEM},
    {"19ff47", EDHOC_ERR_EAD_ITEM},
    {"24", EDHOC_ERR_EAD_CRITICAL},
    {"00 39ff47", EDHOC_ERR_EAD_CRITICAL},
    {"40", EDHOC_ERR_MALFORMED},
    {"00 40 40", EDHOC_ERR_MALFORMED},
};

START_TEST(each_ead_2_is_taken_or_refused)
{
    const struct ead_row *row = &ead_2_rows[_i];
    struct buf item = support_ead_1(NULL, 0), ead_2 = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;

    put_ead(&ead_2, row->ead, &item);
    plain_init(&p, EDHOC_RESPONDER, 0);
    p.config[EDHOC_RESPONDER].ead[2] = buf_bytes(&ead_2);
    /* It does not know our critical item either, so it does not see it. */
    ck_assert(pair_new(&p));
    pair_advance(&p, 1);
    p.token[1].len -= 7 + strlen(SUPPORT_TARGET);
    ck_assert_ok(keysched_message_1(&p.side[EDHOC_INITIATOR]->work->ks, suite_by_id(6),
                                    buf_bytes(&p.token[1])));
    pair_run(&p, NULL, NULL);
    if (row->err != EDHOC_OK)
        support_check_refused(&p, EDHOC_INITIATOR, row->err);
    else
        ck_assert(edhoc_done(p.side[EDHOC_INITIATOR]));
    buf_free(&ead_2);
    pair_free(&p);
}
END_TEST

static const struct ead_row ead_3_rows[] = {
    {"@", EDHOC_OK},
    {"00 @ 00 00", EDHOC_OK},
    {"@ 05", EDHOC_OK},
    {"", EDHOC_ERR_EAD_ITEM},
    {"@ @", EDHOC_ERR_EAD_ITEM},
    {"19ff47 4583 1822 f6f6", EDHOC_ERR_EAD_ITEM},
    {"39ff46", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4483 1822 f6", EDHOC_ERR_EAD_ITEM}, /* cut */
    {"39ff46 4482 1822 f6", EDHOC_ERR_EAD_ITEM}, /* two of three */
    {"39ff46 4684 1822 f6f6f6", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4683 1822 f6f600", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4683 190022 f6f6", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4583 3822 f6f6", EDHOC_ERR_EAD_ITEM},   /* negative */
    {"39ff46 4583 1822 60f6", EDHOC_ERR_EAD_ITEM},   /* bindings as text */
    {"39ff46 4683 1822 f66161", EDHOC_ERR_EAD_ITEM}, /* a target that was not hidden */
    {"39ff46 4683 1822 f64161", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4483 02 f6f6", EDHOC_ERR_EAD_ITEM}, /* no INTEG */
    {"39ff46 4382f600", EDHOC_ERR_EAD_ITEM},     /* message_1's */
    {"24 @", EDHOC_ERR_EAD_CRITICAL},
    {"@ 40", EDHOC_ERR_MALFORMED},
};

START_TEST(each_ead_3_is_taken_or_refused)
{
    const struct ead_row *row = &ead_3_rows[_i];
    struct buf item = support_ead_3(0x22, NULL), ead_1 = support_ead_1(SUPPORT_TARGET, 0);
    struct buf ead_3 = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;

    put_ead(&ead_3, row->ead, &item);
    plain_init(&p, EDHOC_INITIATOR, 0);
    p.config[EDHOC_INITIATOR].ead[1] = buf_bytes(&ead_1);
    p.config[EDHOC_INITIATOR].ead[3] = buf_bytes(&ead_3);
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    if (row->err == EDHOC_OK)
        support_check_complete(&p, 3, 3, 6);
    else
        support_check_refused(&p, EDHOC_RESPONDER, row->err);
    buf_free(&ead_1);
    buf_free(&ead_3);
    pair_free(&p);
}
END_TEST

/* A target must come in exactly one of message_1 and message_3. */
START_TEST(a_target_comes_in_exactly_one_message)
{
    struct buf ead_1 = support_ead_1(NULL, 0), ead_3 = support_ead_3(0x22, NULL);
    struct pair p;

    plain_init(&p, EDHOC_INITIATOR, 0);
    p.config[EDHOC_INITIATOR].ead[1] = buf_bytes(&ead_1);
    p.config[EDHOC_INITIATOR].ead[3] = buf_bytes(&ead_3);
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_EAD_ITEM);
    buf_free(&ead_1);
    buf_free(&ead_3);
    pair_free(&p);
}
END_TEST

static const struct ead_row ead_4_rows[] = {
    {"39ff46 43811822", EDHOC_OK},
    {"00 39ff46 43811822", EDHOC_OK},
    {"39ff46 448119783e", EDHOC_OK},
    {"", EDHOC_ERR_EAD_ITEM},
    {"39ff46 43811822 39ff46 43811822", EDHOC_ERR_EAD_ITEM},
    {"19ff47 43811822", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4180", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4482182200", EDHOC_ERR_EAD_ITEM},
    {"39ff46 4281f6", EDHOC_ERR_EAD_ITEM},
    {"39ff46 43811822 24", EDHOC_ERR_EAD_CRITICAL},
    {"39ff46 43811822 40", EDHOC_ERR_MALFORMED},
};

START_TEST(each_ead_4_is_taken_or_refused)
{
    const struct ead_row *row = &ead_4_rows[_i];
    struct buf none = buf_new(1), ead_4 = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;

    put_ead(&ead_4, row->ead, &none);
    scenario_init(&p, &scenarios[4]);
    begin(&p, 3);
    /* The responder turns to plain EDHOC for its last message. */
    side_turn_plain(p.side[EDHOC_RESPONDER]);
    side_of(p.side[EDHOC_RESPONDER])->config.ead[4] = buf_bytes(&ead_4);
    pair_run(&p, NULL, NULL);
    ck_assert_uint_eq(p.tokens, 4);
    ck_assert_ok(p.err[EDHOC_RESPONDER]);
    ck_assert_msg(p.err[EDHOC_INITIATOR] == row->err, "\"%s\": %s", row->ead,
                  p.details[EDHOC_INITIATOR]);
    if (row->err == EDHOC_OK)
        ck_assert(edhoc_done(p.side[EDHOC_INITIATOR]));
    buf_free(&ead_4);
    pair_free(&p);
}
END_TEST

/* Connection identifiers other than the empty one. */
START_TEST(other_connection_identifiers_are_refused)
{
    static const char *const ids[] = {"00", "17", "20", "18", "ff", "4142", "000000000000000000"};

    for (int k = 0; k < ROWS(ids); k++) {
        struct buf ead_1 = support_ead_1(SUPPORT_TARGET, 0);
        struct bytes id = unhex(ids[k]);
        struct pair p;

        plain_init(&p, EDHOC_INITIATOR, 0);
        p.config[EDHOC_INITIATOR].ead[1] = buf_bytes(&ead_1);
        p.config[EDHOC_INITIATOR].c_x = id;
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        ck_assert_err(p.err[EDHOC_RESPONDER], EDHOC_ERR_CONNECTION_ID);
        support_check_error(buf_bytes(&p.token[2]), report_sentence(EDHOC_ERR_CONNECTION_ID));
        ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_PEER_ERROR);
        pair_free(&p);

        scenario_init(&p, &scenarios[0]);
        p.config[EDHOC_RESPONDER].c_x = id;
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        support_check_refused(&p, EDHOC_INITIATOR, EDHOC_ERR_CONNECTION_ID);
        pair_free(&p);
        buf_free(&ead_1);
    }
}
END_TEST

/* Credentials in forms, or with contents, that the profile does and does not accept. */
static const struct {
    const char *id; /* "@" stands for the x of the responder's own key */
    edhoc_err err;
} credential_forms[] = {
    {"a1 0e a2 02 65616c696365 08 a1 01 a3 01 01 20 04 21 5820 @", EDHOC_OK},
    {"a1 0e a1 08 a1 01 a3 01 01 20 04 21 5820 @", EDHOC_OK},
    {"a1 1822 82 2e 48 0102030405060708", EDHOC_ERR_CRED_FORM}, /* x5t */
    {"a1 1823 63 616263", EDHOC_ERR_CRED_FORM},                 /* x5u */
    {"a1 1820 41 00", EDHOC_ERR_CRED_FORM},                     /* x5bag */
    {"a1 0d 41 00", EDHOC_ERR_CRED_FORM},
    {"a1 20 41 00", EDHOC_ERR_CRED_FORM},
    {"a0", EDHOC_ERR_CRED_FORM},
    {"a2 04 41 00 0e a1 08 a1 01 a3 01 01 20 04 21 5820 @", EDHOC_ERR_CRED_FORM},
    {"a1 63 6b6964 41 00", EDHOC_ERR_CRED_FORM},
    {"a1 04 48 0102030405060708", EDHOC_ERR_MALFORMED}, /* kid not in its compact form */
    {"48 0102030405060708", EDHOC_ERR_UNKNOWN_KEY},
    {"05", EDHOC_ERR_UNKNOWN_KEY},
    {"37", EDHOC_ERR_UNKNOWN_KEY},
    {"40", EDHOC_ERR_UNKNOWN_KEY},
    {"41 05", EDHOC_ERR_MALFORMED}, /* should have been 05 */
    {"1818", EDHOC_ERR_MALFORMED},
    {"60", EDHOC_ERR_MALFORMED},
    {"80", EDHOC_ERR_MALFORMED},
    {"f6", EDHOC_ERR_MALFORMED},
    {"a1 0e 40", EDHOC_ERR_CRED_BAD},
    {"a1 0e a0", EDHOC_ERR_CRED_BAD},
    /* other claims, other order, an empty name, a name with a NUL, other key parameters */
    {"a1 0e a2 08 a1 01 a3 01 01 20 04 21 5820 @ 02 65616c696365", EDHOC_ERR_CRED_BAD},
    {"a1 0e a2 01 6161 08 a1 01 a3 01 01 20 04 21 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a3 01 6161 02 6161 08 a1 01 a3 01 01 20 04 21 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a2 02 60 08 a1 01 a3 01 01 20 04 21 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a2 02 4161 08 a1 01 a3 01 01 20 04 21 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a1 08 a1 01 a4 01 01 02 4100 20 04 21 5820 @", EDHOC_ERR_PROOF},
    {"a1 0e a1 08 a1 01 a3 01 01 20 06 21 5820 @", EDHOC_ERR_CRED_BAD}, /* Ed25519 signs */
    {"a1 0e a1 08 a1 01 a3 01 01 20 01 21 5820 @", EDHOC_ERR_CRED_BAD}, /* P-256 is no OKP */
    {"a1 0e a1 08 a1 01 a3 01 02 20 04 21 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a1 08 a1 01 a3 01 01 20 07 21 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a1 08 a1 01 a3 01 01 20 05 21 5820 @", EDHOC_ERR_CRED_BAD}, /* too short for X448 */
    {"a1 0e a1 08 a1 01 a3 01 01 20 08 21 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a1 08 a1 02 a3 01 01 20 04 21 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a1 08 a2 01 a3 01 01 20 04 21 5820 @ 02 00", EDHOC_ERR_CRED_BAD},
    /* P-384 and P-256 points that are on no curve, and a key of another suite */
    {"a1 0e a1 08 a1 01 a4 01 02 20 01 21 5820 @ 22 5820 @", EDHOC_ERR_CRED_BAD},
    {"a1 0e a1 08 a1 01 a4 01 02 20 01 21 5820 @ 22 f5", EDHOC_ERR_CRED_BAD},
    /* another key, without proof */
    {"a1 0e a1 08 a1 01 a3 01 01 20 04 21 5820 "
     "0900000000000000000000000000000000000000000000000000000000000000",
     EDHOC_ERR_PROOF},
};

/* The responder's credential is that one, agreed on, and proven. */
static void accept_form(struct pair *p, struct bytes id)
{
    struct identity *me = p->config[EDHOC_RESPONDER].identities->id[0];

    cred_free(me->by_value);
    ck_assert_ok(cred_new_agreed(me->key, id, bytes_of(id.p + 2, id.len - 2), &me->by_value));
    begin(p, 2);
    pair_run(p, NULL, NULL);
    support_check_complete(p, 3, 3, 6);
}

/* PLAINTEXT_2 made anew: C_R, this in place of ID_CRED_R, and 16 bytes that are no MAC. */
static void refuse_form(struct pair *p, struct bytes id, edhoc_err err)
{
    struct edhoc *r = p->side[EDHOC_RESPONDER];
    struct buf text = buf_new(1024);

    cbor_put_bstr(&text, BYTES_NONE);
    buf_put(&text, id);
    cbor_put_bstr(&text, bytes_of("0123456789abcdef", 16));
    ck_assert_ok(keysched_xor_2(&r->work->ks, text.p, text.len));
    buf_reset(&p->token[2]);
    cbor_put_bstr_head(&p->token[2], 32 + text.len);
    buf_put(&p->token[2], key_x(r->ephemeral));
    buf_put(&p->token[2], buf_bytes(&text));
    pair_run(p, NULL, NULL);
    support_check_refused(p, EDHOC_INITIATOR, err);
    buf_free(&text);
}

START_TEST(each_form_of_a_credential_is_taken_or_refused)
{
    struct buf x = buf_new(64), id = buf_new(1024);
    edhoc_err err = credential_forms[_i].err;
    struct pair p;

    buf_put(&x, key_x(support_key("x25519", 1)));
    put_ead(&id, credential_forms[_i].id, &x);
    scenario_init(&p, &scenarios[0]);
    begin(&p, 2);
    if (err == EDHOC_OK)
        accept_form(&p, buf_bytes(&id));
    else
        refuse_form(&p, buf_bytes(&id), err);
    buf_free(&id);
    pair_free(&p);
}
END_TEST

/* Long messages are no different: PLAINTEXT_2 of several HKDF outputs, and of one KMAC. */
START_TEST(long_messages_are_no_different)
{
    static const struct {
        const char *type;
        int suite;
    } rows[] = {{"x25519", 6}, {"x25519", 1}, {"p384dh", 24}, {"x448", 25}};
    static const size_t sizes[] = {100, 8000, 8160, 8161, 12240, 12241, 30000, 65000, 65536};

    for (int k = 0; k < ROWS(sizes); k++) {
        struct buf ead = buf_new(2 * EDHOC_TOKEN_MAX), ead_1 = support_ead_1(SUPPORT_TARGET, 0);
        struct buf ead_3 = support_ead_3(0x22, NULL);
        const char *type = rows[_i].type;
        struct pair p;

        pair_init(&p, support_key(type, 0), support_key(type, 1));
        p.config[0].suites = p.config[1].suites = support_one_suite(rows[_i].suite);
        p.config[0].options = p.config[1].options = SIDE_PLAIN;
        p.config[0].method = 1;
        put_padding(&ead, sizes[k] - 4);
        p.config[EDHOC_RESPONDER].ead[2] = buf_bytes(&ead);
        p.config[EDHOC_INITIATOR].ead[3] = buf_bytes(&ead);
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        if (sizes[k] < EDHOC_TOKEN_MAX) {
            support_check_complete(&p, 3, 3, rows[_i].suite);
            ck_assert_uint_gt(p.token[2].len, sizes[k]);
            ck_assert_uint_gt(p.token[3].len, sizes[k]);
        } else {
            ck_assert_err(p.err[EDHOC_RESPONDER], EDHOC_ERR_TOO_LONG);
        }
        buf_free(&ead);
        buf_free(&ead_1);
        buf_free(&ead_3);
        pair_free(&p);
    }
}
END_TEST

/* ---- no oracle ---- */

/* From decryption on, whatever the reason, the same bytes; and a session that was told them is as
 * dead as any. */
START_TEST(every_refusal_from_decryption_on_is_the_same_bytes)
{
    struct bytes answer = unhex("0175 61757468656e7469636174696f6e206661696c6564");
    struct buf in = buf_new(EDHOC_TOKEN_MAX), out = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;

    for (int reason = 0; reason < 8; reason++) {
        unsigned number = reason < 4 ? 2 : 3;
        edhoc_err err = EDHOC_OK;

        scenario_init(&p, &scenarios[0]);
        if (reason == 0)
            pair_identities(&p, EDHOC_RESPONDER, support_set_of(support_key("x25519", 2), NULL));
        if (reason == 4)
            pair_identities(&p, EDHOC_INITIATOR, support_set_of(support_key("x25519", 2), "alice"));
        if (reason == 5) {
            p.config[EDHOC_RESPONDER].have_bindings = true;
            p.config[EDHOC_RESPONDER].bindings = BYTES_LITERAL("a");
            p.config[EDHOC_INITIATOR].have_bindings = true;
            p.config[EDHOC_INITIATOR].bindings = BYTES_LITERAL("b");
        }
        begin(&p, number);
        ck_assert_ok(buf_copy(&in, buf_bytes(&p.token[number])));
        if (reason == 1 || reason == 6)
            in.p[in.len - 1] ^= 1;
        if (reason == 2 || reason == 7)
            in.len--;
        if (reason == 3)
            in.len = 0;
        buf_reset(&out);
        err = pair_step(&p, pair_receiver(number), buf_bytes(&in), &out);
        ck_assert_int_ne(err, EDHOC_OK);
        ck_assert_msg(bytes_equal(buf_bytes(&out), answer), "%s", hex(buf_bytes(&out)));
        pair_free(&p);
    }
    buf_free(&in);
    buf_free(&out);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "hostile", 600);

    tcase_add_loop_test(tc, a_flipped_bit_ends_the_session, 0, LOOPS);
    tcase_add_loop_test(tc, a_shortened_message_ends_the_session, 0, LOOPS);
    tcase_add_loop_test(tc, a_lengthened_message_ends_the_session, 0, LOOPS);
    tcase_add_loop_test(tc, another_length_of_the_byte_string_ends_the_session, 0, LOOPS);
    tcase_add_loop_test(tc, a_message_out_of_turn_ends_the_session, 0, LOOPS);
    tcase_add_loop_test(tc, after_the_end_nothing_changes, 0, (int)SCENARIOS);
    tcase_add_loop_test(tc, a_session_of_yesterday_cannot_be_played_back, 0, LOOPS);
    tcase_add_loop_test(tc, a_message_sent_back_ends_the_session, 0, LOOPS);
    tcase_add_test(tc, the_words_of_an_error_are_told_in_print);
    tcase_add_test(tc, any_code_and_length_of_an_error_is_told);
    tcase_add_test(tc, what_only_looks_like_an_error_is_malformed);
    tcase_add_test(tc, suites_are_listed_in_an_error_once_and_in_time);
    tcase_add_loop_test(tc, a_token_has_at_most_64_kib, 0, PLACES);
    tcase_add_test(tc, the_first_token_has_at_most_64_kib);
    tcase_add_test(tc, what_is_no_message_1_begins_nothing);
    tcase_add_loop_test(tc, bad_ephemeral_points_are_refused, 0, ROWS(points));
    tcase_add_test(tc, a_credential_of_low_order_is_refused);
    tcase_add_loop_test(tc, a_pinned_key_that_is_only_claimed_is_refused, 0, 5);
    tcase_add_loop_test(tc, each_ead_1_is_taken_or_refused, 0, ROWS(ead_1_rows));
    tcase_add_loop_test(tc, each_ead_2_is_taken_or_refused, 0, ROWS(ead_2_rows));
    tcase_add_loop_test(tc, each_ead_3_is_taken_or_refused, 0, ROWS(ead_3_rows));
    tcase_add_test(tc, a_target_comes_in_exactly_one_message);
    tcase_add_loop_test(tc, each_ead_4_is_taken_or_refused, 0, ROWS(ead_4_rows));
    tcase_add_test(tc, other_connection_identifiers_are_refused);
    tcase_add_loop_test(tc, each_form_of_a_credential_is_taken_or_refused, 0,
                        ROWS(credential_forms));
    tcase_add_loop_test(tc, long_messages_are_no_different, 0, 4);
    tcase_add_test(tc, every_refusal_from_decryption_on_is_the_same_bytes);
}

int main(void)
{
    support_make_keys();
    return suite_main("hostile", add);
}
