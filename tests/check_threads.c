/* Many threads on the same things, through MIT's mechglue: one credential, one context, one trust file
 * that is rewritten meanwhile; a plugin that is closed while others are inside. `make tsan` looks at them
 * with ThreadSanitizer. (Forks between threads are check_snapshots' and check_parts': MIT's library
 * itself leaves its locks to the child. Nor does it, or libcrypto, stand exit() while threads are
 * inside.) */
#include "gss_pair.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/errors.h"
#include "lib/slow.h"

#define THREADS 16
/* What each of them does so often, less where all is slow. */
#define ROUNDS ((slow_stride() > 1) ? 3 : 25)

static gss_cred_id_t creds[2];
static gss_name_t target;
static gss_ctx_id_t contexts[2];
static atomic_bool over; /* what goes on until the others are done */

/* ---- what a thread does ---- */

static OM_uint32 step(gss_ctx_id_t *ctx, bool initiator, gss_buffer_t in, gss_buffer_t out)
{
    OM_uint32 minor;

    return initiator ? gss_init_sec_context(&minor, creds[0], ctx, target, &app_mech, 0, 0, NULL,
                                            in, NULL, out, NULL, NULL)
                     : gss_accept_sec_context(&minor, ctx, creds[1], in, NULL, NULL, NULL, out,
                                              NULL, NULL, NULL);
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
        (void)gss_delete_sec_context(&minor, &ctx[i], GSS_C_NO_BUFFER);
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

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "threads");

    tcase_add_test(tc, one_credential_while_its_trust_file_is_rewritten);
    tcase_add_test(tc, one_context);
    tcase_add_test(tc, a_plugin_that_is_closed_while_others_are_inside);
}

int main(void)
{
    return app_main("threads", add);
}
