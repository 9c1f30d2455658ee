#include "base/utc.h"

#include "base/bytes.h"

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

/* ---- writing ---- */

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

/* ---- reading ---- */

static bool take_digits(struct bytes *rest, size_t count, unsigned *value)
{
    *value = 0;
    if (rest->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (rest->p[i] < '0' || rest->p[i] > '9')
            return false;
        *value = *value * 10 + (rest->p[i] - '0');
    }
    *rest = bytes_of(rest->p + count, rest->len - count);
    return true;
}

/* From 1970-01-01 to a date that there is. */
static int64_t days_until(const struct date *d)
{
    unsigned before = d->year - 1;
    int64_t days = 365 * (d->year - 1970) + (before / 4 - before / 100 + before / 400) -
                   (1969 / 4 - 1969 / 100 + 1969 / 400);

    for (unsigned month = 1; month < d->month; month++)
        days += days_of_month(d->year, month);
    return days + d->day - 1;
}

bool utc_read(struct bytes text, int64_t *seconds)
{
    unsigned hour = 0, minute = 0, second = 0;
    struct date d;

    if (text.len > 0 && text.p[text.len - 1] == 'Z')
        text.len--;
    if (text.len != 8 && text.len != 12 && text.len != 14)
        return false;
    if (!take_digits(&text, 4, &d.year) || !take_digits(&text, 2, &d.month) ||
        !take_digits(&text, 2, &d.day) ||
        (text.len > 0 && (!take_digits(&text, 2, &hour) || !take_digits(&text, 2, &minute))) ||
        (text.len > 0 && !take_digits(&text, 2, &second)))
        return false;
    if (d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > days_of_month(d.year, d.month) || hour > 23 || minute > 59 || second > 59)
        return false;
    *seconds = days_until(&d) * DAY + hour * 3600 + minute * 60 + second;
    return true;
}
