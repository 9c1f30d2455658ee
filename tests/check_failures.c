/* Contexts that must not come about: unknown peers, and tokens that are not what they should be. */
#include "glue_support.h"

#include <sys/wait.h>
#include <unistd.h>

START_TEST(an_unknown_server_is_refused)
{
    struct talk t = talk_of("client-x25519", "mallory", "trust-server-x25519");

    talk_until(&t, 2);
    initiate(&t, &t.token[1]);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_UNAUTHORIZED, MINOR(UNKNOWN_KEY));
    ck_assert_uint_eq(t.tokens, 3); /* the error message */
    check_dead(&t.initiator);
    accept_token(&t, &t.token[2]);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_FAILURE, MINOR(PEER_ERROR));
    ck_assert_ptr_nonnull(
        strstr(status(t.acceptor_major, t.acceptor_minor), "peer says: authentication failed"));
    ck_assert_uint_eq(t.tokens, 3); /* never answered */
    check_dead(&t.acceptor);
    talk_free(&t);
}
END_TEST

START_TEST(an_unknown_client_is_refused)
{
    struct talk t = talk_of("stranger", "server-x25519", "trust-server-x25519");

    talk_until(&t, 3);
    accept_token(&t, &t.token[2]);
    ck_assert_ptr_nonnull(
        strstr(status(t.acceptor_major, t.acceptor_minor), path("trust-clients")));
    check_refused_by_acceptor(&t, GSS_S_UNAUTHORIZED, MINOR(UNKNOWN_KEY));
    ck_assert_uint_eq(t.tokens, 4);
    talk_free(&t);
}
END_TEST

/* Nothing begins when nobody is expected: the call's own context is gone, and there is no token. */
START_TEST(a_first_call_that_fails_leaves_nothing)
{
    struct talk t = talk_new();
    gss_buffer_desc junk = of_text("\x60\x04\x06\x02\x2a\x03");

    use_target(&t, "HTTP@other.example.org", GSS_C_NT_HOSTBASED_SERVICE);
    initiate(&t, GSS_C_NO_BUFFER);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_FAILURE, MINOR(NO_TRUST));
    ck_assert_ptr_nonnull(
        strstr(status(t.initiator_major, t.initiator_minor), path("trust-server-x25519")));
    ck_assert_ptr_null(t.initiator);
    ck_assert_uint_eq(t.tokens, 0);
    accept_token(&t, &junk);
    ck_assert_uint_ne(GSS_ERROR(t.acceptor_major), 0);
    ck_assert_ptr_null(t.acceptor);
    talk_free(&t);
}
END_TEST

START_TEST(a_first_call_takes_no_token)
{
    struct talk t = talk_new();
    gss_buffer_desc empty = GSS_C_EMPTY_BUFFER, zero = {0, "x"}, some = of_text("x");

    initiate(&t, &some);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    ck_assert_ptr_null(t.initiator);
    initiate(&t, &empty);
    ck_assert_uint_eq(t.initiator_major, GSS_S_CONTINUE_NEEDED);
    talk_reset(&t);
    initiate(&t, &zero);
    ck_assert_uint_eq(t.initiator_major, GSS_S_CONTINUE_NEEDED);
    talk_free(&t);
}
END_TEST

START_TEST(later_tokens_are_not_empty)
{
    struct talk t = talk_new();
    gss_buffer_desc empty = GSS_C_EMPTY_BUFFER;

    talk_until(&t, 1);
    initiate(&t, &empty);
    ck_assert_uint_eq(t.initiator_major, GSS_S_DEFECTIVE_TOKEN);
    check_dead(&t.initiator);
    talk_reset(&t);
    talk_until(&t, 1);
    initiate(&t, GSS_C_NO_BUFFER);
    ck_assert_uint_eq(t.initiator_major, GSS_S_DEFECTIVE_TOKEN);
    talk_reset(&t);
    talk_until(&t, 2);
    accept_token(&t, &empty);
    ck_assert_uint_eq(t.acceptor_major, GSS_S_DEFECTIVE_TOKEN);
    check_dead(&t.acceptor);
    talk_free(&t);
}
END_TEST

