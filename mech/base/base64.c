#include "base/base64.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/bytes.h"

void base64_put(struct bytes in, struct buf *out)
{
    size_t len = (in.len + 2) / 3 * 4;
    uint8_t *to = in.len > 0 ? buf_extend(out, len + 1) : NULL; /* libcrypto adds a NUL */

    if (to == NULL)
        return;
    (void)EVP_EncodeBlock(to, in.p, (int)in.len);
    out->len--;
}

/* libcrypto's decoder lets blanks and stray bits pass. What it made is right if and only if it
 * encodes to the same text again. */
static bool decode(struct bytes text, struct buf *decoded, struct buf *again)
{
    size_t padding = (text.p[text.len - 1] == '=') + (text.p[text.len - 2] == '=');
    uint8_t *to = buf_extend(decoded, text.len / 4 * 3);

    if (to == NULL || EVP_DecodeBlock(to, text.p, (int)text.len) != (int)decoded->len)
        return false;
    decoded->len -= padding;
    base64_put(buf_bytes(decoded), again);
    return buf_err(again) == EDHOC_OK && bytes_equal_secret(buf_bytes(again), text);
}

bool base64_read(struct bytes text, struct buf *out)
{
    struct buf decoded = buf_new(text.len), again = buf_new(text.len + 1);
    bool ok = text.len > 0 && text.len % 4 == 0 && text.len <= INT32_MAX &&
              decode(text, &decoded, &again);

    if (ok)
        buf_put(out, buf_bytes(&decoded));
    if (buf_err(&decoded) == EDHOC_ERR_NOMEM || buf_err(&again) == EDHOC_ERR_NOMEM)
        buf_fail(out, EDHOC_ERR_NOMEM);
    buf_free(&decoded);
    buf_free(&again);
    return ok && buf_err(out) == EDHOC_OK;
}

/* ---- what is no secret ---- */

#define NO_CHARACTER 255

static const uint8_t values[128] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 62,  255, 255, 255, 63,  52,  53,  54,  55,  56,  57,  58,  59,  60,
    61,  255, 255, 255, 255, 255, 255, 255, 0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,
    11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25,  255, 255, 255, 255,
    255, 255, 26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,
    43,  44,  45,  46,  47,  48,  49,  50,  51,  255, 255, 255, 255, 255,
};

/* Four characters as 24 bits; false where one of them is none of base64. */
static bool read_four(const uint8_t *p, uint32_t *bits)
{
    uint32_t any = 0;

    *bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t value = p[i] < 128 ? values[p[i]] : NO_CHARACTER;

        any |= value;
        *bits = *bits << 6 | value;
    }
    return any < 64;
}

/* The last four, of which `padding` are =, and the bits that they leave over are zero. */
static bool read_last(const uint8_t *p, size_t padding, uint8_t *out)
{
    uint8_t padded[4] = {p[0], p[1], padding > 1 ? 'A' : p[2], padding > 0 ? 'A' : p[3]};
    uint32_t bits;

    if (!read_four(padded, &bits) || (bits & ((1u << (8 * padding)) - 1)) != 0)
        return false;
    for (size_t i = 0; i < 3 - padding; i++)
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    return true;
}

bool base64_read_public(struct bytes text, uint8_t *out, size_t max, size_t *len)
{
    size_t padding = 0, at = 0;
    uint32_t bits;

    if (text.len == 0 || text.len % 4 != 0)
        return false;
    while (padding < 2 && text.p[text.len - 1 - padding] == '=')
        padding++;
    *len = text.len / 4 * 3 - padding;
    if (*len > max)
        return false;
    for (; text.len > 4; text = bytes_of(text.p + 4, text.len - 4)) {
        if (!read_four(text.p, &bits))
            return false;
        out[at++] = (uint8_t)(bits >> 16);
        out[at++] = (uint8_t)(bits >> 8);
        out[at++] = (uint8_t)bits;
    }
    return read_last(text.p, padding, out + at);
}
