/* What depends on how much is configured: trust files, and folders of keys. Each is measured against
 * the same with one line, or one key. */
#include "bench_gss.h"
#include "measure.h"
#include "pair.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static struct kind with_short = {"short", &mech_edhoc, false, "x25519", NULL, NULL};
static struct kind with_long = {"long", &mech_edhoc, false, "x25519", NULL, NULL};

static double heap_now(void)
{
    struct mallinfo2 m = mallinfo2();

    return (double)m.uordblks + (double)m.hblkhd;
}

/* Loading is measured before anything else has been: a process does it once. */
static void pair_open_measured(struct pair *p, const struct kind *kind, const char *name)
{
    double began, heap;

    pair_use(&(struct pair){.kind = kind});
    began = cpu_now();
    heap = heap_now();
    pair_open(p, kind, true);
    result(1e3 * (cpu_now() - began), "ms load both roles %s", name);
    result((heap_now() - heap) / 1e6, "MB heap both roles %s", name);
}

void bench_trust(char **arguments)
{
    struct pair pairs[4];
    struct work works[4];

    with_long.trust = arguments[0];
    pair_open_measured(&pairs[0], &with_long, arguments[0]);
    pair_open(&pairs[1], &with_short, true);
    pair_open(&pairs[2], &with_long, false);
    pair_open(&pairs[3], &with_short, false);
    for (size_t i = 0; i < 4; i++)
        works[i] = (struct work){pair_once, pair_prepare, &pairs[i], {0}};
    measure(works, 4, 0.06);
    for (size_t i = 0; i < 2; i++) {
        const char *how = i == 0 ? "acquired" : "default";

        result(1 / seconds_of(&works[2 * i]), "contexts/s %s %s", how, arguments[0]);
        result(speed_ratio(&works[2 * i], &works[2 * i + 1]), "ratio long/short %s %s", how,
               arguments[0]);
    }
    for (size_t i = 0; i < 4; i++)
        pair_free(&pairs[i]);
}

/* ---- what a stranger can ask for ---- */

#define GARBAGE_LENGTH 39

/* The frame of a first token, and two bytes that are no message_1. */
static void garbage_once(void *arg)
{
    unsigned char token[GARBAGE_LENGTH] = {0x60, GARBAGE_LENGTH - 2, 0x06, 33};
    gss_buffer_desc in = {sizeof(token), token}, out;
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    OM_uint32 major, minor;

    (void)arg;
    memcpy(token + 4, mech_edhoc.elements, mech_edhoc.length);
    token[37] = 3;
    token[38] = 6;
    major = gss_accept_sec_context(&minor, &ctx, GSS_C_NO_CREDENTIAL, &in,
                                   GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL, &out, NULL, NULL, NULL);
    must(GSS_ERROR(major), "refusing a worthless token");
    (void)gss_release_buffer(&minor, &out);
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
}

void bench_garbage(char **arguments)
{
    struct pair pairs[2];
    struct work works[2];

    with_long.trust = arguments[0];
    pair_open(&pairs[0], &with_short, false);
    pair_open(&pairs[1], &with_long, false);
    for (size_t i = 0; i < 2; i++)
        works[i] = (struct work){garbage_once, pair_prepare, &pairs[i], {0}};
    measure(works, 2, 0.05);
    result(1e6 * seconds_of(&works[0]), "us garbage short");
    result(1e6 * seconds_of(&works[1]), "us garbage %s", arguments[0]);
    pair_free(&pairs[0]);
    pair_free(&pairs[1]);
}

/* ---- one call with much configured, against the same with little ---- */

#define CALLS_COMPARED 101

/* CPU of the n-th call: of `much`, and how much more that is than of `little`. */
static void compare_call(const struct pair *much, const struct pair *little, size_t n,
                         const char *name)
{
    static double seconds[2][CALLS_COMPARED];
    double began = wall_now(), medians[2];
    size_t count = 0;

    (void)call_seconds(much, n);
    (void)call_seconds(little, n);
    while (count < CALLS_COMPARED && (count < ROUNDS || wall_now() - began < 5)) {
        seconds[0][count] = call_seconds(much, n);
        seconds[1][count++] = call_seconds(little, n);
    }
    for (size_t i = 0; i < 2; i++)
        medians[i] = percentile(seconds[i], count, 0.5);
    result(1e6 * medians[0], "us %s", name);
    result(1e6 * (medians[0] - medians[1]), "us more %s", name);
}

static void by_reference(void)
{
    must(setenv("GSS_EDHOC_OPTIONS", "cred-by-reference", 1) == 0, "the environment");
}

/* message_3 of a client whose key is in the trust file, and of one whose is not. */
void bench_stranger(char **arguments)
{
    static struct kind stranger = {"stranger", &mech_edhoc, false, "stranger", NULL, NULL};
    struct pair much, little, unknown;
    OM_uint32 minor;

    by_reference();
    with_long.trust = arguments[0];
    pair_open(&much, &with_long, true);
    pair_open(&little, &with_short, true);
    pair_open(&unknown, &stranger, true);
    compare_call(&much, &little, 3, "known kid");
    (void)gss_release_cred(&minor, &much.client);
    (void)gss_release_cred(&minor, &little.client);
    much.client = little.client = unknown.client;
    compare_call(&much, &little, 3, "unknown kid");
    much.client = little.client = GSS_C_NO_CREDENTIAL;
    pair_free(&much);
    pair_free(&little);
    pair_free(&unknown);
}

/* message_3 of a client whose key has many names, and which gives none: it is refused, as with two. */
void bench_names(char **arguments)
{
    static struct kind few = {"few", &mech_edhoc, false, "p256", NULL, NULL};
    static struct kind many = {"many", &mech_edhoc, false, "p256", NULL, NULL};
    struct pair much, little;

    by_reference();
    many.trust = arguments[0];
    few.trust = arguments[1];
    pair_open(&much, &many, true);
    pair_open(&little, &few, true);
    compare_call(&much, &little, 3, "one key in many lines");
    pair_free(&much);
    pair_free(&little);
}

/* message_1 at an acceptor with many keys. */
void bench_choose(char **arguments)
{
    static struct kind one = {"one", &mech_edhoc, false, "x509", NULL, NULL};
    static struct kind many = {"many", &mech_edhoc, false, NULL, NULL, NULL};
    struct pair much, little;

    many.keys = arguments[0];
    pair_open(&much, &many, true);
    pair_open(&little, &one, true);
    compare_call(&much, &little, 1, "choosing a certificate");
    pair_free(&much);
    pair_free(&little);
}
