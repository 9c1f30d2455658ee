/* The log, as daemons and administrators get it: this program's own sendmsg() takes what is meant for
 * /dev/log to a socket of the test's, and its clock is the plugin's too. */
#include "gss_pair.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log_line.h"
#include "load/sink.h"
#include "lib/slow.h"

#define EXPORT __attribute__((visibility("default")))

/* ---- the daemon ---- */

static int daemon_fd = -1;   /* the socket that stands for /dev/log; -1: there is none */
static unsigned sent, eager; /* datagrams; those that would have waited, or raised a signal */

static struct sockaddr_un daemon_address(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", folder_path("dev-log"));
    return a;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    const struct sockaddr_un *to = message->msg_name;
    struct sockaddr_un ours = daemon_address();
    struct msghdr changed = *message;

    if (to != NULL && strcmp(to->sun_path, "/dev/log") == 0) {
        changed.msg_name = &ours;
        sent++;
        eager += (flags & (MSG_DONTWAIT | MSG_NOSIGNAL)) != (MSG_DONTWAIT | MSG_NOSIGNAL);
        eager += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
    }
    return syscall(SYS_sendmsg, fd, &changed, flags);
}

static void start_daemon(void)
{
    struct sockaddr_un a = daemon_address();

    (void)unlink(a.sun_path);
    daemon_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(daemon_fd, (struct sockaddr *)(void *)&a, sizeof(a)), 0);
    (void)setenv("GSS_EDHOC_LOG", "syslog", 1);
}

static void stop_daemon(void)
{
    (void)close(daemon_fd);
    (void)unlink(folder_path("dev-log"));
    (void)unsetenv("GSS_EDHOC_LOG");
}

/* The next datagram, or NULL; good until the next call. */
static const char *received(void)
{
    static char text[8192];
    ssize_t n = recv(daemon_fd, text, sizeof(text) - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? text : NULL;
}

static unsigned received_all(const char *word)
{
    unsigned n = 0;
    const char *text;

    while ((text = received()) != NULL)
        n += strstr(text, textf("]: %s ", word)) != NULL;
    return n;
}

/* ---- the clock ---- */

static time_t stopped, leap; /* seconds: where it stands still, or 0; how far it was put on */

EXPORT int clock_gettime(clockid_t clock, struct timespec *t)
{
    int (*real)(clockid_t, struct timespec *);
    int result;

    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    result = real(clock, t);
    if (clock == CLOCK_BOOTTIME)
        t->tv_sec = stopped != 0 ? stopped : t->tv_sec + leap;
    return result;
}

/* It never goes back, and what another test did, or read, is long ago. */
static void stop_clock(void)
{
    struct timespec now;

    leap += 1000;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    stopped = now.tv_sec;
}

static void put_clock_on(time_t seconds)
{
    stopped += seconds;
    leap += seconds;
}

static void start_clock(void)
{
    stopped = 0;
}

/* ---- lines ---- */

/* The value of a field without its quotes, NULL without the field. */
static const char *field(const char *line, const char *name)
{
    const char *at = strstr(line, textf(" %s=", name)), *end;

    if (at == NULL)
        return NULL;
    at += strlen(name) + 2;
    if (*at != '"')
        return textf("%.*s", (int)strcspn(at, " \n"), at);
    for (end = ++at; *end != '"' && *end != '\0'; end++)
        end += *end == '\\';
    return textf("%.*s", (int)(end - at), at);
}

#define ck_assert_field(line, name, want) ck_assert_pstr_eq(field(line, name), want)

/* As `gss-edhoc show` has it. */
static const char *fingerprint(const char *file)
{
    struct buf text;
    const char *found;

    folder_run("%s show %s.pub | sed -n 's/^ *fingerprint *//p' | tr -d '\\n' > print",
               app_command(), file);
    text = folder_read("print");
    found = textf("%.*s", (int)text.len, (const char *)text.p);
    buf_free(&text);
    return found;
}

static struct app_pair a_stranger(void)
{
    return (struct app_pair){.client = "stranger"};
}

/* Refused with message_3, after the proof. */
static void refuse(struct app_pair *p)
{
    app_talk(p, APP_TOKENS);
    ck_assert_uint_ne(GSS_ERROR(p->acceptor_major), 0);
}

/* ---- what is told ---- */

START_TEST(an_accepted_client_is_told)
{
    struct app_pair p = {0};
    const char *line, *trust;

    start_daemon();
    app_open(&p);
    line = received();
    ck_assert_ptr_nonnull(line);
    ck_assert_msg(strncmp(line, textf("<86>gss-edhoc[%d]: accepted ", (int)getpid()),
                          strlen(textf("<86>gss-edhoc[%d]: accepted ", (int)getpid()))) == 0,
                  "%s", line);
    ck_assert_field(line, "program", program_invocation_short_name);
    ck_assert_field(line, "client", "alice");
    ck_assert_field(line, "key", fingerprint("client-x25519"));
    trust = textf("%s:1", folder_path("trust-clients"));
    ck_assert_field(line, "trust", trust);
    ck_assert_field(line, "service", APP_SERVICE);
    ck_assert_field(line, "method", "3");
    ck_assert_field(line, "suite", "6");
    ck_assert_field(line, "why", NULL);
    ck_assert_ptr_nonnull(field(line, "context"));
    ck_assert_ptr_null(strchr(line, '\n'));
    ck_assert_ptr_null(received()); /* nothing from the initiator */
    ck_assert_uint_eq(eager, 0);
    app_close(&p);
    stop_daemon();
}
END_TEST

START_TEST(a_refused_client_is_told_and_why)
{
    struct app_pair p = a_stranger();
    const char *line;

    start_daemon();
    refuse(&p);
    ck_assert_uint_eq(p.acceptor_minor, MINOR(UNKNOWN_KEY));
    line = received();
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, "<85>gss-edhoc["));
    ck_assert_ptr_nonnull(strstr(line, "]: refused "));
    ck_assert_field(line, "client", NULL);
    ck_assert_field(line, "claimed", "alice");
    ck_assert_field(line, "key", fingerprint("stranger"));
    ck_assert_field(line, "service", APP_SERVICE);
    ck_assert_field(line, "method", "3");
    ck_assert_field(line, "trust", NULL);
    ck_assert_ptr_eq(strstr(line, textf("why=\"%s: ", report_sentence(EDHOC_ERR_UNKNOWN_KEY))),
                     strstr(line, "why="));
    ck_assert_ptr_nonnull(strstr(field(line, "why"), folder_path("trust-clients")));
    ck_assert_ptr_null(received());
    app_close(&p);
    stop_daemon();
}
END_TEST

