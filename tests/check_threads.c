/* Many threads on the same things, through MIT's mechglue: one credential, one context, one trust file
 * that is rewritten meanwhile; a plugin that is closed while others are inside. `make tsan` looks at them
 * with ThreadSanitizer.
 *
 * A process that forks or exits while eight threads are inside: without the mechglue, and without what
 * libcrypto does there, which was seen with gdb and with programs that know nothing of this mechanism:
 *
 *     exit()   libcrypto's OPENSSL_cleanup takes away what the threads use: 6 of 100 processes of eight
 *              threads that make keys crashed, none of 100 after OPENSSL_INIT_NO_ATEXIT. libgssapi_krb5
 *              and libkrb5 destroy their mutexes and then assert in them (k5-thread.h)
 *     fork()   libcrypto leaves its locks to the child - of the random generators, of EVP_PKEY_new -,
 *              about one child in 300 waits for ever in one; libkrb5 leaves its profile's, and most
 *              children that set up a krb5 context wait there */
#include "gss_pair.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "lib/errors.h"
#include "lib/slow.h"

#define THREADS 16
/* What each of them does so often, less where all is slow. */
#define ROUNDS ((slow_stride() > 1) ? 3 : 25)

static gss_cred_id_t creds[2];
static gss_name_t target;
static gss_ctx_id_t contexts[2];
static atomic_bool over; /* what goes on until the others are done */

/* The mechglue's functions, or the mechanism's own. */
static struct {
    __typeof__(&gss_init_sec_context) init;
    __typeof__(&gss_accept_sec_context) accept;
    __typeof__(&gss_delete_sec_context) delete;
} call = {gss_init_sec_context, gss_accept_sec_context, gss_delete_sec_context};

/* ---- what a thread does ---- */

static OM_uint32 step(gss_ctx_id_t *ctx, bool initiator, gss_buffer_t in, gss_buffer_t out)
{
    OM_uint32 minor;

    return initiator
               ? call.init(&minor, creds[0], ctx, target, &app_mech, 0, 0, NULL, in, NULL, out,
                           NULL, NULL)
               : call.accept(&minor, ctx, creds[1], in, NULL, NULL, NULL, out, NULL, NULL, NULL);
}

/* False where it does not come about. */
static bool establish(void)
{
    gss_ctx_id_t ctx[2] = {GSS_C_NO_CONTEXT, GSS_C_NO_CONTEXT};
    OM_uint32 minor, major[2] = {GSS_S_CONTINUE_NEEDED, GSS_S_CONTINUE_NEEDED};
    gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out;

    for (int i = 0; i < 4 && major[i % 2] == GSS_S_CONTINUE_NEEDED; i++) {
        major[i % 2] = step(&ctx[i % 2], i % 2 == 0, &in, &out);
        app_release(&in);
        in = out;
    }
    app_release(&in);
    for (int i = 0; i < 2; i++)
        (void)call.delete(&minor, &ctx[i], GSS_C_NO_BUFFER);
    return major[0] == GSS_S_COMPLETE && major[1] == GSS_S_COMPLETE;
}

static void *establish_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++)
        must(establish());
    return NULL;
}

/* Both sides of one context, of which each message is for its own thread. */
static void *converse(void *arg)
{
    gss_buffer_desc text = app_of_text("hello"), token, out;
    OM_uint32 minor;

    (void)arg;
    for (int i = 0; i < 4 * ROUNDS; i++) {
        must(gss_wrap(&minor, contexts[i % 2], 1, 0, &text, NULL, &token) == GSS_S_COMPLETE);
        must(!GSS_ERROR(gss_unwrap(&minor, contexts[1 - i % 2], &token, &out, NULL, NULL)));
        must(out.length == text.length && memcmp(out.value, text.value, out.length) == 0);
        app_release(&token);
        app_release(&out);
    }
    return NULL;
}

