/* SSH's wire encoding (RFC 4251 section 5): uint32, string, mpint. Reading is strict and sticky: a
 * read past the end, or of something malformed, fails this read and all that follow, so that ten
 * reads need one test, ssh_read_done(), which also demands that nothing is left. */
#ifndef MECH_SSH_WIRE_H
#define MECH_SSH_WIRE_H

#include "base/bytes.h"

struct ssh_reader {
    struct bytes rest; /* what was not read yet */
    bool failed;
};

struct ssh_reader ssh_reader_of(struct bytes text);
uint8_t ssh_read_byte(struct ssh_reader *r);        /* 0 after a failure */
uint32_t ssh_read_uint32(struct ssh_reader *r);     /* 0 after a failure */
uint64_t ssh_read_uint64(struct ssh_reader *r);     /* 0 after a failure */
struct bytes ssh_read_string(struct ssh_reader *r); /* a view; empty after a failure */
/* Exactly these bytes must come next. */
void ssh_read_exactly(struct ssh_reader *r, struct bytes expected);
/* An mpint greater than zero, in its only encoding: a view of its bytes, the first of which is not
 * zero; empty after a failure. */
struct bytes ssh_read_magnitude(struct ssh_reader *r);
/* An mpint greater than zero and of at most `len` bytes, in its only encoding, as `len` bytes. */
void ssh_read_mpint(struct ssh_reader *r, uint8_t *out, size_t len);
/* Everything was there, and nothing else? */
bool ssh_read_done(const struct ssh_reader *r) EDHOC_MUST_USE;

void ssh_put_uint32(struct buf *out, uint32_t n);
/* `s` is shorter than 4 GiB: `out` would have failed before. */
void ssh_put_string(struct buf *out, struct bytes s);

#endif
