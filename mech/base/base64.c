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