static void *rewrite(void *arg)
{
    struct buf text = folder_read("trust-clients");

    (void)arg;
    while (!over) {
        folder_write_bytes("trust.new", buf_bytes(&text), 0600);
        must(rename(folder_path("trust.new"), folder_path("trust-clients")) == 0);
        (void)usleep(20000);
    }
    buf_free(&text);
    return NULL;
}

/* ---- setting out ---- */

static void acquire(void)
{
    creds[0] = app_cred(&app_mech, GSS_C_INITIATE, "client-x25519", "trust-server-x25519", NULL);
    creds[1] = app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "trust-clients", NULL);
    target = app_name(APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE);
    over = false;
}

static void release(void)
{
    app_release_cred(&creds[0]);
    app_release_cred(&creds[1]);
    app_release_name(&target);
}

static void start(pthread_t *threads, int count, void *(*what)(void *))
{
    for (int i = 0; i < count; i++)
        must(pthread_create(&threads[i], NULL, what, NULL) == 0);
}

static void join(pthread_t *threads, int count)
{
    for (int i = 0; i < count; i++)
        must(pthread_join(threads[i], NULL) == 0);
}

/* ---- tests ---- */

START_TEST(one_credential_while_its_trust_file_is_rewritten)
{
    pthread_t threads[THREADS], writer;

    acquire();
    start(&writer, 1, rewrite);
    start(threads, THREADS, establish_some);
    join(threads, THREADS);
    over = true;
    join(&writer, 1);
    release();
}
END_TEST

START_TEST(one_context)
{
    pthread_t threads[THREADS];
    struct app_pair p = {0};

    app_open(&p);
    contexts[0] = p.initiator;
    contexts[1] = p.acceptor;
    start(threads, THREADS, converse);
    join(threads, THREADS);
    app_close(&p);
}
END_TEST

/* The plugin is opened and closed beside the mechglue, which keeps it. */
static void *open_and_close(void *arg)
{
    (void)arg;
    while (!over) {
        void *handle = dlopen(getenv("MECH_SO"), RTLD_NOW | RTLD_LOCAL);

        must(handle != NULL && dlclose(handle) == 0);
    }
    return NULL;
}

START_TEST(a_plugin_that_is_closed_while_others_are_inside)
{
    pthread_t threads[THREADS], closer;

    acquire();
    start(&closer, 1, open_and_close);
    start(threads, THREADS, establish_some);
    join(threads, THREADS);
    over = true;
    join(&closer, 1);
    release();
}
END_TEST

/* ---- fork and exit while others are inside, without the mechglue ---- */

#define INSIDE 8

static void *establish_on_and_on(void *arg)
{
    (void)arg;
    while (!over)
        must(establish());
    return NULL;
}

/* The folder: another process's, where this one was begun by it. */
static const char *path_of(const char *file)
{
    const char *begun = getenv("EXIT_FROM_INSIDE");

    return textf("%s/%s", begun != NULL ? begun : folder(), file);
}

static void set_side(const char *identity, const char *key, const char *trust)
{
    (void)setenv(identity, path_of(key), 1);
    (void)setenv("GSS_EDHOC_TRUST", path_of(trust), 1);
}

static gss_cred_id_t acquire_directly(gss_cred_usage_t usage)
{
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor;

    if (usage == GSS_C_INITIATE)
        set_side("GSS_EDHOC_IDENTITY", "client-x25519", "trust-server-x25519");
    else
        set_side("GSS_EDHOC_SERVICE_IDENTITY", "server-x25519", "trust-clients");
    must(DIRECT(gss_acquire_cred)(&minor, GSS_C_NO_NAME, 0, &app_mechs, usage, &cred, NULL, NULL) ==
         GSS_S_COMPLETE);
    return cred;
}