/* After COMPLETE, and after a failure, any further token is out of turn and ends the context. */
START_TEST(tokens_out_of_turn_end_the_context)
{
    struct talk t = talk_new();

    talk_complete(&t);
    initiate(&t, &t.token[1]);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    initiate(&t, &t.token[1]);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    check_dead(&t.initiator);
    release_name(&t.source);
    accept_token(&t, &t.token[2]);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    ck_assert_uint_eq(t.acceptor_flags, 0);
    check_dead(&t.acceptor);
    talk_free(&t);
}
END_TEST

/* Its own token comes back: as message_2 to the initiator, as message_3 to the acceptor. */
START_TEST(reflected_tokens_are_refused)
{
    struct talk t = talk_new();

    talk_until(&t, 1);
    initiate(&t, &t.token[0]);
    ck_assert_uint_ne(GSS_ERROR(t.initiator_major), 0);
    check_dead(&t.initiator);
    talk_reset(&t);
    talk_until(&t, 2);
    accept_token(&t, &t.token[1]);
    ck_assert_uint_ne(GSS_ERROR(t.acceptor_major), 0);
    check_dead(&t.acceptor);
    talk_free(&t);
}
END_TEST

/* A copy of token `number` that was tampered with goes to its receiver; afterwards nobody may
 * believe that both are complete. */
static void deliver_instead(struct talk *t, unsigned number, gss_buffer_t changed)
{
    OM_uint32 minor;
    bool by_acceptor = number % 2 == 0;

    talk_until(t, number + 1);
    (void)gss_release_buffer(&minor, &t->token[number]);
    if (changed->length > 0) {
        t->token[number].value = malloc(changed->length);
        memcpy(t->token[number].value, changed->value, changed->length);
        t->token[number].length = changed->length;
    }
    if (by_acceptor)
        accept_token(t, &t->token[number]);
    else
        initiate(t, &t->token[number]);
    if (!GSS_ERROR(by_acceptor ? t->acceptor_major : t->initiator_major))
        talk_run(t);
    ck_assert_msg(GSS_ERROR(t->initiator_major) || GSS_ERROR(t->acceptor_major),
                  "nobody minded a changed token %u", number);
    if (number > 0)
        ck_assert_uint_ne(GSS_ERROR(by_acceptor ? t->acceptor_major : t->initiator_major), 0);
    ck_assert_ptr_null(t->source);
    talk_reset(t);
}

START_TEST(truncated_and_changed_tokens_are_refused)
{
    struct talk t = talk_new();
    unsigned char original[512], changed[512];
    gss_buffer_desc b = {0, changed};

    for (unsigned number = 0; number < 3; number++) {
        size_t len;

        talk_until(&t, number + 1);
        len = t.token[number].length;
        ck_assert_uint_lt(len, sizeof(original));
        memcpy(original, t.token[number].value, len);
        talk_reset(&t);
        for (size_t i = 0; i < len; i++) {
            /* Each conversation has its own keys, so what is changed is its own token. */
            talk_until(&t, number + 1);
            ck_assert_uint_eq(t.token[number].length, len);
            memcpy(changed, t.token[number].value, len);
            b.length = i;
            deliver_instead(&t, number, &b);
            talk_until(&t, number + 1);
            memcpy(changed, t.token[number].value, len);
            changed[i] ^= (unsigned char)(1 << (i % 8));
            b.length = len;
            deliver_instead(&t, number, &b);
        }
        talk_until(&t, number + 1);
        memcpy(changed, t.token[number].value, len);
        changed[len] = 0;
        b.length = len + 1;
        deliver_instead(&t, number, &b);
    }
    talk_free(&t);
}
END_TEST

