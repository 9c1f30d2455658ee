#include "hex.h"

#include <string.h>

#include "errors.h"
#include "keep.h"

static const char digits[] = "0123456789abcdef";

static uint8_t nibble(char c)
{
    const char *at = strchr(digits, c);

    if (c == '\0' || at == NULL)
        ck_abort_msg("'%c' is no hexadecimal digit", c);
    return (uint8_t)(at - digits);
}

static size_t digits_in(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text != ' ';
    return n;
}

struct bytes unhex(const char *text)
{
    size_t len = digits_in(text) / 2;
    uint8_t *out = keep_new(len);

    for (size_t i = 0; *text != '\0';) {
        if (*text == ' ') {
            text++;
            continue;
        }
        out[i++] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
        text += 2;
    }
    return bytes_of(out, len);
}

const char *hex(struct bytes in)
{
    char *out = keep_new(2 * in.len + 1);

    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = digits[in.p[i] >> 4];
        out[2 * i + 1] = digits[in.p[i] & 15];
    }
    return out;
}