/* Of a certificate, whose it is and who has signed it. */
START_TEST(a_certificate_is_told_with_its_ca)
{
    struct app_pair p = {.client = "mail"};
    const char *line;

    folder_run("mkdir x");
    folder_certificates("x");
    folder_run("cat x/email.key x/email.crt x/sub.crt > mail && chmod 600 mail && : > nobody");
    (void)setenv("GSS_EDHOC_ANCHORS", folder_path("x/root.crt"), 1);
    start_daemon();
    app_prepare(&p);
    app_use_cred(&p.acceptor_cred,
                 app_cred(&app_mech, GSS_C_ACCEPT, "server-p256", "nobody", NULL));
    app_use_cred(&p.initiator_cred,
                 app_cred(&app_mech, GSS_C_INITIATE, "mail", "trust-server-p256", NULL));
    app_open(&p);
    line = received();
    ck_assert_field(line, "client", "bob@corp.example");
    ck_assert_field(line, "certificate", "CN=email");
    ck_assert_field(line, "ca", "CN=Test Root");
    ck_assert_field(line, "trust", NULL);
    (void)unsetenv("GSS_EDHOC_ANCHORS");
    app_reset(&p);
    app_use_cred(&p.acceptor_cred,
                 app_cred(&app_mech, GSS_C_ACCEPT, "server-p256", "nobody", NULL));
    refuse(&p);
    line = received();
    ck_assert_field(line, "certificate", "CN=email");
    ck_assert_field(line, "ca", NULL);
    ck_assert_field(line, "claimed", NULL);
    app_close(&p);
    stop_daemon();
}
END_TEST

/* Whatever was logged, the application hears the same sentence. */
START_TEST(the_story_of_a_failure_is_not_the_logs)
{
    struct app_pair p = a_stranger();
    char *silent, *told;

    refuse(&p);
    silent = strdup(app_status(p.acceptor_major, p.acceptor_minor));
    app_reset(&p);
    start_daemon();
    app_use_cred(&p.acceptor_cred,
                 app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "trust-clients", NULL));
    refuse(&p);
    told = strdup(app_status(p.acceptor_major, p.acceptor_minor));
    ck_assert_str_eq(silent, told);
    ck_assert_ptr_nonnull(strstr(told, "trust-clients"));
    ck_assert_uint_eq(received_all("refused"), 1);
    free(silent);
    free(told);
    app_close(&p);
    stop_daemon();
}
END_TEST