/* The framing, bit by bit, and in the longer forms of DER that RFC 2743 forbids. */
START_TEST(framing_is_exact)
{
    struct talk t = talk_new();
    unsigned char changed[512];
    gss_buffer_desc b = {0, changed};
    size_t len;

    talk_until(&t, 1);
    len = t.token[0].length;
    talk_reset(&t);
    for (size_t i = 0; i < 2 + 35; i++)
        for (int bit = 0; bit < 8; bit++) {
            talk_until(&t, 1);
            memcpy(changed, t.token[0].value, len);
            changed[i] ^= (unsigned char)(1 << bit);
            b.length = len;
            accept_token(&t, &b);
            ck_assert_uint_ne(GSS_ERROR(t.acceptor_major), 0);
            ck_assert_ptr_null(t.acceptor);
            talk_reset(&t);
        }
    talk_until(&t, 1);
    changed[0] = 0x60;
    changed[1] = 0x81;
    memcpy(changed + 2, (unsigned char *)t.token[0].value + 1, len - 1);
    b.length = len + 1;
    accept_token(&t, &b);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(FRAMING));
    talk_free(&t);
}
END_TEST

START_TEST(huge_tokens_are_refused)
{
    struct talk t = talk_new();
    size_t len = 1 << 20;
    unsigned char *big = calloc(1, len);
    gss_buffer_desc b = {len, big};

    talk_until(&t, 1);
    memcpy(big, t.token[0].value, t.token[0].length);
    accept_token(&t, &b);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(TOO_LONG));
    initiate(&t, &b);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(TOO_LONG));
    check_dead(&t.initiator);
    free(big);
    talk_free(&t);
}
END_TEST

/* Tokens of one conversation in another one. */
START_TEST(tokens_belong_to_their_context)
{
    struct talk t = talk_new(), other = talk_new();

    talk_until(&t, 2);
    talk_until(&other, 2);
    initiate(&t, &other.token[1]);
    ck_assert_uint_ne(GSS_ERROR(t.initiator_major), 0);
    talk_reset(&t);
    talk_until(&t, 3);
    talk_until(&other, 3);
    accept_token(&t, &other.token[2]);
    ck_assert_uint_ne(GSS_ERROR(t.acceptor_major), 0);
    ck_assert_ptr_null(t.source);
    talk_free(&t);
    talk_free(&other);
}
END_TEST

/* A half-open context works only in the process that began it. */
START_TEST(half_open_contexts_do_not_fork)
{
    struct talk t = talk_new();
    pid_t child;
    int exited;

    talk_until(&t, 2);
    child = fork();
    if (child == 0) {
        initiate(&t, &t.token[1]);
        _exit(t.initiator_minor == MINOR(OTHER_PROCESS) && t.tokens == 2 &&
                      t.initiator_major == GSS_S_NO_CONTEXT
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(waitpid(child, &exited, 0), child);
    ck_assert_int_eq(exited, 0);
    talk_complete(&t);
    talk_free(&t);
}
END_TEST

static void add_failures(Suite *suite)
{
    TCase *tc = tcase_create("failures");

    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, an_unknown_server_is_refused);
    tcase_add_test(tc, an_unknown_client_is_refused);
    tcase_add_test(tc, a_first_call_that_fails_leaves_nothing);
    tcase_add_test(tc, a_first_call_takes_no_token);
    tcase_add_test(tc, later_tokens_are_not_empty);
    tcase_add_test(tc, tokens_out_of_turn_end_the_context);
    tcase_add_test(tc, reflected_tokens_are_refused);
    tcase_add_test(tc, truncated_and_changed_tokens_are_refused);
    tcase_add_test(tc, framing_is_exact);
    tcase_add_test(tc, huge_tokens_are_refused);
    tcase_add_test(tc, tokens_belong_to_their_context);
    tcase_add_test(tc, half_open_contexts_do_not_fork);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    return glue_main("failures", add_failures);
}
