/* Sessions with OpenSSH certificates: every kind of key, on either side and on both, under every suite
 * that it has; what is sent when a certificate has ended or is for the other role; and every
 * beginning and every flipped bit of a certificate, sent by somebody who holds its key. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/identity.h"

#include "lib/errors.h"
#include "lib/keep.h"
#include "lib/ssh_make.h"
#include "lib/slow.h"
#include "lib/pin_line.h"
#include "lib/suite.h"

#define NOW SUPPORT_NOW
#define DAY 86400

/* ---- sides ---- */

static struct ssh_make recipe(struct key *key, bool server)
{
    return (struct ssh_make){.key = key,
                             .ca = support_key("ed25519", 3),
                             .type = server ? 2 : 1,
                             .key_id = "the-id",
                             .principals = server ? "web.example.org" : "alice@example.org",
                             .after = NOW - DAY,
                             .before = NOW + DAY};
}

static struct identity_set *certified(struct key *key, const struct ssh_make *m)
{
    struct identity *id = support_identity(key, NULL, "certified");

    ck_assert_ok(identity_add_ssh_cert(id, ssh_make(m)));
    return support_set(id, NULL);
}

/* "* cert-authority" and the CA of the recipes. */
static struct trust *trust_in_ca(void)
{
    struct trust *t = support_trust();
    struct trust_line *line = calloc(1, sizeof(*line));

    *line = (struct trust_line){.principals = strdup("*"),
                                .roles = TRUST_CLIENT | TRUST_SERVER,
                                .valid_after = INT64_MIN,
                                .valid_before = INT64_MAX,
                                .file = strdup(SUPPORT_FILE),
                                .line = 1,
                                .is_ca = true,
                                .ca = buf_new(1024)};
    ssh_blob_put(support_key("ed25519", 3), &line->ca);
    ck_assert_ok(pin_line(t, line));
    return t;
}

/* Keys for either side; NULL certificate: raw, and pinned by the other side. */
static void pair_of(struct pair *p, struct key *initiator, const struct ssh_make *of_initiator,
                    struct key *responder, const struct ssh_make *of_responder)
{
    pair_init(p, initiator, responder);
    if (of_initiator != NULL) {
        pair_identities(p, EDHOC_INITIATOR, certified(initiator, of_initiator));
        pair_trust(p, EDHOC_RESPONDER, trust_in_ca());
    }
    if (of_responder != NULL) {
        pair_identities(p, EDHOC_RESPONDER, certified(responder, of_responder));
        pair_trust(p, EDHOC_INITIATOR, trust_in_ca());
    }
}

static const struct peer *peer_of(const struct pair *p, enum edhoc_role role)
{
    return side_peer(p->side[role]);
}

/* ---- who meets whom ---- */

static const char *const kinds[] = {"ed25519", "p256", "p384"};

/* The other side's key, raw, for either kind of METHOD. */
static const char *const raws[] = {"x25519", "p256dh", "p384dh", "ed25519", "p256"};

static void meet(const char *ti, bool ci, const char *tr, bool cr, int suite)
{
    struct key *ki = support_key(ti, 0), *kr = support_key(tr, 1);
    struct ssh_make mi = recipe(ki, false), mr = recipe(kr, true);
    struct pair p;

    pair_of(&p, ki, ci ? &mi : NULL, kr, cr ? &mr : NULL);
    p.config[0].suites = p.config[1].suites = support_one_suite(suite);
    ck_assert_msg(pair_new(&p), "%s", p.details[0]);
    pair_run(&p, NULL, NULL);
    support_check_complete(&p, 3, 2 * key_type(ki)->dh + key_type(kr)->dh, suite);
    ck_assert_str_eq(peer_of(&p, EDHOC_RESPONDER)->name, ci ? "alice@example.org" : "alice");
    ck_assert_str_eq(peer_of(&p, EDHOC_INITIATOR)->name, SUPPORT_TARGET);
    ck_assert_int_eq(cred_form(peer_of(&p, EDHOC_RESPONDER)->cred), ci ? CRED_SSH_CERT : CRED_KCCS);
    ck_assert_int_eq(cred_form(peer_of(&p, EDHOC_INITIATOR)->cred), cr ? CRED_SSH_CERT : CRED_KCCS);
    for (int role = 0; role < 2; role++)
        ck_assert_int_eq(side_expires(p.side[role]), NOW + DAY); /* the certificate's */
    pair_free(&p);
}

START_TEST(certificates_of_every_kind_meet_on_both_sides)
{
    unsigned met = 0;

    for (size_t k = 0; k < SUITES_COUNT; k++) {
        const struct suite *suite = suite_by_id(support_suites[k]);

        if (!suite_fits(suite, keytype_by_name(kinds[_i])))
            continue;
        meet(kinds[_i], true, kinds[_i], true, suite->id);
        met++;
    }
    ck_assert_uint_ge(met, 1);
}
END_TEST

