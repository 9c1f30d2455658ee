#include "near.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/ascii.h"

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return ascii_lower(a) == ascii_lower(b);
}

/* The last three rows of the table of distances between the first letters of two texts. */
struct rows {
    unsigned before[NEAR_MAX + 1], last[NEAR_MAX + 1], now[NEAR_MAX + 1];
};

/* The distance of the first i letters of `a` to the first k of `b`, both at least 1. */
static unsigned cell(const struct rows *r, const char *a, size_t i, const char *b, size_t k)
{
    unsigned n = least(r->last[k] + 1, r->now[k - 1] + 1);

    n = least(n, r->last[k - 1] + !same(a[i - 1], b[k - 1]));
    if (i > 1 && k > 1 && same(a[i - 1], b[k - 2]) && same(a[i - 2], b[k - 1]))
        n = least(n, r->before[k - 2] + 1);
    return n;
}

unsigned near_distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    struct rows r = {{0}, {0}, {0}};

    if (m > NEAR_MAX || n > NEAR_MAX)
        return NEAR_FAR;
    for (size_t k = 0; k <= n; k++)
        r.now[k] = (unsigned)k;
    for (size_t i = 1; i <= m; i++) {
        memcpy(r.before, r.last, sizeof(r.before));
        memcpy(r.last, r.now, sizeof(r.last));
        r.now[0] = (unsigned)i;
        for (size_t k = 1; k <= n; k++)
            r.now[k] = cell(&r, a, i, b, k);
    }
    return least(r.now[n], NEAR_FAR);
}
