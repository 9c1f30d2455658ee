/* Per-message calls on scattered buffers: every layout that is allowed and that is not, and that
 * what they make and take is what gss_wrap, gss_unwrap, gss_get_mic and gss_verify_mic make and
 * take. */
#include "gss_pair.h"
#include "lib/slow.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#define HEADER    GSS_IOV_BUFFER_TYPE_HEADER
#define DATA      GSS_IOV_BUFFER_TYPE_DATA
#define PADDING   GSS_IOV_BUFFER_TYPE_PADDING
#define TRAILER   GSS_IOV_BUFFER_TYPE_TRAILER
#define STREAM    GSS_IOV_BUFFER_TYPE_STREAM
#define SIGN_ONLY GSS_IOV_BUFFER_TYPE_SIGN_ONLY
#define MIC_TOKEN GSS_IOV_BUFFER_TYPE_MIC_TOKEN
#define ALLOCATE  GSS_IOV_BUFFER_FLAG_ALLOCATE
#define ALLOCATED GSS_IOV_BUFFER_FLAG_ALLOCATED

#define IOVS_MAX 64

/* ---- every_allowed_layout_wraps_and_unwraps as words ----
 *
 *     H P T M   HEADER, PADDING, TRAILER, MIC_TOKEN that the library allocates
 *     h p t m   the same in memory of ours, of the right length
 *     D d       DATA of some bytes; empty
 *     S s       SIGN_ONLY of some bytes; empty
 *     X Y       STREAM (32 bytes); DATA that the library allocates
 *     E U       types EMPTY and 66, which mean nothing */

struct shape {
    gss_iov_buffer_desc iov[IOVS_MAX];
    int count;
    uint8_t memory[IOVS_MAX][64]; /* of each buffer */
    uint8_t text[IOVS_MAX * 8];   /* all DATA, as it was */
    size_t text_len;
    bool sign_only; /* with bytes */
};

static gss_iov_buffer_desc iov_of(OM_uint32 type, void *p, size_t len)
{
    return (gss_iov_buffer_desc){type, {len, p}};
}

/* Lengths that depend: of the layout, and of the place in it. */
#define HEAD 1000
#define SOME 1001

static const struct part {
    char letter;
    OM_uint32 type;
    bool ours; /* memory that is there before the call */
    size_t len;
} parts[] = {
    {'H', HEADER | ALLOCATE, false, 0},
    {'h', HEADER, true, HEAD},
    {'T', TRAILER | ALLOCATE, false, 0},
    {'t', TRAILER, true, 16},
    {'P', PADDING | ALLOCATE, true, 99}, /* not looked at */
    {'p', PADDING, true, 0},
    {'M', MIC_TOKEN | ALLOCATE, false, 0},
    {'m', MIC_TOKEN, true, 32},
    {'D', DATA, true, SOME},
    {'d', DATA, false, 0},
    {'S', SIGN_ONLY, true, SOME},
    {'s', SIGN_ONLY, false, 0},
    {'X', STREAM, true, 32},
    {'Y', DATA | ALLOCATE, false, 0},
    {'E', GSS_IOV_BUFFER_TYPE_EMPTY, true, 5},
    {'U', 66, true, 5},
};

static const struct part *part_of(char letter)
{
    for (int i = 0; i < ROWS(parts); i++)
        if (parts[i].letter == letter)
            return &parts[i];
    ck_abort_msg("no part is called '%c'", letter);
    return NULL;
}

static void add_part(struct shape *s, char letter, bool dce)
{
    const struct part *part = part_of(letter);
    uint8_t *p = s->memory[s->count];
    gss_iov_buffer_desc *at = &s->iov[s->count++];
    const size_t some = 1 + (size_t)s->count % 7, head = dce ? 32 : 16;
    const size_t len = part->len == SOME ? some : part->len == HEAD ? head : part->len;

    for (size_t i = 0; i < 64; i++)
        p[i] = (uint8_t)(17 * s->count + (int)i);
    *at = iov_of(part->type, part->ours ? p : NULL, len);
    if (letter == 'D') {
        memcpy(s->text + s->text_len, p, len);
        s->text_len += len;
    }
    s->sign_only = s->sign_only || letter == 'S';
}

/* Not by memcmp(): there are gaps in a descriptor. */
static bool same_iov(const gss_iov_buffer_desc *a, const gss_iov_buffer_desc *b, int count)
{
    for (int i = 0; i < count; i++)
        if (a[i].type != b[i].type || a[i].buffer.length != b[i].buffer.length ||
            a[i].buffer.value != b[i].buffer.value)
            return false;
    return true;
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
    return a->count == b->count && same_iov(a->iov, b->iov, a->count) &&
           memcmp(a->memory, b->memory, sizeof(a->memory)) == 0;
}

/* The shape that a word says. */
static struct shape *shape_of(const char *word)
{
    static struct shape s;

    s = (struct shape){.count = 0};
    for (const char *c = word; *c != '\0'; c++)
        add_part(&s, *c, strpbrk(word, "Tt") == NULL);
    return &s;
}

/* Parts of the token in a row. */
static struct bytes row_of(const struct shape *s, uint8_t *out)
{
    size_t len = 0;

    for (int i = 0; i < s->count; i++) {
        const OM_uint32 type = GSS_IOV_BUFFER_TYPE(s->iov[i].type);

        if (type != HEADER && type != DATA && type != TRAILER && type != PADDING)
            continue;
        if (s->iov[i].buffer.length > 0)
            memcpy(out + len, s->iov[i].buffer.value, s->iov[i].buffer.length);
        len += s->iov[i].buffer.length;
    }
    return bytes_of(out, len);
}

/* All DATA in a row is what it was. */
static bool data_is_text(const struct shape *s)
{
    size_t at = 0;

    for (int i = 0; i < s->count; i++) {
        const gss_buffer_desc *b = &s->iov[i].buffer;

        if (GSS_IOV_BUFFER_TYPE(s->iov[i].type) != DATA || b->length == 0)
            continue;
        if (at + b->length > s->text_len || memcmp(b->value, s->text + at, b->length) != 0)
            return false;
        at += b->length;
    }
    return at == s->text_len;
}

/* ---- every_allowed_layout_wraps_and_unwraps that are allowed ---- */

static const char *const wrap_words[] = {
    "HDPT",
    "HDT",
    "hDpt",
    "hDt",
    "HPT",
    "HT",
    "hdt",
    "HdPT",
    "HSDPT",
    "HSDSPT",
    "SHDT",
    "HSsDsST",
    "TDH",
    "tDh",
    "DHT",
    "HDDDT",
    "HDSDSDT",
    "EHUDEPTU",
    "HSPT",
    "ht",
    "HMDT", /* a MIC_TOKEN means nothing here */
    "SDSH",
    "SDSh",
    "H",
    "h",
    "HD",
    "Dh",
    "SDDSPH",
    "HDS",
    "HP",
    "HDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDT", /* more than fit without memory */
    "SSSSSSSSSSSSSSSSDDDDDDDDDDDDDDDDDDh",
};

