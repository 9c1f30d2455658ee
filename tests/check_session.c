/* Two sessions against each other: every combination of METHOD, cipher suite and credential form;
 * how suite and identity are agreed on; what each side learns; and who is refused, and why. */
#include "support.h"
#include "crypto/key.h"
#include "crypto/keytype.h"

#include "base/cbor.h"
#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/pin_line.h"
#include "lib/suite.h"
#include "profile/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OTHER_TARGET "HTTP@other.example.org"
#define DAY          86400

static const struct keytype *type_of(const char *name)
{
    return keytype_by_name(name);
}

/* ---- METHOD, suite, form ---- */

static void check_results(const struct pair *p, uint32_t flags)
{
    const struct edhoc *i = p->side[EDHOC_INITIATOR], *r = p->side[EDHOC_RESPONDER];

    ck_assert_str_eq(side_peer(i)->name, SUPPORT_TARGET);
    ck_assert_int_eq(side_peer(i)->kind, 2);
    ck_assert_str_eq(side_peer(r)->name, "alice");
    ck_assert_int_eq(side_peer(r)->kind, 1);
    ck_assert_str_eq(side_peer(i)->comment, "a comment");
    ck_assert_str_eq(side_peer(r)->local_user, "alice");
    ck_assert_str_eq(side_target(i), SUPPORT_TARGET);
    ck_assert_str_eq(side_target(r), SUPPORT_TARGET);
    ck_assert_uint_eq(side_flags(i), flags);
    ck_assert_uint_eq(side_flags(r), flags);
    ck_assert_int_eq(side_expires(i), INT64_MAX);
    ck_assert_int_eq(side_expires(r), INT64_MAX);
}

/* Both forms on both sides, alternately with and without message_4. */
static void complete_in_all_forms(struct pair *p, int method, int suite)
{
    const uint32_t flags = EDHOC_FLAG_MUTUAL | EDHOC_FLAG_INTEG | EDHOC_FLAG_CONF;

    p->config[EDHOC_INITIATOR].flags = EDHOC_FLAG_CONF;
    for (unsigned forms = 0; forms < 4; forms++) {
        bool confirm = (forms + (unsigned)method) % 2 == 1;

        pair_reset(p);
        p->config[EDHOC_INITIATOR].options = ((forms & 1) != 0 ? EDHOC_CRED_BY_REFERENCE : 0) |
                                             (confirm ? EDHOC_CONFIRM : 0);
        p->config[EDHOC_RESPONDER].options = SIDE_LETS_GO |
                                             ((forms & 2) != 0 ? EDHOC_CRED_BY_REFERENCE : 0);
        ck_assert(pair_new(p));
        pair_advance(p, 2);
        ck_assert_ptr_null(p->side[EDHOC_RESPONDER]->work);
        pair_run(p, NULL, NULL);
        support_check_complete(p, confirm ? 4 : 3, method, suite);
        check_results(p, flags);
        ck_assert_int_eq(cred_form(side_peer(p->side[EDHOC_INITIATOR])->cred),
                         (forms & 2) != 0 ? CRED_KID : CRED_KCCS);
        ck_assert_int_eq(cred_form(side_peer(p->side[EDHOC_RESPONDER])->cred),
                         (forms & 1) != 0 ? CRED_KID : CRED_KCCS);
    }
}

/* One suite; all kinds of key on both sides. */
START_TEST(every_suite_runs_with_every_kind_of_key)
{
    int id = support_suites[_i];
    const struct suite *suite = suite_by_id(id);
    unsigned completed = 0;

    for (const struct keytype *ti = keytypes; ti->name != NULL; ti++)
        for (const struct keytype *tr = keytypes; tr->name != NULL; tr++) {
            struct pair p;

            pair_init(&p, support_key(ti->name, 0), support_key(tr->name, 1));
            p.config[0].suites = p.config[1].suites = support_one_suite(id);
            if (suite_fits(suite, ti) && suite_fits(suite, tr)) {
                complete_in_all_forms(&p, 2 * ti->dh + tr->dh, id);
                completed++;
            } else {
                ck_assert(!pair_new(&p));
                ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_SUITE);
                ck_assert_ok(p.err[EDHOC_RESPONDER]);
            }
            pair_free(&p);
        }
    ck_assert_uint_eq(completed, 4); /* methods 0 to 3 */
}
END_TEST

/* Suites 0 and 2 are nobody's default. */
START_TEST(suites_0_and_2_are_nobodys_default)
{
    static const struct {
        const char *initiator, *responder;
        int suite; /* 0: none */
    } rows[] = {
        {"x25519", "x25519", 6}, {"ed25519", "x25519", 4}, {"x25519", "ed25519", 4},
        {"p256", "x25519", 6},   {"p256", "p256", 6},      {"p256dh", "p256", 5},
        {"p256dh", "p256dh", 5}, {"p384", "p384dh", 24},   {"ed448", "x448", 25},
        {"x448", "x448", 25},    {"p384", "p256", 0},      {"x448", "x25519", 0},
    };

    for (int k = 0; k < ROWS(rows); k++) {
        struct pair p;

        pair_init(&p, support_key(rows[k].initiator, 0), support_key(rows[k].responder, 1));
        p.config[0].suites = p.config[1].suites = suite_defaults();
        if (rows[k].suite != 0) {
            ck_assert(pair_new(&p));
            pair_run(&p, NULL, NULL);
            support_check_complete(
                &p, 3, 2 * type_of(rows[k].initiator)->dh + type_of(rows[k].responder)->dh,
                rows[k].suite);
        } else {
            ck_assert(!pair_new(&p));
            ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_SUITE);
        }
        pair_free(&p);
    }
    ck_assert(!suite_list_has(&(struct suite_list[]){suite_defaults()}[0], 0));
    ck_assert(!suite_list_has(&(struct suite_list[]){suite_defaults()}[0], 2));
}
END_TEST

/* ---- message_1 from anybody ---- */

/* A responder with one key reads a message_1 made by hand. */
struct first {
    struct pair p;
    struct buf message_1, answer;
    edhoc_err err;
};

static void first_init(struct first *f, struct key *responder)
{
    pair_init(&f->p, support_key("x25519", 0), responder);
    f->message_1 = buf_new(EDHOC_TOKEN_MAX);
    f->answer = buf_new(EDHOC_TOKEN_MAX);
}

static void first_send(struct first *f, int64_t method, const int *suites, size_t count)
{
    const struct suite *suite = suite_by_id(suites[count - 1]);
    const struct keytype *type = keytype_by_curve(suite != NULL ? suite->dh : CRV_X25519, true);
    struct buf ead = support_ead_1(SUPPORT_TARGET, 0);

    pair_reset(&f->p);
    buf_reset(&f->message_1);
    buf_reset(&f->answer);
    (void)pair_new(&f->p); /* the initiator's own key need not fit */
    support_put_message_1(&f->message_1, method, suites, count, key_x(support_key(type->name, 3)),
                          buf_bytes(&ead));
    f->err = pair_step(&f->p, EDHOC_RESPONDER, buf_bytes(&f->message_1), &f->answer);
    buf_free(&ead);
}

static void first_free(struct first *f)
{
    pair_free(&f->p);
    buf_free(&f->message_1);
    buf_free(&f->answer);
}

/* The answer is error code 2 with exactly the suites that this key can be used with. */
static void check_code_2(struct bytes answer, const struct keytype *type)
{
    struct suite_list all = support_all_suites(), fit = {{0}, 0};
    struct cbor_reader r = cbor_reader(answer);

    for (size_t i = 0; i < all.len; i++)
        if (suite_fits(suite_by_id(all.id[i]), type))
            suite_list_add(&fit, all.id[i]);
    cbor_expect_int(&r, 2);
    if (fit.len > 1)
        ck_assert_uint_eq(cbor_read_array(&r), fit.len);
    for (size_t i = 0; i < fit.len; i++)
        cbor_expect_int(&r, fit.id[i]);
    ck_assert_msg(cbor_finished(&r), "%s", hex(answer));
}

/* Every METHOD with every suite, to a responder with each kind of key. */
START_TEST(every_method_and_suite_is_answered_by_the_right_key)
{
    const struct keytype *type = &keytypes[_i];
    struct first f;

    first_init(&f, support_key(type->name, 1));
    for (int method = 0; method < 4; method++)
        for (size_t k = 0; k < SUITES_COUNT; k++) {
            first_send(&f, method, &support_suites[k], 1);
            if (type->dh != (method == 1 || method == 3)) {
                ck_assert_err(f.err, EDHOC_ERR_NO_SUITE);
                support_check_error(buf_bytes(&f.answer), report_sentence(EDHOC_ERR_NO_SUITE));
            } else if (!suite_fits(suite_by_id(support_suites[k]), type)) {
                ck_assert_ok(f.err); /* once more */
                ck_assert_ptr_null(f.p.side[EDHOC_RESPONDER]->me.key);
                check_code_2(buf_bytes(&f.answer), type);
            } else {
                ck_assert_ok(f.err);
                ck_assert_int_eq(f.answer.p[0] >> 5, CBOR_BSTR);
                ck_assert(!edhoc_done(f.p.side[EDHOC_RESPONDER]));
            }
        }
    first_free(&f);
}
END_TEST

START_TEST(other_methods_are_refused)
{
    static const int64_t methods[] = {-1, 4, 5, 23, 24, 255, INT64_MAX, INT64_MIN};
    struct first f;

    first_init(&f, support_key("x25519", 1));
    for (int k = 0; k < ROWS(methods); k++) {
        first_send(&f, methods[k], (int[]){6}, 1);
        ck_assert_err(f.err, EDHOC_ERR_METHOD);
        support_check_error(buf_bytes(&f.answer), report_sentence(EDHOC_ERR_METHOD));
    }
    first_free(&f);
}
END_TEST

