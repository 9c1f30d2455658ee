/* Views, the bounded sticky buffer, the fixed value, the hash for tables; and that nothing which owned memory dies or
 * grows without wiping it. */
#include "base/ascii.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/keyed_hash.h"
#include "base/report.h"
#include "base/utc.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/slow.h"
#include "lib/suite.h"

/* Stands in for libcrypto's function of that name, and takes note of what is wiped: reading memory
 * after free() to see whether it was wiped would prove nothing. */
#define WIPES_MAX 64
static struct wipe {
    const void *p;
    size_t len;
    uint8_t first, last; /* before wiping */
} wipes[WIPES_MAX];
static size_t wiped;

void OPENSSL_cleanse(void *p, size_t len);
void OPENSSL_cleanse(void *p, size_t len)
{
    volatile uint8_t *byte = p;

    if (wiped < WIPES_MAX && len > 0)
        wipes[wiped++] = (struct wipe){p, len, byte[0], byte[len - 1]};
    for (size_t i = 0; i < len; i++)
        byte[i] = 0;
}

static const struct wipe *wipe_of(const void *p)
{
    for (size_t i = 0; i < wiped; i++)
        if (wipes[i].p == p)
            return &wipes[i];
    return NULL;
}

static void forget_wipes(void)
{
    wiped = 0;
}

/* What position `i` of every test buffer holds. */
static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + 1);
}

static void put_pattern(struct buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_put_byte(b, pattern(b->len));
}

static void check_pattern(const struct buf *b, size_t len)
{
    ck_assert_uint_eq(b->len, len);
    ck_assert_uint_le(b->len, b->max);
    ck_assert_uint_le(b->len, b->cap);
    for (size_t i = 0; i < len; i++)
        ck_assert_uint_eq(b->p[i], pattern(i));
}

/* ---- views ---- */

START_TEST(views_show_what_they_are_made_of)
{
    static const uint8_t two[] = {1, 2};
    struct bytes literal = BYTES_LITERAL("a\0b");

    ck_assert_ptr_eq(bytes_of(two, 2).p, two);
    ck_assert_uint_eq(bytes_of(two, 2).len, 2);
    ck_assert_uint_eq(bytes_of_text(NULL).len, 0);
    ck_assert_uint_eq(bytes_of_text("").len, 0);
    ck_assert_uint_eq(bytes_of_text("abc").len, 3);
    ck_assert_mem_eq(bytes_of_text("abc").p, "abc", 3);
    ck_assert_uint_eq(literal.len, 3);
    ck_assert_mem_eq(literal.p, "a\0b", 3);
    ck_assert_uint_eq(BYTES_LITERAL("").len, 0);
    ck_assert_uint_eq(BYTES_NONE.len, 0);
}
END_TEST

/* clang-format off */
#define LIT(s) {(const uint8_t *)(s), sizeof(s) - 1}
/* clang-format on */
static const struct {
    struct bytes a, b;
    int order;
} pairs[] = {
    {{NULL, 0}, {NULL, 0}, 0},      {{NULL, 0}, LIT(""), 0},
    {{NULL, 0}, LIT("a"), -1},      {LIT("a"), LIT("a"), 0},
    {LIT("a"), LIT("b"), -1},       {LIT("a"), LIT("ab"), -1},
    {LIT("b"), LIT("ab"), 1},       {LIT("ab"), LIT("ac"), -1},
    {LIT("a\0b"), LIT("a\0c"), -1}, {LIT("a\0"), LIT("a"), 1},
    {LIT("\x7f"), LIT("\x80"), -1}, /* bytes are not signed */
    {LIT("\xff"), LIT("\x00"), 1},  {LIT("0123456789abcdef"), LIT("0123456789abcdeg"), -1},
};

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

