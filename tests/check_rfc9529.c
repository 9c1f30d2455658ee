/* RFC 9529: both traces, every intermediate value by name, in both roles; the suite negotiation
 * that trace 2 begins with; and every message that the RFC calls invalid, refused for the right
 * reason. */
#include "follow.h"
#include "crypto/ecdh.h"
#include "crypto/key.h"
#include "crypto/keytype.h"

#include "base/cbor.h"
#include "edhoc/message_error.h"
#include "edhoc/session.h"
#include "lib/errors.h"
#include "lib/suite.h"
#include "side.h"

#include <stdlib.h>
#include <string.h>

START_TEST(every_value_of_trace_1_comes_out)
{
    struct vectors *v = vectors_load("rfc9529-trace1.json");

    follow_session(v, 0);
    vectors_free(v);
}
END_TEST

START_TEST(every_value_of_trace_2_comes_out)
{
    struct vectors *v = vectors_load("rfc9529-trace2.json");

    follow_session(v, 0);
    vectors_free(v);
}
END_TEST

/* ---- a responder as in trace 2, which supports suite 2 alone ---- */

static struct edhoc *responder(enum cose_curve curve, int suite, struct key **sk)
{
    struct trust *trust;
    struct identity *id;
    struct identity_set *set;
    struct edhoc *s;
    struct side_config config = {.role = EDHOC_RESPONDER, .options = SIDE_PLAIN, .now = 1};

    ck_assert_ok(key_generate(keytype_by_curve(curve, true), sk));
    ck_assert_ok(identity_new_raw(*sk, NULL, "test", &id));
    ck_assert_ok(identity_set_new(&id, 1, &set));
    ck_assert_ok(trust_new(&trust));
    suite_list_add(&config.suites, suite);
    config.identities = set;
    config.trust = trust;
    ck_assert_ok(side_new(&config, &s));
    identity_set_free(set);
    trust_free(trust);
    return s;
}

START_TEST(trace_2_begins_with_a_refused_suite)
{
    struct vectors *v = vectors_load("rfc9529-trace2.json");
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    struct key *sk;
    struct edhoc *s = responder(CRV_P256, 2, &sk);

    ck_assert_ok(edhoc_step(s, vectors_hex(v, 0, "first_message_1"), &out));
    ck_assert(bytes_equal(buf_bytes(&out), vectors_hex(v, 0, "error")));
    ck_assert_ok(edhoc_step(s, vectors_hex(v, 0, "message_1"), &out));
    ck_assert(!edhoc_done(s) && out.len > 32);
    side_free(s);
    key_free(sk);
    buf_free(&out);
    vectors_free(v);
}
END_TEST

/* ---- invalid messages ---- */

static const struct {
    const char *name;
    edhoc_err err;
    enum cose_curve curve;
    int suite;
} invalid[] = {
    {"message_wrapped_in_array", EDHOC_ERR_MALFORMED, CRV_P256, 2},
    {"c_i_needless_bstr", EDHOC_ERR_MALFORMED, CRV_P256, 2},
    {"suites_i_single_in_array", EDHOC_ERR_MALFORMED, CRV_P256, 2},
    {"g_x_text_string", EDHOC_ERR_MALFORMED, CRV_P256, 2},
    {"message_2_two_elements", EDHOC_ERR_MALFORMED, CRV_P256, 2},
    {"id_cred_r_kid_in_map", EDHOC_ERR_MALFORMED, CRV_P256, 2},
    {"id_cred_r_needless_bstr", EDHOC_ERR_MALFORMED, CRV_P256, 2},
    {"g_x_wrong_length_suite_24", EDHOC_ERR_BAD_POINT, CRV_P384, 24},
    {"g_x_not_below_p", EDHOC_ERR_BAD_POINT, CRV_P256, 2},
    {"g_x_not_on_curve", EDHOC_ERR_BAD_POINT, CRV_P256, 2},
    {"g_x_low_order_x25519", EDHOC_ERR_BAD_POINT, CRV_X25519, 0},
    {"signature_or_mac_2_too_short", EDHOC_ERR_PROOF, CRV_P256, 2},
    {"g_x_leading_zero_dropped", EDHOC_ERR_BAD_POINT, CRV_P256, 2},
    {"method_long_int", EDHOC_ERR_MALFORMED, CRV_P256, 2},
    {"suites_i_indefinite_array", EDHOC_ERR_MALFORMED, CRV_P256, 2},
};

/* Message_1 goes to a responder as it is. */
static edhoc_err try_message_1(size_t row, struct bytes message)
{
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    struct key *sk;
    struct edhoc *s = responder(invalid[row].curve, invalid[row].suite, &sk);
    edhoc_err err = edhoc_step(s, message, &out);

    ck_assert(message_is_error(buf_bytes(&out)));
    side_free(s);
    key_free(sk);
    buf_free(&out);
    return err;
}

/* An initiator that pins the responder's key of trace 2 under its kid, h'32'. */
static struct edhoc *initiator(const struct vectors *trace, struct buf *message_1)
{
    const struct keytype *type = keytype_by_curve(CRV_P256, true);
    struct side_config config = {.role = EDHOC_INITIATOR,
                                 .options = SIDE_PLAIN,
                                 .target = "peer",
                                 .method = 1,
                                 .now = 1,
                                 .ephemeral = vectors_hex(trace, 0, "x"),
                                 .c_x = vectors_hex(trace, 0, "c_i")};
    struct buf line = buf_new(1024);
    struct identity *id;
    struct key *sk, *pk;
    struct edhoc *s;

