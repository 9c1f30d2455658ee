#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cbor.h"

/* How many bytes the character that begins here has, or 0 where none does. */
static size_t character(const unsigned char *at)
{
    size_t len = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;

    return memchr(at, '\0', len) == NULL && cbor_utf8(bytes_of(at, len)) ? len : 0;
}

/* U+007F to U+009F, which some terminals obey, and the two that end a line of JavaScript. */
static unsigned to_escape(const unsigned char *at, size_t len)
{
    if (len == 1 && (*at < 0x20 || *at == 0x7f))
        return *at;
    if (len == 2 && at[0] == 0xc2 && at[1] < 0xa0)
        return at[1];
    if (len == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9))
        return 0x2000u + (at[2] & 0x3f);
    return 0;
}

static size_t put_character(FILE *to, const unsigned char *at)
{
    size_t len = character(at);
    unsigned code = len > 0 ? to_escape(at, len) : 0xfffd;

    if (code != 0)
        (void)fprintf(to, "\\u%04x", code);
    else if (*at == '"' || *at == '\\')
        (void)fprintf(to, "\\%c", *at);
    else
        (void)fwrite(at, 1, len, to);
    return len > 0 ? len : 1;
}

void json_put(FILE *to, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    if (text == NULL) {
        (void)fputs("null", to);
        return;
    }
    (void)fputc('"', to);
    while (*at != '\0')
        at += put_character(to, at);
    (void)fputc('"', to);
}
