#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "edhoc/cred.h"

void tool_print_hex(struct bytes in)
{
    for (size_t i = 0; i < in.len; i++)
        printf("%02x", in.p[i]);
}

void tool_print_text(struct bytes text)
{
    if (cbor_clean_text(text)) {
        (void)fwrite(text.p, 1, text.len, stdout);
    } else {
        fputs("(unprintable) ", stdout);
        tool_print_hex(text);
    }
}

/* Not gmtime(): where time_t has 32 bits, it ends in 2038. */
static bool to_calendar(int64_t seconds, struct tm *tm)
{
    const int64_t day = 86400;

    *tm = (struct tm){.tm_year = 70, .tm_mday = 1};
    return seconds / day <= INT_MAX / 2 && seconds / day >= INT_MIN / 2 &&
           OPENSSL_gmtime_adj(tm, (int)(seconds / day), (long)(seconds % day)) == 1;
}

static const char *format_time(int64_t seconds, const char *format, char text[TOOL_TIME])
{
    struct tm tm;

    if (!to_calendar(seconds, &tm) || strftime(text, TOOL_TIME, format, &tm) == 0)
        (void)snprintf(text, TOOL_TIME, "(no date)");
    return text;
}

const char *tool_time(int64_t seconds, char text[TOOL_TIME])
{
    return format_time(seconds, "%Y-%m-%d %H:%M:%S UTC", text);
}

const char *tool_iso(int64_t seconds, char text[TOOL_TIME])
{
    return format_time(seconds, "%Y-%m-%dT%H:%M:%SZ", text);
}

const char *tool_date(int64_t seconds, char text[TOOL_TIME])
{
    return format_time(seconds, "%Y-%m-%d", text);
}

const char *tool_key_id(const struct cred *cred, char text[17])
{
    ascii_put_hex(text, cred_thumbprint(cred), 8);
    return text;
}

bool tool_colours(void)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}