/* RFC 9528 section 5.2.3: the selected suite, the last, is supported, and none before it is. */
START_TEST(the_selected_suite_must_be_the_first_that_both_have)
{
    static const struct {
        int suites[40];
        size_t count;
        enum { ACCEPTED, CODE_2 } then;
    } rows[] = {
        {{6}, 1, ACCEPTED},
        {{0}, 1, ACCEPTED},
        {{2, 6}, 2, ACCEPTED},
        {{100, 6}, 2, ACCEPTED},
        {{-1, 24, 25, 1000000, 4}, 5, ACCEPTED},
        {{7}, 1, CODE_2},
        {{-1}, 1, CODE_2},
        {{100000}, 1, CODE_2},
        {{6, 4}, 2, CODE_2}, /* 6 would have done: somebody made it look as if not */
        {{6, 6}, 2, CODE_2},
        {{4, 2, 6}, 3, CODE_2},
        {{6, 2}, 2, CODE_2},
        {{2, 3, 5}, 3, CODE_2},
    };
    int many[33];
    struct first f;

    first_init(&f, support_key("x25519", 1));
    for (int k = 0; k < ROWS(rows); k++) {
        first_send(&f, 3, rows[k].suites, rows[k].count);
        ck_assert_msg(f.err == EDHOC_OK, "row %d: %s", k, report_details(f.err));
        if (rows[k].then == CODE_2)
            check_code_2(buf_bytes(&f.answer), type_of("x25519"));
        else
            ck_assert_int_eq(f.answer.p[0] >> 5, CBOR_BSTR);
    }
    for (size_t k = 0; k < 33; k++)
        many[k] = k == 31 ? 6 : 7;
    first_send(&f, 3, many, 32);
    ck_assert_ok(f.err);
    ck_assert_int_eq(f.answer.p[0] >> 5, CBOR_BSTR);
    first_send(&f, 3, many, 33);
    ck_assert_err(f.err, EDHOC_ERR_MALFORMED);
    support_check_error(buf_bytes(&f.answer), report_sentence(EDHOC_ERR_MALFORMED));
    first_free(&f);
}
END_TEST

/* suites = [ 2* int ] / int, and nothing else. */
START_TEST(suites_i_has_two_forms_only)
{
    static const char *const forms[] = {
        "80",   "8106", "8206",     "820640",   "40",     "60",         "f6",
        "1806", "a0",   "9f0606ff", "82060600", "8206f6", "fa00000000", "1bffffffffffffffff"};
    struct buf ead = support_ead_1(SUPPORT_TARGET, 0);
    struct first f;

    first_init(&f, support_key("x25519", 1));
    for (int k = 0; k < ROWS(forms); k++) {
        struct bytes suites = unhex(forms[k]);

        pair_reset(&f.p);
        buf_reset(&f.message_1);
        buf_reset(&f.answer);
        ck_assert(pair_new(&f.p));
        cbor_put_int(&f.message_1, 3);
        buf_put(&f.message_1, suites);
        cbor_put_bstr(&f.message_1, key_x(support_key("x25519", 3)));
        cbor_put_bstr(&f.message_1, BYTES_NONE);
        buf_put(&f.message_1, buf_bytes(&ead));
        ck_assert_msg(pair_step(&f.p, EDHOC_RESPONDER, buf_bytes(&f.message_1), &f.answer) ==
                          EDHOC_ERR_MALFORMED,
                      "%s", forms[k]);
        support_check_error(buf_bytes(&f.answer), report_sentence(EDHOC_ERR_MALFORMED));
    }
    buf_free(&ead);
    first_free(&f);
}
END_TEST

/* ---- which suite ---- */

/* The first message_1 is refused; a second one settles it. */
static void check_retry(struct pair *p, int method, int suite)
{
    struct suite_list offer;

    ck_assert(pair_new(p));
    offer = p->side[EDHOC_INITIATOR]->suites;
    pair_run(p, NULL, NULL);
    support_check_complete(p, 5, method, suite);
    ck_assert_int_eq(p->token[2].p[0], 2); /* error code */
    /* The same METHOD, preferences and EAD_1; another key. */
    ck_assert_int_eq(p->token[1].p[0], method);
    ck_assert_int_eq(p->token[3].p[0], method);
    ck_assert_int_eq(p->token[1].p[1], offer.id[0]);
    ck_assert_int_eq(p->token[3].p[1] >> 5, CBOR_ARRAY);
    ck_assert_int_eq(p->token[3].p[2], offer.id[0]);
    ck_assert(bytes_compare(bytes_of(p->token[1].p + 2, 34), bytes_of(p->token[3].p + 4, 34)) != 0);
    ck_assert_str_eq(side_target(p->side[EDHOC_RESPONDER]), SUPPORT_TARGET);
}

/* The responder allows fewer suites than the initiator prefers. */
START_TEST(a_refused_suite_leads_to_the_next_that_is_configured)
{
    static const struct {
        int offer[4], allowed[4];
        size_t offers, allows;
        int suite;
    } rows[] = {
        {{6, 4}, {4}, 2, 1, 4},
        {{6, 4, 1, 0}, {0}, 4, 1, 0},
        {{6, 4, 1, 0}, {1, 0}, 4, 2, 1},
        {{6, 4, 1, 0}, {0, 1}, 4, 2, 1}, /* the initiator's order */
        {{1, 6, 4}, {4, 6}, 3, 2, 6},
    };

    for (int k = 0; k < ROWS(rows); k++)
        for (int confirm = 0; confirm < 2; confirm++) {
            struct pair p;

            pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
            p.config[EDHOC_INITIATOR].suites = support_suite_list(rows[k].offer, rows[k].offers);
            p.config[EDHOC_RESPONDER].suites = support_suite_list(rows[k].allowed, rows[k].allows);
            if (confirm == 0) {
                check_retry(&p, 3, rows[k].suite);
            } else {
                p.config[EDHOC_INITIATOR].options = EDHOC_CONFIRM | EDHOC_CRED_BY_REFERENCE;
                ck_assert(pair_new(&p));
                pair_run(&p, NULL, NULL);
                support_check_complete(&p, 6, 3, rows[k].suite);
            }
            pair_free(&p);
        }
}
END_TEST

/* Both of a service's keys are pinned, and it holds one of them by now. */
START_TEST(a_refused_suite_leads_to_the_other_pinned_key)
{
    struct pair p;
    struct trust *t = support_trust();

    pair_init(&p, support_key("x25519", 0), NULL);
    (void)support_pin(
        t, (struct support_pin){.key = support_key("p256", 1), .principals = SUPPORT_TARGET});
    (void)support_pin(
        t, (struct support_pin){.key = support_key("ed25519", 1), .principals = SUPPORT_TARGET});
    pair_trust(&p, EDHOC_INITIATOR, t);
    p.config[0].suites = p.config[1].suites = suite_defaults();
    pair_identities(&p, EDHOC_RESPONDER, support_set_of(support_key("ed25519", 1), SUPPORT_TARGET));
    check_retry(&p, 2, 4);

    /* With both keys there, the first choice does. */
    pair_reset(&p);
    pair_identities(&p, EDHOC_RESPONDER,
                    support_set(support_identity(support_key("ed25519", 1), SUPPORT_TARGET, "ed"),
                                support_identity(support_key("x25519", 1), SUPPORT_TARGET, "x"),
                                support_identity(support_key("p256", 1), SUPPORT_TARGET, "p"),
                                NULL));
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    support_check_complete(&p, 3, 2, 6);
    ck_assert_str_eq(side_identity(p.side[EDHOC_RESPONDER])->source, "p");
    pair_free(&p);
}
END_TEST

/* The initiator gives up without a token; its details say what to do. */
START_TEST(without_a_common_suite_nothing_more_is_sent)
{
    struct pair p;

    pair_init(&p, support_key("x25519", 0), support_key("p256", 1));
    p.config[0].suites = suite_defaults();
    pair_identities(&p, EDHOC_RESPONDER, support_set_of(support_key("ed25519", 1), SUPPORT_TARGET));
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    ck_assert_uint_eq(p.tokens, 2);
    ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_COMMON_SUITE);
    ck_assert_ptr_nonnull(strstr(p.details[EDHOC_INITIATOR], "gss-edhoc keygen -t x25519"));
    ck_assert_ok(p.err[EDHOC_RESPONDER]);
    pair_free(&p);
}
END_TEST

/* An Ed25519 client and a service that has nothing but P-256: told before anything is sent. */
START_TEST(keys_without_a_common_suite_are_told_before_anything_is_sent)
{
    static const char *const servers[] = {"p256", "p256dh"};

    for (size_t k = 0; k < 2; k++) {
        struct pair p;

        pair_init(&p, support_key("ed25519", 0), support_key(servers[k], 1));
        ck_assert(!pair_new(&p));
        ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_SUITE);
        ck_assert_ptr_nonnull(strstr(p.details[EDHOC_INITIATOR], "gss-edhoc keygen -t x25519"));
        ck_assert_ptr_nonnull(strstr(p.details[EDHOC_INITIATOR], SUPPORT_FILE " line 1"));
        pair_free(&p);
    }
}
END_TEST

/* The cure: an X25519 key for the service too, which comes second in the trust file. METHOD follows
 * the first line. */