/* One call of an acceptor, with what is no first token. */
static void knock(gss_cred_id_t cred, const char *text)
{
    gss_buffer_desc in = app_of_text(text), out = GSS_C_EMPTY_BUFFER;
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    OM_uint32 minor;

    ck_assert_uint_ne(
        GSS_ERROR(DIRECT(gss_accept_sec_context)(&minor, &ctx, cred, &in, GSS_C_NO_CHANNEL_BINDINGS,
                                                 NULL, NULL, &out, NULL, NULL, NULL)),
        0);
    app_release(&out);
}

/* Settings are read for the log's sake, which must not hide why the token was refused. */
START_TEST(without_a_log_a_first_token_has_its_story_too)
{
    gss_buffer_desc in = app_of_text("nonsense"), out = GSS_C_EMPTY_BUFFER;
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    OM_uint32 major, minor;
    const char *told;

    app_load();
    if (_i == 1)
        ck_assert_int_eq(unsetenv("HOME"), 0);
    (void)setenv("GSS_EDHOC_LOG", "none", 1);
    major = DIRECT(gss_accept_sec_context)(&minor, &ctx, GSS_C_NO_CREDENTIAL, &in,
                                           GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL, &out, NULL, NULL,
                                           NULL);
    told = app_status(major, minor);
    ck_assert_msg(strstr(told, ": ") != NULL, "%s", told);
    app_unload();
}
END_TEST

START_TEST(who_knocks_with_nonsense_is_told_up_to_a_limit)
{
    struct app_pair p = {0};
    const char *line;
    unsigned told = 1;

    app_load();
    start_daemon();
    stop_clock();
    knock(GSS_C_NO_CREDENTIAL, "nonsense");
    line = received();
    ck_assert_ptr_nonnull(line);
    ck_assert_field(line, "context", NULL);
    ck_assert_ptr_nonnull(strstr(field(line, "why"), "token"));
    for (int i = 1; i < 50; i++) {
        knock(GSS_C_NO_CREDENTIAL, "nonsense");
        told += received_all("refused");
    }
    ck_assert_uint_eq(told, 20);
    /* Who is let in is told meanwhile, and before it what was not. */
    app_open(&p);
    line = received();
    ck_assert_ptr_nonnull(strstr(line, "]: suppressed "));
    ck_assert_field(line, "refusals", "30");
    ck_assert_uint_eq(received_all("accepted"), 1);
    put_clock_on(10);
    knock(GSS_C_NO_CREDENTIAL, "nonsense");
    knock(GSS_C_NO_CREDENTIAL, "nonsense");
    ck_assert_uint_eq(received_all("refused"), 1);
    start_clock();
    app_close(&p);
    stop_daemon();
    app_unload();
}
END_TEST

/* Strangers do not use up what is kept for those that have a line. */
START_TEST(known_peers_have_a_limit_of_their_own)
{
    struct app_pair p = {0};
    const char *line;

    app_load();
    start_daemon();
    stop_clock();
    for (int i = 0; i < 30; i++) {
        knock(GSS_C_NO_CREDENTIAL, "nonsense");
        (void)received_all("refused");
    }
    app_trust_only("late", "client-x25519", "valid-before=\"20200101\"");
    app_prepare(&p);
    app_use_cred(&p.acceptor_cred,
                 app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "late", NULL));
    refuse(&p);
    line = received();
    ck_assert_field(line, "refusals", "10");
    line = received();
    ck_assert_field(line, "claimed", "alice");
    ck_assert_ptr_nonnull(strstr(field(line, "why"), "late line 1"));
    start_clock();
    app_close(&p);
    stop_daemon();
    app_unload();
}
END_TEST

START_TEST(a_service_without_keys_is_told)
{
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    const char *line;
    OM_uint32 minor;

    start_daemon();
    ck_assert_uint_ne(app_acquire(&minor, &app_mech, GSS_C_ACCEPT, GSS_C_NO_NAME,
                                  (struct app_store){.service_identity = "nowhere"}, &cred),
                      0);
    line = received();
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, "]: unusable "));
    ck_assert_ptr_nonnull(strstr(field(line, "why"), "nowhere does not exist"));
    stop_daemon();
}
END_TEST