/* Flags and lengths that a successful gss_wrap_iov leaves. */
static void check_wrapped(const struct shape *s, const char *word)
{
    const size_t header = strpbrk(word, "Tt") != NULL ? 16 : 32;

    for (int i = 0; i < s->count; i++) {
        const gss_iov_buffer_desc *b = &s->iov[i];
        const bool allocated = (b->type & ALLOCATED) != 0;

        switch (GSS_IOV_BUFFER_TYPE(b->type)) {
        case HEADER:
            ck_assert_uint_eq(b->buffer.length, header);
            ck_assert_int_eq(allocated, word[i] == 'H');
            break;
        case TRAILER:
            ck_assert_uint_eq(b->buffer.length, 16);
            ck_assert_int_eq(allocated, word[i] == 'T');
            break;
        case PADDING:
            ck_assert_uint_eq(b->buffer.length, 0);
            ck_assert(!allocated);
            break;
        default:
            ck_assert(b->buffer.value == NULL || b->buffer.value == s->memory[i] || word[i] == 'M');
            ck_assert(!allocated);
        }
    }
}

static void check_layout(gss_ctx_id_t from, gss_ctx_id_t to, const char *word, int conf)
{
    struct shape *s = shape_of(word);
    uint8_t row[1024];
    gss_buffer_desc token, out = GSS_C_EMPTY_BUFFER;
    struct bytes in_a_row;
    OM_uint32 minor, major;
    gss_qop_t qop = 77;
    int state = -1;

    major = gss_wrap_iov(&minor, from, conf, 0, &state, s->iov, s->count);
    ck_assert_msg(major == 0, "%s: %s", word, app_status(major, minor));
    ck_assert_int_eq(state, conf);
    check_wrapped(s, word);
    if (s->text_len > 8)
        ck_assert_int_eq(data_is_text(s), !conf);
    if (word[0] == 'H' && strchr(word, 'T') != NULL && !s->sign_only) {
        in_a_row = row_of(s, row);
        ck_assert_uint_eq(in_a_row.len, s->text_len + APP_OVERHEAD);
        token = app_buffer(in_a_row.p, in_a_row.len);
        major = gss_unwrap(&minor, to, &token, &out, &state, &qop);
        ck_assert_msg(major == 0, "%s: %s", word, app_status(major, minor));
        ck_assert_int_eq(state, conf);
        ck_assert_uint_eq(out.length, s->text_len);
        ck_assert(out.length == 0 || memcmp(out.value, s->text, out.length) == 0);
        app_release(&out);
    } else {
        state = -1;
        major = gss_unwrap_iov(&minor, to, &state, &qop, s->iov, s->count);
        ck_assert_msg(major == 0, "%s: %s", word, app_status(major, minor));
        ck_assert_int_eq(state, conf);
        ck_assert_uint_eq(qop, GSS_C_QOP_DEFAULT);
        ck_assert_msg(data_is_text(s), "%s", word);
    }
    (void)gss_release_iov_buffer(&minor, s->iov, s->count);
}

START_TEST(every_allowed_layout_wraps_and_unwraps)
{
    struct app_pair p = {.type = app_types[_i % APP_TYPES],
                         .mech = _i < 2 * APP_TYPES ? &app_mech : &app_spnego,
                         .flags = APP_FLAGS | (_i % 2 == 1 ? GSS_C_DCE_STYLE : 0)};

    app_open(&p);
    ck_assert_int_eq((p.initiator_flags & GSS_C_DCE_STYLE) != 0, _i % 2 == 1);
    ck_assert_uint_eq(p.acceptor_flags & GSS_C_DCE_STYLE, p.initiator_flags & GSS_C_DCE_STYLE);
    for (size_t i = 0; i < ROWS(wrap_words); i++)
        for (int conf = 0; conf < 2; conf++) {
            check_layout(p.initiator, p.acceptor, wrap_words[i], conf);
            check_layout(p.acceptor, p.initiator, wrap_words[i], conf);
        }
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
}
END_TEST

/* gss_wrap_iov_length says what gss_wrap_iov then needs, and touches nothing else. */
START_TEST(the_length_call_says_what_is_needed_and_touches_no_more)
{
    struct app_pair p = {.flags = APP_FLAGS};
    OM_uint32 minor;
    int state;

    app_open(&p);
    for (size_t i = 0; i < ROWS(wrap_words); i++) {
        struct shape *s = shape_of(wrap_words[i]);
        const struct shape before = *s;

        ck_assert_uint_eq(gss_wrap_iov_length(&minor, p.initiator, 1, 0, &state, s->iov, s->count),
                          0);
        ck_assert_int_eq(state, 1);
        for (int k = 0; k < s->count; k++) {
            const OM_uint32 type = GSS_IOV_BUFFER_TYPE(s->iov[k].type);
            const size_t want = type == HEADER    ? (strpbrk(wrap_words[i], "tT") != NULL ? 16 : 32)
                                : type == TRAILER ? 16
                                                  : 0;

            ck_assert_uint_eq(s->iov[k].type, before.iov[k].type);
            if (type == HEADER || type == TRAILER || type == PADDING) {
                ck_assert_uint_eq(s->iov[k].buffer.length, want);
                ck_assert_ptr_null(s->iov[k].buffer.value);
            } else {
                ck_assert(same_iov(&s->iov[k], &before.iov[k], 1));
            }
        }
    }
    app_close(&p);
}
END_TEST

/* A HEADER with more room than it needs is cut to what it needs. */
START_TEST(larger_places_are_cut_to_what_is_needed)
{
    struct app_pair p = {.flags = APP_FLAGS};
    uint8_t header[64], trailer[64], text[] = "text";
    gss_iov_buffer_desc iov[] = {iov_of(HEADER, header, 64), iov_of(DATA, text, 4),
                                 iov_of(TRAILER, trailer, 17)};
    OM_uint32 minor;

    app_open(&p);
    ck_assert_uint_eq(gss_wrap_iov(&minor, p.initiator, 1, 0, NULL, iov, 3), 0);
    ck_assert_uint_eq(iov[0].buffer.length, 16);
    ck_assert_uint_eq(iov[2].buffer.length, 16);
    ck_assert_uint_eq(gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, iov, 3), 0);
    ck_assert_mem_eq(text, "text", 4);
    app_close(&p);
}
END_TEST

/* ---- every_allowed_layout_wraps_and_unwraps that are not allowed ---- */

/* The sequence number that a context takes next: a refused call takes none. */
static const char *const not_wrap_words[] = {
    "",    "D",    "DT",   "DPT",   "PT",   "T",   "S",    "M",  "E",    "HHDT",
    "hHD", "HDTT", "HDtT", "HPPDT", "HPpD", "XDT", "HXDT", "XD", "HDTX", "HMMDT",
};