START_TEST(the_first_trust_line_decides_the_method)
{
    struct trust *t = support_trust();
    struct pair p;

    pair_init(&p, support_key("ed25519", 0), NULL);
    (void)support_pin(
        t, (struct support_pin){.key = support_key("x25519", 1), .principals = SUPPORT_TARGET});
    (void)support_pin(
        t, (struct support_pin){.key = support_key("p256", 1), .principals = SUPPORT_TARGET});
    pair_trust(&p, EDHOC_INITIATOR, t);
    pair_identities(&p, EDHOC_RESPONDER,
                    support_set(support_identity(support_key("p256", 1), SUPPORT_TARGET, "p"),
                                support_identity(support_key("x25519", 1), SUPPORT_TARGET, "x"),
                                NULL));
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    support_check_complete(&p, 3, 1, 4);
    ck_assert_str_eq(side_identity(p.side[EDHOC_RESPONDER])->source, "x");
    pair_free(&p);
}
END_TEST

/* The offer: in the configured order, what fits the own key and those pinned for the target. */
START_TEST(the_offer_is_what_fits_in_the_configured_order)
{
    static const struct {
        const char *own, *pinned[3];
        int offer[SUITES_COUNT];
        size_t count;
    } rows[] = {
        {"x25519", {"x25519"}, {6, 4, 1, 0}, 4},
        {"x25519", {"ed25519"}, {4, 1, 0}, 3},
        {"x25519", {"p256"}, {6}, 1},
        {"x25519", {"p256", "ed25519"}, {6, 4, 1, 0}, 4},
        {"x25519", {"ed25519", "x25519"}, {4, 1, 0}, 3}, /* the first line's kind only */
        {"p256", {"p256"}, {6, 5, 3, 2}, 4},
        {"p256", {"p256dh"}, {5, 3, 2}, 3},
        {"p256", {"p256dh", "x25519"}, {6, 5, 3, 2}, 4},
        {"ed25519", {"ed25519", "p384", "ed448"}, {4, 1, 0}, 3},
        {"p384dh", {"p384"}, {24}, 1},
        {"x448", {"ed448", "ed25519"}, {25}, 1},
    };

    for (int k = 0; k < ROWS(rows); k++) {
        struct trust *t = support_trust();
        struct pair p;

        pair_init(&p, support_key(rows[k].own, 0), support_key("x25519", 1));
        (void)support_pin(
            t, (struct support_pin){.key = support_key("x448", 3), .principals = OTHER_TARGET});
        (void)support_pin(t, (struct support_pin){.key = support_key("x448", 2),
                                                  .principals = SUPPORT_TARGET,
                                                  .before = SUPPORT_NOW});
        (void)support_pin(t, (struct support_pin){.key = support_key("ed448", 2),
                                                  .principals = SUPPORT_TARGET,
                                                  .roles = TRUST_CLIENT});
        for (size_t n = 0; n < 3 && rows[k].pinned[n] != NULL; n++)
            (void)support_pin(t, (struct support_pin){.key = support_key(rows[k].pinned[n], 1),
                                                      .principals = SUPPORT_TARGET});
        pair_trust(&p, EDHOC_INITIATOR, t);
        ck_assert_msg(pair_new(&p), "row %d: %s", k, p.details[EDHOC_INITIATOR]);
        ck_assert_uint_eq(p.side[EDHOC_INITIATOR]->suites.len, rows[k].count);
        for (size_t n = 0; n < rows[k].count; n++)
            ck_assert_int_eq(p.side[EDHOC_INITIATOR]->suites.id[n], rows[k].offer[n]);
        pair_free(&p);
    }
}
END_TEST

/* A token of our own making in place of the second one. */
static void replace_token_2(void *arg, struct pair *p, unsigned number, struct buf *token)
{
    struct bytes with = unhex(arg);

    (void)p;
    if (number == 2)
        ck_assert_ok(buf_copy(token, with));
}

/* Error code 2, made up on the way: nobody can be led to a suite that both like less. */
START_TEST(nobody_is_led_to_a_suite_that_both_like_less)
{
    static const struct {
        const char *token;
        edhoc_err err; /* of the initiator */
        unsigned tokens;
    } rows[] = {
        {"0206", EDHOC_ERR_SUITE_RETRY, 2}, /* it refused 6, and lists it */
        {"02820604", EDHOC_ERR_SUITE_RETRY, 2},       {"02820406", EDHOC_ERR_SUITE_RETRY, 2},
        {"0204", EDHOC_ERR_SUITE_RETRY, 4}, /* the responder would have taken 6 */
        {"02820104", EDHOC_ERR_SUITE_RETRY, 4},       {"02821903e804", EDHOC_ERR_SUITE_RETRY, 4},
        {"0202", EDHOC_ERR_NO_COMMON_SUITE, 2},       {"021903e8", EDHOC_ERR_NO_COMMON_SUITE, 2},
        {"02822018ff", EDHOC_ERR_NO_COMMON_SUITE, 2},
    };

    for (int k = 0; k < ROWS(rows); k++) {
        struct pair p;

        pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
        ck_assert(pair_new(&p));
        /* The responder believes that it has sent message_2, or code 2 with its own list. */
        pair_advance(&p, 2);
        replace_token_2((void *)(uintptr_t)rows[k].token, &p, 2, &p.token[2]);
        if (rows[k].tokens == 2) {
            pair_run(&p, NULL, NULL);
        } else {
            /* ...and gets the second message_1 as its first one. */
            ck_assert_ok(pair_step(&p, EDHOC_INITIATOR, buf_bytes(&p.token[2]), &p.token[3]));
            side_free(p.side[EDHOC_RESPONDER]);
            ck_assert_ok(side_new(&p.config[EDHOC_RESPONDER], &p.side[EDHOC_RESPONDER]));
            p.tokens = 3;
            buf_reset(&p.token[4]);
            pair_run(&p, NULL, NULL);
            ck_assert_int_eq(p.token[4].p[0], 2);
        }
        ck_assert_msg(p.err[EDHOC_INITIATOR] == rows[k].err, "row %d: %s", k,
                      p.details[EDHOC_INITIATOR]);
        ck_assert_uint_eq(p.tokens, rows[k].tokens); /* no token in answer */
        ck_assert(!edhoc_done(p.side[EDHOC_RESPONDER]));
        pair_free(&p);
    }
}
END_TEST

/* The responder, too, has one patience only; its second error code 2 is its last word. */
START_TEST(a_second_refusal_of_suites_is_the_last_word)
{
    struct first f;
    struct bytes again;

    first_init(&f, support_key("x25519", 1));
    first_send(&f, 3, (int[]){3}, 1);
    ck_assert_ok(f.err);
    again = buf_bytes(&f.message_1);
    ck_assert_err(pair_step(&f.p, EDHOC_RESPONDER, again, &f.answer), EDHOC_ERR_NO_COMMON_SUITE);
    check_code_2(buf_bytes(&f.answer), type_of("x25519"));

    /* Or the initiator says why it goes no further. */
    first_send(&f, 3, (int[]){3}, 1);
    ck_assert_ok(f.err);
    buf_reset(&f.message_1);
    cbor_put_int(&f.message_1, 1);
    cbor_put_tstr(&f.message_1, BYTES_LITERAL("never mind"));
    ck_assert_err(pair_step(&f.p, EDHOC_RESPONDER, buf_bytes(&f.message_1), &f.answer),
                  EDHOC_ERR_PEER_ERROR);
    ck_assert_uint_eq(f.answer.len, 0);
    ck_assert_str_eq(f.p.details[EDHOC_RESPONDER], "peer says: never mind (error code 1)");
    first_free(&f);
}
END_TEST

/* ---- which identity ---- */

static struct identity_set *many_identities(void)
{
    return support_set(
        support_identity(support_key("x25519", 1), "HTTP@a.example", "A"),
        support_identity(support_key("x25519", 2), "HTTP@B.Example,ftp@b.example", "B"),
        support_identity(support_key("ed25519", 1), "imap@a.example", "C"),
        support_identity(support_key("p256", 1), "*@b.example,!imap@b.example", "D"),
        support_identity(support_key("ed25519", 2), NULL, "E"),
        support_identity(support_key("p256", 2), NULL, "F"), NULL);
}

static struct trust *trust_in_many(const char *target, const char *type)
{
    struct trust *t = support_trust();

    for (size_t n = 1; n <= 2; n++)
        (void)support_pin(t,
                          (struct support_pin){.key = support_key(type, n), .principals = target});
    return t;
}

START_TEST(the_responder_chooses_the_first_identity_that_fits)
{
    static const struct {
        const char *own, *server, *target;
        const char *source; /* NULL: none fits */
        int method, suite;
    } rows[] = {
        {"x25519", "x25519", "HTTP@a.example", "A", 3, 6},
        {"x25519", "x25519", "HTTP@b.example", "B", 3, 6},
        {"x25519", "x25519", "ftp@b.example", "B", 3, 6},
        {"x25519", "x25519", "imap@a.example", NULL, 3, 6},
        {"x25519", "ed25519", "imap@a.example", "C", 2, 4},
        {"ed25519", "ed25519", "imap@a.example", "C", 0, 4},
        {"x25519", "p256", "HTTP@b.example", "D", 2, 6},
        {"x25519", "p256", "imap@b.example", "F", 2, 6},
        {"p256", "p256", "HTTP@b.example", "D", 0, 6},
        {"p256dh", "p256", "HTTP@b.example", "D", 2, 5},
        {"x25519", "ed25519", "HTTP@a.example", "E", 2, 4},
        {"ed25519", "x25519", "HTTP@a.example", "A", 1, 4},
        {"x25519", "x25519", "http@a.example", NULL, 3, 6}, /* the service is told by its case */
    };

    for (int k = 0; k < ROWS(rows); k++) {
        struct pair p;

        pair_init(&p, support_key(rows[k].own, 0), NULL);
        pair_identities(&p, EDHOC_RESPONDER, many_identities());
        pair_trust(&p, EDHOC_INITIATOR, trust_in_many(rows[k].target, rows[k].server));
        p.config[EDHOC_INITIATOR].target = rows[k].target;
        ck_assert_msg(pair_new(&p), "row %d: %s", k, p.details[EDHOC_INITIATOR]);
        pair_run(&p, NULL, NULL);
        if (rows[k].source != NULL) {
            support_check_complete(&p, 3, rows[k].method, rows[k].suite);
            ck_assert_str_eq(side_identity(p.side[EDHOC_RESPONDER])->source, rows[k].source);
            ck_assert_str_eq(side_peer(p.side[EDHOC_INITIATOR])->name, rows[k].target);
        } else {
            ck_assert_err(p.err[EDHOC_RESPONDER], EDHOC_ERR_TARGET);
            support_check_error(buf_bytes(&p.token[2]), SUPPORT_REFUSAL);
            ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_PEER_ERROR);
        }
        pair_free(&p);
    }
}
END_TEST

