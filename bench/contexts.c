/* Establishing: how many contexts per second, what each call takes, and what a context weighs. */
#include "bench_gss.h"
#include "floor.h"
#include "measure.h"
#include "pair.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kind kinds[] = {
    {"x25519", &mech_edhoc, false, "x25519", NULL, NULL},
    {"ed25519", &mech_edhoc, false, "ed25519", NULL, NULL},
    {"p256", &mech_edhoc, false, "p256", NULL, NULL},
    {"suite2", &mech_edhoc, false, "p256", NULL, "2"},
    {"x509", &mech_edhoc, false, "x509", NULL, NULL},
    {"spnego", &mech_edhoc, true, "x25519", NULL, NULL},
    {"krb5", &mech_krb5, false, NULL, NULL, NULL},
    {"krb5-spnego", &mech_krb5, true, NULL, NULL, NULL},
    {"ntlmssp", &mech_ntlmssp, false, NULL, NULL, NULL},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What cannot be done without, for some of them. */
static const struct {
    const char *ephemeral, *authentication;
    bool dh;
    const char *hash;
} floors[KINDS] = {
    {"X25519", "X25519", true, NULL},
    {"X25519", "ED25519", false, NULL},
    {"X25519", "P-256", false, "SHA256"},
    {"P-256", "P-256", false, "SHA256"},
};

static size_t kind_index(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return i;
    must(false, name);
    return 0;
}

/* ---- per second ---- */

/* Side by side what is compared with each other. */
struct contest {
    struct pair acquired, fallback;
    struct floor bare;
    struct work works[3];
};

static void contest_open(struct contest *c, size_t k)
{
    pair_open(&c->acquired, &kinds[k], true);
    pair_open(&c->fallback, &kinds[k], false);
    c->works[0] = (struct work){pair_once, pair_prepare, &c->acquired, {0}};
    c->works[1] = (struct work){pair_once, pair_prepare, &c->fallback, {0}};
    c->works[2] = (struct work){floor_establish, NULL, &c->bare, {0}};
    if (floors[k].ephemeral != NULL)
        floor_init(&c->bare, floors[k].ephemeral, floors[k].authentication, floors[k].dh,
                   floors[k].hash);
}

static void contest_results(const struct contest *c, const char *name, bool floor)
{
    result(1 / seconds_of(&c->works[0]), "contexts/s %s acquired", name);
    result(1 / seconds_of(&c->works[1]), "contexts/s %s default", name);
    result(speed_ratio(&c->works[1], &c->works[0]), "ratio %s default/acquired", name);
    if (!floor)
        return;
    result(1 / seconds_of(&c->works[2]), "contexts/s %s floor", name);
    result(speed_ratio(&c->works[0], &c->works[2]), "ratio %s acquired/floor", name);
}

void bench_contexts(char **arguments)
{
    (void)arguments;
    for (size_t k = 0; k < KINDS; k++) {
        struct contest c = {0};
        bool floor = floors[k].ephemeral != NULL;

        contest_open(&c, k);
        measure(c.works, floor ? 3 : 2, 0.15);
        contest_results(&c, kinds[k].name, floor);
        pair_free(&c.acquired);
        pair_free(&c.fallback);
        if (floor)
            floor_free(&c.bare);
    }
}

/* KIND COUNT: nothing but contexts, so that a profiler may count what they take. */
void bench_once(char **arguments)
{
    struct pair pair;

    pair_open(&pair, &kinds[kind_index(arguments[0])], true);
    for (int count = atoi(arguments[1]); count > 0; count--)
        pair_once(&pair);
    pair_free(&pair);
}

/* KIND COUNT: nothing but its floor. */
void bench_bare(char **arguments)
{
    size_t k = kind_index(arguments[0]);
    struct floor bare;

    floor_init(&bare, floors[k].ephemeral, floors[k].authentication, floors[k].dh, floors[k].hash);
    for (int count = atoi(arguments[1]); count > 0; count--)
        floor_establish(&bare);
    floor_free(&bare);
}

/* ---- with threads ---- */

struct runner {
    pthread_t thread;
    struct pair *pair;
    double until;
    size_t done;
};

static void *run(void *arg)
{
    struct runner *r = arg;

    while (wall_now() < r->until) {
        pair_once(r->pair);
        r->done++;
    }
    return NULL;
}

/* Contexts per second on the wall, of so many threads with the same credentials. */
static double threads_rate(struct pair *pair, size_t threads)
{
    struct runner runners[2];
    const double seconds = 0.3;
    size_t done = 0;

    pair_use(pair);
    for (size_t i = 0; i < threads; i++) {
        runners[i] = (struct runner){.pair = pair, .until = wall_now() + seconds};
        must(pthread_create(&runners[i].thread, NULL, run, &runners[i]) == 0, "a thread");
    }
    for (size_t i = 0; i < threads; i++) {
        must(pthread_join(runners[i].thread, NULL) == 0, "the end of a thread");
        done += runners[i].done;
    }
    return (double)done / seconds;
}

