/* Messages of established contexts: wrap and get_mic, their sizes and their order, and what both
 * sides derive. */
#include "gss_pair.h"

#include <time.h>
#include <unistd.h>

START_TEST(changed_messages_are_refused)
{
    struct app_pair p = {0};
    gss_buffer_desc in = app_of_text("a message"), token, out;
    OM_uint32 minor, major;

    app_open(&p);
    for (int conf = 0; conf < 2; conf++) {
        ck_assert_uint_eq(gss_wrap(&minor, p.initiator, conf, 0, &in, NULL, &token), 0);
        for (size_t i = 0; i < token.length; i++) {
            ((unsigned char *)token.value)[i] ^= 1;
            major = gss_unwrap(&minor, p.acceptor, &token, &out, NULL, NULL);
            ck_assert_msg(major == GSS_S_BAD_MIC || major == GSS_S_DEFECTIVE_TOKEN, "byte %zu: %s",
                          i, app_status(major, minor));
            ck_assert_ptr_null(out.value);
            ((unsigned char *)token.value)[i] ^= 1;
            if (i > 0) {
                gss_buffer_desc part = {i, token.value};

                major = gss_unwrap(&minor, p.acceptor, &part, &out, NULL, NULL);
                ck_assert_uint_ne(GSS_ERROR(major), 0);
            }
        }
        /* Nothing of that counted: the true one is still the next one. */
        ck_assert_uint_eq(gss_unwrap(&minor, p.acceptor, &token, &out, NULL, NULL), 0);
        app_release(&out);
        /* Not for its own sender. */
        major = gss_unwrap(&minor, p.initiator, &token, &out, NULL, NULL);
        app_failed(major, minor, GSS_S_DEFECTIVE_TOKEN, MINOR(TOKEN));
        app_release(&token);
    }
    app_close(&p);
}
END_TEST

START_TEST(a_mic_is_of_its_message_only)
{
    struct app_pair p = {0};
    gss_buffer_desc in = app_of_text("a message"), other = app_of_text("a massage"), mic, token,
                    out;
    OM_uint32 minor;

    app_open(&p);
    ck_assert_uint_eq(gss_get_mic(&minor, p.initiator, 0, &in, &mic), 0);
    ck_assert_uint_eq(gss_verify_mic(&minor, p.acceptor, &other, &mic, NULL), GSS_S_BAD_MIC);
    app_failed(GSS_S_BAD_MIC, minor, GSS_S_BAD_MIC, MINOR(TOKEN_MIC));
    ck_assert_uint_eq(gss_unwrap(&minor, p.acceptor, &mic, &out, NULL, NULL),
                      GSS_S_DEFECTIVE_TOKEN);
    mic.length--;
    ck_assert_uint_eq(gss_verify_mic(&minor, p.acceptor, &in, &mic, NULL), GSS_S_DEFECTIVE_TOKEN);
    mic.length++;
    ck_assert_uint_eq(gss_verify_mic(&minor, p.acceptor, &in, &mic, NULL), GSS_S_COMPLETE);
    app_release(&mic);
    ck_assert_uint_eq(gss_wrap(&minor, p.initiator, 0, 0, &in, NULL, &token), 0);
    ck_assert_uint_eq(gss_verify_mic(&minor, p.acceptor, &in, &token, NULL), GSS_S_DEFECTIVE_TOKEN);
    app_release(&token);
    app_close(&p);
}
END_TEST

START_TEST(only_the_default_quality_is_offered)
{
    struct app_pair p = {0};
    gss_buffer_desc in = app_of_text("x"), out;
    OM_uint32 minor, size;
    gss_qop_t qop = 99;

    app_open(&p);
    ck_assert_uint_eq(gss_wrap(&minor, p.initiator, 1, 1, &in, NULL, &out), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_get_mic(&minor, p.initiator, 7, &in, &out), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_wrap_size_limit(&minor, p.initiator, 1, 1, 99, &size), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_get_mic(&minor, p.initiator, 0, &in, &out), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_verify_mic(&minor, p.acceptor, &in, &out, &qop), GSS_S_COMPLETE);
    ck_assert_uint_eq(qop, GSS_C_QOP_DEFAULT);
    app_release(&out);
    app_close(&p);
}
END_TEST