/* With a credential of its own, and thus a look at the files as they are now. */
static void open_by(const char *services, const char *trust)
{
    struct app_pair p = {0};

    app_prepare(&p);
    app_use_cred(&p.acceptor_cred, app_cred(&app_mech, GSS_C_ACCEPT, services, trust, NULL));
    app_open(&p);
    app_close(&p);
}

/* When it changes, and not for each context. */
START_TEST(the_state_of_files_is_told_once)
{
    const char *line;

    start_daemon();
    app_trust_only("state", "client-x25519", NULL);
    folder_run("echo 'bob nonsense' >> state; mkdir keys && cp server-x25519 keys/a.pem && "
               "cp state keys/b.pem && chmod 600 keys/b.pem");
    open_by("keys", "state");
    line = received();
    ck_assert_ptr_nonnull(strstr(line, "<84>gss-edhoc["));
    ck_assert_ptr_nonnull(strstr(line, "]: file "));
    ck_assert_ptr_nonnull(strstr(field(line, "why"), "keys/b.pem: no PEM private key"));
    line = received();
    ck_assert_ptr_nonnull(strstr(line, "]: file "));
    ck_assert_ptr_nonnull(strstr(field(line, "why"), "state line 2: "));
    ck_assert_uint_eq(received_all("accepted"), 1);
    open_by("keys", "state");
    open_by("keys", "state");
    ck_assert_ptr_nonnull(strstr(received(), "]: accepted "));
    ck_assert_ptr_nonnull(strstr(received(), "]: accepted "));
    ck_assert_ptr_null(received());
    /* Other settings are another matter, and know nothing of it. */
    open_by("keys/a.pem", "trust-clients");
    ck_assert_ptr_nonnull(strstr(received(), "]: accepted "));
    ck_assert_ptr_null(received());
    stop_daemon();
}
END_TEST

START_TEST(that_files_are_mended_is_told)
{
    start_daemon();
    stop_clock();
    app_trust_only("state", "client-x25519", NULL);
    folder_run("echo 'bob nonsense' >> state");
    open_by("server-x25519", "state");
    ck_assert_ptr_nonnull(strstr(received(), "]: file "));
    ck_assert_uint_eq(received_all("accepted"), 1);
    folder_run("sed -i '/^bob/d' state");
    put_clock_on(3); /* files are looked at again */
    open_by("server-x25519", "state");
    ck_assert_ptr_nonnull(strstr(received(), "]: mended "));
    ck_assert_uint_eq(received_all("accepted"), 1);
    start_clock();
    stop_daemon();
}
END_TEST

/* Where the importer's settings say, since the record does not. */
START_TEST(an_imported_credential_logs)
{
    struct app_pair p = {0};
    gss_buffer_desc record = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;

    app_prepare(&p);
    app_complete(gss_export_cred(&minor, p.acceptor_cred, &record), minor);
    start_daemon();
    app_release_cred(&p.acceptor_cred);
    app_complete(gss_import_cred(&minor, &record, &p.acceptor_cred), minor);
    app_open(&p);
    ck_assert_uint_eq(received_all("accepted"), 1);
    app_release(&record);
    app_close(&p);
    stop_daemon();
}
END_TEST

/* ---- a daemon that is not there, or is busy ---- */

START_TEST(without_a_daemon_nothing_is_lost_but_the_line)
{
    struct app_pair p = {0};
    unsigned before = sent;

    (void)setenv("GSS_EDHOC_LOG", "syslog", 1); /* as in a chroot without /dev/log */
    app_open(&p);
    ck_assert_uint_eq(sent - before, 1);
    app_reset(&p);
    start_daemon();
    ck_assert_int_eq(chmod(folder_path("dev-log"), 0), 0);
    app_open(&p);
    app_close(&p);
    stop_daemon();
}
END_TEST

START_TEST(a_daemon_that_does_not_read_is_not_waited_for)
{
    struct app_pair p = {0};
    struct sockaddr_un a = daemon_address();
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    unsigned before = sent;

    start_daemon();
    while (sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)(void *)&a, sizeof(a)) == 1)
        ;
    ck_assert_int_eq(errno, EAGAIN);
    app_open(&p); /* this would hang */
    ck_assert_uint_eq(sent - before, 1);
    ck_assert_uint_eq(received_all("accepted"), 0);
    (void)close(fd);
    app_close(&p);
    stop_daemon();
}
END_TEST