START_TEST(equality_and_order_go_by_bytes)
{
    struct bytes a = pairs[_i].a, b = pairs[_i].b;
    int order = pairs[_i].order;

    ck_assert_int_eq(sign(bytes_compare(a, b)), order);
    ck_assert_int_eq(sign(bytes_compare(b, a)), -order);
    ck_assert_int_eq(bytes_equal(a, b), order == 0);
    ck_assert_int_eq(bytes_equal(b, a), order == 0);
    ck_assert_int_eq(bytes_equal_secret(a, b), order == 0);
    ck_assert_int_eq(bytes_equal_secret(b, a), order == 0);
}
END_TEST

START_TEST(one_bit_makes_the_difference)
{
    uint8_t a[40], b[40];

    for (size_t i = 0; i < sizeof(a); i++)
        a[i] = b[i] = pattern(i);
    for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert(!bytes_equal(bytes_of(a, sizeof(a)), bytes_of(b, sizeof(b))));
        ck_assert(!bytes_equal_secret(bytes_of(a, sizeof(a)), bytes_of(b, sizeof(b))));
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert(bytes_equal_secret(bytes_of(a, sizeof(a)), bytes_of(b, sizeof(b))));
}
END_TEST

START_TEST(wiping_wipes_what_was_asked_for_only)
{
    uint8_t secret[] = {1, 2, 3, 4};
    static const uint8_t left[] = {1, 0, 0, 4};

    bytes_wipe(secret + 1, 2);
    ck_assert_mem_eq(secret, left, sizeof(left));
    bytes_wipe(NULL, 0);
    bytes_wipe(NULL, 5);
}
END_TEST

/* ---- the buffer ---- */

START_TEST(a_new_buffer_has_no_memory)
{
    struct buf b = buf_new(10);

    ck_assert_ptr_null(b.p);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_uint_eq(b.cap, 0);
    ck_assert_uint_eq(b.max, 10);
    ck_assert(buf_err(&b) == EDHOC_OK);
    ck_assert_uint_eq(buf_bytes(&b).len, 0);
    buf_put(&b, BYTES_NONE);
    buf_put_text(&b, "");
    buf_put_text(&b, NULL);
    ck_assert_ptr_null(b.p);
    ck_assert(buf_err(&b) == EDHOC_OK);
    buf_free(&b);
    buf_free(&b);
}
END_TEST

/* Grown by `step` bytes at a time; 4093 is prime, so steps and powers of two fall apart. */
static const size_t steps[] = {1, 2, 3, 7, 63, 64, 65, 127, 129, 1000, 4093};

START_TEST(growing_keeps_every_byte)
{
    struct buf b = buf_new(4093);
    uint8_t chunk[4093];
    size_t step = steps[_i];

    while (b.len < b.max) {
        size_t n = step < b.max - b.len ? step : b.max - b.len;
        size_t before = b.len;

        for (size_t i = 0; i < n; i++)
            chunk[i] = pattern(before + i);
        buf_put(&b, bytes_of(chunk, n));
        ck_assert(buf_err(&b) == EDHOC_OK);
        ck_assert_uint_eq(b.len, before + n);
        ck_assert_uint_eq(b.max, 4093);
    }
    check_pattern(&b, 4093);
    buf_put_byte(&b, 0);
    ck_assert(buf_err(&b) != EDHOC_OK);
    check_pattern(&b, 4093);
    buf_free(&b);
}
END_TEST

static const size_t bounds[] = {0, 1, 2, 63, 64, 65, 100, 127, 128, 129, 1000};

START_TEST(a_buffer_never_exceeds_its_bound)
{
    size_t max = bounds[_i];
    struct buf b = buf_new(max);
    uint8_t more[1002] = {0};

    put_pattern(&b, max);
    ck_assert(buf_err(&b) == EDHOC_OK);
    check_pattern(&b, max);
    buf_put(&b, BYTES_NONE); /* nothing fits always */
    ck_assert(buf_err(&b) == EDHOC_OK);
    buf_put_byte(&b, 9);
    ck_assert(buf_err(&b) != EDHOC_OK);
    check_pattern(&b, max);
    buf_free(&b);
    ck_assert(buf_err(&b) == EDHOC_OK);
    ck_assert_uint_eq(b.max, max);

    buf_put(&b, bytes_of(more, max + 1)); /* all or nothing */
    ck_assert(buf_err(&b) != EDHOC_OK);
    ck_assert_uint_eq(b.len, 0);
    buf_free(&b);
    ck_assert_ptr_null(buf_extend(&b, max + 1));
    ck_assert(buf_err(&b) != EDHOC_OK);
    buf_free(&b);
    if (max > 0) {
        put_pattern(&b, max / 2);
        ck_assert_ptr_null(buf_extend(&b, max - max / 2 + 1));
        ck_assert(buf_err(&b) != EDHOC_OK);
        check_pattern(&b, max / 2);
    }
    buf_free(&b);
}
END_TEST