START_TEST(size_limits_are_exact)
{
    static const OM_uint32 cases[][2] = {{0, 0},
                                         {31, 0},
                                         {32, 0},
                                         {33, 1},
                                         {1000, 968},
                                         {0x7fffffff, 0x7fffffdf},
                                         {0x8000001f, 0x7fffffff},
                                         {0xffffffff, 0x7fffffff}};
    struct app_pair p = {0};
    OM_uint32 minor, max;

    app_open(&p);
    for (int i = 0; i < ROWS(cases); i++)
        for (int conf = 0; conf < 2; conf++) {
            ck_assert_uint_eq(gss_wrap_size_limit(&minor, p.initiator, conf, 0, cases[i][0], &max),
                              0);
            ck_assert_uint_eq(max, cases[i][1]);
        }
    app_close(&p);
}
END_TEST

START_TEST(a_large_message_passes)
{
    struct app_pair p = {0};
    size_t len = 5 << 20;
    char *big = malloc(len);
    gss_buffer_desc in = {len, big}, token, out;
    OM_uint32 minor;

    memset(big, 'x', len);
    app_open(&p);
    ck_assert_uint_eq(gss_wrap(&minor, p.acceptor, 1, 0, &in, NULL, &token), 0);
    ck_assert_uint_eq(gss_unwrap(&minor, p.initiator, &token, &out, NULL, NULL), 0);
    ck_assert_uint_eq(out.length, len);
    ck_assert_mem_eq(out.value, big, len);
    app_release(&token);
    app_release(&out);
    free(big);
    app_close(&p);
}
END_TEST

/* 2^31 bytes are refused before anything is read or allocated. */
START_TEST(a_message_that_is_too_long_is_refused)
{
    struct app_pair p = {0};
    gss_buffer_desc in = {(size_t)1 << 31, "x"}, out;
    OM_uint32 minor, major;

    app_open(&p);
    major = gss_wrap(&minor, p.initiator, 1, 0, &in, NULL, &out);
    app_failed(major, minor, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH));
    major = gss_get_mic(&minor, p.initiator, 0, &in, &out);
    app_failed(major, minor, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH));
    app_close(&p);
}
END_TEST

/* Order of arrival of the tokens 0, 1, 2, ..., and what each flag makes of it. */
static const struct {
    unsigned token;
    OM_uint32 replay, sequence; /* with REPLAY alone; with SEQUENCE, alone or not */
} arrivals[] = {
    {0, GSS_S_COMPLETE, GSS_S_COMPLETE},
    {0, GSS_S_DUPLICATE_TOKEN, GSS_S_DUPLICATE_TOKEN},
    {3, GSS_S_COMPLETE, GSS_S_GAP_TOKEN},
    {1, GSS_S_COMPLETE, GSS_S_UNSEQ_TOKEN},
    {1, GSS_S_DUPLICATE_TOKEN, GSS_S_DUPLICATE_TOKEN},
    {4, GSS_S_COMPLETE, GSS_S_COMPLETE},
    {1200, GSS_S_COMPLETE, GSS_S_GAP_TOKEN},
    {2, GSS_S_OLD_TOKEN, GSS_S_OLD_TOKEN},
    {1201, GSS_S_COMPLETE, GSS_S_COMPLETE},
};
#define WRAPPED 1202
static const OM_uint32 order_flags[] = {0, GSS_C_REPLAY_FLAG, GSS_C_SEQUENCE_FLAG,
                                        GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG};