START_TEST(other_layouts_do_not_wrap)
{
    struct app_pair p = {.flags = APP_FLAGS};
    uint64_t first;
    OM_uint32 minor;

    app_open(&p);
    first = app_next_sequence(p.initiator);
    for (size_t i = 0; i < ROWS(not_wrap_words); i++) {
        struct shape *s = shape_of(not_wrap_words[i]);
        const struct shape before = *s;
        int state = -1;
        OM_uint32 major = gss_wrap_iov(&minor, p.initiator, 1, 0, &state, s->iov, s->count);

        ck_assert_msg(major == GSS_S_CALL_BAD_STRUCTURE, "%s: %s", not_wrap_words[i],
                      app_status(major, minor));
        ck_assert_uint_eq(minor, MINOR(ARGUMENT));
        ck_assert_int_eq(state, 0);
        ck_assert(same_shape(s, &before));
        ck_assert_uint_eq(gss_wrap_iov_length(&minor, p.initiator, 1, 0, &state, s->iov, s->count),
                          GSS_S_CALL_BAD_STRUCTURE);
        ck_assert(same_shape(s, &before));
    }
    ck_assert_uint_eq(app_next_sequence(p.initiator), first + 1);
    app_close(&p);
}
END_TEST

/* One buffer of "HSDPT" or "SDSH" is changed; lengths up to 2^32 - 1 and more have no memory. */
static const struct {
    const char *word;
    int at;
    bool null;
    size_t len;
    OM_uint32 major, minor; /* of gss_wrap_iov */
    bool length_too;        /* so says gss_wrap_iov_length, for which DATA needs no memory */
} bad_buffers[] = {
    {"hSDpt", 0, false, 15, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"hSDpt", 0, false, 0, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"hSDpt", 0, true, 0, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"hSDpt", 0, true, 16, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"hSDpt", 4, false, 15, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"hSDpt", 4, true, 16, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"HSDpt", 4, false, 15, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false}, /* H is freed */
    {"SDSh", 3, false, 31, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"SDSh", 3, false, 16, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"HSDPT", 1, true, 1, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"HSDPT", 2, true, 1, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), false},
    {"HSDPT", 2, true, 0xffffffff, GSS_S_CALL_BAD_STRUCTURE, MINOR(ARGUMENT), true},
    {"HSDPT", 2, false, 0xffffffff, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH), true},
    {"HSDPT", 2, false, 0x80000000, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH), true},
    {"HDPT", 1, false, 0x80000000, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH), true},
    {"HSDPT", 2, false, 0x7fffffff, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH), true}, /* in all */
    {"HSDPT", 1, false, 0x7fffffff, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH), true},
    {"HSDPT", 1, false, 0xffffffff, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH), true},
    {"HSDPT", 2, false, SIZE_MAX, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH), true},
    {"HSDPT", 2, false, SIZE_MAX - 1, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH), true},
};

START_TEST(buffers_of_a_wrong_size_do_not_wrap)
{
    struct app_pair p = {.flags = APP_FLAGS};
    uint64_t first;

    app_open(&p);
    first = app_next_sequence(p.initiator);
    for (size_t i = 0; i < ROWS(bad_buffers); i++) {
        struct shape *s = shape_of(bad_buffers[i].word);
        gss_buffer_t b = &s->iov[bad_buffers[i].at].buffer;
        struct shape before;
        OM_uint32 minor, major;

        if (bad_buffers[i].null)
            b->value = NULL;
        b->length = bad_buffers[i].len;
        before = *s;
        major = gss_wrap_iov(&minor, p.initiator, _i, 0, NULL, s->iov, s->count);
        ck_assert_msg(major == bad_buffers[i].major && minor == bad_buffers[i].minor, "row %zu: %s",
                      i, app_status(major, minor));
        ck_assert(same_shape(s, &before));
        major = gss_wrap_iov_length(&minor, p.initiator, _i, 0, NULL, s->iov, s->count);
        ck_assert_msg((major == GSS_S_FAILURE) == bad_buffers[i].length_too, "row %zu: %s", i,
                      app_status(major, minor));
    }
    ck_assert_uint_eq(app_next_sequence(p.initiator), first + 1);
    app_close(&p);
}
END_TEST

static const int bad_counts[] = {0, -1, INT_MIN, INT_MAX, 65537};

