/* What every call has in common, whatever it is for: the story of a failure is its own, and a thread
 * that is cancelled finishes the call that it is in. */
#include "gss_pair.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/* The text of a minor status has the details of the call that gave it, not of an older one with the
 * same number. */
START_TEST(a_failure_is_not_told_with_the_story_of_an_older_one)
{
    struct app_pair p = {0};
    gss_buffer_desc message = app_of_text("hello"), token = GSS_C_EMPTY_BUFFER;
    gss_iov_buffer_desc no_header = {GSS_IOV_BUFFER_TYPE_DATA, GSS_C_EMPTY_BUFFER};
    OM_uint32 major, minor;

    app_open(&p);
    major = gss_wrap_iov(&minor, p.initiator, 1, GSS_C_QOP_DEFAULT, NULL, &no_header, 1);
    ck_assert_ptr_nonnull(strstr(app_status(major, minor), "no HEADER"));
    major = gss_get_mic(&minor, p.initiator, 7, &message, &token);
    app_failed(major, minor, GSS_S_BAD_QOP, MINOR(ARGUMENT));
    ck_assert_ptr_null(strstr(app_status(major, minor), "no HEADER"));
    ck_assert_ptr_nonnull(strstr(app_status(major, minor), "GSS_C_QOP_DEFAULT"));
    app_close(&p);
}
END_TEST

/* A program tidies up before it asks what went wrong, and gets the whole text all the same. */
START_TEST(tidying_up_does_not_forget_the_story)
{
    struct app_pair p = {0};
    OM_uint32 minor;
    char before[2048];

    app_until(&p, 2);
    app_initiate(&p, &p.token[0]);
    minor = p.initiator_minor;
    (void)snprintf(before, sizeof(before), "%s", app_status(p.initiator_major, minor));
    ck_assert_ptr_nonnull(strchr(strchr(before, ':') + 1, ':')); /* there are details */
    app_delete(&p.initiator);
    app_release_name(&p.target);
    app_release_cred(&p.initiator_cred);
    ck_assert_str_eq(app_status(p.initiator_major, minor), before);
    app_close(&p);
}
END_TEST

struct life {
    struct app_pair pair;
    OM_uint32 init, accept, wrap; /* what the calls answered */
    bool lived;                   /* to its end */
};

/* A thread that is cancelled already, and would end at the first cancellation point. Each assertion of
 * Check's is one, so there is none. */
static void *live(void *arg)
{
    struct life *l = arg;
    struct app_pair *p = &l->pair;
    gss_buffer_desc message = {5, "hello"}, *token = p->token;
    OM_uint32 minor;

    (void)pthread_cancel(pthread_self());
    for (size_t i = 0; i < 4 && !GSS_ERROR(l->init | l->accept); i++)
        if (i % 2 == 0)
            l->init = gss_init_sec_context(&minor, p->initiator_cred, &p->initiator, p->target,
                                           &app_mech, 0, 0, NULL, i > 0 ? &token[i - 1] : NULL,
                                           NULL, &token[i], NULL, NULL);
        else
            l->accept = gss_accept_sec_context(&minor, &p->acceptor, p->acceptor_cred,
                                               &token[i - 1], NULL, NULL, NULL, &token[i], NULL,
                                               NULL, NULL);
    p->tokens = 4;
    l->wrap = gss_wrap(&minor, p->initiator, 1, 0, &message, NULL, &token[p->tokens++]);
    l->lived = true;
    pthread_testcancel();
    return NULL;
}

/* Files are read in the middle of a call, with a lock held, and opening one is a cancellation point,
 * as is drawing a random number, inside libcrypto's
 * locks. */
START_TEST(a_cancelled_thread_finishes_its_call)
{
    struct life life = {.init = 0};
    struct app_pair *p = &life.pair;
    pthread_t thread;
    void *end;

    app_open(p);
    app_reset(p);
    app_trust("trust-clients", "stranger", NULL);
    (void)sleep(2); /* then the files are looked at again */
    ck_assert_int_eq(pthread_create(&thread, NULL, live, &life), 0);
    ck_assert_int_eq(pthread_join(thread, &end), 0);
    ck_assert_ptr_eq(end, PTHREAD_CANCELED);
    ck_assert(life.lived);
    ck_assert_uint_eq(life.init | life.accept | life.wrap, GSS_S_COMPLETE);
    app_reset(p);
    app_open(p); /* no lock is held by the thread that is gone */
    app_close(p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "calls");

    tcase_add_test(tc, a_failure_is_not_told_with_the_story_of_an_older_one);
    tcase_add_test(tc, tidying_up_does_not_forget_the_story);
#ifndef __SANITIZE_ADDRESS__ /* which takes the stack that a cancelled thread leaves for a fault */
    tcase_add_test(tc, a_cancelled_thread_finishes_its_call);
#else
    (void)a_cancelled_thread_finishes_its_call;
#endif
}

int main(void)
{
    return app_main("calls", add);
}
