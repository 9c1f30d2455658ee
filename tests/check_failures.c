/* Contexts that must not come about: unknown peers, and tokens that are not what they should be. */
#include "gss_pair.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

START_TEST(an_unknown_server_is_refused)
{
    struct app_pair p = {
        .client = "client-x25519", .server = "mallory", .server_trust = "trust-server-x25519"};

    app_until(&p, 2);
    app_initiate(&p, &p.token[1]);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_UNAUTHORIZED, MINOR(UNKNOWN_KEY));
    ck_assert_uint_eq(p.tokens, 3); /* the error message */
    app_check_dead(&p.initiator);
    app_accept(&p, &p.token[2]);
    app_failed(p.acceptor_major, p.acceptor_minor, GSS_S_FAILURE, MINOR(PEER_ERROR));
    ck_assert_ptr_nonnull(
        strstr(app_status(p.acceptor_major, p.acceptor_minor), "peer says: authentication failed"));
    ck_assert_uint_eq(p.tokens, 3); /* never answered */
    app_check_dead(&p.acceptor);
    app_close(&p);
}
END_TEST

START_TEST(an_unknown_client_is_refused)
{
    struct app_pair p = {
        .client = "stranger", .server = "server-x25519", .server_trust = "trust-server-x25519"};

    app_until(&p, 3);
    app_accept(&p, &p.token[2]);
    ck_assert_ptr_nonnull(
        strstr(app_status(p.acceptor_major, p.acceptor_minor), folder_path("trust-clients")));
    app_check_refused(&p, GSS_S_UNAUTHORIZED, MINOR(UNKNOWN_KEY));
    ck_assert_uint_eq(p.tokens, 4);
    app_close(&p);
}
END_TEST

/* The initiator is complete and awaits a message; what comes is the acceptor's refusal. */
static void check_is_the_peers_refusal(OM_uint32 major, OM_uint32 minor)
{
    app_failed(major, minor, GSS_S_DEFECTIVE_TOKEN, MINOR(PEER_ERROR));
    ck_assert_ptr_nonnull(strstr(app_status(major, minor), "peer says: authentication failed"));
}

START_TEST(an_unwrap_that_meets_a_refusal_says_what_the_peer_said)
{
    struct app_pair p = {
        .client = "stranger", .server = "server-x25519", .server_trust = "trust-server-x25519"};
    gss_iov_buffer_desc iov[] = {{GSS_IOV_BUFFER_TYPE_STREAM, GSS_C_EMPTY_BUFFER},
                                 {GSS_IOV_BUFFER_TYPE_DATA, GSS_C_EMPTY_BUFFER}};
    gss_buffer_desc out, nothing = {2, "\x01\x60"}, message = app_of_text("m"), *refusal;
    OM_uint32 major, minor;

    app_until(&p, 3);
    app_accept(&p, &p.token[2]);
    refusal = &p.token[3];
    major = gss_unwrap(&minor, p.initiator, refusal, &out, NULL, NULL);
    check_is_the_peers_refusal(major, minor);
    iov[0].buffer = *refusal;
    major = gss_unwrap_iov(&minor, p.initiator, NULL, NULL, iov, 2);
    check_is_the_peers_refusal(major, minor);
    major = gss_verify_mic(&minor, p.initiator, &message, refusal, NULL);
    check_is_the_peers_refusal(major, minor);
    major = gss_unwrap(&minor, p.initiator, &nothing, &out, NULL, NULL); /* with no words */
    app_failed(major, minor, GSS_S_DEFECTIVE_TOKEN, MINOR(PEER_ERROR));
    app_check_open(p.initiator, APP_ALWAYS | APP_LOCAL, true);
    app_close(&p);
}
END_TEST

/* Nothing begins when nobody is expected: the call's own context is gone, and there is no token. */
START_TEST(a_first_call_that_fails_leaves_nothing)
{
    struct app_pair p = {0};
    gss_buffer_desc junk = app_of_text("\x60\x04\x06\x02\x2a\x03");

    app_use_target(&p, "HTTP@other.example.org", GSS_C_NT_HOSTBASED_SERVICE);
    app_initiate(&p, GSS_C_NO_BUFFER);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_FAILURE, MINOR(NO_TRUST));
    ck_assert_ptr_nonnull(strstr(app_status(p.initiator_major, p.initiator_minor),
                                 folder_path("trust-server-x25519")));
    ck_assert_ptr_null(p.initiator);
    ck_assert_uint_eq(p.tokens, 0);
    app_accept(&p, &junk);
    ck_assert_uint_ne(GSS_ERROR(p.acceptor_major), 0);
    ck_assert_ptr_null(p.acceptor);
    app_close(&p);
}
END_TEST

