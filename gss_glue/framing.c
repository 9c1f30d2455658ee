/* RFC 2743 section 3.1: 60 length 06 length OID message_1 */
#include "framing.h"

#include "base/bytes.h"
#include "base/report.h"
#include "edhoc/edhoc.h"
#include "oids.h"

#include <string.h>

#define DER_LENGTH_MAX 5
#define FRAMING_MAX    (2 + 2 * DER_LENGTH_MAX + 64)

/* The shortest DER form of a length below 2^32; how many bytes it takes. */
static size_t der_length(size_t len, uint8_t out[DER_LENGTH_MAX])
{
    size_t bytes = 1;

    if (len < 0x80) {
        out[0] = (uint8_t)len;
        return 1;
    }
    while (bytes < 4 && len >> (8 * bytes) != 0)
        bytes++;
    out[0] = (uint8_t)(0x80 | bytes);
    for (size_t i = 0; i < bytes; i++)
        out[1 + i] = (uint8_t)(len >> (8 * (bytes - 1 - i)));
    return 1 + bytes;
}

/* Consumes a length that must be in its shortest form and be that of all that follows. */
static bool read_length_of_rest(struct bytes *in)
{
    uint8_t expected[DER_LENGTH_MAX];

    for (size_t size = 1; size <= DER_LENGTH_MAX && size <= in->len; size++) {
        if (der_length(in->len - size, expected) != size || memcmp(in->p, expected, size) != 0)
            continue;
        *in = bytes_of(in->p + size, in->len - size);
        return true;
    }
    return false;
}

/* Consumes the TLV of our OID, whose length takes one byte. */
static bool read_mech_oid(struct bytes *in)
{
    const size_t len = glue_mech_oid.length;

    if (in->len < 2 + len || in->p[0] != 0x06 || in->p[1] != len ||
        memcmp(in->p + 2, glue_mech_oid.elements, len) != 0)
        return false;
    *in = bytes_of(in->p + 2 + len, in->len - 2 - len);
    return true;
}

edhoc_err glue_unframe(struct bytes token, struct bytes *message)
{
    bool ok = token.len > 0 && token.p[0] == 0x60;

    if (ok) {
        *message = bytes_of(token.p + 1, token.len - 1);
        ok = read_length_of_rest(message) && read_mech_oid(message);
    }
    return ok ? EDHOC_OK : report(EDHOC_ERR_FRAMING, "a token of %zu bytes", token.len);
}

edhoc_err glue_frame(struct buf *message)
{
    struct buf framed = buf_new(EDHOC_TOKEN_MAX + FRAMING_MAX);
    uint8_t length[DER_LENGTH_MAX];
    size_t size = der_length(2 + glue_mech_oid.length + message->len, length);

    buf_put_byte(&framed, 0x60);
    buf_put(&framed, bytes_of(length, size));
    buf_put_byte(&framed, 0x06);
    buf_put_byte(&framed, (uint8_t)glue_mech_oid.length);
    buf_put(&framed, bytes_of(glue_mech_oid.elements, glue_mech_oid.length));
    buf_put(&framed, buf_bytes(message));
    buf_free(message);
    *message = framed;
    return buf_err(&framed);
}