/* With hide-target the first identity that fits METHOD and suite is taken; message_3 tells. */
START_TEST(a_hidden_target_is_told_in_message_3)
{
    static const struct {
        const char *server, *target;
        const char *source; /* NULL: refused */
    } rows[] = {
        {"x25519", "HTTP@a.example", "A"},  {"x25519", "HTTP@b.example", NULL},
        {"ed25519", "imap@a.example", "C"}, {"ed25519", "HTTP@a.example", NULL},
        {"p256", "HTTP@b.example", "D"},    {"p256", "imap@b.example", NULL},
    };

    for (int k = 0; k < ROWS(rows); k++) {
        struct bytes target = bytes_of_text(rows[k].target);
        struct pair p;

        pair_init(&p, support_key("x25519", 0), NULL);
        pair_identities(&p, EDHOC_RESPONDER, many_identities());
        pair_trust(&p, EDHOC_INITIATOR, trust_in_many(rows[k].target, rows[k].server));
        p.config[EDHOC_INITIATOR].target = rows[k].target;
        p.config[EDHOC_INITIATOR].options = EDHOC_HIDE_TARGET;
        ck_assert(pair_new(&p));
        pair_advance(&p, 3);
        for (unsigned n = 1; n <= 3; n++)
            ck_assert_ptr_null(memmem(p.token[n].p, p.token[n].len, target.p, target.len));
        ck_assert_ptr_null(side_target(p.side[EDHOC_RESPONDER]));
        pair_run(&p, NULL, NULL);
        if (rows[k].source != NULL) {
            ck_assert_ok(p.err[EDHOC_RESPONDER]);
            ck_assert(edhoc_done(p.side[EDHOC_RESPONDER]));
            ck_assert_str_eq(side_identity(p.side[EDHOC_RESPONDER])->source, rows[k].source);
            ck_assert_str_eq(side_target(p.side[EDHOC_RESPONDER]), rows[k].target);
        } else {
            support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_TARGET);
        }
        pair_free(&p);
    }
}
END_TEST

/* Without the hint, EAD_1 is eight bytes. */
START_TEST(a_hidden_target_costs_eight_bytes)
{
    struct bytes expected = unhex("39ff464382f600");
    struct pair p;

    pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
    p.config[EDHOC_INITIATOR].options = EDHOC_HIDE_TARGET;
    ck_assert(pair_new(&p));
    pair_advance(&p, 1);
    ck_assert_uint_gt(p.token[1].len, expected.len);
    ck_assert_mem_eq(p.token[1].p + p.token[1].len - expected.len, expected.p, expected.len);
    pair_free(&p);
}
END_TEST

/* The responder's own name, as its caller acquired it. */
START_TEST(the_responder_answers_to_its_own_name_only)
{
    static const struct {
        const char *own, *target;
        bool allowed;
    } rows[] = {
        {NULL, "HTTP@web.example.org", true},
        {"HTTP", "HTTP@web.example.org", true},
        {"HTTP@web.example.org", "HTTP@web.example.org", true},
        {"HTTP@web.example.or", "HTTP@web.example.org", false},
        {"HTTP@web.example.org", "HTTP@web.example.orgs", false},
        {"HTTP@web.example.org", "HTTP@other.example.org", false},
        {"HTTP@web.example.org", "imap@web.example.org", false},
        {"HTTP", "HTTPS@web.example.org", false},
        {"HTTPS", "HTTP@web.example.org", false},
        {"http", "HTTP@web.example.org", false},
        {"HTTP", "HTTP", true},
        {"HTTP", "HTT", false},
        {"HTTP@", "HTTP@web.example.org", false},
    };

    for (int k = 0; k < ROWS(rows); k++)
        for (int hide = 0; hide < 2; hide++) {
            struct pair p;

            pair_init(&p, support_key("x25519", 0), NULL);
            pair_identities(&p, EDHOC_RESPONDER, support_set_of(support_key("x25519", 1), NULL));
            pair_trust(&p, EDHOC_INITIATOR,
                       support_trust_of(support_key("x25519", 1), rows[k].target));
            p.config[EDHOC_INITIATOR].target = rows[k].target;
            p.config[EDHOC_INITIATOR].options = hide ? EDHOC_HIDE_TARGET : 0;
            p.config[EDHOC_RESPONDER].target = rows[k].own;
            ck_assert(pair_new(&p));
            pair_run(&p, NULL, NULL);
            if (rows[k].allowed) {
                support_check_complete(&p, 3, 3, 6);
                ck_assert_str_eq(side_target(p.side[EDHOC_RESPONDER]), rows[k].target);
            } else if (hide) {
                support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_TARGET);
            } else {
                ck_assert_err(p.err[EDHOC_RESPONDER], EDHOC_ERR_TARGET);
                ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_PEER_ERROR);
                ck_assert_uint_eq(p.tokens, 2);
            }
            pair_free(&p);
        }
}
END_TEST

/* What an initiator needs to begin at all. */
START_TEST(an_initiator_without_what_it_needs_does_not_begin)
{
    struct trust *nothing = support_trust();
    struct identity_set *none;
    struct pair p;

    ck_assert_ok(identity_set_new(NULL, 0, &none));
    pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));

    p.config[EDHOC_INITIATOR].target = NULL;
    ck_assert(!pair_new(&p));
    ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NAME);
    pair_reset(&p);

    p.config[EDHOC_INITIATOR].target = OTHER_TARGET;
    ck_assert(!pair_new(&p));
    ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_TRUST);
    ck_assert_ptr_nonnull(strstr(p.details[EDHOC_INITIATOR], OTHER_TARGET));
    ck_assert_ptr_nonnull(strstr(p.details[EDHOC_INITIATOR], SUPPORT_FILE));
    pair_reset(&p);

    p.config[EDHOC_INITIATOR].target = SUPPORT_TARGET;
    p.config[EDHOC_INITIATOR].suites = support_one_suite(24);
    ck_assert(!pair_new(&p));
    ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_SUITE);
    pair_reset(&p);

    p.config[EDHOC_INITIATOR].suites = (struct suite_list){{0}, 0};
    ck_assert(!pair_new(&p));
    ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_SUITE);
    pair_reset(&p);
    p.config[EDHOC_INITIATOR].suites = support_all_suites();

    pair_identities(&p, EDHOC_RESPONDER, identity_set_ref(none));
    ck_assert(pair_new(&p)); /* a responder's keys are asked for when they are needed */
    pair_run(&p, NULL, NULL);
    ck_assert_err(p.err[EDHOC_RESPONDER], EDHOC_ERR_NO_IDENTITY);
    pair_reset(&p);

    pair_identities(&p, EDHOC_INITIATOR, none);
    ck_assert(!pair_new(&p));
    ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_IDENTITY);
    pair_reset(&p);

    pair_identities(&p, EDHOC_INITIATOR, support_set_of(support_key("x25519", 0), "alice"));
    pair_trust(&p, EDHOC_INITIATOR, nothing);
    ck_assert(!pair_new(&p));
    ck_assert_err(p.err[EDHOC_INITIATOR], EDHOC_ERR_NO_TRUST);
    pair_free(&p);
}
END_TEST

/* ---- flags, bindings, lifetime, keys ---- */

START_TEST(flags_reach_the_other_side)
{
    static const uint32_t always = EDHOC_FLAG_MUTUAL | EDHOC_FLAG_INTEG;
    static const uint32_t asked[] = {0,      0x1,    0x10,   0x20,       0x3e,  0x783e,
                                     0x7fff, 0x87c1, 0x2000, 0xffffffff, 0x800, 0x1004};

    for (int k = 0; k < ROWS(asked); k++)
        for (unsigned options = 0; options < 4; options++) {
            uint32_t flags = (asked[k] & 0x783e & ~EDHOC_FLAG_BOUND) | always;
            struct pair p;

            pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
            p.config[EDHOC_INITIATOR].flags = asked[k];
            p.config[EDHOC_INITIATOR].options = options; /* EDHOC_CONFIRM, EDHOC_HIDE_TARGET */
            p.config[EDHOC_RESPONDER].flags = ~asked[k]; /* has no say */
            ck_assert(pair_new(&p));
            pair_run(&p, NULL, NULL);
            support_check_complete(&p, (options & EDHOC_CONFIRM) != 0 ? 4 : 3, 3, 6);
            ck_assert_uint_eq(side_flags(p.side[EDHOC_INITIATOR]), flags);
            ck_assert_uint_eq(side_flags(p.side[EDHOC_RESPONDER]), flags);
            pair_free(&p);
        }
}
END_TEST

/* A flag from outside the mask is ignored by who receives it. Only a peer that does not follow the
 * profile sends one, here an initiator of plain EDHOC that imitates it. */