START_TEST(impossible_counts_are_refused)
{
    struct app_pair p = {.flags = APP_FLAGS};
    struct shape *s = shape_of("HDPTM");
    const int count = bad_counts[_i];
    OM_uint32 minor;

    app_open(&p);
    ck_assert_uint_eq(gss_wrap_iov(&minor, p.initiator, 1, 0, NULL, s->iov, count),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert_uint_eq(gss_wrap_iov_length(&minor, p.initiator, 1, 0, NULL, s->iov, count),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert_uint_eq(gss_unwrap_iov(&minor, p.initiator, NULL, NULL, s->iov, count),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert_uint_eq(gss_get_mic_iov(&minor, p.initiator, 0, s->iov, count),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert_uint_eq(gss_get_mic_iov_length(&minor, p.initiator, 0, s->iov, count),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert_uint_eq(gss_verify_mic_iov(&minor, p.initiator, NULL, s->iov, count),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert(GSS_ERROR(gss_wrap_iov(&minor, p.initiator, 1, 0, NULL, NULL, 3)));
    ck_assert(GSS_ERROR(gss_unwrap_iov(&minor, p.initiator, NULL, NULL, NULL, 3)));
    ck_assert(GSS_ERROR(gss_get_mic_iov(&minor, p.initiator, 0, NULL, 3)));
    ck_assert(GSS_ERROR(gss_verify_mic_iov(&minor, p.initiator, NULL, NULL, 3)));
    app_close(&p);
}
END_TEST

START_TEST(only_the_default_quality_is_offered)
{
    struct app_pair p = {.flags = APP_FLAGS};
    struct shape *s = shape_of("HDPTM");
    gss_buffer_desc in = app_of_text("x"), out;
    OM_uint32 minor;

    app_open(&p);
    ck_assert_uint_eq(gss_wrap_iov(&minor, p.initiator, 1, 5, NULL, s->iov, 4), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_wrap_iov_length(&minor, p.initiator, 1, 5, NULL, s->iov, 4),
                      GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_get_mic_iov(&minor, p.initiator, 5, s->iov, 5), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_get_mic_iov_length(&minor, p.initiator, 5, s->iov, 5), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_wrap_aead(&minor, p.initiator, 1, 5, NULL, &in, NULL, &out),
                      GSS_S_BAD_QOP);
    app_close(&p);
}
END_TEST

/* ---- tokens that are not right ---- */

/* Parts of a received token with a wrong length or place; the right one opens afterwards. */
static const struct {
    const char *word;
    int at;
    bool null;
    size_t len;
    OM_uint32 major;
} bad_parts[] = {
    {"HSDPT", 0, false, 15, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 0, false, 17, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 0, false, 32, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 0, false, 0, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 0, false, 0xffffffff, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 0, true, 16, GSS_S_CALL_BAD_STRUCTURE},
    {"HSDPT", 0, true, 0, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 4, false, 15, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 4, false, 0, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 4, true, 16, GSS_S_CALL_BAD_STRUCTURE},
    {"HSDPT", 3, false, 1, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 2, true, 3, GSS_S_CALL_BAD_STRUCTURE},
    {"HSDPT", 1, true, 3, GSS_S_CALL_BAD_STRUCTURE},
    {"HSDPT", 2, false, 0xffffffff, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 1, false, 0x7fffffff, GSS_S_DEFECTIVE_TOKEN},
    {"HSDPT", 2, false, 1, GSS_S_BAD_MIC},
    {"HSDPT", 1, false, 1, GSS_S_BAD_MIC},
    {"SDSH", 3, false, 16, GSS_S_DEFECTIVE_TOKEN},
    {"SDSH", 3, false, 31, GSS_S_DEFECTIVE_TOKEN},
    {"SDSH", 3, false, 33, GSS_S_DEFECTIVE_TOKEN},
    {"SDSH", 0, false, 0, GSS_S_BAD_MIC},
};

START_TEST(other_parts_do_not_unwrap)
{
    struct app_pair p = {.flags = APP_FLAGS};

    app_open(&p);
    for (size_t i = 0; i < ROWS(bad_parts); i++) {
        struct shape *s = shape_of(bad_parts[i].word), right;
        gss_buffer_t b = &s->iov[bad_parts[i].at].buffer;
        uint8_t text[64];
        OM_uint32 minor, major;

        ck_assert_uint_eq(gss_wrap_iov(&minor, p.initiator, _i, 0, NULL, s->iov, s->count), 0);
        right = *s;
        memcpy(text, s->memory, sizeof(text));
        if (bad_parts[i].null)
            b->value = NULL;
        b->length = bad_parts[i].len;
        major = gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, s->iov, s->count);
        ck_assert_msg(major == bad_parts[i].major, "row %zu: %s", i, app_status(major, minor));
        *s = right; /* also what a failed opening has wiped */
        major = gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, s->iov, s->count);
        ck_assert_msg(major == 0, "row %zu: %s", i, app_status(major, minor));
        ck_assert(data_is_text(s));
        (void)gss_release_iov_buffer(&minor, s->iov, s->count);
    }
    app_close(&p);
}
END_TEST

/* Every bit of header, associated data, text and tag. */
START_TEST(changed_parts_do_not_unwrap)
{
    struct app_pair p = {.flags = APP_FLAGS, .type = app_types[_i / 2]};
    const int conf = _i % 2;
    struct shape *s = shape_of("hSDSt"), right;
    OM_uint32 minor, major;

    app_open(&p);
    ck_assert_uint_eq(gss_wrap_iov(&minor, p.initiator, conf, 0, NULL, s->iov, s->count), 0);
    right = *s;
    for (int i = 0; i < s->count; i++)
        for (size_t bit = 0; bit < 8 * right.iov[i].buffer.length; bit += slow_stride()) {
            s->memory[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
            major = gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, s->iov, s->count);
            ck_assert_msg(major == GSS_S_BAD_MIC || (i == 0 && major == GSS_S_DEFECTIVE_TOKEN),
                          "buffer %d bit %zu: %s", i, bit, app_status(major, minor));
            ck_assert(!data_is_text(s) || !conf);
            *s = right;
        }
    ck_assert_uint_eq(gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, s->iov, s->count), 0);
    ck_assert(data_is_text(s));
    *s = right;
    ck_assert_uint_eq(gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, s->iov, s->count),
                      GSS_S_DUPLICATE_TOKEN);
    *s = right;
    ck_assert_uint_eq(gss_unwrap_iov(&minor, p.initiator, NULL, NULL, s->iov, s->count),
                      GSS_S_DEFECTIVE_TOKEN); /* back to its sender */
    app_close(&p);
}
END_TEST

/* ---- tokens_of_iov_and_of_plain_calls_are_the_same with the contiguous calls ---- */

/* A message on its way: as a token in a row. */
struct travel {
    gss_ctx_id_t from, to;
    int conf;
    struct bytes text, assoc;
    gss_buffer_desc token;
};

static void put_in_a_row(struct travel *t, gss_iov_buffer_desc *iov, int count)
{
    uint8_t *p = malloc(t->text.len + APP_OVERHEAD);
    size_t len = 0;

    for (int i = 0; i < count; i++) {
        if (GSS_IOV_BUFFER_TYPE(iov[i].type) == SIGN_ONLY || iov[i].buffer.length == 0)
            continue;
        memcpy(p + len, iov[i].buffer.value, iov[i].buffer.length);
        len += iov[i].buffer.length;
    }
    t->token = (gss_buffer_desc){len, p};
}

static void make_by_wrap(struct travel *t)
{
    gss_buffer_desc in = app_buffer(t->text.p, t->text.len);
    OM_uint32 minor;

    ck_assert_uint_eq(gss_wrap(&minor, t->from, t->conf, 0, &in, NULL, &t->token), 0);
}

static void make_by_aead(struct travel *t)
{
    gss_buffer_desc in = app_buffer(t->text.p, t->text.len),
                    assoc = app_buffer(t->assoc.p, t->assoc.len);
    OM_uint32 minor;
    int state = -1;

    ck_assert_uint_eq(gss_wrap_aead(&minor, t->from, t->conf, 0, t->assoc.len > 0 ? &assoc : NULL,
                                    &in, &state, &t->token),
                      0);
    ck_assert_int_eq(state, t->conf);
}

static void make_by_iov(struct travel *t)
{
    uint8_t *text = app_copy(t->text);
    gss_iov_buffer_desc iov[] = {iov_of(HEADER | ALLOCATE, NULL, 0),
                                 iov_of(SIGN_ONLY, (void *)t->assoc.p, t->assoc.len),
                                 iov_of(DATA, text, t->text.len), iov_of(PADDING, NULL, 0),
                                 iov_of(TRAILER | ALLOCATE, NULL, 0)};
    OM_uint32 minor;

    ck_assert_uint_eq(gss_wrap_iov(&minor, t->from, t->conf, 0, NULL, iov, 5), 0);
    ck_assert_ptr_eq(iov[2].buffer.value, text);
    put_in_a_row(t, iov, 5);
    (void)gss_release_iov_buffer(&minor, iov, 5);
    free(text);
}

/* The text in three pieces, the token in one memory. */
static void make_in_place(struct travel *t)
{
    uint8_t *p = malloc(t->text.len + APP_OVERHEAD);
    const size_t third = t->text.len / 3;
    gss_iov_buffer_desc iov[] = {iov_of(HEADER, NULL, 0),
                                 iov_of(DATA, p + 16, third),
                                 iov_of(SIGN_ONLY, (void *)t->assoc.p, t->assoc.len),
                                 iov_of(DATA, p + 16 + third, third),
                                 iov_of(DATA, p + 16 + 2 * third, t->text.len - 2 * third),
                                 iov_of(TRAILER, NULL, 0)};
    OM_uint32 minor;

    if (t->text.len > 0)
        memcpy(p + 16, t->text.p, t->text.len);
    ck_assert_uint_eq(gss_wrap_iov_length(&minor, t->from, t->conf, 0, NULL, iov, 6), 0);
    iov[0].buffer.value = p;
    iov[5].buffer.value = p + 16 + t->text.len;
    ck_assert_uint_eq(gss_wrap_iov(&minor, t->from, t->conf, 0, NULL, iov, 6), 0);
    t->token = (gss_buffer_desc){t->text.len + APP_OVERHEAD, p};
}

static void check_text(const struct travel *t, const gss_buffer_desc *out, int state)
{
    ck_assert_int_eq(state, t->conf);
    ck_assert_uint_eq(out->length, t->text.len);
    ck_assert(out->length == 0 || memcmp(out->value, t->text.p, out->length) == 0);
}

static void take_by_unwrap(struct travel *t)
{
    gss_buffer_desc out;
    OM_uint32 minor;
    int state;

    ck_assert_uint_eq(gss_unwrap(&minor, t->to, &t->token, &out, &state, NULL), 0);
    check_text(t, &out, state);
    app_release(&out);
}

static void take_by_aead(struct travel *t)
{
    gss_buffer_desc assoc = app_buffer(t->assoc.p, t->assoc.len), out;
    OM_uint32 minor;
    int state;

    ck_assert_uint_eq(gss_unwrap_aead(&minor, t->to, &t->token, t->assoc.len > 0 ? &assoc : NULL,
                                      &out, &state, NULL),
                      0);
    check_text(t, &out, state);
    app_release(&out);
}

static void take_by_iov(struct travel *t)
{
    uint8_t *p = t->token.value;
    const size_t half = t->text.len / 2;
    gss_iov_buffer_desc iov[] = {
        iov_of(HEADER, p, 16),      iov_of(SIGN_ONLY, (void *)t->assoc.p, t->assoc.len),
        iov_of(DATA, p + 16, half), iov_of(DATA, p + 16 + half, t->text.len - half),
        iov_of(PADDING, NULL, 0),   iov_of(TRAILER, p + 16 + t->text.len, 16)};
    gss_buffer_desc all = app_buffer(p + 16, t->text.len);
    OM_uint32 minor;
    int state;

    /* Between the pieces of a Wrap token without confidentiality, order counts: see below. */
    ck_assert_uint_eq(gss_unwrap_iov(&minor, t->to, &state, NULL, iov, 6), 0);
    check_text(t, &all, state);
}

static void take_from_stream(struct travel *t)
{
    gss_iov_buffer_desc iov[] = {iov_of(STREAM, t->token.value, t->token.length),
                                 iov_of(SIGN_ONLY, (void *)t->assoc.p, t->assoc.len),
                                 iov_of(DATA, NULL, 0)};
    OM_uint32 minor;
    int state;

    ck_assert_uint_eq(gss_unwrap_iov(&minor, t->to, &state, NULL, iov, 3), 0);
    ck_assert_ptr_eq(iov[2].buffer.value, (uint8_t *)t->token.value + 16);
    ck_assert_uint_eq(iov[2].type, DATA);
    check_text(t, &iov[2].buffer, state);
}

static void take_a_copy_from_stream(struct travel *t)
{
    uint8_t *before = app_copy(bytes_of(t->token.value, t->token.length));
    gss_iov_buffer_desc iov[] = {iov_of(STREAM, t->token.value, t->token.length),
                                 iov_of(SIGN_ONLY, (void *)t->assoc.p, t->assoc.len),
                                 iov_of(DATA | ALLOCATE, NULL, 0)};
    OM_uint32 minor;
    int state;

    ck_assert_uint_eq(gss_unwrap_iov(&minor, t->to, &state, NULL, iov, 3), 0);
    check_text(t, &iov[2].buffer, state);
    ck_assert_uint_eq(iov[2].type, DATA | ALLOCATE | ALLOCATED);
    ck_assert_int_eq(iov[2].buffer.value == NULL, t->text.len == 0);
    ck_assert_mem_eq(t->token.value, before, t->token.length);
    ck_assert_uint_eq(gss_release_iov_buffer(&minor, iov, 3), 0);
    free(before);
}

static void (*const makers[])(struct travel *) = {make_by_wrap, make_by_iov, make_in_place,
                                                  make_by_aead};
static void (*const takers[])(struct travel *) = {take_by_unwrap, take_by_iov, take_from_stream,
                                                  take_a_copy_from_stream, take_by_aead};
static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 1000, 65536, 1000003};

/* With associated data, all makers and takers but the first, which know none. Where a token does
 * not encrypt, associated data counts at its place, so the one that puts it elsewhere is left out.
 */
static bool goes_with_assoc(size_t maker, size_t taker, int conf)
{
    return maker != 0 && taker != 0 && (conf || maker != 2);
}

START_TEST(tokens_of_iov_and_of_plain_calls_are_the_same)
{
    struct app_pair p = {.flags = APP_FLAGS, .type = app_types[_i]};
    const size_t used = ROWS(sizes) - (slow_stride() > 1); /* without the largest */
    uint8_t *text = malloc(1000003);

    for (size_t i = 0; i < 1000003; i++)
        text[i] = (uint8_t)(i * i >> 3);
    app_open(&p);
    for (size_t n = 0; n < 4 * ROWS(makers) * ROWS(takers) * used * 2; n++) {
        const size_t maker = n / 8 % ROWS(makers), taker = n / 8 / ROWS(makers) % ROWS(takers);
        struct travel t = {.from = n & 1 ? p.initiator : p.acceptor,
                           .to = n & 1 ? p.acceptor : p.initiator,
                           .conf = (n & 2) != 0,
                           .text = {text, sizes[n / 8 / ROWS(makers) / ROWS(takers)]},
                           .assoc = n & 4 ? BYTES_LITERAL("associated") : BYTES_NONE};

        if (t.assoc.len > 0 && !goes_with_assoc(maker, taker, t.conf))
            continue;
        makers[maker](&t);
        ck_assert_uint_eq(t.token.length, t.text.len + APP_OVERHEAD);
        takers[taker](&t);
        app_release(&t.token);
    }
    free(text);
    app_close(&p);
}
END_TEST

/* The order of associated data: always the same counts; across the text, only where that is not
 * encrypted. */
START_TEST(associated_data_is_bound_in_its_order)
{
    static const struct {
        int order[3]; /* of SIGN_ONLY a, SIGN_ONLY b, DATA */
        OM_uint32 sealed, plain;
    } rows[] = {
        {{0, 1, 2}, 0, 0},
        {{0, 2, 1}, 0, GSS_S_BAD_MIC},
        {{2, 0, 1}, 0, GSS_S_BAD_MIC},
        {{1, 0, 2}, GSS_S_BAD_MIC, GSS_S_BAD_MIC},
        {{2, 1, 0}, GSS_S_BAD_MIC, GSS_S_BAD_MIC},
    };
    struct app_pair p = {.flags = GSS_C_CONF_FLAG};

    app_open(&p);
    for (size_t i = 0; i < ROWS(rows); i++) {
        char a[] = "aaa", b[] = "bb", text[] = "text";
        gss_iov_buffer_desc parts[] = {iov_of(SIGN_ONLY, a, 3), iov_of(SIGN_ONLY, b, 2),
                                       iov_of(DATA, text, 4)};
        gss_iov_buffer_desc iov[] = {parts[0], parts[1], parts[2],
                                     iov_of(HEADER | ALLOCATE, NULL, 0)};
        OM_uint32 minor;

        ck_assert_uint_eq(gss_wrap_iov(&minor, p.initiator, _i, 0, NULL, iov, 4), 0);
        for (int k = 0; k < 3; k++)
            iov[k] = parts[rows[i].order[k]];
        ck_assert_uint_eq(gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, iov, 4),
                          _i ? rows[i].sealed : rows[i].plain);
        (void)gss_release_iov_buffer(&minor, iov, 4);
    }
    app_close(&p);
}
END_TEST

