#include "base/ssh_wire.h"

#include <string.h>

#include "base/bytes.h"

struct ssh_reader ssh_reader_of(struct bytes text)
{
    return (struct ssh_reader){text, false};
}

/* The next `n` bytes; NULL, and nothing left to read, when there are not as many. */
static const uint8_t *take(struct ssh_reader *r, size_t n)
{
    const uint8_t *p = r->rest.p;

    if (r->failed || p == NULL || n > r->rest.len) {
        r->failed = true;
        r->rest = BYTES_NONE;
        return NULL;
    }
    r->rest = bytes_of(p + n, r->rest.len - n);
    return p;
}

uint8_t ssh_read_byte(struct ssh_reader *r)
{
    const uint8_t *p = take(r, 1);

    return p != NULL ? *p : 0;
}

uint32_t ssh_read_uint32(struct ssh_reader *r)
{
    const uint8_t *p = take(r, 4);

    if (p == NULL)
        return 0;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t ssh_read_uint64(struct ssh_reader *r)
{
    uint64_t high = ssh_read_uint32(r);

    return high << 32 | ssh_read_uint32(r);
}

struct bytes ssh_read_string(struct ssh_reader *r)
{
    uint32_t len = ssh_read_uint32(r);
    const uint8_t *p = take(r, len);

    return p != NULL ? bytes_of(p, len) : BYTES_NONE;
}

void ssh_read_exactly(struct ssh_reader *r, struct bytes expected)
{
    const uint8_t *p = take(r, expected.len);

    if (p != NULL && !bytes_equal(bytes_of(p, expected.len), expected))
        r->failed = true;
}

struct bytes ssh_read_magnitude(struct ssh_reader *r)
{
    struct bytes n = ssh_read_string(r);

    /* A first bit that is set means a negative number; a zero byte stands before it, and nowhere
     * else; zero itself has no bytes. */
    if (n.len == 0 || (n.p[0] & 0x80) != 0 ||
        (n.p[0] == 0 && (n.len == 1 || (n.p[1] & 0x80) == 0))) {
        r->failed = true;
        return BYTES_NONE;
    }
    return n.p[0] == 0 ? bytes_of(n.p + 1, n.len - 1) : n;
}

void ssh_read_mpint(struct ssh_reader *r, uint8_t *out, size_t len)
{
    struct bytes n = ssh_read_magnitude(r);

    memset(out, 0, len);
    if (n.len > len)
        r->failed = true;
    else if (n.len > 0)
        memcpy(out + len - n.len, n.p, n.len);
}

bool ssh_read_done(const struct ssh_reader *r)
{
    return !r->failed && r->rest.len == 0;
}

void ssh_put_uint32(struct buf *out, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_byte(out, (uint8_t)(n >> shift));
}

void ssh_put_string(struct buf *out, struct bytes s)
{
    ssh_put_uint32(out, (uint32_t)s.len);
    buf_put(out, s);
}
