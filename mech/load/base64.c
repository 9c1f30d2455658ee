#include "base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a character, or -1. Public keys only: the time may depend on it. */
static int value_of(uint8_t c)
{
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

    return at != NULL ? (int)(at - alphabet) : -1;
}

/* Four characters of which the last `pad` are '='; false if they are not, or have stray bits. */
static bool read_group(const uint8_t *text, size_t pad, struct buf *out)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - pad ? value_of(text[i]) : 0;

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    if ((bits & ((1u << (8 * pad)) - 1)) != 0)
        return false;
    for (size_t i = 0; i < 3 - pad; i++)
        buf_put_byte(out, (uint8_t)(bits >> (16 - 8 * i)));
    return true;
}

static size_t padding(struct bytes text)
{
    if (text.p[text.len - 1] != '=')
        return 0;
    return text.p[text.len - 2] == '=' ? 2 : 1;
}

bool base64_read(struct bytes text, struct buf *out)
{
    if (text.len == 0 || text.len % 4 != 0)
        return false;
    for (size_t at = 0; at < text.len; at += 4)
        if (!read_group(text.p + at, at + 4 == text.len ? padding(text) : 0, out))
            return false;
    return !out->failed;
}

void base64_put(struct bytes in, struct buf *out)
{
    for (size_t at = 0; at < in.len; at += 3) {
        size_t have = in.len - at < 3 ? in.len - at : 3;
        uint32_t bits = 0;

        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < have ? in.p[at + i] : 0u);
        for (size_t i = 0; i < 4; i++)
            buf_put_byte(out, i <= have ? (uint8_t)alphabet[bits >> (18 - 6 * i) & 63] : '=');
    }
}