START_TEST(order_is_told_to_who_asked)
{
    static gss_buffer_desc token[WRAPPED];
    struct app_pair p = {0};
    gss_buffer_desc in = app_of_text("x"), out;
    OM_uint32 minor, major, want;

    p.flags = order_flags[_i];
    app_open(&p);
    for (unsigned i = 0; i < WRAPPED; i++)
        ck_assert_uint_eq(i % 2 == 0 ? gss_wrap(&minor, p.initiator, 1, 0, &in, NULL, &token[i])
                                     : gss_get_mic(&minor, p.initiator, 0, &in, &token[i]),
                          0);
    for (int i = 0; i < ROWS(arrivals); i++) {
        unsigned n = arrivals[i].token;

        want = p.flags == 0                   ? GSS_S_COMPLETE
               : p.flags == GSS_C_REPLAY_FLAG ? arrivals[i].replay
                                              : arrivals[i].sequence;
        out = (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
        major = n % 2 == 0 ? gss_unwrap(&minor, p.acceptor, &token[n], &out, NULL, NULL)
                           : gss_verify_mic(&minor, p.acceptor, &in, &token[n], NULL);
        ck_assert_msg(major == want, "row %d: %08x, expected %08x", i, major, want);
        if (n % 2 == 0)
            ck_assert_uint_eq(out.length, 1); /* the message comes with the warning */
        app_release(&out);
    }
    for (unsigned i = 0; i < WRAPPED; i++)
        app_release(&token[i]);
    app_close(&p);
}
END_TEST

START_TEST(both_sides_derive_the_same)
{
    struct app_pair p = {0};
    gss_buffer_desc in = app_of_text("input"), a, b, c;
    gss_buffer_set_t i_set, a_set;
    OM_uint32 minor, major;

    app_open(&p);
    for (int key = 0; key < 2; key++) {
        ck_assert_uint_eq(gss_pseudo_random(&minor, p.initiator, key, &in, 100, &a), 0);
        ck_assert_uint_eq(gss_pseudo_random(&minor, p.acceptor, key, &in, 100, &b), 0);
        ck_assert_uint_eq(gss_pseudo_random(&minor, p.acceptor, 1 - key, &in, 100, &c), 0);
        ck_assert_uint_eq(a.length, 100);
        ck_assert_mem_eq(a.value, b.value, 100);
        ck_assert_mem_ne(a.value, c.value, 100);
        app_release(&a);
        app_release(&b);
        app_release(&c);
    }
    ck_assert_uint_eq(gss_pseudo_random(&minor, p.initiator, 0, &in, 0, &a), 0);
    ck_assert(a.length == 0 && a.value == NULL);
    ck_assert_uint_ne(gss_pseudo_random(&minor, p.initiator, 2, &in, 16, &a), 0);
    ck_assert_uint_ne(gss_pseudo_random(&minor, p.initiator, 0, &in, -1, &a), 0);
    /* A length without bytes is no empty input. */
    in.value = NULL;
    major = gss_pseudo_random(&minor, p.initiator, 0, &in, 16, &a);
    app_failed(major, minor, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT));
    ck_assert_ptr_null(a.value);
    ck_assert_uint_eq(
        gss_inquire_sec_context_by_oid(&minor, p.initiator, GSS_C_INQ_SSPI_SESSION_KEY, &i_set), 0);
    ck_assert_uint_eq(
        gss_inquire_sec_context_by_oid(&minor, p.acceptor, GSS_C_INQ_SSPI_SESSION_KEY, &a_set), 0);
    ck_assert_uint_eq(i_set->count, 2);
    ck_assert_uint_eq(i_set->elements[0].length, 32);
    ck_assert_mem_eq(i_set->elements[0].value, a_set->elements[0].value, 32);
    ck_assert_mem_eq(i_set->elements[1].value, app_mech.elements, app_mech.length);
    (void)gss_release_buffer_set(&minor, &i_set);
    (void)gss_release_buffer_set(&minor, &a_set);
    app_close(&p);
}
END_TEST

