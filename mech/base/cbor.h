/* Deterministic CBOR (RFC 8949 section 4.2.1), a thin layer on libcbor's streaming coder: no tree,
 * no allocation. Writing appends to a `struct buf` (sticky). Reading consumes a view; the first
 * thing that is not exactly what was asked for makes the reader `failed` for good, and then every
 * read answers 0 or nothing: read ten fields, test once.
 *
 * The reader refuses what libcbor lets pass: heads that are not the shortest, indefinite lengths,
 * text that is not UTF-8, counts that the rest of the input cannot hold. */
#ifndef MECH_CBOR_H
#define MECH_CBOR_H

#include "base/bytes.h"

void cbor_put_int(struct buf *b, int64_t value);
void cbor_put_uint(struct buf *b, uint64_t value);
void cbor_put_bstr(struct buf *b, struct bytes value);
/* A buffer's contents, and its error. */
void cbor_put_bstr_buf(struct buf *b, const struct buf *value);
void cbor_put_tstr(struct buf *b, struct bytes value); /* the caller knows it is UTF-8 */
void cbor_put_array(struct buf *b, size_t count);
void cbor_put_map(struct buf *b, size_t pairs);
void cbor_put_null(struct buf *b);
/* The head of a bstr of `len` bytes, to be followed by them. */
void cbor_put_bstr_head(struct buf *b, size_t len);
/* An identifier in the representation of RFC 9528 section 3.3.2: the bytes that are a one-byte CBOR
 * integer stand for themselves, all others are a bstr. */
void cbor_put_identifier(struct buf *b, struct bytes value);

enum cbor_kind {
    CBOR_UINT,
    CBOR_NINT,
    CBOR_BSTR,
    CBOR_TSTR,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_TAG,
    CBOR_OTHER, /* booleans, null, floats */
    CBOR_END    /* nothing left, or the reader has failed */
};

struct cbor_reader {
    struct bytes rest;
    bool failed;
    edhoc_err cause; /* EDHOC_OK, or why what was read could not be kept */
};

struct cbor_reader cbor_reader(struct bytes in);
/* What comes next, by its first byte; consumes nothing. */
enum cbor_kind cbor_peek(const struct cbor_reader *r);
int64_t cbor_read_int(struct cbor_reader *r);
uint64_t cbor_read_uint(struct cbor_reader *r);
struct bytes cbor_read_bstr(struct cbor_reader *r);
struct bytes cbor_read_tstr(struct cbor_reader *r);
size_t cbor_read_array(struct cbor_reader *r);
size_t cbor_read_map(struct cbor_reader *r);
void cbor_read_null(struct cbor_reader *r);
/* Fails unless the next item is this integer: for map keys. */
void cbor_expect_int(struct cbor_reader *r, int64_t value);
/* An identifier (section 3.3.2). A bstr that should have been an integer fails. The view is into
 * the input. */
struct bytes cbor_read_identifier(struct cbor_reader *r);
/* Any one item, checked all the way down (at most 8 levels), as it stands in the input. */
struct bytes cbor_read_any(struct cbor_reader *r);
/* Nothing failed and nothing is left. */
bool cbor_finished(const struct cbor_reader *r);
/* For whoever keeps what was read, and could not: the reader has failed, and where memory or libcrypto
 * is to blame, and not the bytes, `cause` says so. */
void cbor_read_fail(struct cbor_reader *r, edhoc_err err);
/* Is this valid UTF-8 (RFC 3629: shortest forms, no surrogates)? */
bool cbor_utf8(struct bytes text);
/* Is this a text that can be a name: valid UTF-8 without control characters (C0, DEL, C1)? */
bool cbor_clean_text(struct bytes text);
/* Makes it one, for a terminal or a log: each byte that cannot stay becomes '?'. */
void cbor_make_clean(char *text);

#endif