START_TEST(flags_outside_the_mask_are_ignored)
{
    static const struct {
        uint64_t sent;
        uint32_t received; /* 0: refused */
    } rows[] = {
        {0x22, 0x22},         {0x783e, 0x703e}, {0x87e3, 0x22}, {UINT64_C(0x100000022), 0x22},
        {UINT64_MAX, 0x703e}, {0, 0},           {0x20, 0},      {0x2, 0},
        {0x801, 0},
    };

    for (int k = 0; k < ROWS(rows); k++) {
        struct buf ead_1 = support_ead_1(SUPPORT_TARGET, 0);
        struct buf ead_3 = support_ead_3(rows[k].sent, NULL);
        struct pair p;

        pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
        p.config[EDHOC_INITIATOR].options = SIDE_PLAIN;
        p.config[EDHOC_INITIATOR].method = 1;
        p.config[EDHOC_INITIATOR].suites = support_one_suite(6);
        p.config[EDHOC_INITIATOR].ead[1] = buf_bytes(&ead_1);
        p.config[EDHOC_INITIATOR].ead[3] = buf_bytes(&ead_3);
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        if (rows[k].received != 0) {
            support_check_complete(&p, 3, 3, 6);
            ck_assert_uint_eq(side_flags(p.side[EDHOC_RESPONDER]), rows[k].received);
        } else {
            support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_EAD_ITEM);
        }
        buf_free(&ead_1);
        buf_free(&ead_3);
        pair_free(&p);
    }
}
END_TEST

/* Also by a responder that has none of its own to compare them with. */
START_TEST(bindings_that_are_no_hash_of_the_suite_are_refused)
{
    static const uint8_t bytes[65];
    static const size_t lengths[] = {0, 1, 31, 32, 33, 64, 65};

    for (int k = 0; k < ROWS(lengths); k++) {
        struct profile_item item = {.message = 3,
                                    .flags = EDHOC_FLAG_MUTUAL | EDHOC_FLAG_INTEG,
                                    .has_bindings = true,
                                    .bindings = bytes_of(bytes, lengths[k])};
        struct buf ead_1 = support_ead_1(SUPPORT_TARGET, 0), ead_3 = buf_new(256);
        struct pair p;

        item_put(&item, &ead_3);
        pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
        p.config[EDHOC_INITIATOR].options = SIDE_PLAIN;
        p.config[EDHOC_INITIATOR].method = 1;
        p.config[EDHOC_INITIATOR].suites = support_one_suite(6);
        p.config[EDHOC_INITIATOR].ead[1] = buf_bytes(&ead_1);
        p.config[EDHOC_INITIATOR].ead[3] = buf_bytes(&ead_3);
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        if (lengths[k] == 32)
            ck_assert_ok(p.err[EDHOC_RESPONDER]);
        else
            support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_EAD_ITEM);
        buf_free(&ead_1);
        buf_free(&ead_3);
        pair_free(&p);
    }
}
END_TEST

/* A hidden target leaves the choice to the responder's own name, not to the order of its keys. */
START_TEST(a_hidden_target_gets_the_key_of_the_name_that_the_responder_goes_by)
{
    static const struct {
        const char *own, *source; /* NULL: any name; none */
    } rows[] = {{NULL, "first"},
                {"ldap@web.example.org", "second"},
                {"ldap", "second"},
                {"HTTP@web.example.org", "first"},
                {"imap@web.example.org", NULL}};

    for (int k = 0; k < ROWS(rows); k++) {
        struct key *http = support_key("x25519", 1), *ldap = support_key("x25519", 2);
        struct pair p;

        pair_init(&p, support_key("x25519", 0), NULL);
        pair_identities(&p, EDHOC_RESPONDER,
                        support_set(support_identity(http, "HTTP@web.example.org", "first"),
                                    support_identity(ldap, "ldap@web.example.org", "second"),
                                    NULL));
        pair_trust(&p, EDHOC_INITIATOR, support_trust_of(ldap, "ldap@web.example.org"));
        p.config[EDHOC_INITIATOR].target = "ldap@web.example.org";
        p.config[EDHOC_INITIATOR].options = EDHOC_HIDE_TARGET;
        p.config[EDHOC_RESPONDER].target = rows[k].own;
        ck_assert(pair_new(&p));
        pair_advance(&p, 1);
        (void)pair_step(&p, EDHOC_RESPONDER, buf_bytes(&p.token[1]), &p.token[2]);
        if (rows[k].source == NULL) {
            ck_assert_err(p.err[EDHOC_RESPONDER], EDHOC_ERR_TARGET);
            support_check_error(buf_bytes(&p.token[2]), SUPPORT_REFUSAL);
        } else {
            ck_assert_str_eq(side_identity(p.side[EDHOC_RESPONDER])->source, rows[k].source);
        }
        pair_free(&p);
    }
}
END_TEST

/* Trust is asked for once more when message_3 comes, and the context ends with the credential. */
START_TEST(trust_that_is_withdrawn_during_the_handshake_counts_no_more)
{
    struct pair p;
    struct side *side;

    pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
    ck_assert(pair_new(&p));
    pair_advance(&p, 3);
    side = side_of(p.side[EDHOC_RESPONDER]);
    trust_free(side->current.trust);
    side->current.trust = support_trust_of(support_key("x25519", 2), "bob");
    pair_run(&p, NULL, NULL);
    support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_UNKNOWN_KEY);
    pair_free(&p);
}
END_TEST

START_TEST(a_credential_with_exp_ends_with_it)
{
    static const struct {
        int64_t exp;
        edhoc_err err;
    } rows[] = {{SUPPORT_NOW + 1, EDHOC_OK},
                {SUPPORT_NOW, EDHOC_ERR_CRED_EXPIRED},
                {0, EDHOC_ERR_CRED_EXPIRED}};

    for (int k = 0; k < ROWS(rows); k++) {
        struct buf cose_key = buf_new(256), id = buf_new(256);
        struct pair p;
        struct identity *alice;

        pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
        alice = p.config[EDHOC_INITIATOR].identities->id[0];
        /* { 14 : { 2 : "alice", 4 : exp, 8 : { 1 : COSE_Key } } } */
        cred_put_cose_key(alice->key, &cose_key);
        cbor_put_map(&id, 3);
        cbor_put_int(&id, 2);
        cbor_put_tstr(&id, BYTES_LITERAL("alice"));
        cbor_put_int(&id, 4);
        cbor_put_int(&id, rows[k].exp);
        cbor_put_int(&id, 8);
        cbor_put_map(&id, 1);
        cbor_put_int(&id, 1);
        buf_put_buf(&id, &cose_key);
        side_replace_cred(alice, buf_bytes(&id));
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        if (rows[k].err == EDHOC_OK) {
            support_check_complete(&p, 3, 3, 6);
            ck_assert_int_eq(side_expires(p.side[EDHOC_RESPONDER]), rows[k].exp);
        } else {
            support_check_refused(&p, EDHOC_RESPONDER, rows[k].err);
        }
        buf_free(&cose_key);
        buf_free(&id);
        pair_free(&p);
    }
}
END_TEST

/* The table of doc/mechanism.md 4.4, in every hash and with and without message_4. */
START_TEST(bindings_bind_in_every_hash)
{
    static const struct {
        const char *initiator, *responder; /* NULL: none */
        uint32_t flags;
        enum { UNBOUND, BOUND, REFUSED } then;
    } rows[] = {
        {NULL, NULL, 0, UNBOUND},
        {NULL, NULL, EDHOC_FLAG_BOUND, UNBOUND},
        {"channel", "channel", 0, BOUND},
        {"channel", "channel", EDHOC_FLAG_BOUND, BOUND},
        {"", "", 0, BOUND},
        {"channel", "channels", 0, REFUSED},
        {"channel", "channels", EDHOC_FLAG_BOUND, REFUSED},
        {"channel", "", 0, REFUSED},
        {"", "channel", 0, REFUSED},
        {"channel", NULL, 0, UNBOUND},
        {"channel", NULL, EDHOC_FLAG_BOUND, UNBOUND},
        {"", NULL, 0, UNBOUND},
        {NULL, "channel", 0, UNBOUND},
        {NULL, "channel", EDHOC_FLAG_BOUND, REFUSED},
        {NULL, "", 0, UNBOUND},
        {NULL, "", EDHOC_FLAG_BOUND, REFUSED},
    };
    static const struct {
        const char *type;
        int suite;
    } hashes[] = {{"x25519", 6}, {"p384dh", 24}, {"x448", 25}};
    const char *type = hashes[_i / 2].type;
    bool confirm = _i % 2 == 1;

    for (int k = 0; k < ROWS(rows); k++) {
        struct pair p;

        pair_init(&p, support_key(type, 0), support_key(type, 1));
        p.config[EDHOC_INITIATOR].options = confirm ? EDHOC_CONFIRM : 0;
        p.config[EDHOC_INITIATOR].flags = rows[k].flags;
        p.config[EDHOC_INITIATOR].have_bindings = rows[k].initiator != NULL;
        p.config[EDHOC_INITIATOR].bindings = bytes_of_text(rows[k].initiator);
        p.config[EDHOC_RESPONDER].have_bindings = rows[k].responder != NULL;
        p.config[EDHOC_RESPONDER].bindings = bytes_of_text(rows[k].responder);
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        if (rows[k].then == REFUSED) {
            support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_BINDINGS);
        } else {
            uint32_t bound = rows[k].then == BOUND ? EDHOC_FLAG_BOUND : 0;

            support_check_complete(&p, confirm ? 4 : 3, 3, hashes[_i / 2].suite);
            ck_assert_uint_eq(side_flags(p.side[EDHOC_RESPONDER]) & EDHOC_FLAG_BOUND, bound);
            /* The initiator learns it from message_4 only. */
            ck_assert_uint_eq(side_flags(p.side[EDHOC_INITIATOR]) & EDHOC_FLAG_BOUND,
                              confirm ? bound : 0);
        }
        pair_free(&p);
    }
}
END_TEST

