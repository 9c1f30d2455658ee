/* A long run: contexts one after the other by two threads, while trust, keys, anchors and CRLs are
 * replaced every second. What the process holds must be flat: memory, the heap in use, descriptors.
 *
 * Environment: SOAK_CONTEXTS, how many (default 1,000,000; each is a pair). */
#include "gss_pair.h"

#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/errors.h"

#define THREADS 2
#define REPORTS 20
#define WARM    4 /* reports until what is kept is kept: the first fifth */

/* By how much the second half may be more. Memory comes and goes by pages and by what two threads have
 * in hand; a leak of 16 bytes in each context is 6 MB in 400,000. */
#define RSS_GROWTH  (4096L * 1024)
#define HEAP_GROWTH (512L * 1024)

static _Atomic long begun, done, rewritten;
static atomic_bool stop;
static long wanted;

/* ---- files that change ---- */

static const char *const files[] = {"trust", "server", "server.pub", "x/anchors.pem", "x/crls.pem"};

/* The trust file has a line more each second time, so that it is another one. */
static void replace(int i, const struct buf *was, const char *path)
{
    struct buf text = buf_new(1u << 20);

    buf_put(&text, buf_bytes(was));
    if (i == 0 && rewritten % 2 != 0)
        buf_put_text(&text, "# another second\n");
    must(buf_err(&text) == EDHOC_OK);
    (void)folder_write_bytes("new", buf_bytes(&text), i == 1 ? 0600 : 0644);
    must(rename(folder_path("new"), path) == 0);
    buf_free(&text);
}

static void *rewrite(void *arg)
{
    struct buf was[ROWS(files)];

    for (int i = 0; i < ROWS(files); i++)
        was[i] = folder_read(files[i]);
    while (!stop) {
        for (int i = 0; i < ROWS(files); i++)
            replace(i, &was[i], folder_path(files[i]));
        rewritten++;
        (void)sleep(1);
    }
    for (int i = 0; i < ROWS(files); i++)
        buf_free(&was[i]);
    return arg;
}

/* ---- contexts ---- */

/* In turn: a raw key and a certificate, at an acceptor with the default credential and one that was
 * acquired. Every sixteenth is given up half-way. */
struct work {
    pthread_t thread;
    gss_cred_id_t client[2], server[2];
    gss_name_t target;
};

static gss_cred_id_t certified(void)
{
    return app_cred(&app_mech, GSS_C_INITIATE, "client-cert", "trust-server", NULL);
}

static OM_uint32 step(const struct work *w, long number, bool initiator, gss_ctx_id_t *ctx,
                      gss_buffer_t in, gss_buffer_t out)
{
    gss_cred_id_t client = w->client[number % 2], server = w->server[number / 2 % 2];
    OM_uint32 minor, major;

    major = initiator ? gss_init_sec_context(&minor, client, ctx, w->target, &app_mech, 0, 0, NULL,
                                             in, NULL, out, NULL, NULL)
                      : gss_accept_sec_context(&minor, ctx, server, in, NULL, NULL, NULL, out, NULL,
                                               NULL, NULL);
    if (GSS_ERROR(major))
        ck_abort_msg("context %ld: %s", number, app_status(major, minor));
    return major;
}

static void send_one(gss_ctx_id_t from, gss_ctx_id_t to)
{
    gss_buffer_desc text = {4, (void *)(uintptr_t) "text"}, token, back;
    OM_uint32 minor;

    must(gss_wrap(&minor, from, 1, 0, &text, NULL, &token) == GSS_S_COMPLETE);
    must(gss_unwrap(&minor, to, &token, &back, NULL, NULL) == GSS_S_COMPLETE);
    must(back.length == text.length && memcmp(back.value, text.value, text.length) == 0);
    (void)gss_release_buffer(&minor, &token);
    (void)gss_release_buffer(&minor, &back);
}

/* Without Check's own assertions, which write to a file each time that they hold. */
static void establish(const struct work *w, long number)
{
    gss_ctx_id_t ctx[2] = {GSS_C_NO_CONTEXT, GSS_C_NO_CONTEXT};
    gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out;
    bool half = number % 16 == 15;
    OM_uint32 major[2] = {GSS_S_CONTINUE_NEEDED, GSS_S_CONTINUE_NEEDED}, minor;

    for (int i = 0; i < (half ? 2 : 4) && major[i % 2] == GSS_S_CONTINUE_NEEDED; i++) {
        major[i % 2] = step(w, number, i % 2 == 0, &ctx[i % 2], &in, &out);
        (void)gss_release_buffer(&minor, &in);
        in = out;
    }
    (void)gss_release_buffer(&minor, &in);
    if (!half)
        send_one(ctx[0], ctx[1]);
    must(gss_delete_sec_context(&minor, &ctx[0], GSS_C_NO_BUFFER) == GSS_S_COMPLETE);
    must(gss_delete_sec_context(&minor, &ctx[1], GSS_C_NO_BUFFER) == GSS_S_COMPLETE);
}

static void *work(void *arg)
{
    struct work *w = arg;

    for (long number = begun++; number < wanted; number = begun++) {
        establish(w, number);
        done++;
    }
    return NULL;
}