/* A length that would wrap around must not pass as a small one. */
START_TEST(lengths_do_not_wrap_around)
{
    struct buf b = buf_new(SIZE_MAX);
    uint8_t byte = 1;

    put_pattern(&b, 3);
    buf_put(&b, bytes_of(&byte, SIZE_MAX));
    ck_assert(buf_err(&b) != EDHOC_OK);
    check_pattern(&b, 3);
    buf_reset(&b);
    put_pattern(&b, 3);
    ck_assert_ptr_null(buf_extend(&b, SIZE_MAX - 2));
    ck_assert(buf_err(&b) != EDHOC_OK);
    check_pattern(&b, 3);
    buf_free(&b);
}
END_TEST

START_TEST(a_failed_append_sticks_until_the_reset)
{
    struct buf b = buf_new(10);

    buf_put_text(&b, "12345678");
    buf_put_text(&b, "90!"); /* does not fit */
    ck_assert(buf_err(&b) != EDHOC_OK);
    buf_put_text(&b, "9"); /* would */
    buf_put_byte(&b, '9');
    buf_put(&b, BYTES_LITERAL("9"));
    ck_assert_ptr_null(buf_extend(&b, 1));
    ck_assert(buf_err(&b) != EDHOC_OK);
    ck_assert_uint_eq(b.len, 8);
    ck_assert_mem_eq(b.p, "12345678", 8);

    buf_reset(&b);
    ck_assert(buf_err(&b) == EDHOC_OK);
    ck_assert_uint_eq(b.len, 0);
    buf_put_text(&b, "1234567890");
    ck_assert(buf_err(&b) == EDHOC_OK);
    ck_assert_mem_eq(b.p, "1234567890", 10);
    buf_free(&b);
}
END_TEST

START_TEST(nothing_needs_no_room_in_base64_either)
{
    struct buf b = buf_new(4);

    buf_put_text(&b, "full");
    base64_put(BYTES_NONE, &b);
    ck_assert(buf_err(&b) == EDHOC_OK);
    ck_assert_uint_eq(b.len, 4);
    base64_put(BYTES_LITERAL("x"), &b);
    ck_assert(buf_err(&b) != EDHOC_OK);
    buf_free(&b);
}
END_TEST

START_TEST(extending_gives_zeroed_room)
{
    struct buf b = buf_new(300);
    uint8_t *p;

    put_pattern(&b, 5);
    p = buf_extend(&b, 4);
    ck_assert_ptr_eq(p, b.p + 5);
    ck_assert_mem_eq(p, "\0\0\0\0", 4);
    ck_assert_uint_eq(b.len, 9);
    memset(p, 0xaa, 4);
    p = buf_extend(&b, 200); /* moves */
    ck_assert_ptr_eq(p, b.p + 9);
    for (size_t i = 0; i < 200; i++)
        ck_assert_uint_eq(p[i], 0);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(b.p[i], pattern(i));
    ck_assert_mem_eq(b.p + 5, "\xaa\xaa\xaa\xaa", 4);

    /* What was there before a caller shortened the buffer does not show through. */
    memset(p, 0xbb, 200);
    b.len -= 200;
    p = buf_extend(&b, 200);
    for (size_t i = 0; i < 200; i++)
        ck_assert_uint_eq(p[i], 0);
    p = buf_extend(&b, 0);
    ck_assert_ptr_eq(p, b.p + 209);
    ck_assert_uint_eq(b.len, 209);
    ck_assert(buf_err(&b) == EDHOC_OK);
    buf_free(&b);
}
END_TEST

