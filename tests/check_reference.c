/* The engine against a second, naive, independent implementation (tests/reference): every method,
 * suite and credential form, EAD with padding, long plaintexts, values with leading zeros. */
#include "follow.h"

#include "lib/suite.h"

static struct vectors *v, *ssh;

START_TEST(every_value_of_a_generated_session_comes_out)
{
    follow_session(v, (size_t)_i);
}
END_TEST

/* With OpenSSH certificates (doc/mechanism.md 6.8). */
START_TEST(every_value_of_one_with_openssh_certificates_comes_out)
{
    follow_session(ssh, (size_t)_i);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "sessions", 120);

    tcase_add_loop_test(tc, every_value_of_a_generated_session_comes_out, 0, (int)vectors_count(v));
    tcase_add_loop_test(tc, every_value_of_one_with_openssh_certificates_comes_out, 0,
                        (int)vectors_count(ssh));
}

int main(void)
{
    int status;

    v = vectors_load("reference.json");
    ssh = vectors_load("ssh_sessions.json");
    status = suite_main("reference", add);
    vectors_free(v);
    vectors_free(ssh);
    return status;
}
