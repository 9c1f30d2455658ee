/* Measuring: things that are compared are measured in turn, five rounds of each, and the medians
 * count; what a machine does meanwhile hits all of them. Results are lines of NAME, tab, VALUE. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#define ROUNDS 5

/* Ends the program unless `ok`. */
void must(bool ok, const char *what);

/* Seconds: of this thread's CPU, and of a clock on the wall. */
double cpu_now(void);
double wall_now(void);

double median(const double *values, size_t count);
/* The smallest value that `share` of the values do not exceed. Sorts them. */
double percentile(double *values, size_t count, double share);

/* One thing to measure. `once` does it once; `prepare`, where there is one, comes before each round. */
struct work {
    void (*once)(void *arg);
    void (*prepare)(void *arg);
    void *arg;
    double seconds[ROUNDS]; /* CPU for doing it once */
};

/* Measures all of them in turn, each for at least `seconds` of CPU in each round. */
void measure(struct work *works, size_t count, double seconds);

/* The median over the rounds, of one work's seconds, and of how many times faster `a` is than `b`. */
double seconds_of(const struct work *w);
double speed_ratio(const struct work *a, const struct work *b);

/* A line of the results; the name is made as printf does. */
void result(double value, const char *name, ...) __attribute__((format(printf, 2, 3)));

#endif
