/* Times as text. Not by gmtime_r(), strftime() and timegm(), which take a lock of the C library's: a fork leaves it
 * locked in the child where another thread was in there. */
#ifndef MECH_UTC_H
#define MECH_UTC_H

#include "base/bytes.h"
#include "base/err.h"

#define UTC_MAX 32

/* "2026-11-26T17:30:00.123Z" for seconds since 1970 and nanoseconds, in the years 1970 to 9999, else a
 * date that is none; its length. */
size_t utc_text(int64_t seconds, long nanoseconds, char text[UTC_MAX]);
/* YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with or without a Z: UTC either way. Seconds since
 * 1970; false for anything else, for dates that no calendar has, and before 1970. */
bool utc_read(struct bytes text, int64_t *seconds) EDHOC_MUST_USE;

#endif
