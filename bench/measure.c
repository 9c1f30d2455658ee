#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static double now(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double cpu_now(void)
{
    return now(CLOCK_THREAD_CPUTIME_ID);
}

double wall_now(void)
{
    return now(CLOCK_MONOTONIC);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double percentile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof(*values), compare);
    return values[(size_t)((double)(count - 1) * share + 0.5)];
}

double median(const double *values, size_t count)
{
    double sorted[ROUNDS];

    must(count > 0 && count <= ROUNDS, "counting values");
    memcpy(sorted, values, count * sizeof(*values));
    return percentile(sorted, count, 0.5);
}

static double once(const struct work *w, double seconds)
{
    double began, took;
    size_t times = 0, batch = 1;

    if (w->prepare != NULL)
        w->prepare(w->arg);
    began = cpu_now();
    do {
        for (size_t i = 0; i < batch; i++)
            w->once(w->arg);
        times += batch;
        took = cpu_now() - began;
        batch = took < seconds / 8 ? times : 1; /* looking at the clock costs too */
    } while (took < seconds);
    return took / (double)times;
}

void measure(struct work *works, size_t count, double seconds)
{
    for (size_t i = 0; i < count; i++)
        (void)once(&works[i], 0); /* what happens only once, and the caches */
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            works[i].seconds[round] = once(&works[i], seconds);
}

double seconds_of(const struct work *w)
{
    return median(w->seconds, ROUNDS);
}

double speed_ratio(const struct work *a, const struct work *b)
{
    double ratios[ROUNDS];

    for (size_t round = 0; round < ROUNDS; round++)
        ratios[round] = b->seconds[round] / a->seconds[round];
    return median(ratios, ROUNDS);
}

void result(double value, const char *name, ...)
{
    va_list args;

    va_start(args, name);
    vprintf(name, args);
    va_end(args);
    printf("\t%.6g\n", value);
    fflush(stdout);
}