/* ---- streams ---- */

static const char *const not_stream_words[] = {"X",   "XS",  "XDD", "XDY",  "XXD",
                                               "HXD", "hXD", "XDT", "XHDT", "XSS"};

START_TEST(other_streams_do_not_unwrap)
{
    struct app_pair p = {.flags = APP_FLAGS};
    OM_uint32 minor;

    app_open(&p);
    for (size_t i = 0; i < ROWS(not_stream_words); i++) {
        struct shape *s = shape_of(not_stream_words[i]);
        const struct shape before = *s;
        OM_uint32 major = gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, s->iov, s->count);

        ck_assert_msg(major == GSS_S_CALL_BAD_STRUCTURE, "%s: %s", not_stream_words[i],
                      app_status(major, minor));
        ck_assert(same_shape(s, &before));
    }
    app_close(&p);
}
END_TEST

static const struct {
    bool null;
    size_t cut; /* off the token's end; or its length if it is large */
    OM_uint32 major;
} bad_streams[] = {
    {true, 0, GSS_S_CALL_BAD_STRUCTURE},
    {false, 1, GSS_S_BAD_MIC},
    {false, 4, GSS_S_BAD_MIC},
    {false, 5, GSS_S_DEFECTIVE_TOKEN},
    {false, 20, GSS_S_DEFECTIVE_TOKEN},
    {false, 36, GSS_S_DEFECTIVE_TOKEN},
    {false, 0xffffffff, GSS_S_DEFECTIVE_TOKEN},
    {false, SIZE_MAX, GSS_S_DEFECTIVE_TOKEN},
};