START_TEST(unknown_inquiries_are_unavailable)
{
    struct app_pair p = {0};
    gss_buffer_set_t set;
    OM_uint32 minor;

    for (unsigned i = 1; i <= 3; i++) {
        app_until(&p, i);
        ck_assert_uint_eq(gss_inquire_sec_context_by_oid(&minor, p.initiator, &app_mech, &set),
                          GSS_S_UNAVAILABLE);
    }
    app_close(&p);
}
END_TEST

START_TEST(there_are_no_context_tokens_to_process)
{
    struct app_pair p = {0};
    gss_buffer_desc b = app_of_text("x");
    OM_uint32 minor;

    app_open(&p);
    ck_assert_uint_eq(gss_process_context_token(&minor, p.acceptor, &b), GSS_S_DEFECTIVE_TOKEN);
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
}
END_TEST

/* The client's trust line ends in two seconds (more where handshakes are slow, as under valgrind),
 * and so does the context. */
START_TEST(contexts_end_with_their_credentials)
{
    struct app_pair p = {0};
    time_t begin = time(NULL), end;
    gss_buffer_desc in = app_of_text("x"), token, mic, out;
    OM_uint32 minor, left;
    char when[32];

    app_open(&p);
    app_reset(&p);
    end = time(NULL) + 2 + 5 * (time(NULL) - begin);
    (void)strftime(when, sizeof(when), "%Y%m%d%H%M%S", gmtime(&end));
    app_trust_only("trust-ending", "client-x25519", textf("valid-before=\"%s\"", when));
    app_use_cred(&p.acceptor_cred,
                 app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "trust-ending", NULL));
    app_open(&p);
    ck_assert_uint_le(p.acceptor_time, (OM_uint32)(end - begin));
    ck_assert_uint_eq(p.initiator_time, GSS_C_INDEFINITE);
    ck_assert_uint_eq(gss_wrap(&minor, p.initiator, 1, 0, &in, NULL, &token), 0);
    ck_assert_uint_eq(gss_get_mic(&minor, p.initiator, 0, &in, &mic), 0);
    while (time(NULL) < end)
        (void)usleep(100000);
    ck_assert_uint_eq(gss_wrap(&minor, p.acceptor, 1, 0, &in, NULL, &out), GSS_S_CONTEXT_EXPIRED);
    ck_assert_uint_eq(gss_get_mic(&minor, p.acceptor, 0, &in, &out), GSS_S_CONTEXT_EXPIRED);
    ck_assert_uint_eq(gss_unwrap(&minor, p.acceptor, &token, &out, NULL, NULL),
                      GSS_S_CONTEXT_EXPIRED);
    ck_assert_uint_eq(minor, MINOR(CONTEXT_EXPIRED));
    ck_assert_uint_eq(gss_verify_mic(&minor, p.acceptor, &in, &mic, NULL), GSS_S_CONTEXT_EXPIRED);
    ck_assert_uint_eq(gss_context_time(&minor, p.acceptor, &left), GSS_S_CONTEXT_EXPIRED);
    left = 1;
    ck_assert_uint_eq(
        gss_inquire_context(&minor, p.acceptor, NULL, NULL, &left, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(left, 0);
    app_release(&token);
    app_release(&mic);
    app_reset(&p);
    app_check_refused(&p, GSS_S_UNAUTHORIZED, MINOR(TRUST_EXPIRED));
    app_close(&p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "messages");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, changed_messages_are_refused);
    tcase_add_test(tc, a_mic_is_of_its_message_only);
    tcase_add_test(tc, only_the_default_quality_is_offered);
    tcase_add_test(tc, size_limits_are_exact);
    tcase_add_test(tc, a_large_message_passes);
    tcase_add_test(tc, a_message_that_is_too_long_is_refused);
    tcase_add_loop_test(tc, order_is_told_to_who_asked, 0, ROWS(order_flags));
    tcase_add_test(tc, both_sides_derive_the_same);
    tcase_add_test(tc, unknown_inquiries_are_unavailable);
    tcase_add_test(tc, there_are_no_context_tokens_to_process);
    tcase_add_test(tc, contexts_end_with_their_credentials);
}

int main(void)
{
    return app_main("messages", add);
}
