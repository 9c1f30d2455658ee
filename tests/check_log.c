/* What the mechanism tells, as administrators get it. */
#include "gss_pair.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_once(void)
{
    struct app_pair p = {0};

    app_open(&p);
    app_close(&p);
}

/* ---- the trace that mech.conf names ---- */

static void trace_to(const char *path)
{
    struct buf text = folder_read("mech.conf");

    folder_write("traced.conf",
                 textf("%.*s [trace=%s]\n", (int)text.len - 1, (const char *)text.p, path));
    (void)setenv("GSS_MECH_CONFIG", folder_path("traced.conf"), 1);
    buf_free(&text);
}

START_TEST(mech_conf_names_a_trace)
{
    trace_to(folder_path("trace"));
    open_once();
    folder_run("test ! -e trace && : > trace");
    open_once();
    folder_run("grep -q 'open: method 3 suite 6' trace");
    (void)setenv("GSS_EDHOC_TRACE", folder_path("nearer"), 1);
    folder_run(": > trace");
    open_once();
    folder_run("test ! -s trace && test -s nearer");
    (void)unsetenv("GSS_EDHOC_TRACE");
}
END_TEST

/* systemd's services have such a stderr. */
START_TEST(a_trace_goes_into_a_socket)
{
    char text[65536];
    int pair[2], own = dup(STDERR_FILENO);
    ssize_t n;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_int_ge(dup2(pair[1], STDERR_FILENO), 0);
    (void)close(pair[1]);
    trace_to("/dev/stderr");
    open_once();
    n = recv(pair[0], text, sizeof(text) - 1, MSG_DONTWAIT);
    (void)close(pair[0]);
    open_once(); /* nobody reads: no signal */
    ck_assert_int_ge(dup2(own, STDERR_FILENO), 0);
    (void)close(own);
    ck_assert_int_gt(n, 0);
    text[n] = '\0';
    ck_assert_ptr_nonnull(strstr(text, "open: method 3 suite 6"));
}
END_TEST

START_TEST(a_pipe_that_nobody_reads_costs_no_signal)
{
    int pair[2], own = dup(STDERR_FILENO);
    char text[65536];
    ssize_t n;

    ck_assert_int_eq(pipe2(pair, O_NONBLOCK), 0);
    ck_assert_int_ge(dup2(pair[1], STDERR_FILENO), 0);
    (void)close(pair[1]);
    (void)setenv("GSS_EDHOC_TRACE", "/dev/stderr", 1);
    open_once();
    n = read(pair[0], text, sizeof(text));
    (void)close(pair[0]);
    open_once();
    (void)unsetenv("GSS_EDHOC_TRACE");
    ck_assert_int_ge(dup2(own, STDERR_FILENO), 0);
    (void)close(own);
    ck_assert_int_gt(n, 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *trace = app_case(suite, "trace");

    tcase_add_test(trace, mech_conf_names_a_trace);
    tcase_add_test(trace, a_trace_goes_into_a_socket);
    tcase_add_test(trace, a_pipe_that_nobody_reads_costs_no_signal);
}

int main(void)
{
    return app_main("log", add);
}
