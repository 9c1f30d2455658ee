#include "base/cbor.h"

#include "base/bytes.h"

#include <string.h>

#include <cbor/callbacks.h>
#include <cbor/encoding.h>
#include <cbor/streaming.h>

#define HEAD_MAX  9 /* first byte and a 64-bit argument */
#define DEPTH_MAX 8 /* of nesting, in cbor_read_any */

/* ---- writing ---- */

/* libcbor's encoders of numbers and of lengths; where size_t has 32 bits, these are two types. */
typedef size_t (*number_encoder)(uint64_t, unsigned char *, size_t);
typedef size_t (*length_encoder)(size_t, unsigned char *, size_t);

static void put_number(struct buf *b, number_encoder encode, uint64_t argument)
{
    uint8_t head[HEAD_MAX];
    size_t len = encode(argument, head, sizeof(head));

    buf_put(b, bytes_of(head, len));
}

static void put_length(struct buf *b, length_encoder encode, size_t argument)
{
    uint8_t head[HEAD_MAX];
    size_t len = encode(argument, head, sizeof(head));

    buf_put(b, bytes_of(head, len));
}

void cbor_put_uint(struct buf *b, uint64_t value)
{
    put_number(b, cbor_encode_uint, value);
}

void cbor_put_int(struct buf *b, int64_t value)
{
    if (value >= 0)
        put_number(b, cbor_encode_uint, (uint64_t)value);
    else
        put_number(b, cbor_encode_negint, (uint64_t)(-1 - value));
}

void cbor_put_bstr_head(struct buf *b, size_t len)
{
    put_length(b, cbor_encode_bytestring_start, len);
}

void cbor_put_bstr(struct buf *b, struct bytes value)
{
    cbor_put_bstr_head(b, value.len);
    buf_put(b, value);
}

void cbor_put_bstr_buf(struct buf *b, const struct buf *value)
{
    cbor_put_bstr_head(b, value->len);
    buf_put_buf(b, value);
}

void cbor_put_tstr(struct buf *b, struct bytes value)
{
    put_length(b, cbor_encode_string_start, value.len);
    buf_put(b, value);
}

void cbor_put_array(struct buf *b, size_t count)
{
    put_length(b, cbor_encode_array_start, count);
}

void cbor_put_map(struct buf *b, size_t pairs)
{
    put_length(b, cbor_encode_map_start, pairs);
}

void cbor_put_null(struct buf *b)
{
    uint8_t head[HEAD_MAX];

    buf_put(b, bytes_of(head, cbor_encode_null(head, sizeof(head))));
}

/* Is this the encoding of an integer -24..23? (0x00..0x17 and 0x20..0x37.) */
static bool is_one_byte_int(struct bytes value)
{
    return value.len == 1 && value.p[0] <= 0x37 && (value.p[0] & 0x1f) <= 0x17;
}

void cbor_put_identifier(struct buf *b, struct bytes value)
{
    if (is_one_byte_int(value))
        buf_put(b, value);
    else
        cbor_put_bstr(b, value);
}

/* ---- reading ---- */

/* One data item's head as libcbor saw it; for strings, with the contents. */
struct item {
    enum cbor_kind kind;
    uint64_t argument; /* value, count, or length; a negative integer is -1 - argument */
    struct bytes string;
    bool indefinite;
};

static void on_uint8(void *context, uint8_t value)
{
    *(struct item *)context = (struct item){.kind = CBOR_UINT, .argument = value};
}

static void on_uint16(void *context, uint16_t value)
{
    *(struct item *)context = (struct item){.kind = CBOR_UINT, .argument = value};
}

static void on_uint32(void *context, uint32_t value)
{
    *(struct item *)context = (struct item){.kind = CBOR_UINT, .argument = value};
}

static void on_uint64(void *context, uint64_t value)
{
    *(struct item *)context = (struct item){.kind = CBOR_UINT, .argument = value};
}

static void on_nint8(void *context, uint8_t value)
{
    *(struct item *)context = (struct item){.kind = CBOR_NINT, .argument = value};
}

static void on_nint16(void *context, uint16_t value)
{
    *(struct item *)context = (struct item){.kind = CBOR_NINT, .argument = value};
}

static void on_nint32(void *context, uint32_t value)
{
    *(struct item *)context = (struct item){.kind = CBOR_NINT, .argument = value};
}

static void on_nint64(void *context, uint64_t value)
{
    *(struct item *)context = (struct item){.kind = CBOR_NINT, .argument = value};
}

