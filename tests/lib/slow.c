#include "slow.h"

#include <stdlib.h>
#include <string.h>

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

unsigned slow_stride(void)
{
    const char *preloaded = getenv("LD_PRELOAD"); /* valgrind's way into a process */
    const char *given = getenv("SLOW_STRIDE"); /* what cannot be seen from here, as an emulator */

    if (given != NULL && atoi(given) > 0)
        return (unsigned)atoi(given);
    if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL)
        return 53;
    return SANITIZED ? 11 : 1;
}