/* The responder may give its bindings as late as with message_3, and change them until then. */
START_TEST(bindings_may_come_with_message_3)
{
    struct pair p;

    pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
    p.config[EDHOC_INITIATOR].have_bindings = true;
    p.config[EDHOC_INITIATOR].bindings = BYTES_LITERAL("late");
    p.config[EDHOC_RESPONDER].have_bindings = true;
    p.config[EDHOC_RESPONDER].bindings = BYTES_LITERAL("early, and longer");
    ck_assert(pair_new(&p));
    pair_advance(&p, 3);
    ck_assert_ok(profile_set_bindings(side_of(p.side[EDHOC_RESPONDER])->gss_api, true,
                                      BYTES_LITERAL("late")));
    pair_run(&p, NULL, NULL);
    support_check_complete(&p, 3, 3, 6);
    ck_assert_uint_ne(side_flags(p.side[EDHOC_RESPONDER]) & EDHOC_FLAG_BOUND, 0);

    pair_reset(&p);
    ck_assert(pair_new(&p));
    pair_advance(&p, 3);
    ck_assert_ok(
        profile_set_bindings(side_of(p.side[EDHOC_RESPONDER])->gss_api, false, BYTES_NONE));
    pair_run(&p, NULL, NULL);
    support_check_complete(&p, 3, 3, 6);
    ck_assert_uint_eq(side_flags(p.side[EDHOC_RESPONDER]) & EDHOC_FLAG_BOUND, 0);
    pair_free(&p);
}
END_TEST

/* The earliest of both: each side knows its own identity's end and that of the peer's trust line.
 */
START_TEST(a_session_expires_with_the_earliest_of_both)
{
    const int64_t soon = SUPPORT_NOW + 1, later = SUPPORT_NOW + DAY, never = INT64_MAX;
    const struct {
        int64_t own, line, expires;
    } rows[] = {{never, never, never}, {soon, never, soon}, {never, soon, soon},
                {soon, later, soon},   {later, soon, soon}, {later, later, later}};

    for (int k = 0; k < ROWS(rows); k++)
        for (int role = 0; role < 2; role++) {
            struct trust *t = support_trust();
            struct pair p;

            pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
            p.config[role].identities->id[0]->expires = rows[k].own;
            (void)support_pin(
                t, (struct support_pin){.key = support_key("x25519", (size_t)(1 - role)),
                                        .principals = role == 0 ? SUPPORT_TARGET : "alice",
                                        .before = rows[k].line == never ? 0 : rows[k].line});
            pair_trust(&p, (enum edhoc_role)role, t);
            ck_assert(pair_new(&p));
            pair_run(&p, NULL, NULL);
            support_check_complete(&p, 3, 3, 6);
            ck_assert_int_eq(side_expires(p.side[role]), rows[k].expires);
            ck_assert_int_eq(side_expires(p.side[1 - role]), never);
            pair_free(&p);
        }
}
END_TEST

static void refuse_exports(void *arg, struct pair *p, unsigned number, struct buf *token)
{
    unsigned last = *(const unsigned *)arg;
    uint8_t out[16];

    (void)token;
    for (int role = 0; role < 2; role++) {
        if (number == last && role == (int)pair_sender(last))
            continue; /* done with sending it */
        ck_assert(!edhoc_done(p->side[role]));
        ck_assert_err(edhoc_exporter(p->side[role], 0, BYTES_NONE, out, 16), EDHOC_ERR_STATE);
        ck_assert_err(edhoc_key_update(p->side[role], BYTES_NONE), EDHOC_ERR_STATE);
    }
}

START_TEST(there_are_no_keys_before_the_end)
{
    for (unsigned last = 3; last <= 4; last++) {
        struct pair p;

        pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
        p.config[EDHOC_INITIATOR].options = last == 4 ? EDHOC_CONFIRM : 0;
        ck_assert(pair_new(&p));
        pair_run(&p, refuse_exports, &last);
        support_check_complete(&p, last, 3, 6);
        pair_free(&p);
    }
}
END_TEST

START_TEST(a_key_update_changes_both_sides_alike)
{
    static const char *const types[] = {"x25519", "p384dh", "x448"};
    static const int suites[] = {6, 24, 25};
    uint8_t before[32], after[2][32], again[32];
    struct pair p;

    pair_init(&p, support_key(types[_i], 0), support_key(types[_i], 1));
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    support_check_complete(&p, 3, 3, suites[_i]);
    ck_assert_ok(edhoc_exporter(p.side[0], 7, BYTES_NONE, before, 32));
    for (int role = 0; role < 2; role++) {
        ck_assert_ok(edhoc_key_update(p.side[role], BYTES_LITERAL("nonce")));
        ck_assert_ok(edhoc_exporter(p.side[role], 7, BYTES_NONE, after[role], 32));
    }
    support_check_complete(&p, 3, 3, suites[_i]);
    ck_assert_mem_eq(after[0], after[1], 32);
    ck_assert_mem_ne(after[0], before, 32);
    /* Once more, and with another context on one side: these keys differ. */
    ck_assert_ok(edhoc_key_update(p.side[0], BYTES_LITERAL("nonce")));
    ck_assert_ok(edhoc_key_update(p.side[1], BYTES_LITERAL("other")));
    ck_assert_ok(edhoc_exporter(p.side[0], 7, BYTES_NONE, after[0], 32));
    ck_assert_ok(edhoc_exporter(p.side[1], 7, BYTES_NONE, again, 32));
    ck_assert_mem_ne(after[0], after[1], 32);
    ck_assert_mem_ne(after[0], again, 32);
    pair_free(&p);
}
END_TEST

/* Two sessions of the same two have nothing in common. */
START_TEST(two_sessions_have_nothing_in_common)
{
    uint8_t key[2][32];
    struct buf token = buf_new(EDHOC_TOKEN_MAX);
    struct pair p;

    pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
    for (int i = 0; i < 2; i++) {
        pair_reset(&p);
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        support_check_complete(&p, 3, 3, 6);
        ck_assert_ok(edhoc_exporter(p.side[0], 0, BYTES_NONE, key[i], 32));
        if (i == 0)
            ck_assert_ok(buf_copy(&token, buf_bytes(&p.token[2])));
    }
    ck_assert_mem_ne(key[0], key[1], 32);
    ck_assert(!bytes_equal(buf_bytes(&token), buf_bytes(&p.token[2])));
    buf_free(&token);
    pair_free(&p);
}
END_TEST

/* ---- who is refused ---- */

/* How a key is pinned at the side that judges it. */
struct judged {
    const char *what;
    struct support_pin pins[2]; /* key 0: the peer's own, for its use; else as said; principals
                                   NULL: no line */
    bool other_use;             /* the first line pins the key for the other use */
    edhoc_err by_value, by_reference;
};

#define NOW         SUPPORT_NOW
#define SAME(error) EDHOC_##error, EDHOC_##error

static const struct judged servers[] = {
    {"good", {{.principals = SUPPORT_TARGET}}, false, SAME(OK)},
    {"good by pattern",
     {{.principals = "*@*.example.org", .roles = TRUST_SERVER}},
     false,
     SAME(OK)},
    {"good by host case", {{.principals = "HTTP@WEB.example.ORG"}}, false, SAME(OK)},
    {"good by the second line",
     {{.principals = OTHER_TARGET}, {.principals = SUPPORT_TARGET}},
     false,
     SAME(OK)},
    {"last second", {{.principals = SUPPORT_TARGET, .before = NOW + 1}}, false, SAME(OK)},
    {"first second", {{.principals = SUPPORT_TARGET, .after = NOW}}, false, SAME(OK)},
    {"expired beside valid",
     {{.principals = SUPPORT_TARGET, .before = NOW}, {.principals = "HTTP@*"}},
     false,
     SAME(OK)},
    {"unknown", {{.principals = NULL}}, false, SAME(ERR_UNKNOWN_KEY)},
    {"wrong name", {{.principals = OTHER_TARGET}}, false, SAME(ERR_WRONG_NAME)},
    {"wrong service", {{.principals = "imap@web.example.org"}}, false, SAME(ERR_WRONG_NAME)},
    {"wrong case of service",
     {{.principals = "http@web.example.org"}},
     false,
     SAME(ERR_WRONG_NAME)},
    {"name excluded", {{.principals = "*@*,!HTTP@web.*"}}, false, SAME(ERR_WRONG_NAME)},
    {"wrong role",
     {{.principals = SUPPORT_TARGET, .roles = TRUST_CLIENT}},
     false,
     SAME(ERR_WRONG_ROLE)},
    {"wrong role, wrong name",
     {{.principals = SUPPORT_TARGET, .roles = TRUST_CLIENT}, {.principals = OTHER_TARGET}},
     false,
     SAME(ERR_WRONG_NAME)},
    {"expired", {{.principals = SUPPORT_TARGET, .before = NOW}}, false, SAME(ERR_TRUST_EXPIRED)},
    {"not yet", {{.principals = SUPPORT_TARGET, .after = NOW + 1}}, false, SAME(ERR_TRUST_NOT_YET)},
    {"wrong kind", {{.principals = SUPPORT_TARGET}}, true, SAME(ERR_WRONG_KIND)},
};