static void begin_work(struct work *w)
{
    w->client[0] = app_cred(&app_mech, GSS_C_INITIATE, "client-p256", "trust-server", NULL);
    w->client[1] = certified();
    w->server[0] = GSS_C_NO_CREDENTIAL;
    w->target = app_name(APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE);
    w->server[1] = app_cred(&app_mech, GSS_C_ACCEPT, "server", "trust", NULL);
    ck_assert_int_eq(pthread_create(&w->thread, NULL, work, w), 0);
}

static void end_work(struct work *w)
{
    ck_assert_int_eq(pthread_join(w->thread, NULL), 0);
    app_release_cred(&w->client[0]);
    app_release_cred(&w->client[1]);
    app_release_cred(&w->server[1]);
    app_release_name(&w->target);
}

/* ---- what the process holds ---- */

struct held {
    long rss, heap; /* bytes */
    int descriptors;
};

static int count_descriptors(void)
{
    DIR *list = opendir("/proc/self/fd");
    int n = 0;

    ck_assert_ptr_nonnull(list);
    while (readdir(list) != NULL)
        n++;
    ck_assert_int_eq(closedir(list), 0);
    return n - 3; /* ".", "..", and the list's own */
}

static struct held measure(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    struct held held = {.heap = (long)mallinfo2().uordblks};
    long size;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%ld %ld", &size, &held.rss), 2);
    ck_assert_int_eq(fclose(f), 0);
    held.rss *= sysconf(_SC_PAGESIZE);
    held.descriptors = count_descriptors();
    return held;
}

static long now_ms(void)
{
    struct timespec t;

    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct held tell(long began)
{
    struct held held = measure();
    long ms = now_ms() - began;

    printf("# %8ld contexts %5ld s %6ld/s %5ld rewritings: RSS %6ld KiB, heap %6ld KiB, %3d "
           "descriptors\n",
           (long)done, ms / 1000, ms > 0 ? done * 1000 / ms : 0, (long)rewritten, held.rss / 1024,
           held.heap / 1024, held.descriptors);
    (void)fflush(stdout);
    return held;
}

static struct held most_of(const struct held *held, int count)
{
    struct held most = held[0];

    for (int i = 1; i < count; i++) {
        most.rss = held[i].rss > most.rss ? held[i].rss : most.rss;
        most.heap = held[i].heap > most.heap ? held[i].heap : most.heap;
        most.descriptors = held[i].descriptors > most.descriptors ? held[i].descriptors
                                                                  : most.descriptors;
    }
    return most;
}

/* What is held at one moment is by chance, the most of several moments less so: that of the second
 * half against that of the first, without what it takes to get warm. */
static void check_flat(const struct held *held)
{
    const int half = (REPORTS - WARM) / 2;
    struct held first = most_of(held + WARM, half), second = most_of(held + WARM + half, half);

    printf("# the most of the second half against the first: RSS %+ld KiB, heap %+ld KiB, %+d "
           "descriptors\n",
           (second.rss - first.rss) / 1024, (second.heap - first.heap) / 1024,
           second.descriptors - first.descriptors);
    ck_assert_int_le(second.rss - first.rss, RSS_GROWTH);
    ck_assert_int_le(second.heap - first.heap, HEAP_GROWTH);
    /* each thread and the writer may have a file open at that moment */
    ck_assert_int_le(second.descriptors, first.descriptors + THREADS + 1);
}

/* ---- main ---- */

static void prepare(void)
{
    folder_run("mkdir x");
    folder_certificates("x");
    folder_run("cat x/email.key x/email.crt x/sub.crt > client-cert && chmod 600 client-cert");
    folder_run("cp server-p256 server && cp server-p256.pub server.pub");
    folder_run("cp trust-clients trust && cp trust-server-p256 trust-server");
    must(setenv("GSS_EDHOC_SERVICE_IDENTITY", folder_path("server"), 1) == 0);
    must(setenv("GSS_EDHOC_TRUST", folder_path("trust"), 1) == 0);
    must(setenv("GSS_EDHOC_ANCHORS", folder_path("x/anchors.pem"), 1) == 0);
    must(setenv("GSS_EDHOC_CRLS", folder_path("x/crls.pem"), 1) == 0);
}

START_TEST(a_process_holds_no_more_after_many_contexts)
{
    struct held held[REPORTS];
    struct work works[THREADS];
    pthread_t writer;
    long began = now_ms();

    prepare();
    ck_assert_int_eq(pthread_create(&writer, NULL, rewrite, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        begin_work(&works[i]);
    for (int i = 0; i < REPORTS; i++) {
        while (done < wanted / REPORTS * (i + 1))
            (void)usleep(20000);
        held[i] = tell(began);
    }
    for (int i = 0; i < THREADS; i++)
        end_work(&works[i]);
    stop = true;
    ck_assert_int_eq(pthread_join(writer, NULL), 0);
    ck_assert_int_gt(rewritten, 0);
    check_flat(held);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "soak");

    tcase_set_timeout(tc, 0);
    tcase_add_test(tc, a_process_holds_no_more_after_many_contexts);
}

int main(void)
{
    const char *given = getenv("SOAK_CONTEXTS");

    wanted = given != NULL ? strtol(given, NULL, 10) : 1000000;
    if (wanted < REPORTS) {
        fprintf(stderr, "soak: SOAK_CONTEXTS must be %d at least\n", REPORTS);
        return 2;
    }
    return app_main("soak", add);
}