START_TEST(taking_hands_the_memory_over)
{
    struct buf b = buf_new(100);
    size_t len = 99;
    uint8_t *p, *taken;

    ck_assert_ptr_null(buf_take(&b, &len));
    ck_assert_uint_eq(len, 0);

    put_pattern(&b, 70);
    p = b.p;
    forget_wipes();
    taken = buf_take(&b, &len);
    ck_assert_ptr_eq(taken, p);
    ck_assert_uint_eq(len, 70);
    ck_assert_ptr_null(b.p);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_uint_eq(b.cap, 0);
    ck_assert_uint_eq(b.max, 100);
    ck_assert(buf_err(&b) == EDHOC_OK);
    for (size_t i = 0; i < len; i++)
        ck_assert_uint_eq(taken[i], pattern(i));
    free(taken);

    put_pattern(&b, 100); /* usable again, and as bounded */
    check_pattern(&b, 100);
    buf_put_byte(&b, 0);
    ck_assert(buf_err(&b) != EDHOC_OK);
    buf_reset(&b);
    ck_assert_ptr_null(buf_take(&b, &len)); /* empty, though it has memory: nothing to leak */
    ck_assert_uint_eq(len, 0);
    ck_assert_ptr_null(b.p);
}
END_TEST

START_TEST(a_buffer_tells_too_long_from_what_it_was_given_and_passes_it_on)
{
    struct buf inner = buf_new(3), outer = buf_new(64);

    buf_put_text(&inner, "abcd");
    ck_assert_int_eq(buf_err(&inner), EDHOC_ERR_TOO_LONG);
    buf_fail(&inner, EDHOC_ERR_NOMEM);
    ck_assert_int_eq(buf_err(&inner), EDHOC_ERR_TOO_LONG); /* the first counts */
    buf_put_text(&outer, "before");
    buf_put_buf(&outer, &inner);
    ck_assert_int_eq(buf_err(&outer), EDHOC_ERR_TOO_LONG);
    buf_put_text(&outer, "after");
    ck_assert_uint_eq(outer.len, strlen("before"));
    buf_reset(&outer);
    buf_fail(&outer, EDHOC_OK);
    ck_assert_int_eq(buf_err(&outer), EDHOC_OK);
    cbor_put_bstr_buf(&outer, &inner);
    ck_assert_int_eq(buf_err(&outer), EDHOC_ERR_TOO_LONG);
    buf_free(&inner);
    buf_free(&outer);
}
END_TEST

static bool equal_folded(const char *a, const char *b, size_t len)
{
    return ascii_equal_folded_n((const unsigned char *)a, (const unsigned char *)b, len);
}

START_TEST(letters_and_digits_are_those_of_ascii_alone)
{
    char hex[7];

    for (int c = -128; c < 128; c++) {
        bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';

        ck_assert_int_eq(ascii_lower((char)c), (char)(upper ? c + 32 : c));
        ck_assert_int_eq(ascii_upper((char)c), (char)(lower ? c - 32 : c));
        ck_assert_int_eq(ascii_is_letter((char)c), upper || lower);
        ck_assert_int_eq(ascii_is_digit((char)c), c >= '0' && c <= '9');
        ck_assert_int_eq(ascii_is_printable((char)c), c >= ' ' && c <= '~');
    }
    ck_assert_int_eq(ascii_hex_digit('7'), 7);
    ck_assert_int_eq(ascii_hex_digit('b'), 11);
    ck_assert_int_eq(ascii_hex_digit('F'), 15);
    ck_assert_int_eq(ascii_hex_digit('g'), -1);
    ck_assert(equal_folded("Web.Example", "wEB.eXAMPLE", 11));
    ck_assert(!equal_folded("webs", "webx", 4));
    ck_assert(!equal_folded("i\xc4", "\xc4\xb0", 2));
    ascii_put_hex(hex, (const unsigned char *)"\x00\x9f\xff", 3);
    ck_assert_str_eq(hex, "009fff");
}
END_TEST