/* `_i`: 1, DATA is allocated. A failure leaves the descriptors as they were, and nothing behind. */
START_TEST(damaged_streams_leave_their_descriptors_alone)
{
    struct app_pair p = {.flags = APP_FLAGS};
    const OM_uint32 type = DATA | (_i ? ALLOCATE : 0);
    gss_buffer_desc in = app_of_text("text"), token;
    OM_uint32 minor, major;

    app_open(&p);
    for (size_t i = 0; i < ROWS(bad_streams); i++) {
        gss_iov_buffer_desc iov[2], before[2];
        uint8_t *copy;

        ck_assert_uint_eq(gss_wrap(&minor, p.initiator, 1, 0, &in, NULL, &token), 0);
        copy = app_copy(bytes_of(token.value, token.length));
        iov[0] = iov_of(STREAM, bad_streams[i].null ? NULL : copy,
                        bad_streams[i].cut <= 36 ? 36 - bad_streams[i].cut : bad_streams[i].cut);
        iov[1] = iov_of(type, &p, 7);
        memcpy(before, iov, sizeof(iov));
        major = gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, iov, 2);
        ck_assert_msg(major == bad_streams[i].major, "row %zu: %s", i, app_status(major, minor));
        ck_assert(same_iov(iov, before, 2));
        iov[0].buffer = token;
        ck_assert_uint_eq(gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, iov, 2), 0);
        ck_assert_mem_eq(iov[1].buffer.value, "text", 4);
        (void)gss_release_iov_buffer(&minor, iov, 2);
        free(copy);
        app_release(&token);
    }
    app_close(&p);
}
END_TEST

/* What MIT's own gss_unwrap_aead would lose: the message that comes with a supplementary status. */
START_TEST(unwrap_aead_keeps_a_message_that_is_out_of_order)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc in = app_of_text("text"), assoc = app_of_text("assoc"), token, out;
    OM_uint32 minor;
    int state;

    app_open(&p);
    ck_assert_uint_eq(gss_wrap_aead(&minor, p.initiator, 1, 0, &assoc, &in, &state, &token), 0);
    ck_assert_uint_eq(gss_unwrap_aead(&minor, p.acceptor, &token, &assoc, &out, &state, NULL), 0);
    app_release(&out);
    ck_assert_uint_eq(gss_unwrap_aead(&minor, p.acceptor, &token, &assoc, &out, &state, NULL),
                      GSS_S_DUPLICATE_TOKEN);
    ck_assert_uint_eq(out.length, 4);
    ck_assert_int_eq(state, 1);
    app_release(&out);
    ck_assert_uint_eq(gss_unwrap_aead(&minor, p.acceptor, &token, &in, &out, &state, NULL),
                      GSS_S_BAD_MIC);
    ck_assert(out.length == 0 && out.value == NULL);
    app_release(&token);
    app_close(&p);
}
END_TEST

