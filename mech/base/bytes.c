#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

struct bytes bytes_of(const void *p, size_t len)
{
    return (struct bytes){p, len};
}

struct bytes bytes_of_text(const char *text)
{
    return text == NULL ? BYTES_NONE : bytes_of(text, strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool bytes_contain(struct bytes text, struct bytes what)
{
    return what.len == 0 || (text.len > 0 && memmem(text.p, text.len, what.p, what.len) != NULL);
}

bool bytes_end_with(struct bytes text, struct bytes end)
{
    return end.len == 0 || (text.len >= end.len &&
                            bytes_equal(bytes_of(text.p + text.len - end.len, end.len), end));
}

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.p, b.p, a.len) == 0);
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.p, b.p, shorter);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool bytes_copy_text(const char *from, char **to)
{
    *to = from == NULL ? NULL : strdup(from);
    return from == NULL || *to != NULL;
}

void bytes_wipe(void *p, size_t len)
{
    if (p != NULL)
        OPENSSL_cleanse(p, len);
}

/* Never in its caller's frame, which begins above what is to be wiped. */
__attribute__((noinline)) void bytes_wipe_stack(void)
{
    uint8_t below[4096];

    explicit_bzero(below, sizeof(below)); /* which takes a tenth of OPENSSL_cleanse()'s time here */
}

struct buf buf_new(size_t max)
{
    return (struct buf){.max = max};
}

struct buf buf_in(void *memory, size_t size)
{
    return (struct buf){.p = memory, .cap = size, .max = size, .lent = true};
}

void buf_free(struct buf *b)
{
    bytes_wipe(b->p, b->cap);
    if (!b->lent)
        free(b->p);
    *b = buf_new(b->max);
}

void buf_reset(struct buf *b)
{
    bytes_wipe(b->p, b->len);
    b->len = 0;
    b->err = EDHOC_OK;
}

edhoc_err buf_err(const struct buf *b)
{
    return b->err;
}

void buf_fail(struct buf *b, edhoc_err err)
{
    if (b->err == EDHOC_OK)
        b->err = err;
}

/* What has become longer than 64 bytes mostly becomes a few hundred. */
static size_t next_capacity(size_t cap, size_t max)
{
    size_t times = cap < 1024 ? 4 : 2;

    return cap > max / times ? max : cap * times;
}

#define EXACT_FROM 4096 /* what is put in at once and is longer is likely to be all: a file */

/* Grows by copying to new memory, never by realloc(), which could leave the old bytes behind. */
static bool reserve(struct buf *b, size_t more)
{
    size_t need, cap;
    uint8_t *p;

    if (more > b->max - b->len)
        buf_fail(b, EDHOC_ERR_TOO_LONG);
    if (b->err != EDHOC_OK)
        return false;
    need = b->len + more;
    if (need <= b->cap)
        return true;
    cap = b->cap == 0 && need > EXACT_FROM ? need : 64;
    while (cap < need)
        cap = next_capacity(cap, b->max);
    p = calloc(1, cap);
    if (p == NULL) {
        buf_fail(b, EDHOC_ERR_NOMEM);
        return false;
    }
    if (b->len > 0)
        memcpy(p, b->p, b->len);
    bytes_wipe(b->p, b->cap);
    free(b->p); /* what is lent does not grow */
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_put(struct buf *b, struct bytes what)
{
    if (what.len == 0 || !reserve(b, what.len))
        return;
    memcpy(b->p + b->len, what.p, what.len);
    b->len += what.len;
}

void buf_put_byte(struct buf *b, uint8_t byte)
{
    buf_put(b, bytes_of(&byte, 1));
}

void buf_put_text(struct buf *b, const char *text)
{
    buf_put(b, bytes_of_text(text));
}

void buf_put_buf(struct buf *b, const struct buf *from)
{
    buf_fail(b, from->err);
    buf_put(b, buf_bytes(from));
}

uint8_t *buf_extend(struct buf *b, size_t n)
{
    uint8_t *p;

    if (!reserve(b, n) || b->p == NULL)
        return NULL;
    p = b->p + b->len;
    memset(p, 0, n);
    b->len += n;
    return p;
}

struct bytes buf_bytes(const struct buf *b)
{
    return bytes_of(b->p, b->len);
}

uint8_t *buf_take(struct buf *b, size_t *len)
{
    uint8_t *p = b->p;

    *len = b->len;
    if (b->len == 0) {
        buf_free(b);
        return NULL;
    }
    *b = buf_new(b->max);
    return p;
}

edhoc_err buf_copy(struct buf *to, struct bytes from)
{
    buf_reset(to);
    buf_put(to, from);
    return to->err;
}

struct bytes fixed_bytes(const struct fixed *f)
{
    return bytes_of(f->b, f->len);
}

void fixed_wipe(struct fixed *f)
{
    bytes_wipe(f, sizeof(*f));
}