START_TEST(a_first_call_takes_no_token)
{
    struct app_pair p = {0};
    gss_buffer_desc empty = GSS_C_EMPTY_BUFFER, zero = {0, "x"}, some = app_of_text("x");

    app_initiate(&p, &some);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    ck_assert_ptr_null(p.initiator);
    app_initiate(&p, &empty);
    ck_assert_uint_eq(p.initiator_major, GSS_S_CONTINUE_NEEDED);
    app_reset(&p);
    app_initiate(&p, &zero);
    ck_assert_uint_eq(p.initiator_major, GSS_S_CONTINUE_NEEDED);
    app_close(&p);
}
END_TEST

START_TEST(later_tokens_are_not_empty)
{
    struct app_pair p = {0};
    gss_buffer_desc empty = GSS_C_EMPTY_BUFFER;

    app_until(&p, 1);
    app_initiate(&p, &empty);
    ck_assert_uint_eq(p.initiator_major, GSS_S_DEFECTIVE_TOKEN);
    app_check_dead(&p.initiator);
    app_reset(&p);
    app_until(&p, 1);
    app_initiate(&p, GSS_C_NO_BUFFER);
    ck_assert_uint_eq(p.initiator_major, GSS_S_DEFECTIVE_TOKEN);
    app_reset(&p);
    app_until(&p, 2);
    app_accept(&p, &empty);
    ck_assert_uint_eq(p.acceptor_major, GSS_S_DEFECTIVE_TOKEN);
    app_check_dead(&p.acceptor);
    app_close(&p);
}
END_TEST