static void on_bstr(void *context, cbor_data p, size_t len)
{
    *(struct item *)context = (struct item){
        .kind = CBOR_BSTR, .argument = len, .string = bytes_of(p, len)};
}

static void on_tstr(void *context, cbor_data p, size_t len)
{
    *(struct item *)context = (struct item){
        .kind = CBOR_TSTR, .argument = len, .string = bytes_of(p, len)};
}

static void on_array(void *context, size_t count)
{
    *(struct item *)context = (struct item){.kind = CBOR_ARRAY, .argument = count};
}

static void on_map(void *context, size_t pairs)
{
    *(struct item *)context = (struct item){.kind = CBOR_MAP, .argument = pairs};
}

static void on_tag(void *context, uint64_t tag)
{
    *(struct item *)context = (struct item){.kind = CBOR_TAG, .argument = tag};
}

static void on_indefinite(void *context)
{
    *(struct item *)context = (struct item){.kind = CBOR_OTHER, .indefinite = true};
}

static void on_simple(void *context)
{
    *(struct item *)context = (struct item){.kind = CBOR_OTHER};
}

static void on_bool(void *context, bool value)
{
    (void)value;
    on_simple(context);
}

static void on_float(void *context, float value)
{
    (void)value;
    on_simple(context);
}

static void on_double(void *context, double value)
{
    (void)value;
    on_simple(context);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_nint8,
    .negint16 = on_nint16,
    .negint32 = on_nint32,
    .negint64 = on_nint64,
    .byte_string_start = on_indefinite,
    .byte_string = on_bstr,
    .string_start = on_indefinite,
    .string = on_tstr,
    .indef_array_start = on_indefinite,
    .array_start = on_array,
    .indef_map_start = on_indefinite,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_simple,
    .null = on_simple,
    .boolean = on_bool,
    .indef_break = on_indefinite,
};

/* The length of the shortest head for this item. */
static size_t shortest_head(const struct item *item)
{
    uint8_t head[HEAD_MAX];

    return cbor_encode_uint(item->argument, head, sizeof(head));
}

/* The next item's head, and a string's contents; false, and the reader failed, if it is not whole,
 * not definite, not the shortest, or text that is not UTF-8. */
static bool read_item(struct cbor_reader *r, struct item *item)
{
    struct cbor_decoder_result result;
    size_t content;

    *item = (struct item){.kind = CBOR_END};
    if (r->failed || r->rest.len == 0) {
        r->failed = true;
        return false;
    }
    result = cbor_stream_decode(r->rest.p, r->rest.len, &callbacks, item);
    if (result.status != CBOR_DECODER_FINISHED || item->kind == CBOR_END || item->indefinite ||
        result.read > r->rest.len) {
        r->failed = true;
        return false;
    }
    content = item->string.len;
    if ((item->kind != CBOR_OTHER && result.read - content != shortest_head(item)) ||
        (item->kind == CBOR_TSTR && !cbor_utf8(item->string))) {
        r->failed = true;
        return false;
    }
    r->rest = bytes_of(r->rest.p + result.read, r->rest.len - result.read);
    return true;
}

static bool read_kind(struct cbor_reader *r, enum cbor_kind kind, struct item *item)
{
    if (read_item(r, item) && item->kind == kind)
        return true;
    r->failed = true;
    return false;
}

struct cbor_reader cbor_reader(struct bytes in)
{
    return (struct cbor_reader){.rest = in};
}

enum cbor_kind cbor_peek(const struct cbor_reader *r)
{
    if (r->failed || r->rest.len == 0)
        return CBOR_END;
    return (enum cbor_kind)(r->rest.p[0] >> 5); /* the major types are in the enum's order */
}

int64_t cbor_read_int(struct cbor_reader *r)
{
    struct item item;

    if (!read_item(r, &item))
        return 0;
    if ((item.kind != CBOR_UINT && item.kind != CBOR_NINT) || item.argument > INT64_MAX) {
        r->failed = true;
        return 0;
    }
    return item.kind == CBOR_UINT ? (int64_t)item.argument : -1 - (int64_t)item.argument;
}

uint64_t cbor_read_uint(struct cbor_reader *r)
{
    struct item item;

    return read_kind(r, CBOR_UINT, &item) ? item.argument : 0;
}

struct bytes cbor_read_bstr(struct cbor_reader *r)
{
    struct item item;

