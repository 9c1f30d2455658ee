/* Base64 (RFC 4648 section 4), strict: padded, no blanks, no bits left over. One text for one
 * string of bytes, so that two lines that look different are different. */
#ifndef MECH_BASE64_H
#define MECH_BASE64_H

#include "base/bytes.h"

/* Appends the bytes that `text` stands for; false, and nothing of use in `out`, if it is not base64
 * or `out` is full. Where memory was lacking, buf_err(out) says so: it may well be base64. */
bool base64_read(struct bytes text, struct buf *out) EDHOC_MUST_USE;
/* The same into `out`, of `max` bytes. How long it takes depends on the text: not for secrets. */
bool base64_read_public(struct bytes text, uint8_t *out, size_t max, size_t *len) EDHOC_MUST_USE;
/* Appends the text, with padding. */
void base64_put(struct bytes in, struct buf *out);

#endif
