/* What the default credential costs, counted through MIT's mechglue: this program's own open() and
 * the like come before the C library's, and before libcrypto's, for the plugin too. */
#include "gss_pair.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "lib/errors.h"
#include "lib/slow.h"

#define EXPORT __attribute__((visibility("default")))

static _Atomic unsigned opened, decoded;

/* Everything that can open a file: mode_t comes only where one is made. */
EXPORT int open(const char *path, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, int) : 0;
    va_end(args);
    opened++;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int at, const char *path, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, int) : 0;
    va_end(args);
    opened++;
    return (int)syscall(SYS_openat, at, path, flags, mode);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
    FILE *(*real)(const char *, const char *) = (FILE * (*)(const char *, const char *))(
        uintptr_t)dlsym(RTLD_NEXT, "fopen");

    opened++;
    return real(path, mode);
}

/* How a private key of the kind that these tests use comes into libcrypto, but for ephemeral ones. */
EXPORT EVP_PKEY *EVP_PKEY_new_raw_private_key_ex(OSSL_LIB_CTX *context, const char *type,
                                                 const char *properties, const unsigned char *key,
                                                 size_t len)
{
    EVP_PKEY *(*real)(OSSL_LIB_CTX *, const char *, const char *, const unsigned char *,
                      size_t) = (EVP_PKEY * (*)(OSSL_LIB_CTX *, const char *, const char *,
                                                const unsigned char *, size_t))(
        uintptr_t)dlsym(RTLD_NEXT, "EVP_PKEY_new_raw_private_key_ex");

    decoded++;
    return real(context, type, properties, key, len);
}

/* ---- contexts with the default credential ---- */

#define MANY ((slow_stride() > 1) ? 50 : 1000)

static OM_uint32 step(gss_ctx_id_t *ctx, bool initiator, gss_name_t target, gss_buffer_t in,
                      gss_buffer_t out)
{
    OM_uint32 minor;

    return initiator ? gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, ctx, target, &app_mech, 0,
                                            0, NULL, in, NULL, out, NULL, NULL)
                     : gss_accept_sec_context(&minor, ctx, GSS_C_NO_CREDENTIAL, in, NULL, NULL,
                                              NULL, out, NULL, NULL, NULL);
}

static void forget(gss_ctx_id_t *ctx)
{
    OM_uint32 minor;

    (void)gss_delete_sec_context(&minor, ctx, GSS_C_NO_BUFFER);
}

static bool establish(void)
{
    gss_ctx_id_t ctx[2] = {GSS_C_NO_CONTEXT, GSS_C_NO_CONTEXT};
    OM_uint32 major[2] = {GSS_S_CONTINUE_NEEDED, GSS_S_CONTINUE_NEEDED};
    gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out;
    gss_name_t target = app_name(APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE);

    for (int i = 0; i < 4 && major[i % 2] == GSS_S_CONTINUE_NEEDED; i++) {
        major[i % 2] = step(&ctx[i % 2], i % 2 == 0, target, &in, &out);
        app_release(&in);
        in = out;
    }
    app_release(&in);
    app_release_name(&target);
    forget(&ctx[0]);
    forget(&ctx[1]);
    return major[0] == GSS_S_COMPLETE && major[1] == GSS_S_COMPLETE;
}

static void establish_many(int count)
{
    for (int i = 0; i < count; i++)
        must(establish());
}

/* The environment of a program that acquires nothing. The files were there for a while. */
static void begin(void)
{
    folder_run("cat client-x25519.pub server-x25519.pub > trust");
    must(setenv("GSS_EDHOC_IDENTITY", folder_path("client-x25519"), 1) == 0);
    must(setenv("GSS_EDHOC_SERVICE_IDENTITY", folder_path("server-x25519"), 1) == 0);
    must(setenv("GSS_EDHOC_TRUST", folder_path("trust"), 1) == 0);
    (void)sleep(3);
    must(establish());
}

START_TEST(after_the_first_context_nothing_is_read)
{
    begin();
    ck_assert_uint_gt(opened, 0);
    ck_assert_uint_eq(decoded, 2);
    opened = decoded = 0;
    establish_many(MANY);
    (void)sleep(2);
    establish_many(10);
    ck_assert_uint_eq(opened, 0);
    ck_assert_uint_eq(decoded, 0);
}
END_TEST

static void *many_in_a_thread(void *arg)
{
    (void)arg;
    establish_many(MANY / 8);
    return NULL;
}

START_TEST(nor_by_eight_threads)
{
    pthread_t threads[8];

    begin();
    opened = decoded = 0;
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, many_in_a_thread, NULL), 0);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_uint_eq(opened, 0);
    ck_assert_uint_eq(decoded, 0);
}
END_TEST