/* After COMPLETE, and after a failure, any further token is out of turn and ends the context. */
START_TEST(tokens_out_of_turn_end_the_context)
{
    struct app_pair p = {0};

    app_open(&p);
    app_initiate(&p, &p.token[1]);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    app_initiate(&p, &p.token[1]);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    app_check_dead(&p.initiator);
    app_release_name(&p.source);
    app_accept(&p, &p.token[2]);
    app_failed(p.acceptor_major, p.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    ck_assert_uint_eq(p.acceptor_flags, 0);
    app_check_dead(&p.acceptor);
    app_close(&p);
}
END_TEST

/* Its own token comes back: as message_2 to the initiator, as message_3 to the acceptor. */
START_TEST(reflected_tokens_are_refused)
{
    struct app_pair p = {0};

    app_until(&p, 1);
    app_initiate(&p, &p.token[0]);
    ck_assert_uint_ne(GSS_ERROR(p.initiator_major), 0);
    app_check_dead(&p.initiator);
    app_reset(&p);
    app_until(&p, 2);
    app_accept(&p, &p.token[1]);
    ck_assert_uint_ne(GSS_ERROR(p.acceptor_major), 0);
    app_check_dead(&p.acceptor);
    app_close(&p);
}
END_TEST

/* A copy of token `number` that was tampered with goes to its receiver; afterwards nobody may
 * believe that both are complete. */
static void deliver_instead(struct app_pair *p, unsigned number, gss_buffer_t changed)
{
    bool by_acceptor = number % 2 == 0;

    app_until(p, number + 1);
    app_release(&p->token[number]);
    if (changed->length > 0) {
        p->token[number].value = malloc(changed->length);
        memcpy(p->token[number].value, changed->value, changed->length);
        p->token[number].length = changed->length;
    }
    if (by_acceptor)
        app_accept(p, &p->token[number]);
    else
        app_initiate(p, &p->token[number]);
    if (!GSS_ERROR(by_acceptor ? p->acceptor_major : p->initiator_major))
        app_talk(p, APP_TOKENS);
    ck_assert_msg(GSS_ERROR(p->initiator_major) || GSS_ERROR(p->acceptor_major),
                  "nobody minded a changed token %u", number);
    if (number > 0)
        ck_assert_uint_ne(GSS_ERROR(by_acceptor ? p->acceptor_major : p->initiator_major), 0);
    ck_assert_ptr_null(p->source);
    app_reset(p);
}

START_TEST(truncated_and_changed_tokens_are_refused)
{
    struct app_pair p = {0};
    unsigned char original[512], changed[512];
    gss_buffer_desc b = {0, changed};

    for (unsigned number = 0; number < 3; number++) {
        size_t len;

        app_until(&p, number + 1);
        len = p.token[number].length;
        ck_assert_uint_lt(len, sizeof(original));
        memcpy(original, p.token[number].value, len);
        app_reset(&p);
        for (size_t i = 0; i < len; i++) {
            /* Each conversation has its own keys, so what is changed is its own token. */
            app_until(&p, number + 1);
            ck_assert_uint_eq(p.token[number].length, len);
            memcpy(changed, p.token[number].value, len);
            b.length = i;
            deliver_instead(&p, number, &b);
            app_until(&p, number + 1);
            memcpy(changed, p.token[number].value, len);
            changed[i] ^= (unsigned char)(1 << (i % 8));
            b.length = len;
            deliver_instead(&p, number, &b);
        }
        app_until(&p, number + 1);
        memcpy(changed, p.token[number].value, len);
        changed[len] = 0;
        b.length = len + 1;
        deliver_instead(&p, number, &b);
    }
    app_close(&p);
}
END_TEST

/* The framing, bit by bit, and in the longer forms of DER that RFC 2743 forbids. */
START_TEST(framing_is_exact)
{
    struct app_pair p = {0};
    unsigned char changed[512];
    gss_buffer_desc b = {0, changed};
    size_t len;

    app_until(&p, 1);
    len = p.token[0].length;
    app_reset(&p);
    for (size_t i = 0; i < 2 + 35; i++)
        for (int bit = 0; bit < 8; bit++) {
            app_until(&p, 1);
            memcpy(changed, p.token[0].value, len);
            changed[i] ^= (unsigned char)(1 << bit);
            b.length = len;
            app_accept(&p, &b);
            ck_assert_uint_ne(GSS_ERROR(p.acceptor_major), 0);
            ck_assert_ptr_null(p.acceptor);
            app_reset(&p);
        }
    app_until(&p, 1);
    changed[0] = 0x60;
    changed[1] = 0x81;
    memcpy(changed + 2, (unsigned char *)p.token[0].value + 1, len - 1);
    b.length = len + 1;
    app_accept(&p, &b);
    app_failed(p.acceptor_major, p.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(FRAMING));
    app_reset(&p);
    app_until(&p, 1);
    memcpy(changed, p.token[0].value, 2 + 35);
    changed[1] = 35; /* well framed, but no message is in it */
    b.length = 2 + 35;
    app_accept(&p, &b);
    app_failed(p.acceptor_major, p.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(MALFORMED));
    app_close(&p);
}
END_TEST

START_TEST(huge_tokens_are_refused)
{
    struct app_pair p = {0};
    size_t len = 1 << 20;
    unsigned char *big = calloc(1, len);
    gss_buffer_desc b = {len, big};

    app_until(&p, 1);
    memcpy(big, p.token[0].value, p.token[0].length);
    app_accept(&p, &b);
    app_failed(p.acceptor_major, p.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(TOO_LONG));
    app_initiate(&p, &b);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(TOO_LONG));
    app_check_dead(&p.initiator);
    free(big);
    app_close(&p);
}
END_TEST

/* Tokens of one conversation in another one. */
START_TEST(tokens_belong_to_their_context)
{
    struct app_pair p = {0}, other = {0};

    app_until(&p, 2);
    app_until(&other, 2);
    app_initiate(&p, &other.token[1]);
    ck_assert_uint_ne(GSS_ERROR(p.initiator_major), 0);
    app_reset(&p);
    app_until(&p, 3);
    app_until(&other, 3);
    app_accept(&p, &other.token[2]);
    ck_assert_uint_ne(GSS_ERROR(p.acceptor_major), 0);
    ck_assert_ptr_null(p.source);
    app_close(&p);
    app_close(&other);
}
END_TEST

/* The clock by which an acceptor waits; seconds: where it stands still, or 0; how far it was put on. */
static time_t still, leap;
/* Where this thread next asks it, it stops, in the midst of a step, until it may go on. */
static _Thread_local bool stops;
static pthread_barrier_t stopped, may_go_on;

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *t)
{
    int (*real)(clockid_t, struct timespec *);
    int result;

    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    result = real(clock, t);
    if (clock != CLOCK_BOOTTIME)
        return result;
    t->tv_sec = still != 0 ? still : t->tv_sec + leap;
    if (stops) {
        stops = false;
        (void)pthread_barrier_wait(&stopped);
        (void)pthread_barrier_wait(&may_go_on);
    }
    return result;
}

