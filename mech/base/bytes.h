/* Bytes: a borrowed view, an owned buffer, and a small fixed value.
 *
 * Three types, because they answer three questions. `struct bytes` is a view: it owns nothing and
 * is valid as long as what it points into. `struct buf` owns its memory, never grows past a maximum
 * given at its start, and remembers a failed append (sticky), so that ten appends need one test,
 * buf_err(); what is put into another buffer takes its error along.
 * `struct fixed` holds what the key schedule passes around: a hash, a PRK, a shared secret.
 * Everything that owns memory wipes it when it grows, is emptied, or dies. */
#ifndef MECH_BYTES_H
#define MECH_BYTES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed view of `len` bytes. `p` may be NULL when `len` is 0. */
struct bytes {
    const uint8_t *p;
    size_t len;
};

#define BYTES_NONE ((struct bytes){NULL, 0})
/* The bytes of a string literal, without its NUL. */
#define BYTES_LITERAL(s) ((struct bytes){(const uint8_t *)("" s), sizeof(s) - 1})

struct bytes bytes_of(const void *p, size_t len);
struct bytes bytes_of_text(const char *text);
/* Equality of public values; not constant-time. */
bool bytes_equal(struct bytes a, struct bytes b);
/* Equality whose time depends on the lengths only: for MACs and secrets. */
bool bytes_equal_secret(struct bytes a, struct bytes b);
/* Does the text have these bytes somewhere, or at its end? Nothing is in every text. */
bool bytes_contain(struct bytes text, struct bytes what);
bool bytes_end_with(struct bytes text, struct bytes end);
/* Bytewise order, shorter first when one is a prefix of the other: <0, 0, >0. */
int bytes_compare(struct bytes a, struct bytes b);
/* A malloc'ed copy of a text, NULL of NULL; false when there is no memory. */
bool bytes_copy_text(const char *from, char **to) EDHOC_MUST_USE;
/* Overwrites memory in a way the compiler may not remove. */
void bytes_wipe(void *p, size_t len);
/* The same for the stack below the caller, 4 KiB of it: for what somebody else's function, which has just
 * returned, may have left there. */
void bytes_wipe_stack(void);

/* An owned, growing, bounded buffer. `p` is NULL while nothing was appended. */
struct buf {
    uint8_t *p;
    size_t len;
    size_t cap;
    size_t max;
    edhoc_err err; /* of the first append that failed: EDHOC_ERR_NOMEM or EDHOC_ERR_TOO_LONG */
    bool lent;     /* the memory is somebody else's: wiped and not freed */
};

/* An empty buffer that holds at most `max` bytes. Nothing is allocated yet. */
struct buf buf_new(size_t max);
/* One that fills no more than this memory, which is the caller's: for what is short and soon gone. Not
 * for buf_take(). */
struct buf buf_in(void *memory, size_t size);
/* Wipes and frees. The buffer is then empty, without error, and usable again. */
void buf_free(struct buf *b);
/* Forgets the contents (wiped) but keeps the memory; forgets the error, too. */
void buf_reset(struct buf *b);
/* Did every append succeed? EDHOC_ERR_NOMEM, or EDHOC_ERR_TOO_LONG where one would have passed the
 * maximum, or what buf_fail was given. Of several errors the first. */
edhoc_err buf_err(const struct buf *b) EDHOC_MUST_USE;
/* Makes the buffer a failed one (EDHOC_OK changes nothing): for what cannot be appended at all. */
void buf_fail(struct buf *b, edhoc_err err);
void buf_put(struct buf *b, struct bytes what);
void buf_put_byte(struct buf *b, uint8_t byte);
void buf_put_text(struct buf *b, const char *text);
/* The contents of another buffer, and its error. */
void buf_put_buf(struct buf *b, const struct buf *from);
/* Appends `n` zero bytes and returns where they are, for the caller to fill; NULL on failure. The
 * pointer is good until the next append. */
uint8_t *buf_extend(struct buf *b, size_t n);
struct bytes buf_bytes(const struct buf *b);
/* Hands the memory to the caller (to free() it) and leaves the buffer empty. NULL if empty. */
uint8_t *buf_take(struct buf *b, size_t *len);
/* Replaces `to` by a copy of `from`; returns buf_err(to). */
edhoc_err buf_copy(struct buf *to, struct bytes from) EDHOC_MUST_USE;

/* The longest hash and the longest ECDH shared secret of any suite (SHAKE256, 64; X448, 56). */
#define FIXED_MAX 64

/* A value of at most FIXED_MAX bytes, held in place. */
struct fixed {
    uint8_t b[FIXED_MAX];
    size_t len;
};

struct bytes fixed_bytes(const struct fixed *f);
void fixed_wipe(struct fixed *f);

#endif