START_TEST(copying_replaces_the_whole_or_fails)
{
    struct buf b = buf_new(8);

    ck_assert_int_eq(buf_copy(&b, BYTES_LITERAL("abc")), EDHOC_OK);
    ck_assert(bytes_equal(buf_bytes(&b), BYTES_LITERAL("abc")));
    ck_assert_int_eq(buf_copy(&b, BYTES_LITERAL("12345678")), EDHOC_OK);
    ck_assert(bytes_equal(buf_bytes(&b), BYTES_LITERAL("12345678")));
    ck_assert_int_eq(buf_copy(&b, BYTES_LITERAL("123456789")), EDHOC_ERR_TOO_LONG);
    ck_assert(buf_err(&b) != EDHOC_OK);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_int_eq(buf_copy(&b, BYTES_LITERAL("x")), EDHOC_OK);
    ck_assert(buf_err(&b) == EDHOC_OK);
    ck_assert(bytes_equal(buf_bytes(&b), BYTES_LITERAL("x")));
    ck_assert_int_eq(buf_copy(&b, BYTES_NONE), EDHOC_OK);
    ck_assert_uint_eq(b.len, 0);
    buf_free(&b);
}
END_TEST

START_TEST(lent_memory_is_filled_and_no_more)
{
    uint8_t memory[9];
    struct buf b = buf_in(memory, 8);

    memory[8] = 0x55;
    buf_put(&b, BYTES_LITERAL("1234567"));
    buf_put_byte(&b, '8');
    ck_assert_int_eq(buf_err(&b), EDHOC_OK);
    ck_assert(buf_bytes(&b).p == memory);
    ck_assert(bytes_equal(buf_bytes(&b), BYTES_LITERAL("12345678")));
    buf_put_byte(&b, '9');
    ck_assert_int_eq(buf_err(&b), EDHOC_ERR_TOO_LONG);
    buf_free(&b); /* wipes, and frees nothing */
    for (size_t i = 0; i < 8; i++)
        ck_assert_uint_eq(memory[i], 0);
    ck_assert_uint_eq(memory[8], 0x55);
}
END_TEST

/* ---- wiping ---- */

START_TEST(growing_wipes_the_old_memory)
{
    struct buf b = buf_new(5000);

    for (int round = 0; round < 5; round++) {
        const uint8_t *old;
        size_t cap;

        do
            put_pattern(&b, 1);
        while (b.len < b.cap);
        old = b.p;
        cap = b.cap;
        forget_wipes();
        put_pattern(&b, 1);
        ck_assert_uint_gt(b.cap, cap);
        ck_assert_ptr_nonnull(wipe_of(old));
        ck_assert_uint_ge(wipe_of(old)->len, cap);
        ck_assert_uint_eq(wipe_of(old)->first, pattern(0));
        check_pattern(&b, cap + 1);
    }
    buf_free(&b);
}
END_TEST

START_TEST(freeing_wipes_all_that_was_written)
{
    struct buf b = buf_new(100);
    const uint8_t *p;

    put_pattern(&b, 10);
    p = b.p;
    forget_wipes();
    b.len = 4; /* shortened: the six after it are wiped, too */
    buf_free(&b);
    ck_assert_ptr_nonnull(wipe_of(p));
    ck_assert_uint_ge(wipe_of(p)->len, 10);
    ck_assert_uint_eq(wipe_of(p)->first, pattern(0));
}
END_TEST

START_TEST(resetting_wipes_and_keeps_the_memory)
{
    struct buf b = buf_new(100);
    const uint8_t *p;

    put_pattern(&b, 20);
    p = b.p;
    buf_reset(&b);
    ck_assert_ptr_eq(b.p, p); /* the memory is kept */
    for (size_t i = 0; i < 20; i++)
        ck_assert_uint_eq(b.p[i], 0);
    put_pattern(&b, 20);
    ck_assert_int_eq(buf_copy(&b, BYTES_LITERAL("x")), EDHOC_OK);
    ck_assert_ptr_eq(b.p, p);
    for (size_t i = 1; i < 20; i++)
        ck_assert_uint_eq(b.p[i], 0);
    buf_free(&b);
}
END_TEST