START_TEST(aead_calls_check_their_arguments)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc in = app_of_text("text"), bad = {3, NULL}, huge = {0xffffffff, "x"}, token, out;
    OM_uint32 minor;

    app_open(&p);
    ck_assert(GSS_ERROR(gss_wrap_aead(&minor, p.initiator, 1, 0, NULL, &in, NULL, NULL)));
    ck_assert(GSS_ERROR(gss_wrap_aead(&minor, p.initiator, 1, 0, NULL, NULL, NULL, &token)));
    ck_assert_uint_eq(gss_wrap_aead(&minor, p.initiator, 1, 0, NULL, &bad, NULL, &token),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert_uint_eq(gss_wrap_aead(&minor, p.initiator, 1, 0, &bad, &in, NULL, &token),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert_uint_eq(gss_wrap_aead(&minor, p.initiator, 1, 0, NULL, &huge, NULL, &token),
                      GSS_S_FAILURE);
    ck_assert_uint_eq(gss_wrap_aead(&minor, p.initiator, 1, 0, &huge, &in, NULL, &token),
                      GSS_S_FAILURE);
    ck_assert(token.length == 0 && token.value == NULL);
    ck_assert(GSS_ERROR(gss_unwrap_aead(&minor, p.acceptor, NULL, NULL, &out, NULL, NULL)));
    ck_assert(GSS_ERROR(gss_unwrap_aead(&minor, p.acceptor, &in, NULL, NULL, NULL, NULL)));
    ck_assert_uint_eq(gss_unwrap_aead(&minor, p.acceptor, &in, NULL, &out, NULL, NULL),
                      GSS_S_DEFECTIVE_TOKEN);
    ck_assert_uint_eq(gss_unwrap_aead(&minor, p.acceptor, &huge, NULL, &out, NULL, NULL),
                      GSS_S_DEFECTIVE_TOKEN);
    ck_assert_uint_eq(gss_unwrap_aead(&minor, p.acceptor, &bad, NULL, &out, NULL, NULL),
                      GSS_S_CALL_BAD_STRUCTURE);
    ck_assert(out.length == 0 && out.value == NULL);
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
}
END_TEST

/* ---- MICs ---- */

static const char *const mic_words[] = {
    "DSSM", "DSSm", "M", "m", "MD", "mD", "DM", "SSM", "dsM", "DDDDDDDDDDDDDDDDDDDDDDDM",
    "HDMT", /* HEADER and TRAILER mean nothing here */
    "PDMX", "EMUD",
};

/* All that is covered, in a row. */
static struct bytes covered(const struct shape *s, uint8_t *out)
{
    size_t len = 0;

    for (int i = 0; i < s->count; i++) {
        const OM_uint32 type = GSS_IOV_BUFFER_TYPE(s->iov[i].type);

        if ((type != DATA && type != SIGN_ONLY) || s->iov[i].buffer.length == 0)
            continue;
        memcpy(out + len, s->iov[i].buffer.value, s->iov[i].buffer.length);
        len += s->iov[i].buffer.length;
    }
    return bytes_of(out, len);
}

static gss_iov_buffer_t mic_of(struct shape *s)
{
    int i = 0;

    while (GSS_IOV_BUFFER_TYPE(s->iov[i].type) != MIC_TOKEN)
        i++;
    return &s->iov[i];
}

static void check_mic_layout(gss_ctx_id_t from, gss_ctx_id_t to, const char *word)
{
    struct shape *s = shape_of(word);
    uint8_t row[1024];
    struct bytes all = covered(s, row);
    gss_buffer_desc text = app_buffer(all.p, all.len), token;
    gss_iov_buffer_t mic = mic_of(s);
    OM_uint32 minor, major;
    gss_qop_t qop = 77;

    major = gss_get_mic_iov(&minor, from, 0, s->iov, s->count);
    ck_assert_msg(major == 0, "%s: %s", word, app_status(major, minor));
    ck_assert_uint_eq(mic->buffer.length, 32);
    ck_assert_int_eq((mic->type & ALLOCATED) != 0, strchr(word, 'M') != NULL);
    ck_assert_uint_eq(gss_verify_mic(&minor, to, &text, &mic->buffer, &qop), 0);
    (void)gss_release_iov_buffer(&minor, s->iov, s->count);

    s = shape_of(word);
    ck_assert_uint_eq(gss_get_mic_iov(&minor, from, 0, s->iov, s->count), 0);
    qop = 77;
    ck_assert_uint_eq(gss_verify_mic_iov(&minor, to, &qop, s->iov, s->count), 0);
    ck_assert_uint_eq(qop, GSS_C_QOP_DEFAULT);
    (void)gss_release_iov_buffer(&minor, s->iov, s->count);

    s = shape_of(word);
    ck_assert_uint_eq(gss_get_mic(&minor, from, 0, &text, &token), 0);
    mic_of(s)->buffer = token;
    ck_assert_uint_eq(gss_verify_mic_iov(&minor, to, NULL, s->iov, s->count), 0);
    app_release(&token);
}

START_TEST(every_allowed_layout_signs_and_verifies)
{
    struct app_pair p = {.type = app_types[_i % APP_TYPES],
                         .mech = _i < APP_TYPES ? &app_mech : &app_spnego,
                         .flags = APP_FLAGS};

    app_open(&p);
    for (size_t i = 0; i < ROWS(mic_words); i++) {
        check_mic_layout(p.initiator, p.acceptor, mic_words[i]);
        check_mic_layout(p.acceptor, p.initiator, mic_words[i]);
    }
    app_close(&p);
}
END_TEST

static const char *const not_mic_words[] = {"", "D", "HD", "HDT", "MMD", "mDm", "HHMD", "MTTD"};

START_TEST(other_layouts_are_not_signed)
{
    struct app_pair p = {.flags = APP_FLAGS};
    OM_uint32 minor;

    app_open(&p);
    for (size_t i = 0; i < ROWS(not_mic_words); i++) {
        struct shape *s = shape_of(not_mic_words[i]);
        const struct shape before = *s;

        ck_assert_uint_eq(gss_get_mic_iov(&minor, p.initiator, 0, s->iov, s->count),
                          GSS_S_CALL_BAD_STRUCTURE);
        ck_assert_uint_eq(gss_get_mic_iov_length(&minor, p.initiator, 0, s->iov, s->count),
                          GSS_S_CALL_BAD_STRUCTURE);
        ck_assert_uint_eq(gss_verify_mic_iov(&minor, p.acceptor, NULL, s->iov, s->count),
                          GSS_S_CALL_BAD_STRUCTURE);
        ck_assert(same_shape(s, &before));
    }
    app_close(&p);
}
END_TEST

START_TEST(buffers_of_a_wrong_size_are_not_signed)
{
    static const struct {
        const char *word;
        int at;
        bool null;
        size_t len;
        OM_uint32 sign, verify;
    } rows[] = {
        {"DSm", 2, false, 31, GSS_S_CALL_BAD_STRUCTURE, GSS_S_DEFECTIVE_TOKEN},
        {"DSm", 2, false, 0, GSS_S_CALL_BAD_STRUCTURE, GSS_S_DEFECTIVE_TOKEN},
        {"DSm", 2, true, 32, GSS_S_CALL_BAD_STRUCTURE, GSS_S_CALL_BAD_STRUCTURE},
        {"DSm", 2, true, 0, GSS_S_CALL_BAD_STRUCTURE, GSS_S_DEFECTIVE_TOKEN},
        {"DSm", 0, true, 1, GSS_S_CALL_BAD_STRUCTURE, GSS_S_CALL_BAD_STRUCTURE},
        {"DSm", 1, true, 1, GSS_S_CALL_BAD_STRUCTURE, GSS_S_CALL_BAD_STRUCTURE},
        {"DSm", 1, false, 0xffffffff, GSS_S_FAILURE, GSS_S_DEFECTIVE_TOKEN},
        {"DSm", 0, false, 0x7fffffff, GSS_S_FAILURE, GSS_S_DEFECTIVE_TOKEN},
    };
    struct app_pair p = {.flags = APP_FLAGS};
    OM_uint32 minor, major;

    app_open(&p);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct shape *s = shape_of(rows[i].word);
        gss_buffer_t b = &s->iov[rows[i].at].buffer;

        if (rows[i].null)
            b->value = NULL;
        b->length = rows[i].len;
        major = gss_get_mic_iov(&minor, p.initiator, 0, s->iov, s->count);
        ck_assert_msg(major == rows[i].sign, "row %zu: %s", i, app_status(major, minor));
        major = gss_verify_mic_iov(&minor, p.acceptor, NULL, s->iov, s->count);
        ck_assert_msg(major == rows[i].verify, "row %zu: %s", i, app_status(major, minor));
    }
    app_close(&p);
}
END_TEST

START_TEST(the_mic_length_call_says_what_is_needed)
{
    struct app_pair p = {.flags = APP_FLAGS};
    struct shape *s = shape_of("DHMT");
    const struct shape before = *s;
    OM_uint32 minor;

    app_open(&p);
    ck_assert_uint_eq(gss_get_mic_iov_length(&minor, p.initiator, 0, s->iov, s->count), 0);
    ck_assert_uint_eq(s->iov[2].buffer.length, 32);
    s->iov[2] = before.iov[2];
    ck_assert(same_shape(s, &before));
    app_close(&p);
}
END_TEST

