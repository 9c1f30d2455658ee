#include "lifetime.h"

#include <time.h>

OM_uint32 glue_lifetime(int64_t expires)
{
    int64_t left;

    if (expires == INT64_MAX)
        return GSS_C_INDEFINITE;
    left = expires - (int64_t)time(NULL);
    if (left <= 0)
        return 0;
    return left < GSS_C_INDEFINITE ? (OM_uint32)left : GSS_C_INDEFINITE - 1;
}
