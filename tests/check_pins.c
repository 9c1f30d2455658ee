/* What the index of a trust file is made of. */
#include "base/keyed_hash.h"
#include "peer/pin_table.h"

#include "lib/suite.h"

/* ---- tables ---- */

START_TEST(a_keyed_hash_depends_on_key_length_and_bytes)
{
    uint8_t in[KEYED_HASH_MAX] = {0};
    struct keyed_hash a, b;
    unsigned same = 0;

    keyed_hash_init(&a, 1);
    keyed_hash_init(&b, 2);
    for (size_t len = 0; len <= sizeof(in); len++) {
        uint32_t hash = keyed_hash(&a, bytes_of(in, len));

        ck_assert_uint_eq(hash, keyed_hash(&a, bytes_of(in, len)));
        same += hash == keyed_hash(&b, bytes_of(in, len));
        same += len > 0 && hash == keyed_hash(&a, bytes_of(in, len - 1));
        for (size_t i = 0; i < len; i++) {
            in[i] ^= 0x80;
            same += hash == keyed_hash(&a, bytes_of(in, len));
            in[i] ^= 0x80;
        }
    }
    ck_assert_uint_eq(same, 0);
}
END_TEST

static bool is_number(const void *arg, uint32_t number)
{
    return number == *(const uint32_t *)arg;
}

/* Few hashes for many numbers. */
static uint32_t poor_hash(const void *arg, uint32_t number)
{
    (void)arg;
    return number % 7;
}

START_TEST(a_table_finds_what_was_put_in_however_poor_the_hash)
{
    struct pin_table t = {NULL, 0, 0};
    uint32_t n;

    n = 1;
    ck_assert_uint_eq(pin_table_find(&t, 1, is_number, &n), 0);
    for (n = 1; n <= 500; n++) {
        ck_assert(pin_table_reserve(&t, n, poor_hash, NULL));
        *pin_table_slot(&t, poor_hash(NULL, n), is_number, &n) = n;
    }
    ck_assert_uint_eq(t.used, 500);
    ck_assert_uint_gt(t.slots, 500);
    for (n = 1; n <= 600; n++)
        ck_assert_uint_eq(pin_table_find(&t, poor_hash(NULL, n), is_number, &n), n <= 500 ? n : 0);
    pin_table_free(&t);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "pins", 120);

    tcase_add_test(tc, a_keyed_hash_depends_on_key_length_and_bytes);
    tcase_add_test(tc, a_table_finds_what_was_put_in_however_poor_the_hash);
}

int main(void)
{
    return suite_main("pins", add);
}