void bench_threads(char **arguments)
{
    static const char *const names[] = {"x25519", "p256", "krb5"};

    (void)arguments;
    for (size_t i = 0; i < 2 * sizeof(names) / sizeof(names[0]); i++) {
        double one[ROUNDS], two[ROUNDS], ratio[ROUNDS];
        const char *name = names[i / 2], *how = i % 2 == 0 ? "acquired" : "default";
        struct pair pair;

        pair_open(&pair, &kinds[kind_index(name)], i % 2 == 0);
        for (size_t round = 0; round < ROUNDS; round++) {
            one[round] = threads_rate(&pair, 1);
            two[round] = threads_rate(&pair, 2);
            ratio[round] = two[round] / one[round];
        }
        result(median(one, ROUNDS), "threads %s %s 1", name, how);
        result(median(two, ROUNDS), "threads %s %s 2", name, how);
        result(median(ratio, ROUNDS), "threads %s %s 2/1", name, how);
        pair_free(&pair);
    }
}

/* ---- call by call ---- */

#define CALLS_MEASURED 600

static void result_percentiles(double *seconds, const char *kind, const char *how, const char *what)
{
    result(1e6 * percentile(seconds, CALLS_MEASURED, 0.5), "us p50 %s %s %s", kind, how, what);
    result(1e6 * percentile(seconds, CALLS_MEASURED, 0.99), "us p99 %s %s %s", kind, how, what);
}

/* Each call, and all of one side; [0] is the client's. */
static void calls_of(const struct kind *kind, bool acquired)
{
    static double seconds[CALLS_MAX][CALLS_MEASURED], sides[2][CALLS_MEASURED];
    static const char *const call_names[] = {"init 1", "accept 1", "init 2", "accept 2",
                                             "init 3", "accept 3", "init 4", "accept 4"};
    struct calls calls = {0};
    const char *how = acquired ? "acquired" : "default";
    size_t bytes = 0;
    struct pair pair;

    pair_open(&pair, kind, acquired);
    pair_once(&pair);
    memset(sides, 0, sizeof(sides));
    for (size_t n = 0; n < CALLS_MEASURED; n++) {
        struct contexts c;

        establish(&pair, &c, &calls);
        contexts_free(&c);
        for (size_t i = 0; i < calls.count; i++) {
            seconds[i][n] = calls.seconds[i];
            sides[i % 2][n] += calls.seconds[i];
        }
    }
    for (size_t i = 0; i < calls.count; i++) {
        result_percentiles(seconds[i], kind->name, how, call_names[i]);
        if (acquired && calls.bytes[i] > 0)
            result((double)calls.bytes[i], "bytes %s %s", kind->name, call_names[i]);
        bytes += calls.bytes[i];
    }
    result_percentiles(sides[0], kind->name, how, "client");
    result_percentiles(sides[1], kind->name, how, "server");
    if (acquired)
        result((double)bytes, "bytes %s all", kind->name);
    pair_free(&pair);
}

void bench_calls(char **arguments)
{
    (void)arguments;
    for (size_t i = 0; i < 2 * KINDS; i++)
        calls_of(&kinds[i / 2], i % 2 == 0);
}

/* ---- memory ---- */

#define HEAP_COUNT 500

static double heap_now(void)
{
    struct mallinfo2 m = mallinfo2();

    return (double)m.uordblks + (double)m.hblkhd;
}

void bench_memory(char **arguments)
{
    static struct contexts open[HEAP_COUNT], half[HEAP_COUNT];
    OM_uint32 minor;

    (void)arguments;
    for (size_t k = 0; k < KINDS; k++) {
        struct pair pair;
        double before, opened, halved;

        pair_open(&pair, &kinds[k], true);
        pair_once(&pair);
        before = heap_now();
        for (size_t i = 0; i < HEAP_COUNT; i++)
            establish(&pair, &open[i], NULL);
        opened = heap_now();
        for (size_t i = 0; i < HEAP_COUNT; i++) {
            gss_buffer_desc token;

            establish_partly(&pair, &half[i], 2, &token);
            (void)gss_release_buffer(&minor, &token);
            (void)gss_delete_sec_context(&minor, &half[i].client, GSS_C_NO_BUFFER);
        }
        halved = heap_now();
        result((opened - before) / HEAP_COUNT, "heap %s open pair", kinds[k].name);
        /* Kerberos's acceptor is open after one token. */
        result((halved - opened) / HEAP_COUNT, "heap %s acceptor after its first token",
               kinds[k].name);
        for (size_t i = 0; i < HEAP_COUNT; i++) {
            contexts_free(&open[i]);
            contexts_free(&half[i]);
        }
        pair_free(&pair);
    }
}