static const struct judged clients[] = {
    {"good", {{.principals = "alice"}}, false, SAME(OK)},
    {"good by role", {{.principals = "alice", .roles = TRUST_CLIENT}}, false, SAME(OK)},
    {"last second", {{.principals = "alice", .before = NOW + 1}}, false, SAME(OK)},
    {"first second", {{.principals = "alice", .after = NOW}}, false, SAME(OK)},
    {"unknown", {{.principals = NULL}}, false, SAME(ERR_UNKNOWN_KEY)},
    /* By reference there is no name that could be wrong. */
    {"wrong name", {{.principals = "bob"}}, false, EDHOC_ERR_WRONG_NAME, EDHOC_OK},
    {"wrong case", {{.principals = "Alice"}}, false, EDHOC_ERR_WRONG_NAME, EDHOC_OK},
    {"longer name", {{.principals = "alice2"}}, false, EDHOC_ERR_WRONG_NAME, EDHOC_OK},
    {"wrong role", {{.principals = "alice", .roles = TRUST_SERVER}}, false, SAME(ERR_WRONG_ROLE)},
    {"expired", {{.principals = "alice", .before = NOW}}, false, SAME(ERR_TRUST_EXPIRED)},
    {"not yet", {{.principals = "alice", .after = NOW + 1}}, false, SAME(ERR_TRUST_NOT_YET)},
    {"wrong kind", {{.principals = "alice"}}, true, SAME(ERR_WRONG_KIND)},
};

static struct trust *judged_trust(const struct judged *row, struct key *key, struct key *decoy,
                                  const char *decoy_principals)
{
    struct trust *t = support_trust();

    /* Another key of that kind first, so that an initiator has reason to begin. */
    (void)support_pin(t, (struct support_pin){.key = decoy, .principals = decoy_principals});
    for (size_t n = 0; n < 2 && row->pins[n].principals != NULL; n++) {
        struct support_pin pin = row->pins[n];
        struct key *other = NULL;

        pin.key = key;
        if (n == 0 && row->other_use)
            pin.key = other = support_key_for(key, !key_type(key)->dh);
        (void)support_pin(t, pin);
        key_free(other);
    }
    return t;
}

static void check_judged(struct pair *p, enum edhoc_role judge, const struct judged *row,
                         unsigned options)
{
    enum edhoc_role peer = judge == EDHOC_INITIATOR ? EDHOC_RESPONDER : EDHOC_INITIATOR;
    bool by_reference = (options & EDHOC_CRED_BY_REFERENCE) != 0;
    edhoc_err expected = by_reference ? row->by_reference : row->by_value;

    p->config[peer].options = options;
    pair_reset(p);
    ck_assert_msg(pair_new(p), "%s: %s", row->what, p->details[EDHOC_INITIATOR]);
    pair_run(p, NULL, NULL);
    ck_assert_msg(p->err[judge] == expected, "%s, by %s: %s (%s)", row->what,
                  by_reference ? "reference" : "value",
                  p->err[judge] == EDHOC_OK ? "accepted" : report_sentence(p->err[judge]),
                  p->details[judge]);
    if (expected == EDHOC_OK)
        return;
    support_check_refused(p, judge, expected);
    ck_assert_msg(strstr(p->details[judge], SUPPORT_FILE) != NULL, "\"%s\" names no file",
                  p->details[judge]);
}

/* P-256 keys, which have both uses. */
START_TEST(each_server_is_judged_as_its_row_says)
{
    const struct judged *row = &servers[_i];

    for (int dh = 0; dh < 2; dh++) {
        const char *type = dh ? "p256dh" : "p256";
        struct pair p;

        pair_init(&p, support_key("p256", 0), support_key(type, 1));
        pair_trust(&p, EDHOC_INITIATOR,
                   judged_trust(row, support_key(type, 1), support_key(type, 2), SUPPORT_TARGET));
        check_judged(&p, EDHOC_INITIATOR, row, 0);
        check_judged(&p, EDHOC_INITIATOR, row, EDHOC_CRED_BY_REFERENCE);
        pair_free(&p);
    }
}
END_TEST

START_TEST(each_client_is_judged_as_its_row_says)
{
    const struct judged *row = &clients[_i];

    for (int dh = 0; dh < 2; dh++) {
        const char *type = dh ? "p256dh" : "p256";
        struct pair p;

        pair_init(&p, support_key(type, 1), support_key("p256", 0));
        pair_trust(&p, EDHOC_RESPONDER,
                   judged_trust(row, support_key(type, 1), support_key(type, 2), "alice"));
        check_judged(&p, EDHOC_RESPONDER, row, 0);
        check_judged(&p, EDHOC_RESPONDER, row, EDHOC_CRED_BY_REFERENCE);
        pair_free(&p);
    }
}
END_TEST

/* What is out of date for the only key of a target is told before anything is sent. */
START_TEST(a_key_out_of_date_is_told_before_anything_is_sent)
{
    static const struct {
        struct support_pin pin;
        edhoc_err err;
    } rows[] = {
        {{.principals = SUPPORT_TARGET, .before = NOW}, EDHOC_ERR_TRUST_EXPIRED},
        {{.principals = SUPPORT_TARGET, .after = NOW + 1}, EDHOC_ERR_TRUST_NOT_YET},
        {{.principals = SUPPORT_TARGET, .roles = TRUST_CLIENT}, EDHOC_ERR_NO_TRUST},
        {{.principals = "HTTP@*,!*@web.*"}, EDHOC_ERR_NO_TRUST},
    };

    for (int k = 0; k < ROWS(rows); k++) {
        struct support_pin pin = rows[k].pin;
        struct trust *t = support_trust();
        struct pair p;

        pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
        pin.key = support_key("x25519", 1);
        (void)support_pin(t, pin);
        pair_trust(&p, EDHOC_INITIATOR, t);
        ck_assert(!pair_new(&p));
        ck_assert_int_eq(p.err[EDHOC_INITIATOR], rows[k].err);
        ck_assert_ptr_nonnull(strstr(p.details[EDHOC_INITIATOR], SUPPORT_FILE));
        pair_free(&p);
    }
}
END_TEST

/* One key, one use: it cannot be pinned for both. */
START_TEST(one_key_is_not_pinned_for_both_uses)
{
    static const char *const types[] = {"p256", "p384"};

    for (size_t k = 0; k < 2; k++) {
        struct key *key = support_key(types[k], 1), *dh = support_key_for(key, true);
        struct trust *t = support_trust_of(key, "alice");
        struct trust_line *line = calloc(1, sizeof(*line));

        ck_assert_ptr_nonnull(line);
        line->principals = strdup("bob");
        line->file = strdup(SUPPORT_FILE);
        line->line = 2;
        ck_assert_ok(cred_new_kid(dh, &line->cred));
        ck_assert_err(pin_line(t, line), EDHOC_ERR_TRUST_SYNTAX);
        ck_assert_ptr_nonnull(
            strstr(report_details(EDHOC_ERR_TRUST_SYNTAX), SUPPORT_FILE " line 2"));
        ck_assert_uint_eq(trust_count(t), 1);
        trust_free(t);
        key_free(dh);
    }
}
END_TEST

/* ---- a client without a name ---- */

struct nameless {
    const char *principals[2];
    struct support_pin second; /* what else the second line says */
    const char *name;          /* NULL: refused */
};

static const struct nameless nameless[] = {
    {{"alice"}, {0}, "alice"},
    {{"alice@laptop"}, {0}, "alice@laptop"},
    {{"al*"}, {.roles = TRUST_CLIENT}, NULL},
    {{"alic?"}, {0}, NULL},
    {{"a*,!alice"}, {0}, NULL},
    {{"alice,bob"}, {0}, NULL},
    {{"alice,alice"}, {0}, "alice"},
    {{"alice", "bob"}, {0}, NULL},
    {{"alice", "b*"}, {.roles = TRUST_CLIENT}, "alice"}, /* the only literal one */
    {{"a*", "alice"}, {0}, "alice"},
    {{"alice,!alice"}, {0}, NULL},
    {{"alice", "alice"}, {0}, "alice"},
    {{"alice", "bob"}, {.before = NOW}, "alice"}, /* a line that does not count */
    {{"alice", "bob"}, {.roles = TRUST_SERVER}, "alice"},
    {{"alice", "bob"}, {.after = NOW + 1}, "alice"},
};

START_TEST(a_peer_without_a_name_is_its_single_literal_principal)
{
    const struct nameless *row = &nameless[_i];
    /* a kid says no name; nor does the credential of an identity that has none */
    static const struct {
        unsigned options;
        const char *principals;
    } forms[] = {{EDHOC_CRED_BY_REFERENCE, "somebody"}, {EDHOC_CRED_BY_REFERENCE, NULL}, {0, NULL}};

    for (int k = 0; k < ROWS(forms); k++) {
        struct key *key = support_key("ed25519", 0);
        struct support_pin second = row->second;
        struct trust *t = support_trust();
        struct pair p;

        pair_init(&p, key, support_key("x25519", 1));
        (void)support_pin(t, (struct support_pin){.key = key,
                                                  .principals = row->principals[0],
                                                  .local_user = "root"});
        second.key = key;
        second.principals = row->principals[1];
        if (second.principals != NULL)
            (void)support_pin(t, second);
        pair_trust(&p, EDHOC_RESPONDER, t);
        pair_identities(&p, EDHOC_INITIATOR, support_set_of(key, forms[k].principals));
        p.config[EDHOC_INITIATOR].options = forms[k].options;
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        if (row->name != NULL) {
            support_check_complete(&p, 3, 1, 4);
            ck_assert_str_eq(side_peer(p.side[EDHOC_RESPONDER])->name, row->name);
            ck_assert_str_eq(side_peer(p.side[EDHOC_RESPONDER])->local_user, "root");
            ck_assert_int_eq(side_peer(p.side[EDHOC_RESPONDER])->kind, 1);
        } else {
            support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_NO_PEER_NAME);
        }
        pair_free(&p);
    }
}
END_TEST