START_TEST(taking_nothing_wipes_what_was_there)
{
    struct buf b = buf_new(100);
    const uint8_t *p;
    size_t len;

    put_pattern(&b, 20);
    p = b.p;
    b.len = 0;
    forget_wipes();
    ck_assert_ptr_null(buf_take(&b, &len));
    ck_assert_ptr_nonnull(wipe_of(p));
    ck_assert_uint_ge(wipe_of(p)->len, 20);
}
END_TEST

START_TEST(a_fixed_value_is_wiped_whole)
{
    struct fixed f = {{0}, 0};

    ck_assert_uint_eq(fixed_bytes(&f).len, 0);
    for (size_t i = 0; i < FIXED_MAX; i++)
        f.b[i] = pattern(i);
    f.len = 48;
    ck_assert_ptr_eq(fixed_bytes(&f).p, f.b);
    ck_assert_uint_eq(fixed_bytes(&f).len, 48);
    fixed_wipe(&f);
    ck_assert_uint_eq(f.len, 0);
    for (size_t i = 0; i < FIXED_MAX; i++)
        ck_assert_uint_eq(f.b[i], 0);
}
END_TEST

/* ---- what is told ---- */

/* A peer's certificate may say anything, and what is said of it ends in a terminal or a log. */
START_TEST(a_story_is_clean_text_whatever_is_in_it)
{
    static const char *const stories[][2] = {
        {"plain, \xc3\xbc and \xe2\x82\xac", "plain, \xc3\xbc and \xe2\x82\xac"},
        {"\x1b[2J\ttab\x7f", "?[2J?tab?"},
        {"C1: \xc2\x9b"
         "2J",
         "C1: ??2J"},
        {"its first byte alone: \x9b"
         "2J",
         "its first byte alone: ?2J"},
        {"cut short: \xe2\x82", "cut short: ??"},
        {"no UTF-8: \xff\xc0\x80\xed\xa0\x80", "no UTF-8: ??????"},
    };

    for (int i = 0; i < ROWS(stories); i++) {
        ck_assert_int_eq(report(EDHOC_ERR_BUG, "%s", stories[i][0]), EDHOC_ERR_BUG);
        ck_assert_str_eq(report_details(EDHOC_ERR_BUG), stories[i][1]);
        ck_assert(cbor_clean_text(bytes_of_text(report_details(EDHOC_ERR_BUG))));
    }
    report_clear();
}
END_TEST

/* ---- the hash for tables ---- */

START_TEST(the_key_of_a_hash_is_splitmix64s)
{
    /* As its authors' program prints for this seed. */
    static const uint64_t published[] = {6457827717110365317u, 3203168211198807973u,
                                         9817491932198370423u, 4593380528125082431u,
                                         16408922859458223821u};
    struct keyed_hash h;

    keyed_hash_init(&h, 1234567);
    for (int i = 0; i < ROWS(published); i++)
        ck_assert_uint_eq(h.key[i], published[i]);
    ck_assert_uint_ne(h.key[ROWS(h.key) - 1], 0);
}
END_TEST

/* The upper half of key 0 + key 1 * length + key 2 * the first word + ... */
START_TEST(a_hash_is_multilinear_in_the_words_and_the_length)
{
    static const char text[] = "0123456789abc";
    struct keyed_hash h;

    keyed_hash_init(&h, 1);
    for (size_t len = 0; len < sizeof(text); len++) {
        uint64_t sum = h.key[0] + h.key[1] * len;
        uint32_t words[4] = {0};

        memcpy(words, text, len);
        for (int i = 0; i < ROWS(words); i++)
            sum += h.key[2 + i] * words[i];
        ck_assert_uint_eq(keyed_hash(&h, bytes_of(text, len)), sum >> 32);
    }
}
END_TEST

