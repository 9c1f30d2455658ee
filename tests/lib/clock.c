#include "clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t passed; /* milliseconds more than have, since the process began */
static _Atomic int64_t before; /* and before this test, for the time that files are given */

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    int result = __real_clock_gettime(clock, t);
    int64_t ms = passed - (clock == CLOCK_REALTIME ? before : 0) + t->tv_nsec / 1000000;

    if (clock != CLOCK_BOOTTIME && clock != CLOCK_REALTIME)
        return result;
    t->tv_sec += (time_t)(ms / 1000);
    t->tv_nsec = (long)(ms % 1000) * 1000000 + t->tv_nsec % 1000000;
    return result;
}

void clock_pass(int64_t ms)
{
    passed += ms;
}

void clock_settle(void)
{
    before = passed;
}