static void go_inside(pthread_t threads[INSIDE])
{
    gss_buffer_desc name = app_of_text(APP_SERVICE);
    OM_uint32 minor;

    app_handle = dlopen(getenv("MECH_SO"), RTLD_NOW | RTLD_LOCAL);
    must(app_handle != NULL);
    call.init = DIRECT(gss_init_sec_context);
    call.accept = DIRECT(gss_accept_sec_context);
    call.delete = DIRECT(gss_delete_sec_context);
    creds[0] = acquire_directly(GSS_C_INITIATE);
    creds[1] = acquire_directly(GSS_C_ACCEPT);
    must(DIRECT(gss_import_name)(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, &target) ==
         GSS_S_COMPLETE);
    over = false;
    start(threads, INSIDE, establish_on_and_on);
}

/* The host's own threads, which hold locks of the C library's. */
static void *ask_the_time(void *arg)
{
    time_t now = 0;
    struct tm utc;

    (void)arg;
    while (!over)
        must(gmtime_r(&now, &utc) != NULL);
    return NULL;
}

/* What a child does without libcrypto: names, and a refusal with its line in the log. What is loaded is
 * check_parts', a context that another thread is in check_failures'. */
static void live_in_child(void)
{
    gss_buffer_desc garbage = app_of_text("no token"), out, name = app_of_text(APP_SERVICE);
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_name_t again;
    OM_uint32 minor;

    (void)signal(SIGALRM, SIG_DFL);
    (void)alarm(10);
    must(DIRECT(gss_import_name)(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, &again) ==
         GSS_S_COMPLETE);
    must(DIRECT(gss_release_name)(&minor, &again) == GSS_S_COMPLETE);
    must(GSS_ERROR(call.accept(&minor, &ctx, creds[1], &garbage, NULL, NULL, NULL, &out, NULL, NULL,
                               NULL)) != 0);
    _exit(0);
}

START_TEST(a_child_of_a_process_with_others_inside_is_not_locked_out)
{
    pthread_t threads[INSIDE], others[2];
    int exited;

    (void)setenv("GSS_EDHOC_LOG", folder_path("log"), 1);
    go_inside(threads);
    start(others, ROWS(others), ask_the_time);
    for (int i = 0; i < 2 * ROUNDS; i++) {
        pid_t child = fork();

        if (child == 0)
            live_in_child();
        ck_assert_int_eq(waitpid(child, &exited, 0), child);
        ck_assert_msg(exited == 0, "child %d ended with %x", i, (unsigned)exited);
    }
    over = true;
    join(threads, INSIDE);
    join(others, ROWS(others));
}
END_TEST

/* This program once more, as what exits (see main). */
static int exit_from_inside(void)
{
    pthread_t threads[INSIDE];

    must(OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) == 1);
    go_inside(threads);
    (void)usleep(30000);
    exit(0);
}

START_TEST(a_process_may_exit_with_others_inside)
{
    for (int i = 0; i < ROUNDS; i++) {
        int exited;
        pid_t child = fork();

        if (child == 0) {
            (void)setenv("EXIT_FROM_INSIDE", folder(), 1);
            (void)alarm(30);
            (void)execl("/proc/self/exe", "check_threads", (char *)NULL);
            _exit(1);
        }
        ck_assert_int_eq(waitpid(child, &exited, 0), child);
        ck_assert_msg(exited == 0, "process %d ended with %x", i, (unsigned)exited);
    }
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "threads");

    tcase_add_test(tc, one_credential_while_its_trust_file_is_rewritten);
    tcase_add_test(tc, one_context);
    tcase_add_test(tc, a_plugin_that_is_closed_while_others_are_inside);
    if (slow_stride() > 1) /* neither valgrind nor the sanitizers stand it themselves */
        return;
    tcase_add_test(tc, a_child_of_a_process_with_others_inside_is_not_locked_out);
    tcase_add_test(tc, a_process_may_exit_with_others_inside);
}

int main(void)
{
    if (getenv("EXIT_FROM_INSIDE") != NULL)
        return exit_from_inside();
    return app_main("threads", add);
}
