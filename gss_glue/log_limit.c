#include "log_limit.h"

#include <stdatomic.h>
#include <time.h>

/* A bucket as a moment: the refusals told so far fill it until `full`, each for `every` seconds; it
 * holds `most` of them. */
static struct bucket {
    unsigned every, most;
    atomic_uint full;
} buckets[] = {
    [LOG_STRANGER] = {.every = 10, .most = 20},
    [LOG_KNOWN] = {.every = 1, .most = 100},
};

static atomic_uint suppressed;

/* Seconds since the machine was started, in which it may have slept. */
static unsigned uptime(void)
{
    struct timespec t = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (unsigned)t.tv_sec;
}

bool log_limit_allows(enum log_peer peer)
{
    struct bucket *b = &buckets[peer];
    unsigned now = uptime(), full = atomic_load(&b->full), next;

    do {
        next = (full > now ? full : now) + b->every;
        if (next - now > b->every * b->most) {
            atomic_fetch_add(&suppressed, 1);
            return false;
        }
    } while (!atomic_compare_exchange_weak(&b->full, &full, next));
    return true;
}

unsigned log_limit_suppressed(void)
{
    return atomic_exchange(&suppressed, 0);
}