    return read_kind(r, CBOR_BSTR, &item) ? item.string : BYTES_NONE;
}

struct bytes cbor_read_tstr(struct cbor_reader *r)
{
    struct item item;

    return read_kind(r, CBOR_TSTR, &item) ? item.string : BYTES_NONE;
}

/* Each element takes at least one byte, so a larger count than bytes left is a lie. */
static size_t read_count(struct cbor_reader *r, enum cbor_kind kind, size_t bytes_each)
{
    struct item item;

    if (!read_kind(r, kind, &item))
        return 0;
    if (item.argument > r->rest.len / bytes_each) {
        r->failed = true;
        return 0;
    }
    return (size_t)item.argument;
}

size_t cbor_read_array(struct cbor_reader *r)
{
    return read_count(r, CBOR_ARRAY, 1);
}

size_t cbor_read_map(struct cbor_reader *r)
{
    return read_count(r, CBOR_MAP, 2);
}

void cbor_read_null(struct cbor_reader *r)
{
    struct item item;

    if (r->failed || r->rest.len == 0 || r->rest.p[0] != 0xf6 || !read_item(r, &item))
        r->failed = true;
}

void cbor_expect_int(struct cbor_reader *r, int64_t value)
{
    if (cbor_read_int(r) != value)
        r->failed = true;
}

struct bytes cbor_read_identifier(struct cbor_reader *r)
{
    struct bytes start = r->rest;
    struct bytes value;

    if (cbor_peek(r) == CBOR_BSTR) {
        value = cbor_read_bstr(r);
        if (is_one_byte_int(value))
            r->failed = true;
        return r->failed ? BYTES_NONE : value;
    }
    (void)cbor_read_int(r);
    value = bytes_of(start.p, start.len - r->rest.len);
    if (!is_one_byte_int(value))
        r->failed = true;
    return r->failed ? BYTES_NONE : value;
}

static void skip(struct cbor_reader *r, unsigned depth)
{
    struct item item;
    uint64_t below;

    if (depth == 0)
        r->failed = true;
    if (!read_item(r, &item))
        return;
    below = item.kind == CBOR_ARRAY ? item.argument
            : item.kind == CBOR_MAP ? item.argument
            : item.kind == CBOR_TAG ? 1
                                    : 0;
    if (below > r->rest.len)
        r->failed = true;
    if (item.kind == CBOR_MAP)
        below *= 2;
    while (below-- > 0 && !r->failed)
        skip(r, depth - 1);
}

struct bytes cbor_read_any(struct cbor_reader *r)
{
    struct bytes start = r->rest;

    skip(r, DEPTH_MAX);
    return r->failed ? BYTES_NONE : bytes_of(start.p, start.len - r->rest.len);
}

bool cbor_finished(const struct cbor_reader *r)
{
    return !r->failed && r->rest.len == 0;
}

void cbor_read_fail(struct cbor_reader *r, edhoc_err err)
{
    r->failed = true;
    if (err == EDHOC_ERR_NOMEM || err == EDHOC_ERR_CRYPTO)
        r->cause = err;
}

/* ---- UTF-8, RFC 3629 section 4 ---- */

/* The length of the well-formed sequence at p (of at least one byte), or 0. */
static size_t utf8_sequence(const uint8_t *p, size_t len)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high;
        size_t len;
    } rows[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    if (p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (p[0] < rows[i].first_low || p[0] > rows[i].first_high)
            continue;
        if (len < rows[i].len || p[1] < rows[i].second_low || p[1] > rows[i].second_high)
            return 0;
        for (size_t k = 2; k < rows[i].len; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        return rows[i].len;
    }
    return 0;
}

bool cbor_utf8(struct bytes text)
{
    size_t at = 0;

    while (at < text.len) {
        size_t len = utf8_sequence(text.p + at, text.len - at);

        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

/* The same of one that is no control character (C0, DEL, C1). */
static size_t clean_sequence(const uint8_t *p, size_t len)
{
    bool control = p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && len > 1 && p[1] < 0xa0);

    return control ? 0 : utf8_sequence(p, len);
}

bool cbor_clean_text(struct bytes text)
{
    size_t at = 0;

    while (at < text.len) {
        size_t len = clean_sequence(text.p + at, text.len - at);

        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

void cbor_make_clean(char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t len = clean_sequence((const uint8_t *)text, left);

        if (len == 0) {
            *text = '?';
            len = 1;
        }
        text += len;
        left -= len;
    }
}