START_TEST(an_acceptor_waits_for_two_minutes)
{
    struct app_pair p = {0};
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    still = now.tv_sec;
    app_until(&p, 3);
    still += 120;
    app_accept(&p, &p.token[2]);
    ck_assert_uint_eq(p.acceptor_major, GSS_S_COMPLETE);
    app_reset(&p);
    app_until(&p, 3);
    still += 121;
    app_accept(&p, &p.token[2]);
    app_failed(p.acceptor_major, p.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    ck_assert_ptr_nonnull(strstr(app_status(p.acceptor_major, p.acceptor_minor), "120 s"));
    ck_assert_ptr_null(p.source);
    app_check_dead(&p.acceptor);
    app_close(&p);
    still = 0;
    leap += 241; /* it never goes back */
}
END_TEST

/* A half-open context works only in the process that began it. */
START_TEST(half_open_contexts_do_not_fork)
{
    struct app_pair p = {0};
    pid_t child;
    int exited;

    app_until(&p, 2);
    child = fork();
    if (child == 0) {
        app_initiate(&p, &p.token[1]);
        _exit(p.initiator_minor == MINOR(OTHER_PROCESS) && p.tokens == 2 &&
                      p.initiator_major == GSS_S_NO_CONTEXT
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(waitpid(child, &exited, 0), child);
    ck_assert_int_eq(exited, 0);
    app_open(&p);
    app_close(&p);
}
END_TEST

static void *step_and_stop(void *pair)
{
    struct app_pair *p = pair;

    stops = true;
    app_accept(p, &p->token[2]);
    return NULL;
}

/* What a child can do with such a context: hear that it is not its own, and let go of it. It must not
 * wait for the thread that is in it, which it does not have. Ends as another program: what that thread
 * had in hand stays, and valgrind would take it for lost. */
static void try_in_child(struct app_pair *p)
{
    OM_uint32 minor, major;

    (void)signal(SIGALRM, SIG_DFL);
    (void)alarm(20);
    major = gss_inquire_context(&minor, p->acceptor, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    if (major != GSS_S_NO_CONTEXT || minor != MINOR(OTHER_PROCESS))
        _exit(1);
    app_accept(p, &p->token[2]);
    if (p->acceptor_major != GSS_S_NO_CONTEXT || p->acceptor_minor != MINOR(OTHER_PROCESS))
        _exit(2);
    if (gss_delete_sec_context(&minor, &p->acceptor, GSS_C_NO_BUFFER) != GSS_S_COMPLETE)
        _exit(3);
    (void)execl("/bin/true", "true", (char *)NULL);
    _exit(4);
}

START_TEST(a_child_does_not_wait_for_a_thread_that_it_does_not_have)
{
    struct app_pair p = {0};
    pthread_t thread;
    pid_t child;
    int exited;

    app_until(&p, 3);
    ck_assert_int_eq(pthread_barrier_init(&stopped, NULL, 2), 0);
    ck_assert_int_eq(pthread_barrier_init(&may_go_on, NULL, 2), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, step_and_stop, &p), 0);
    (void)pthread_barrier_wait(&stopped);
    child = fork();
    if (child == 0)
        try_in_child(&p);
    ck_assert_int_eq(waitpid(child, &exited, 0), child);
    (void)pthread_barrier_wait(&may_go_on);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_msg(exited == 0, "the child ended with %x", (unsigned)exited);
    ck_assert_uint_eq(p.acceptor_major, GSS_S_COMPLETE);
    app_close(&p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "failures");

    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, an_unknown_server_is_refused);
    tcase_add_test(tc, an_unknown_client_is_refused);
    tcase_add_test(tc, an_unwrap_that_meets_a_refusal_says_what_the_peer_said);
    tcase_add_test(tc, a_first_call_that_fails_leaves_nothing);
    tcase_add_test(tc, a_first_call_takes_no_token);
    tcase_add_test(tc, later_tokens_are_not_empty);
    tcase_add_test(tc, tokens_out_of_turn_end_the_context);
    tcase_add_test(tc, reflected_tokens_are_refused);
    tcase_add_test(tc, truncated_and_changed_tokens_are_refused);
    tcase_add_test(tc, framing_is_exact);
    tcase_add_test(tc, huge_tokens_are_refused);
    tcase_add_test(tc, tokens_belong_to_their_context);
    tcase_add_test(tc, an_acceptor_waits_for_two_minutes);
    tcase_add_test(tc, half_open_contexts_do_not_fork);
    tcase_add_test(tc, a_child_does_not_wait_for_a_thread_that_it_does_not_have);
}

int main(void)
{
    return app_main("failures", add);
}