START_TEST(a_certificate_meets_a_raw_key_on_either_side)
{
    unsigned met = 0;

    for (int r = 0; r < ROWS(raws); r++)
        for (size_t k = 0; k < SUITES_COUNT; k++) {
            const struct suite *suite = suite_by_id(support_suites[k]);

            if (!suite_fits(suite, keytype_by_name(kinds[_i])) ||
                !suite_fits(suite, keytype_by_name(raws[r])))
                continue;
            meet(kinds[_i], true, raws[r], false, suite->id);
            meet(raws[r], false, kinds[_i], true, suite->id);
            met++;
        }
    ck_assert_uint_ge(met, 1);
}
END_TEST

/* ---- what is sent ---- */

START_TEST(a_certificate_is_sent_by_value_whatever_was_configured)
{
    struct key *ki = support_key("ed25519", 0), *kr = support_key("x25519", 1);
    struct ssh_make m = recipe(ki, false);
    struct pair p;

    pair_of(&p, ki, &m, kr, NULL);
    p.config[EDHOC_INITIATOR].options = EDHOC_CRED_BY_REFERENCE;
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    ck_assert_int_eq(p.err[0], EDHOC_OK);
    ck_assert_int_eq(cred_form(peer_of(&p, EDHOC_RESPONDER)->cred), CRED_SSH_CERT);
    pair_free(&p);
}
END_TEST

/* An ended or premature certificate, and one for the other role, is passed over: the key is sent. */
static const struct {
    int64_t now;
    unsigned type;
} passed_over[] = {{NOW + DAY, 1}, {NOW - DAY - 1, 1}, {NOW, 2}};

START_TEST(a_certificate_that_is_not_good_is_passed_over)
{
    struct key *ki = support_key("ed25519", 0), *kr = support_key("x25519", 1);
    struct ssh_make m = recipe(ki, false);
    struct pair p;

    m.type = passed_over[_i].type;
    pair_of(&p, ki, &m, kr, NULL);
    pair_trust(&p, EDHOC_RESPONDER, support_trust_of(ki, "alice"));
    p.config[0].now = p.config[1].now = passed_over[_i].now;
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    ck_assert_msg(p.err[1] == EDHOC_OK, "%s", p.details[1]);
    ck_assert_int_eq(cred_form(peer_of(&p, EDHOC_RESPONDER)->cred), CRED_KCCS);
    ck_assert_int_eq(side_expires(p.side[1]), INT64_MAX);
    pair_free(&p);
}
END_TEST

START_TEST(a_pin_of_the_key_accepts_its_certificate)
{
    struct key *ki = support_key("p256", 0), *kr = support_key("p256", 1);
    struct ssh_make mi = recipe(ki, false), mr = recipe(kr, true);
    struct pair p;

    mi.principals = "somebody";
    mr.principals = "somewhere,web.example.org";
    mi.ca = mr.ca = support_key("ed25519", 2); /* whom nobody knows */
    pair_of(&p, ki, &mi, kr, &mr);
    pair_trust(&p, EDHOC_RESPONDER, support_trust_of(ki, "alice"));
    pair_trust(&p, EDHOC_INITIATOR, support_trust_of(kr, SUPPORT_TARGET));
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    ck_assert_msg(p.err[0] == EDHOC_OK && p.err[1] == EDHOC_OK, "%s, %s", p.details[0],
                  p.details[1]);
    ck_assert_str_eq(peer_of(&p, EDHOC_RESPONDER)->name, "alice");
    ck_assert_str_eq(peer_of(&p, EDHOC_RESPONDER)->local_user, "alice");
    for (int role = 0; role < 2; role++) { /* CRED_x, and what is known of the peer */
        ck_assert_int_eq(cred_form(p.side[role]->work->peer), CRED_SSH_CERT);
        ck_assert_int_eq(cred_form(peer_of(&p, (enum edhoc_role)role)->cred), CRED_KID);
    }
    pair_free(&p);
}
END_TEST

/* ---- who we are ---- */

START_TEST(an_identity_answers_to_the_hosts_of_its_certificate)
{
    struct key *key = support_key("p256", 0);
    struct ssh_make m = recipe(key, true), of_user = recipe(key, false);
    struct identity_set *set, *user;

    m.principals = "web.example.org,*.example.net";
    set = certified(key, &m);
    user = certified(key, &of_user);
    ck_assert(identity_answers(set->id[0], "HTTP@web.example.org"));
    ck_assert(identity_answers(set->id[0], "ldap@web.example.org"));
    ck_assert(identity_answers(set->id[0], "HTTP@a.b.example.net"));
    ck_assert(!identity_answers(set->id[0], "HTTP@www.example.org"));
    ck_assert(!identity_answers(set->id[0], "HTTP"));
    ck_assert_ptr_null(set->id[0]->client_name);
    ck_assert(identity_is_certified(set->id[0], false, NOW));
    ck_assert(!identity_is_certified(set->id[0], true, NOW));

    ck_assert_str_eq(user->id[0]->client_name, "alice@example.org");
    ck_assert(identity_goes_by(user->id[0], true, NAME_USER, "alice@example.org"));
    ck_assert(!identity_goes_by(user->id[0], true, NAME_SERVICE, "alice@example.org"));
    ck_assert(!identity_goes_by(user->id[0], true, NAME_USER, "bob@example.org"));
    ck_assert(identity_is_certified(user->id[0], true, NOW));
    ck_assert(!identity_is_certified(user->id[0], true, NOW + DAY));
    identity_set_free(set);
    identity_set_free(user);
}
END_TEST