/* ---- files ---- */

static void use_file(const char *file)
{
    (void)setenv("GSS_EDHOC_LOG", folder_path(file), 1);
}

static void open_once(void)
{
    struct app_pair p = {0};

    app_open(&p);
    app_close(&p);
}

/* logrotate's ways: moved away and made anew, and copied and cut short. */
START_TEST(a_file_may_be_rotated)
{
    use_file("log");
    open_once();
    folder_run("test ! -e log"); /* it is not made */
    folder_run(": > log");
    open_once();
    folder_run(
        "grep -qE '^[-0-9T:]+\\.[0-9]{3}Z gss-edhoc\\[[0-9]+\\]: accepted .*client=\"alice\"' "
        "log && test $(wc -l < log) = 1");
    folder_run("mv log log.1 && : > log");
    open_once();
    folder_run("test $(wc -l < log) = 1 && test $(wc -l < log.1) = 1");
    folder_run("cp log log.2 && : > log");
    open_once();
    folder_run("test $(wc -l < log) = 1 && test $(wc -c < log) = $(wc -c < log.1)");
    (void)unsetenv("GSS_EDHOC_LOG");
}
END_TEST

START_TEST(a_link_is_not_followed)
{
    folder_run(": > victim && ln -s victim link");
    use_file("link");
    open_once();
    folder_run("test ! -s victim && rm link && mkdir link");
    open_once();
    folder_run("rmdir link && mkfifo link");
    open_once(); /* that nobody reads */
    (void)unsetenv("GSS_EDHOC_LOG");
}
END_TEST

/* RLIMIT_FSIZE would cost a signal. */
START_TEST(a_file_that_may_not_grow_kills_nobody)
{
    const struct rlimit small = {1 << 20, RLIM_INFINITY};
    struct app_pair p = {0};

    folder_run("truncate -s 1M full");
    use_file("full");
    app_prepare(&p);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    app_talk(&p, APP_TOKENS);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
    ck_assert_uint_eq(p.acceptor_major, GSS_S_COMPLETE);
    folder_run("test $(wc -c < full) = 1048576");
    app_close(&p);
    (void)unsetenv("GSS_EDHOC_LOG");
}
END_TEST

START_TEST(a_line_fills_a_file_up_to_its_limit)
{
    const struct rlimit small = {1 << 20, RLIM_INFINITY};
    struct bytes line = BYTES_LITERAL("line\n");
    const char *path = folder_path("full");

    folder_run("truncate -s $((1048576 - 5)) full");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert(sink_append(path, SINK_MADE, line));
    ck_assert(!sink_append(path, SINK_MADE, line));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
    folder_run("test $(wc -c < full) = 1048576");
}
END_TEST

START_TEST(a_line_that_nobody_takes_is_told)
{
    struct bytes line = BYTES_LITERAL("line\n");
    unsigned taken = 0;
    char path[32], text[8];
    int fd[2];

    ck_assert(!sink_append(folder_path("missing"), SINK_THERE, line));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    (void)snprintf(path, sizeof(path), "/dev/fd/%d", fd[0]);
    ck_assert(sink_append(path, SINK_THERE, line));
    ck_assert_int_eq(read(fd[1], text, sizeof(text)), 5);
    while (taken < 1000000 && sink_append(path, SINK_THERE, line))
        taken++;
    ck_assert_uint_lt(taken, 1000000); /* it is full, and was not waited for */
    (void)close(fd[1]);
    ck_assert(!sink_append(path, SINK_THERE, line));
    (void)close(fd[0]);
}
END_TEST

#define THREADS 4
#define EACH    ((slow_stride() > 1) ? 3 : 25)

static void *open_many(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < EACH; i++)
        open_once();
    return NULL;
}

