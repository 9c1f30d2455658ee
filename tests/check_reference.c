/* The engine against a second, naive, independent implementation (tests/reference): every method,
 * suite and credential form, EAD with padding, long plaintexts, values with leading zeros. */
#include "follow.h"

#include <check.h>
#include <stdlib.h>

static struct vectors *v, *ssh;

START_TEST(session)
{
    follow_session(v, (size_t)_i);
}
END_TEST

/* With OpenSSH certificates (doc/mechanism.md 6.8). */
START_TEST(ssh_session)
{
    follow_session(ssh, (size_t)_i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    TCase *tc = tcase_create("sessions");
    SRunner *runner;
    int failed;

    v = vectors_load("reference.json");
    ssh = vectors_load("ssh_sessions.json");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, session, 0, (int)vectors_count(v));
    tcase_add_loop_test(tc, ssh_session, 0, (int)vectors_count(ssh));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    vectors_free(v);
    vectors_free(ssh);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