/* ---- times ---- */

/* As the C library has it: every day and some second of it, in 1970 to 2410 and at the end. */
START_TEST(times_are_those_of_the_calendar)
{
    for (int64_t day = 0; day < 440 * 366; day += slow_stride()) {
        int64_t seconds = day < 439 * 366 ? day * 86400 + day * 7919 % 86400
                                          : INT64_C(253402300799) - (day - 439 * 366) * 86400;
        time_t t = (time_t)seconds;
        char got[UTC_MAX], want[UTC_MAX], digits[16];
        int64_t read;
        struct tm utc;

        if (t != seconds) /* 32 bits of it end in 2038 */
            continue;
        if (gmtime_r(&t, &utc) == NULL ||
            strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.042Z", &utc) != 24 ||
            utc_text(t, 42999999, got) != 24 || strcmp(got, want) != 0 ||
            strftime(digits, sizeof(digits), "%Y%m%d%H%M%SZ", &utc) != 15 ||
            !utc_read(bytes_of_text(digits), &read) || read != seconds)
            ck_abort_msg("%lld is %s, not %s", (long long)t, got, want);
    }
}
END_TEST

START_TEST(times_out_of_range_are_no_dates)
{
    static const int64_t seconds[] = {-1, INT64_MIN, INT64_MAX, INT64_C(253402300800)};
    char text[UTC_MAX];

    ck_assert_uint_eq(utc_text(seconds[_i], 0, text), 24);
    ck_assert_str_eq(text, "0000-00-00T00:00:00.000Z");
}
END_TEST

static void add(Suite *suite)
{
    TCase *views = suite_case(suite, "views", 60), *buffer = suite_case(suite, "buffer", 60);
    TCase *wiping = suite_case(suite, "wiping", 60);

    tcase_add_test(views, times_are_those_of_the_calendar);
    tcase_add_loop_test(views, times_out_of_range_are_no_dates, 0, 4);
    tcase_add_test(views, views_show_what_they_are_made_of);
    tcase_add_loop_test(views, equality_and_order_go_by_bytes, 0, ROWS(pairs));
    tcase_add_test(views, one_bit_makes_the_difference);
    tcase_add_test(views, wiping_wipes_what_was_asked_for_only);
    tcase_add_test(buffer, a_new_buffer_has_no_memory);
    tcase_add_loop_test(buffer, growing_keeps_every_byte, 0, ROWS(steps));
    tcase_add_loop_test(buffer, a_buffer_never_exceeds_its_bound, 0, ROWS(bounds));
    tcase_add_test(buffer, lengths_do_not_wrap_around);
    tcase_add_test(buffer, a_failed_append_sticks_until_the_reset);
    tcase_add_test(buffer, nothing_needs_no_room_in_base64_either);
    tcase_add_test(buffer, extending_gives_zeroed_room);
    tcase_add_test(buffer, taking_hands_the_memory_over);
    tcase_add_test(buffer, copying_replaces_the_whole_or_fails);
    tcase_add_test(buffer, a_buffer_tells_too_long_from_what_it_was_given_and_passes_it_on);
    tcase_add_test(views, letters_and_digits_are_those_of_ascii_alone);
    tcase_add_test(views, the_key_of_a_hash_is_splitmix64s);
    tcase_add_test(views, a_hash_is_multilinear_in_the_words_and_the_length);
    tcase_add_test(views, a_story_is_clean_text_whatever_is_in_it);
    tcase_add_checked_fixture(wiping, forget_wipes, NULL);
    tcase_add_test(wiping, lent_memory_is_filled_and_no_more);
    tcase_add_test(wiping, growing_wipes_the_old_memory);
    tcase_add_test(wiping, freeing_wipes_all_that_was_written);
    tcase_add_test(wiping, resetting_wipes_and_keeps_the_memory);
    tcase_add_test(wiping, taking_nothing_wipes_what_was_there);
    tcase_add_test(wiping, a_fixed_value_is_wiped_whole);
}

int main(void)
{
    return suite_main("bytes", add);
}