START_TEST(threads_and_children_write_whole_lines)
{
    pthread_t thread[THREADS];
    pid_t child;
    int status;

    folder_run(": > log");
    use_file("log");
    child = fork();
    if (child == 0) {
        open_many(NULL);
        _exit(0);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, open_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    folder_run("test $(grep -cE '^[^ ]+Z gss-edhoc\\[[0-9]+\\]: accepted .* suite=6$' log) = %u "
               "&& test $(wc -l < log) = %u",
               (THREADS + 1) * EACH, (THREADS + 1) * EACH);
    folder_run("test $(grep -c 'gss-edhoc.%d.: ' log) = %u", (int)child, EACH);
    (void)unsetenv("GSS_EDHOC_LOG");
}
END_TEST

/* ---- any text is one word of one line ---- */

static const struct {
    const char *text, *shown;
} texts[] = {
    {"alice", "alice"},
    {"", ""},
    {"a\"b\\c", "a\\\"b\\\\c"},
    {"x\n<86>sshd: x", "x\\x0a<86>sshd: x"},
    {"\x1b[2J\x7f", "\\x1b[2J\\x7f"},
    {"J\xc3\xbcrgen", "J\xc3\xbcrgen"},
    {"J\xc3\xbcrgen\n", "J\\xc3\\xbcrgen\\x0a"},
    {"\xc2\x9b", "\\xc2\\x9b"},
    {"\xff\xc3", "\\xff\\xc3"},
    {"0123456789012345678\xc3\xbc!", "0123456789012345678\xc3\xbc..."},
    {"01234567890123456789", "01234567890123456789"},
    {"012345678901234567890", "01234567890123456789..."},
};

START_TEST(a_text_is_shown_within_quotes)
{
    struct log_line line;

    log_line_begin(&line, "word");
    log_line_add_text(&line, "name", bytes_of_text(texts[_i].text), 20);
    ck_assert_str_eq(textf("%.*s", (int)line.len, line.text),
                     textf("word name=\"%s\"", texts[_i].shown));
}
END_TEST

START_TEST(a_line_has_a_bounded_length)
{
    char text[2 * LOG_LINE_MAX];
    struct log_line line;

    memset(text, '\n', sizeof(text));
    log_line_begin(&line, "word");
    for (int i = 0; i < 3; i++)
        log_line_add_text(&line, "name", bytes_of(text, sizeof(text)), sizeof(text));
    log_line_add(&line, "more", "%d", 1);
    ck_assert_uint_eq(line.len, LOG_LINE_MAX - 1);
}
END_TEST

/* ---- the trace that mech.conf names ---- */

static void trace_to(const char *path)
{
    struct buf text = folder_read("mech.conf");

    folder_write("traced.conf",
                 textf("%.*s [trace=%s]\n", (int)text.len - 1, (const char *)text.p, path));
    (void)setenv("GSS_MECH_CONFIG", folder_path("traced.conf"), 1);
    buf_free(&text);
    leap += 3; /* what it said before is looked at again */
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
    TCase *lines = app_case(suite, "lines"), *syslog = app_case(suite, "syslog");
    TCase *files = app_case(suite, "files"), *trace = app_case(suite, "trace");

    tcase_add_loop_test(lines, a_text_is_shown_within_quotes, 0, ROWS(texts));
    tcase_add_test(lines, a_line_has_a_bounded_length);
    tcase_add_test(syslog, an_accepted_client_is_told);
    tcase_add_test(syslog, a_refused_client_is_told_and_why);
    tcase_add_test(syslog, a_certificate_is_told_with_its_ca);
    tcase_add_test(syslog, the_story_of_a_failure_is_not_the_logs);
    tcase_add_loop_test(syslog, without_a_log_a_first_token_has_its_story_too, 0, 2);
    tcase_add_test(syslog, who_knocks_with_nonsense_is_told_up_to_a_limit);
    tcase_add_test(syslog, known_peers_have_a_limit_of_their_own);
    tcase_add_test(syslog, a_service_without_keys_is_told);
    tcase_add_test(syslog, the_state_of_files_is_told_once);
    tcase_add_test(syslog, that_files_are_mended_is_told);
    tcase_add_test(syslog, an_imported_credential_logs);
    tcase_add_test(syslog, without_a_daemon_nothing_is_lost_but_the_line);
    tcase_add_test(syslog, a_daemon_that_does_not_read_is_not_waited_for);
    tcase_add_test(files, a_file_may_be_rotated);
    tcase_add_test(files, a_link_is_not_followed);
    tcase_add_test(files, a_file_that_may_not_grow_kills_nobody);
    tcase_add_test(files, a_line_fills_a_file_up_to_its_limit);
    tcase_add_test(files, a_line_that_nobody_takes_is_told);
    tcase_add_test(files, threads_and_children_write_whole_lines);
    tcase_add_test(trace, mech_conf_names_a_trace);
    tcase_add_test(trace, a_trace_goes_into_a_socket);
    tcase_add_test(trace, a_pipe_that_nobody_reads_costs_no_signal);
}

int main(void)
{
    return app_main("log", add);
}
