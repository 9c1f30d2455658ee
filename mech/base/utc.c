#include "base/utc.h"

#include <stdbool.h>
#include <stdio.h>

#define DAY       86400
#define YEARS_400 146097 /* days of 400 years */

struct date {
    unsigned year, month, day;
};

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Years and months one by one, of which there are few. */
static struct date date_of(unsigned days)
{
    struct date d = {1970 + days / YEARS_400 * 400, 1, 1};

    days %= YEARS_400;
    for (; days >= 365u + is_leap(d.year); d.year++)
        days -= 365u + is_leap(d.year);
    for (; days >= days_of_month(d.year, d.month); d.month++)
        days -= days_of_month(d.year, d.month);
    d.day += days;
    return d;
}

size_t utc_text(int64_t seconds, long nanoseconds, char text[UTC_MAX])
{
    const int64_t end = INT64_C(253402300800); /* of 9999 */
    const bool has_date = seconds >= 0 && seconds < end;
    const struct date d = has_date ? date_of((unsigned)(seconds / DAY)) : (struct date){0, 0, 0};
    const unsigned rest = has_date ? (unsigned)(seconds % DAY) : 0;
    int len = snprintf(text, UTC_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", d.year % 10000,
                       d.month % 100, d.day % 100, rest / 3600, rest / 60 % 60, rest % 60,
                       (unsigned)(nanoseconds / 1000000) % 1000);

    return len > 0 ? (size_t)len : 0;
}