START_TEST(a_certificate_for_another_key_is_no_identity)
{
    struct ssh_make m = recipe(support_key("ed25519", 1), false);
    struct identity *id = support_identity(support_key("ed25519", 0), NULL, "mine");

    ck_assert_told(identity_add_ssh_cert(id, ssh_make(&m)), EDHOC_ERR_KEY_FORMAT, "not for this");
    ck_assert_ptr_null(id->ssh_cert);
    m.key = support_key("ed25519", 0);
    m.tail = BYTES_LITERAL("x");
    ck_assert_told(identity_add_ssh_cert(id, ssh_make(&m)), EDHOC_ERR_KEY_FORMAT, "left over");
    identity_free(id);
}
END_TEST

START_TEST(our_own_certificate_is_no_peers)
{
    struct key *key = support_key("p256", 0);
    struct ssh_make mi = recipe(key, false), mr = recipe(key, true);
    struct pair p;

    pair_of(&p, key, &mi, key, &mr);
    ck_assert(pair_new(&p));
    pair_run(&p, NULL, NULL);
    support_check_refused(&p, EDHOC_INITIATOR, EDHOC_ERR_REFLECTED);
    pair_free(&p);
}
END_TEST

/* ---- spoiled certificates, sent by who holds their key ---- */

/* The initiator proves its key, and sends these bytes as its certificate. Is it let in? */
static edhoc_err try_bytes(struct pair *p, struct bytes certificate)
{
    struct identity *id = p->config[EDHOC_INITIATOR].identities->id[0];

    pair_reset(p);
    cred_free(id->ssh_cert);
    ck_assert_ok(cred_new_ssh_cert(id->key, certificate, &id->ssh_cert));
    must(pair_new(p));
    pair_run(p, NULL, NULL);
    return p->err[EDHOC_RESPONDER];
}

static void spoil(const char *kind, bool flip)
{
    struct key *ki = support_key(kind, 0), *kr = support_key("x25519", 1);
    struct ssh_make m = recipe(ki, false);
    struct bytes good;
    struct pair p;
    size_t steps;

    pair_of(&p, ki, &m, kr, NULL);
    good = cred_ssh_cert(p.config[EDHOC_INITIATOR].identities->id[0]->ssh_cert);
    good = keep(good.p, good.len);
    must(try_bytes(&p, good) == EDHOC_OK);
    steps = flip ? 8 * good.len : good.len;
    for (size_t i = 0; i < steps; i += slow_stride()) {
        uint8_t changed[1024];

        memcpy(changed, good.p, good.len);
        if (flip)
            changed[i / 8] ^= (uint8_t)(1u << i % 8);
        if (try_bytes(&p, bytes_of(changed, flip ? good.len : i)) == EDHOC_OK)
            ck_abort_msg("%s %zu makes no difference", flip ? "bit" : "length", i);
        support_check_error(buf_bytes(&p.token[p.tokens]), SUPPORT_REFUSAL);
    }
    pair_free(&p);
}

START_TEST(no_flipped_bit_of_a_certificate_is_let_in)
{
    spoil("ed25519", true);
}
END_TEST

START_TEST(no_beginning_of_a_certificate_is_let_in)
{
    spoil(kinds[_i], false);
}
END_TEST

/* ---- */

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "sessions", 120);

    tcase_add_loop_test(tc, certificates_of_every_kind_meet_on_both_sides, 0, ROWS(kinds));
    tcase_add_loop_test(tc, a_certificate_meets_a_raw_key_on_either_side, 0, ROWS(kinds));
    tcase_add_test(tc, a_certificate_is_sent_by_value_whatever_was_configured);
    tcase_add_loop_test(tc, a_certificate_that_is_not_good_is_passed_over, 0, ROWS(passed_over));
    tcase_add_test(tc, a_pin_of_the_key_accepts_its_certificate);
    tc = suite_case(suite, "identities", 60);
    tcase_add_test(tc, an_identity_answers_to_the_hosts_of_its_certificate);
    tcase_add_test(tc, a_certificate_for_another_key_is_no_identity);
    tcase_add_test(tc, our_own_certificate_is_no_peers);
    tc = suite_case(suite, "spoiled", 300);
    tcase_add_test(tc, no_flipped_bit_of_a_certificate_is_let_in);
    tcase_add_loop_test(tc, no_beginning_of_a_certificate_is_let_in, 0, 2);
}

int main(void)
{
    support_make_keys();
    return suite_main("sessions with OpenSSH certificates", add);
}