START_TEST(nor_in_a_forked_child)
{
    pid_t child;
    int status;

    begin();
    child = fork();
    if (child == 0) {
        opened = decoded = 0;
        establish_many(MANY / 10);
        (void)kill(getpid(), opened == 0 && decoded == 0 ? SIGKILL : SIGABRT);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}
END_TEST

START_TEST(a_changed_file_is_read_alone)
{
    begin();
    folder_run("cat stranger.pub >> trust");
    (void)sleep(1);
    opened = decoded = 0;
    establish_many(10);
    ck_assert_uint_eq(opened, 1);
    ck_assert_uint_eq(decoded, 0);
    for (int i = 0; i < 4; i++) { /* and again as long as it is young */
        (void)sleep(1);
        establish_many(10);
    }
    ck_assert_uint_le(opened, 4);
    opened = 0;
    (void)sleep(1);
    establish_many(10);
    ck_assert_uint_eq(opened, 0);
}
END_TEST

/* Another user has keys of its own in the same places, and those of the first stay. */
START_TEST(another_user_reads_once)
{
    if (!suite_is_root("what another user reads"))
        return;
    folder_run("chmod 711 .");
    begin();
    folder_run("chown 65534 client-x25519 server-x25519");
    (void)sleep(3);
    must(establish());
    ck_assert_int_eq(seteuid(65534), 0);
    opened = 0;
    must(establish());
    ck_assert_uint_gt(opened, 0);
    opened = decoded = 0;
    establish_many(10);
    ck_assert_int_eq(seteuid(0), 0);
    establish_many(10);
    ck_assert_uint_eq(opened, 0);
    ck_assert_uint_eq(decoded, 0);
}
END_TEST

/* ---- what contexts keep ---- */

/* By the growth of the heap, which a trust file of a megabyte would show at once. */
START_TEST(half_open_contexts_share_one_snapshot)
{
    const int count = (slow_stride() > 1) ? 100 : 10000;
    gss_ctx_id_t *ctx = calloc((size_t)count, sizeof(gss_ctx_id_t));
    gss_ctx_id_t initiator = GSS_C_NO_CONTEXT;
    gss_buffer_desc in = GSS_C_EMPTY_BUFFER, token, out;
    gss_name_t target = app_name(APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE);
    size_t before;

    begin();
    ck_assert_uint_eq(step(&initiator, true, target, &in, &token), GSS_S_CONTINUE_NEEDED);
    opened = decoded = 0;
    before = mallinfo2().uordblks;
    for (int i = 0; i < count; i++) {
        must(step(&ctx[i], false, target, &token, &out) == GSS_S_CONTINUE_NEEDED);
        app_release(&out);
    }
    ck_assert_uint_eq(opened, 0);
    ck_assert_uint_eq(decoded, 0);
    ck_assert_uint_lt((mallinfo2().uordblks - before) / (size_t)count, 8192);
    for (int i = 0; i < count; i++)
        forget(&ctx[i]);
    forget(&initiator);
    app_release(&token);
    app_release_name(&target);
    free(ctx);
}
END_TEST

/* As Apache's virtual hosts: each with a store, one after the other. */
START_TEST(three_hundred_stores_reload_nothing_in_turn)
{
    begin();
    for (int i = 0; i < 300; i++)
        folder_run("cp trust trust%d", i);
    (void)sleep(3);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 300; i++) {
            gss_cred_id_t cred = app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519",
                                          textf("trust%d", i), NULL);

            app_release_cred(&cred);
        }
        ck_assert_uint_ge(opened, 300);
        if (round > 0)
            ck_assert_uint_eq(opened, 300);
        if (round == 0)
            opened = 300;
    }
}
END_TEST

/* ---- what strangers cost ---- */

/* Framing, CBOR, METHOD and C_I are looked at before anything is loaded. */
START_TEST(a_token_that_is_no_message_1_loads_nothing)
{
    gss_ctx_id_t initiator = GSS_C_NO_CONTEXT, ctx;
    gss_buffer_desc in = GSS_C_EMPTY_BUFFER, token, out;
    gss_name_t target = app_name(APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE);
    uint8_t *method;

    begin();
    ck_assert_uint_eq(step(&initiator, true, target, &in, &token), GSS_S_CONTINUE_NEEDED);
    method = (uint8_t *)token.value + 2 + 35; /* 60 LENGTH, 06 21 OID */
    ck_assert_uint_eq(*method, 3);
    must(setenv("GSS_EDHOC_SERVICE_IDENTITY", folder_path("server-ed25519"), 1) == 0);
    must(setenv("GSS_EDHOC_TRUST", folder_path("trust-clients"), 1) == 0);
    opened = decoded = 0;
    for (unsigned first = 0; first < 256; first++) {
        bool ours = first < 4;

        if (ours)
            continue;
        *method = (uint8_t)first;
        ctx = GSS_C_NO_CONTEXT;
        must(GSS_ERROR(step(&ctx, false, target, &token, &out)));
        app_release(&out);
    }
    ck_assert_uint_eq(opened, 0);
    ck_assert_uint_eq(decoded, 0);
    *method = 3;
    ctx = GSS_C_NO_CONTEXT;
    (void)step(&ctx, false, target, &token, &out);
    app_release(&out);
    ck_assert_uint_gt(opened, 0);
    forget(&ctx);
    forget(&initiator);
    app_release(&token);
    app_release_name(&target);
}
END_TEST

/* ---- main ---- */

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "default credential");

    tcase_add_test(tc, after_the_first_context_nothing_is_read);
    tcase_add_test(tc, nor_by_eight_threads);
    tcase_add_test(tc, nor_in_a_forked_child);
    tcase_add_test(tc, a_changed_file_is_read_alone);
    tcase_add_test(tc, another_user_reads_once);
    tc = app_case(suite, "contexts");
    tcase_add_test(tc, half_open_contexts_share_one_snapshot);
    tcase_add_test(tc, three_hundred_stores_reload_nothing_in_turn);
    tc = app_case(suite, "strangers");
    tcase_add_test(tc, a_token_that_is_no_message_1_loads_nothing);
}

int main(void)
{
    return app_main("snapshots", add);
}