    ck_assert_ok(key_from_private(type, vectors_hex(trace, 0, "sk_i"), &sk));
    ck_assert_ok(key_from_private(type, vectors_hex(trace, 0, "sk_r"), &pk));
    ck_assert_ok(identity_new_raw(sk, NULL, "test", &id));
    ck_assert_ok(identity_set_new(&id, 1, &config.identities));
    ck_assert_ok(trust_new(&config.trust));
    trust_line_format("peer", "server", pk, NULL, &line);
    ck_assert_ok(trust_read(config.trust, &line, "test", 1));
    ck_assert_ok(cred_new_agreed(pk, vectors_hex(trace, 0, "id_cred_r"),
                                 vectors_hex(trace, 0, "cred_r"), &config.agreed[0]));
    suite_list_add(&config.suites, 6);
    suite_list_add(&config.suites, 2);
    config.suite_at = 1;
    ck_assert_ok(side_new(&config, &s));
    ck_assert_ok(edhoc_step(s, BYTES_NONE, message_1));
    identity_set_free(config.identities);
    trust_free(config.trust);
    cred_free(config.agreed[0]);
    key_free(sk);
    key_free(pk);
    return s;
}

/* A PLAINTEXT_2 is encrypted by a responder's key schedule, as message_2 to an initiator whose
 * ephemeral key is trace 2's X; the responder's is trace 2's Y. */
static void encrypt_2(const struct vectors *trace, struct bytes message_1, struct bytes plaintext_2,
                      struct buf *message_2)
{
    const struct keytype *type = keytype_by_curve(CRV_P256, true);
    struct keysched ks = {0};
    struct fixed g_xy;
    struct key *x, *y;

    ck_assert_ok(key_from_private(type, vectors_hex(trace, 0, "x"), &x));
    ck_assert_ok(key_from_private(type, vectors_hex(trace, 0, "y"), &y));
    ck_assert_ok(crypto_ecdh(y, x, &g_xy));
    ck_assert_ok(keysched_message_1(&ks, suite_by_id(2), message_1));
    ck_assert_ok(keysched_2e(&ks, key_x(y), &g_xy));
    cbor_put_bstr_head(message_2, key_x(y).len + plaintext_2.len);
    buf_put(message_2, key_x(y));
    buf_put(message_2, plaintext_2);
    ck_assert_ok(
        keysched_xor_2(&ks, message_2->p + message_2->len - plaintext_2.len, plaintext_2.len));
    keysched_wipe(&ks);
    key_free(x);
    key_free(y);
}

static edhoc_err try_message_2(struct bytes given, bool is_plaintext)
{
    struct vectors *trace = vectors_load("rfc9529-trace2.json");
    struct buf message_1 = buf_new(EDHOC_TOKEN_MAX), message_2 = buf_new(EDHOC_TOKEN_MAX);
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    struct edhoc *s = initiator(trace, &message_1);
    edhoc_err err;

    if (is_plaintext)
        encrypt_2(trace, buf_bytes(&message_1), given, &message_2);
    else
        buf_put(&message_2, given);
    err = edhoc_step(s, buf_bytes(&message_2), &out);
    ck_assert(message_is_error(buf_bytes(&out)));
    side_free(s);
    buf_free(&message_1);
    buf_free(&message_2);
    buf_free(&out);
    vectors_free(trace);
    return err;
}

START_TEST(each_invalid_message_is_refused)
{
    struct vectors *v = vectors_load("rfc9529-invalid.json");
    size_t i = 0;
    const char *where;
    struct bytes message;
    edhoc_err err;

    ck_assert_uint_eq(vectors_count(v), ROWS(invalid));
    while (strcmp(vectors_text(v, i, "name"), invalid[_i].name) != 0)
        i++;
    where = vectors_text(v, i, "message");
    message = vectors_hex(v, i, "hex");
    err = strcmp(where, "message_1") == 0
              ? try_message_1((size_t)_i, message)
              : try_message_2(message, strcmp(where, "plaintext_2") == 0);
    ck_assert_msg(err == invalid[_i].err, "%s: got %d (%s: %s)", invalid[_i].name, err,
                  report_sentence(err), report_details(err));
    vectors_free(v);
}
END_TEST

/* What trace 2 has in place of the invalid plaintexts must pass, or the tests above prove nothing.
 */
START_TEST(the_valid_message_in_their_place_is_accepted)
{
    struct vectors *trace = vectors_load("rfc9529-trace2.json");
    struct buf message_1 = buf_new(EDHOC_TOKEN_MAX), message_2 = buf_new(EDHOC_TOKEN_MAX);
    struct buf out = buf_new(EDHOC_TOKEN_MAX);
    struct edhoc *s = initiator(trace, &message_1);

    encrypt_2(trace, buf_bytes(&message_1), vectors_hex(trace, 0, "plaintext_2"), &message_2);
    ck_assert(bytes_equal(buf_bytes(&message_2), vectors_hex(trace, 0, "message_2")));
    ck_assert_ok(edhoc_step(s, buf_bytes(&message_2), &out));
    side_free(s);
    buf_free(&message_1);
    buf_free(&message_2);
    buf_free(&out);
    vectors_free(trace);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "traces", 60);

    tcase_add_test(tc, every_value_of_trace_1_comes_out);
    tcase_add_test(tc, every_value_of_trace_2_comes_out);
    tcase_add_test(tc, trace_2_begins_with_a_refused_suite);
    tcase_add_loop_test(tc, each_invalid_message_is_refused, 0, ROWS(invalid));
    tcase_add_test(tc, the_valid_message_in_their_place_is_accepted);
}

int main(void)
{
    return suite_main("RFC 9529", add);
}