/* A name is the first of an identity's principals, and says which of several lines it is. */
START_TEST(the_name_of_a_peer_chooses_its_line)
{
    static const struct {
        const char *principals, *local_user;
        int64_t expires;
    } rows[] = {{"alice", "one", NOW + DAY}, {"bob,alice", "two", INT64_MAX}};

    for (size_t k = 0; k < 2; k++) {
        struct key *key = support_key("x25519", 0);
        struct trust *t = support_trust();
        struct pair p;

        pair_init(&p, NULL, support_key("x25519", 1));
        pair_identities(&p, EDHOC_INITIATOR, support_set_of(key, rows[k].principals));
        (void)support_pin(
            t, (struct support_pin){
                   .key = key, .principals = "alice", .local_user = "one", .before = NOW + DAY});
        (void)support_pin(
            t, (struct support_pin){.key = key, .principals = "b*", .local_user = "two"});
        pair_trust(&p, EDHOC_RESPONDER, t);
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        support_check_complete(&p, 3, 3, 6);
        ck_assert_str_eq(side_peer(p.side[EDHOC_RESPONDER])->local_user, rows[k].local_user);
        ck_assert_int_eq(side_expires(p.side[EDHOC_RESPONDER]), rows[k].expires);
        pair_free(&p);
    }
}
END_TEST

/* ---- a kid that several keys share ---- */

/* The credential of one key under the kid of another, as a collision of 64 bits would make it. */
static struct cred *under_kid_of(struct key *key, struct key *other)
{
    struct cred *own, *others, *c;

    ck_assert_ok(cred_new_kid(key, &own));
    ck_assert_ok(cred_new_kid(other, &others));
    ck_assert_ok(cred_new_agreed(key, cred_id(others), cred_item(own), &c));
    cred_free(own);
    cred_free(others);
    return c;
}

/* Every key with that kid is tried, wherever it stands, whatever its curve. */
START_TEST(every_key_with_the_kid_is_tried)
{
    static const struct {
        const char *type, *decoys[2];
    } rows[] = {{"x25519", {"x25519", "p256dh"}}, {"ed25519", {"ed25519", "p256"}}};
    const char *type = rows[_i / 4].type;
    struct key *key = support_key(type, 1);
    int place = _i % 4; /* 3: nowhere */

    for (int role = 0; role < 2; role++) {
        struct pair p;

        pair_init(&p, support_key(type, role == 0 ? 0 : 1), support_key(type, role == 0 ? 1 : 0));
        p.config[1 - role].options = EDHOC_CRED_BY_REFERENCE;
        for (int n = 0, decoy = 0; n < 3; n++) {
            struct key *other = n != place && decoy < 2
                                    ? support_key(rows[_i / 4].decoys[decoy++], 2)
                                    : key;

            if (other != key || n == place)
                p.config[role].agreed[n] = under_kid_of(other, key);
        }
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        if (place < 3)
            support_check_complete(&p, 3, strcmp(type, "x25519") == 0 ? 3 : 0,
                                   strcmp(type, "x25519") == 0 ? 6 : 4);
        else
            support_check_refused(&p, (enum edhoc_role)role, EDHOC_ERR_PROOF);
        for (size_t n = 0; n < SIDE_AGREED_MAX; n++)
            cred_free(p.config[role].agreed[n]);
        pair_free(&p);
    }
}
END_TEST

/* ---- reflection ---- */

/* One key for both ends, pinned or not: the initiator, who sees it first, refuses. */
START_TEST(one_key_for_both_ends_is_refused)
{
    static const char *const types[] = {"x25519", "ed25519", "p256dh", "x448"};
    struct key *key = support_key(types[_i], 0);

    for (unsigned by_reference = 0; by_reference < 2; by_reference++) {
        struct pair p;

        pair_init(&p, key, key);
        p.config[EDHOC_RESPONDER].options = by_reference ? EDHOC_CRED_BY_REFERENCE : 0;
        ck_assert(pair_new(&p));
        pair_run(&p, NULL, NULL);
        support_check_refused(&p, EDHOC_INITIATOR, EDHOC_ERR_REFLECTED);
        ck_assert_uint_eq(p.tokens, 3);
        pair_free(&p);
    }
}
END_TEST

/* Any key of the own credential, also one that this session does not use, and for the other use. */
START_TEST(any_key_of_the_own_credential_is_refused)
{
    for (int other_use = 0; other_use < 2; other_use++)
        for (unsigned by_reference = 0; by_reference < 2; by_reference++) {
            struct key *key = support_key("p256", 0), *dh = support_key_for(key, true);
            struct pair p;

            pair_init(&p, key, support_key("p256", 1));
            pair_identities(
                &p, EDHOC_RESPONDER,
                support_set(support_identity(support_key("p256", 1), SUPPORT_TARGET, "used"),
                            support_identity(other_use ? dh : key, "ftp@web.example.org", "spare"),
                            NULL));
            p.config[EDHOC_INITIATOR].options = by_reference ? EDHOC_CRED_BY_REFERENCE : 0;
            ck_assert(pair_new(&p));
            pair_run(&p, NULL, NULL);
            support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_REFLECTED);
            ck_assert_ptr_nonnull(strstr(p.details[EDHOC_RESPONDER], "spare"));
            key_free(dh);
            pair_free(&p);
        }
}
END_TEST

/* A host that both asks and serves, with one key. Somebody sends its messages back to it. */
START_TEST(own_messages_sent_back_are_refused)
{
    struct pair p;

    pair_init(&p, support_key("x25519", 0), support_key("x25519", 0));
    ck_assert(pair_new(&p));
    pair_advance(&p, 1);
    /* message_1 to its own author, who waits for message_2 */
    ck_assert_err(pair_step(&p, EDHOC_INITIATOR, buf_bytes(&p.token[1]), &p.token[2]),
                  EDHOC_ERR_MALFORMED);
    support_check_error(buf_bytes(&p.token[2]), SUPPORT_REFUSAL);
    pair_free(&p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "session", 300);

    tcase_add_loop_test(tc, every_suite_runs_with_every_kind_of_key, 0, SUITES_COUNT);
    tcase_add_test(tc, suites_0_and_2_are_nobodys_default);
    tcase_add_loop_test(tc, every_method_and_suite_is_answered_by_the_right_key, 0, 8);
    tcase_add_test(tc, other_methods_are_refused);
    tcase_add_test(tc, the_selected_suite_must_be_the_first_that_both_have);
    tcase_add_test(tc, suites_i_has_two_forms_only);
    tcase_add_test(tc, a_refused_suite_leads_to_the_next_that_is_configured);
    tcase_add_test(tc, a_refused_suite_leads_to_the_other_pinned_key);
    tcase_add_test(tc, without_a_common_suite_nothing_more_is_sent);
    tcase_add_test(tc, keys_without_a_common_suite_are_told_before_anything_is_sent);
    tcase_add_test(tc, the_first_trust_line_decides_the_method);
    tcase_add_test(tc, the_offer_is_what_fits_in_the_configured_order);
    tcase_add_test(tc, nobody_is_led_to_a_suite_that_both_like_less);
    tcase_add_test(tc, a_second_refusal_of_suites_is_the_last_word);
    tcase_add_test(tc, the_responder_chooses_the_first_identity_that_fits);
    tcase_add_test(tc, a_hidden_target_is_told_in_message_3);
    tcase_add_test(tc, a_hidden_target_costs_eight_bytes);
    tcase_add_test(tc, a_hidden_target_gets_the_key_of_the_name_that_the_responder_goes_by);
    tcase_add_test(tc, bindings_that_are_no_hash_of_the_suite_are_refused);
    tcase_add_test(tc, trust_that_is_withdrawn_during_the_handshake_counts_no_more);
    tcase_add_test(tc, a_credential_with_exp_ends_with_it);
    tcase_add_test(tc, the_responder_answers_to_its_own_name_only);
    tcase_add_test(tc, an_initiator_without_what_it_needs_does_not_begin);
    tcase_add_test(tc, flags_reach_the_other_side);
    tcase_add_test(tc, flags_outside_the_mask_are_ignored);
    tcase_add_loop_test(tc, bindings_bind_in_every_hash, 0, 6);
    tcase_add_test(tc, bindings_may_come_with_message_3);
    tcase_add_test(tc, a_session_expires_with_the_earliest_of_both);
    tcase_add_test(tc, there_are_no_keys_before_the_end);
    tcase_add_loop_test(tc, a_key_update_changes_both_sides_alike, 0, 3);
    tcase_add_test(tc, two_sessions_have_nothing_in_common);
    tcase_add_loop_test(tc, each_server_is_judged_as_its_row_says, 0, ROWS(servers));
    tcase_add_loop_test(tc, each_client_is_judged_as_its_row_says, 0, ROWS(clients));
    tcase_add_test(tc, a_key_out_of_date_is_told_before_anything_is_sent);
    tcase_add_test(tc, one_key_is_not_pinned_for_both_uses);
    tcase_add_loop_test(tc, a_peer_without_a_name_is_its_single_literal_principal, 0,
                        ROWS(nameless));
    tcase_add_test(tc, the_name_of_a_peer_chooses_its_line);
    tcase_add_loop_test(tc, every_key_with_the_kid_is_tried, 0, 8);
    tcase_add_loop_test(tc, one_key_for_both_ends_is_refused, 0, 4);
    tcase_add_test(tc, any_key_of_the_own_credential_is_refused);
    tcase_add_test(tc, own_messages_sent_back_are_refused);
}

int main(void)
{
    support_make_keys();
    return suite_main("session", add);
}