START_TEST(a_token_has_one_use)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc in = app_of_text(""), mic, wrapped;
    gss_iov_buffer_desc iov[2];
    OM_uint32 minor;

    app_open(&p);
    ck_assert_uint_eq(gss_get_mic(&minor, p.initiator, 0, &in, &mic), 0);
    ck_assert_uint_eq(gss_wrap(&minor, p.initiator, 0, 0, &in, NULL, &wrapped), 0);
    iov[0] = iov_of(HEADER, mic.value, 32);
    ck_assert_uint_eq(gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, iov, 1),
                      GSS_S_DEFECTIVE_TOKEN);
    iov[0] = iov_of(STREAM, mic.value, 32);
    iov[1] = iov_of(DATA, NULL, 0);
    ck_assert_uint_eq(gss_unwrap_iov(&minor, p.acceptor, NULL, NULL, iov, 2),
                      GSS_S_DEFECTIVE_TOKEN);
    iov[0] = iov_of(MIC_TOKEN, wrapped.value, 32);
    ck_assert_uint_eq(gss_verify_mic_iov(&minor, p.acceptor, NULL, iov, 2), GSS_S_DEFECTIVE_TOKEN);
    app_release(&mic);
    app_release(&wrapped);
    app_close(&p);
}
END_TEST

/* ---- contexts ---- */

/* All the calls, on a context that is not open. */
static void check_all(gss_ctx_id_t ctx, OM_uint32 want)
{
    gss_buffer_desc in = app_of_text("0123456789abcdef0123456789abcdef"), out;
    struct shape *s = shape_of("HDPTm");
    OM_uint32 minor;

#define SAYS(call) ck_assert_uint_eq(GSS_ROUTINE_ERROR(call), want)
    SAYS(gss_wrap_iov(&minor, ctx, 1, 0, NULL, s->iov, s->count));
    SAYS(gss_wrap_iov_length(&minor, ctx, 1, 0, NULL, s->iov, s->count));
    SAYS(gss_get_mic_iov(&minor, ctx, 0, s->iov, s->count));
    SAYS(gss_get_mic_iov_length(&minor, ctx, 0, s->iov, s->count));
    s = shape_of("hDptm");
    SAYS(gss_unwrap_iov(&minor, ctx, NULL, NULL, s->iov, s->count));
    SAYS(gss_verify_mic_iov(&minor, ctx, NULL, s->iov, s->count));
    SAYS(gss_wrap_aead(&minor, ctx, 1, 0, &in, &in, NULL, &out));
    SAYS(gss_unwrap_aead(&minor, ctx, &in, NULL, &out, NULL, NULL));
#undef SAYS
}

START_TEST(half_open_contexts_take_no_iov)
{
    struct app_pair p = {.flags = APP_FLAGS};
    OM_uint32 minor;

    check_all(GSS_C_NO_CONTEXT, GSS_S_NO_CONTEXT);
    for (unsigned i = 1; i < 3; i++) {
        app_talk(&p, i);
        check_all(p.initiator, GSS_S_NO_CONTEXT);
        if (i > 1)
            check_all(p.acceptor, GSS_S_NO_CONTEXT);
    }
    ((uint8_t *)p.token[1].value)[p.token[1].length - 1] ^= 1;
    app_talk(&p, 3);
    ck_assert(GSS_ERROR(p.initiator_major));
    check_all(p.initiator, GSS_S_NO_CONTEXT);
    (void)gss_delete_sec_context(&minor, &p.initiator, GSS_C_NO_BUFFER);
    check_all(p.initiator, GSS_S_NO_CONTEXT);
    app_close(&p);
}
END_TEST

#define THREADS  4
#define MESSAGES 500

/* Threads that share both contexts; `used` counts who took a sequence number. */
struct sharing {
    struct app_pair *pair;
    atomic_uint used[THREADS * MESSAGES];
};

static void *share(void *arg)
{
    struct sharing *all = arg;
    OM_uint32 minor;

    for (int i = 0; i < MESSAGES; i++) {
        gss_iov_buffer_desc iov[3];
        char text[] = "shared";
        uint64_t sequence;

        iov[0] = iov_of(HEADER | ALLOCATE, NULL, 0);
        iov[1] = iov_of(DATA, text, 6);
        iov[2] = iov_of(TRAILER | ALLOCATE, NULL, 0);
        if (gss_wrap_iov(&minor, all->pair->initiator, 1, 0, NULL, iov, 3) != 0)
            return "wrap";
        sequence = app_sequence(iov[0].buffer);
        if (sequence >= THREADS * MESSAGES || atomic_fetch_add(&all->used[sequence], 1) != 0)
            return "sequence";
        if (gss_unwrap_iov(&minor, all->pair->acceptor, NULL, NULL, iov, 3) != 0 ||
            memcmp(text, "shared", 6) != 0)
            return "unwrap";
        (void)gss_release_iov_buffer(&minor, iov, 3);
    }
    return NULL;
}

START_TEST(threads_share_a_context)
{
    struct app_pair p = {0};
    struct sharing all = {.pair = &p};
    pthread_t thread[THREADS];
    void *what;

    app_open(&p);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, share, &all), 0);
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(thread[i], &what), 0);
        ck_assert_msg(what == NULL, "%s", (const char *)what);
    }
    app_close(&p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "iov");

    tcase_add_loop_test(tc, every_allowed_layout_wraps_and_unwraps, 0, 3 * APP_TYPES);
    tcase_add_test(tc, the_length_call_says_what_is_needed_and_touches_no_more);
    tcase_add_test(tc, larger_places_are_cut_to_what_is_needed);
    tcase_add_test(tc, other_layouts_do_not_wrap);
    tcase_add_loop_test(tc, buffers_of_a_wrong_size_do_not_wrap, 0, 2);
    tcase_add_loop_test(tc, impossible_counts_are_refused, 0, ROWS(bad_counts));
    tcase_add_test(tc, only_the_default_quality_is_offered);
    tcase_add_loop_test(tc, other_parts_do_not_unwrap, 0, 2);
    tcase_add_loop_test(tc, changed_parts_do_not_unwrap, 0, 2 * APP_TYPES);
    tcase_add_loop_test(tc, tokens_of_iov_and_of_plain_calls_are_the_same, 0, APP_TYPES);
    tcase_add_loop_test(tc, associated_data_is_bound_in_its_order, 0, 2);
    tcase_add_test(tc, other_streams_do_not_unwrap);
    tcase_add_loop_test(tc, damaged_streams_leave_their_descriptors_alone, 0, 2);
    tcase_add_test(tc, unwrap_aead_keeps_a_message_that_is_out_of_order);
    tcase_add_test(tc, aead_calls_check_their_arguments);
    tcase_add_loop_test(tc, every_allowed_layout_signs_and_verifies, 0, 2 * APP_TYPES);
    tcase_add_test(tc, other_layouts_are_not_signed);
    tcase_add_test(tc, buffers_of_a_wrong_size_are_not_signed);
    tcase_add_test(tc, the_mic_length_call_says_what_is_needed);
    tcase_add_test(tc, a_token_has_one_use);
    tcase_add_test(tc, half_open_contexts_take_no_iov);
    tcase_add_test(tc, threads_share_a_context);
}

int main(void)
{
    return app_main("iov", add);
}
