/* EAD fields: items, padding, the critical rule; and the mechanism's own item in each message. */
#include <stdlib.h>
#include <string.h>

#include "edhoc/ead.h"
#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/suite.h"
#include "profile/item.h"

/* ---- helpers ---- */

static void check_case(const char *what, edhoc_err actual, edhoc_err expected)
{
    ck_assert_msg(actual == expected, "%s: %s", what, errors_differ(actual, expected));
}

#define BAD      EDHOC_ERR_MALFORMED
#define CRITICAL EDHOC_ERR_EAD_CRITICAL
#define ITEM     EDHOC_ERR_EAD_ITEM
#define OK       EDHOC_OK

/* ---- items ---- */

START_TEST(items_are_written_as_label_and_value)
{
    struct buf b = buf_new(100);

    ead_put(&b, 1, false, BYTES_LITERAL("ab"));
    ead_put(&b, 1, true, BYTES_NONE);
    ead_put(&b, 24, true, BYTES_LITERAL("c"));
    ead_put(&b, 0, false, BYTES_LITERAL("\0\0"));
    ead_put(&b, PROFILE_EAD_LABEL, true, BYTES_LITERAL("d"));
    ck_assert_hex(buf_bytes(&b), "01426162"
                                 "2040"
                                 "374163"
                                 "00420000"
                                 "39ff464164");
    buf_free(&b);
}
END_TEST

START_TEST(items_are_read_one_by_one)
{
    struct cbor_reader r = cbor_reader(unhex("01426162"
                                             "20"
                                             "374163"
                                             "00"
                                             "1b7fffffffffffffff40"
                                             "3b7ffffffffffffffe"));
    static const struct {
        uint64_t label;
        bool critical, has_value;
        const char *value;
    } expected[] = {
        {1, false, true, "6162"}, {1, true, false, ""},         {24, true, true, "63"},
        {0, false, false, ""},    {INT64_MAX, false, true, ""}, {INT64_MAX, true, false, ""},
    };
    struct ead_item item;

    for (int i = 0; i < ROWS(expected); i++) {
        ck_assert(ead_next(&r, &item));
        ck_assert_uint_eq(item.label, expected[i].label);
        ck_assert(item.critical == expected[i].critical);
        ck_assert(item.has_value == expected[i].has_value);
        ck_assert_hex(item.value, expected[i].value);
    }
    ck_assert(!ead_next(&r, &item));
    ck_assert(!r.failed); /* the end is no failure */
    ck_assert(!ead_next(&r, &item));
}
END_TEST

/* Looking for label 5. */
static const struct {
    const char *what, *hex;
    edhoc_err err;
    const char *value; /* NULL: not found; "-": without a value */
    bool critical;
} fields[] = {
    {"nothing", "", OK, NULL, false},
    {"the item", "054161", OK, "61", false},
    {"the item, critical", "244161", OK, "61", true},
    {"the item without a value", "05", OK, "-", false},
    {"the item, critical, without a value", "24", OK, "-", true},
    {"the item with an empty value", "2440", OK, "", true},
    {"an unknown item", "014161", OK, NULL, false},
    {"an unknown item without a value", "01", OK, NULL, false},
    {"unknown items around it", "0141010541610601", OK, "61", false},
    {"the largest label", "1b7fffffffffffffff4101", OK, NULL, false},
    /* padding, in its forms */
    {"padding without a value", "00", OK, NULL, false},
    {"padding with an empty value", "0040", OK, NULL, false},
    {"padding with bytes", "0043a1b2c3", OK, NULL, false},
    {"padding, several times", "00000040004101", OK, NULL, false},
    {"padding before", "0043000000054161", OK, "61", false},
    {"padding after", "2441610043000000", OK, "61", true},
    {"padding without a value before", "00054161", OK, "61", false},
    {"much padding",
     "005840000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "0"
     "00000000000000000000000000000000000000000000244161",
     OK, "61", true},
    /* the critical rule */
    {"an unknown critical item", "204161", CRITICAL, NULL, false},
    {"an unknown critical item without a value", "20", CRITICAL, NULL, false},
    {"an unknown critical item before it", "2041612441aa", CRITICAL, NULL, false},
    {"an unknown critical item after it", "2441aa204161", CRITICAL, NULL, false},
    {"an unknown critical item after padding", "0020", CRITICAL, NULL, false},
    {"the smallest label", "3b7ffffffffffffffe", CRITICAL, NULL, false},
    /* twice */
    {"twice", "054161054161", ITEM, NULL, false},
    {"twice, critical", "244161244161", ITEM, NULL, false},
    {"once critical and once not", "244161054161", ITEM, NULL, false},
    {"once not critical and once so", "054161244161", ITEM, NULL, false},
    {"twice with others between", "0541610041000101054161", ITEM, NULL, false},
    {"twice without values", "0505", ITEM, NULL, false},
    /* no sequence of items */
    {"a value without a label", "4161", BAD, NULL, false},
    {"two values", "0541614162", BAD, NULL, false},
    {"a label that is a text", "6161", BAD, NULL, false},
    {"a label that is null", "f6", BAD, NULL, false},
    {"a label that is an array", "8105", BAD, NULL, false},
    {"a value that is a text", "056161", BAD, NULL, false},
    {"a value that is null", "05f6", BAD, NULL, false},
    {"a value that is an array", "0580", BAD, NULL, false},
    {"a value that is a map", "05a0", BAD, NULL, false},
    {"a tagged value", "05c14161", BAD, NULL, false},
    {"a float", "05f93c00", BAD, NULL, false},
    {"a label not in the shortest form", "18054161", BAD, NULL, false},
    {"a critical label not in the shortest form", "38044161", BAD, NULL, false},
    {"padding not in the shortest form", "1800", BAD, NULL, false},
    {"a length not in the shortest form", "05580161", BAD, NULL, false},
    {"a value in pieces", "055f4161ff", BAD, NULL, false},
    {"a value that is cut off", "054261", BAD, NULL, false},
    {"a value of 2^64 - 1 bytes", "055bffffffffffffffff", BAD, NULL, false},
    {"a label that is cut off", "0541613a0000", BAD, NULL, false},
    {"a label beyond int64", "1b8000000000000000", BAD, NULL, false},
    {"a label below int64", "3b8000000000000000", BAD, NULL, false},
    {"the label whose negative is none", "3b7fffffffffffffff", BAD, NULL, false},
    {"rubbish after the item", "244161ff", BAD, NULL, false},
};

START_TEST(an_item_is_found_past_padding_and_by_the_critical_rule)
{
    struct ead_item item;
    bool found;
    edhoc_err err = ead_find(unhex(fields[_i].hex), 5, &item, &found);

    check_case(fields[_i].what, err, fields[_i].err);
    if (err != EDHOC_OK) {
        if (err != BAD)
            ck_assert_str_ne(report_details(err), "");
        return;
    }
    ck_assert(found == (fields[_i].value != NULL));
    if (!found)
        return;
    ck_assert_uint_eq(item.label, 5);
    ck_assert(item.critical == fields[_i].critical);
    ck_assert(item.has_value == (strcmp(fields[_i].value, "-") != 0));
    ck_assert_hex(item.value, item.has_value ? fields[_i].value : "");
}
END_TEST

/* With label 0 nothing is known: padding is not found, the critical rule holds. */
START_TEST(padding_is_never_found)
{
    struct ead_item item;
    bool found = true;

    check_case("padding", ead_find(unhex("00410000"), 0, &item, &found), OK);
    ck_assert(!found);
    check_case("padding twice", ead_find(unhex("0000"), 0, &item, &found), OK);
    check_case("not critical", ead_find(unhex("0141ff"), 0, &item, &found), OK);
    check_case("critical", ead_find(unhex("2041ff"), 0, &item, &found), CRITICAL);
    ck_assert_ptr_nonnull(strstr(report_details(CRITICAL), "1"));
    ck_assert(!found);
}
END_TEST

/* ---- the item "GSS-API" ---- */

#define TARGET "HTTP@web.example.org"
#define HASH32 "de47c9b27eb8d300dbb5f2c353e632c393262cf06340c4fa7f1b40c4cbd36f90"

/* doc/mechanism.md, "EAD items", and the forms that it has no example of. */
static const struct {
    int message;
    const char *target; /* NULL: null */
    uint64_t options, flags;
    const char *bindings; /* NULL: null */
    const char *hex;
} examples[] = {
    {1, NULL, 0, 0, NULL, "39ff464382f600"},
    {1, NULL, 1, 0, NULL, "39ff464382f601"},
    {1, TARGET, 0, 0, NULL, "39ff4657827448545450407765622e6578616d706c652e6f726700"},
    {1, TARGET, 1, 0, NULL, "39ff4657827448545450407765622e6578616d706c652e6f726701"},
    {1, "x", 0, 0, NULL, "39ff464482617800"},
    {3, NULL, 0, 0x3e, NULL, "39ff464583183ef6f6"},
    {3, TARGET, 0, 0x3e, NULL, "39ff46581983183ef67448545450407765622e6578616d706c652e6f7267"},
    {3, NULL, 0, 0x3e, HASH32, "39ff46582683183e5820" HASH32 "f6"},
    {3, TARGET, 0, 0x783e, HASH32,
     "39ff46583b8319783e5820" HASH32 "7448545450407765622e6578616d706c652e6f7267"},
    {4, NULL, 0, 0x3e, NULL, "39ff464381183e"},
    {4, NULL, 0, 0x83e, NULL, "39ff46448119083e"},
    {4, NULL, 0, 0, NULL, "39ff46428100"},
};

START_TEST(the_item_is_as_specified_to_the_byte_in_its_message_only)
{
    struct bytes bindings = examples[_i].bindings ? unhex(examples[_i].bindings) : BYTES_NONE;
    struct bytes field = unhex(examples[_i].hex), target = bytes_of_text(examples[_i].target);
    struct profile_item item = {examples[_i].message,          target,
                                examples[_i].options,          examples[_i].flags,
                                examples[_i].bindings != NULL, bindings};
    struct profile_item read;
    struct buf ead = buf_new(1000);

    item_put(&item, &ead);
    ck_assert(buf_err(&ead) == EDHOC_OK);
    ck_assert_hex(buf_bytes(&ead), examples[_i].hex);
    check_case(examples[_i].hex, item_read(item.message, field, &read), OK);
    ck_assert_int_eq(read.message, item.message);
    ck_assert(bytes_equal(read.target, target));
    ck_assert_uint_eq(read.options, item.options);
    ck_assert_uint_eq(read.flags, item.flags);
    ck_assert(read.has_bindings == item.has_bindings);
    ck_assert(bytes_equal(read.bindings, bindings));

    /* It belongs to its message and to no other one. */
    for (int message = 1; message <= 4; message++)
        if (message != item.message)
            check_case("in another message", item_read(message, field, &read), ITEM);
    /* Cut off anywhere, the field is malformed; the label alone is an item without a value. */
    for (size_t len = 1; len < field.len; len++)
        check_case("cut off", item_read(item.message, keep(field.p, len), &read),
                   len == 3 ? ITEM : BAD);
    buf_free(&ead);
}
END_TEST

/* Written after other items, it appends. */
START_TEST(the_item_is_appended_to_others)
{
    struct profile_item item = {.message = 1}, read;
    struct buf ead = buf_new(100), full = buf_new(3);

    ead_put(&ead, 0, false, BYTES_LITERAL("\0"));
    item_put(&item, &ead);
    ead_put(&ead, 0, false, BYTES_LITERAL("\0"));
    ck_assert_hex(buf_bytes(&ead), "00410039ff464382f600004100");
    check_case("padded", item_read(1, buf_bytes(&ead), &read), OK);
    item_put(&item, &full);
    ck_assert(buf_err(&full) != EDHOC_OK);
    buf_free(&ead);
    buf_free(&full);
}
END_TEST

START_TEST(a_target_has_at_most_255_bytes)
{
    char text[PROFILE_TARGET_MAX + 2];
    struct profile_item item, read;
    struct buf ead = buf_new(1000);

    memset(text, 't', sizeof(text));
    for (int message = 1; message <= 3; message += 2) {
        uint8_t bindings[FIXED_MAX] = {0};

        item = (struct profile_item){message,
                                     bytes_of(text, PROFILE_TARGET_MAX),
                                     0,
                                     message == 1 ? 0 : 0x783e,
                                     message == 3,
                                     bytes_of(bindings, message == 3 ? FIXED_MAX : 0)};
        buf_reset(&ead);
        item_put(&item, &ead);
        ck_assert(buf_err(&ead) == EDHOC_OK);
        check_case("255 bytes", item_read(message, buf_bytes(&ead), &read), OK);
        ck_assert(bytes_equal(read.target, item.target));
        ck_assert(bytes_equal(read.bindings, item.bindings));
        item.target.len++;
        item.bindings.len = 0;
        buf_reset(&ead);
        item_put(&item, &ead);
        if (buf_err(&ead) == EDHOC_OK)
            check_case("256 bytes", item_read(message, buf_bytes(&ead), &read), ITEM);
    }
    buf_free(&ead);
}
END_TEST

#define GOOD_1 "39ff464382f600"

static const struct {
    int message;
    const char *what, *hex;
    edhoc_err err;
} received[] = {
    /* around the item */
    {1, "padding before", "00" GOOD_1, OK},
    {1, "padding with bytes before", "0042ffff" GOOD_1, OK},
    {1, "padding after", GOOD_1 "0000410000", OK},
    {1, "an unknown item", "0141aa" GOOD_1, OK},
    {1, "an unknown item without a value", GOOD_1 "01", OK},
    {1, "an unknown critical item", GOOD_1 "20", CRITICAL},
    {1, "an unknown critical item before", "2041aa" GOOD_1, CRITICAL},
    {1, "no item", "", ITEM},
    {1, "padding alone", "004100", ITEM},
    {1, "another item alone", "0141aa", ITEM},
    {1, "the item twice", GOOD_1 GOOD_1, ITEM},
    {1, "the item twice, once not critical", GOOD_1 "19ff474382f600", ITEM},
    {1, "not critical", "19ff474382f600", ITEM},
    {1, "without a value", "39ff46", ITEM},
    {1, "not critical, without a value", "19ff47", ITEM},
    {1, "the next label", "39ff474382f600", CRITICAL},
    {1, "the label before", "39ff454382f600", CRITICAL},
    {1, "a longer label", "3a0000ff464382f600", BAD},
    {1, "a value that is no bstr", "39ff4682f600", BAD},
    {1, "rubbish", "ff", BAD},
    /* message_2 must not have it */
    {2, "nothing", "", OK},
    {2, "padding", "00004100", OK},
    {2, "an unknown item", "0141aa", OK},
    {2, "an unknown critical item", "20", CRITICAL},
    {2, "the item", GOOD_1, ITEM},
    {2, "the item, not critical", "19ff474382f600", ITEM},
    {2, "the item without a value", "39ff46", ITEM},
    {2, "the item twice", GOOD_1 GOOD_1, ITEM},
    {2, "rubbish", "f6", BAD},
    /* the value in message_1 */
    {1, "empty", "39ff4640", ITEM},
    {1, "no array", "39ff4642f600", ITEM},
    {1, "an empty array", "39ff464180", ITEM},
    {1, "one element", "39ff464281f6", ITEM},
    {1, "three elements", "39ff464483f60000", ITEM},
    {1, "a third element after the array", "39ff464482f60000", ITEM},
    {1, "an array that is cut off", "39ff464282f6", ITEM},
    {1, "a map", "39ff4643a1f600", ITEM},
    {1, "an indefinite array", "39ff46449ff600ff", ITEM},
    {1, "a count in two bytes", "39ff46449802f600", ITEM},
    {1, "the elements the other way round", "39ff46438200f6", ITEM},
    {1, "option bit 1", "39ff464382f602", ITEM},
    {1, "option bits 0 and 1", "39ff464382f603", ITEM},
    {1, "option bit 4", "39ff464382f610", ITEM},
    {1, "option bit 8", "39ff464582f6190100", ITEM},
    {1, "option bit 32", "39ff464b82f61b0000000100000000", ITEM},
    {1, "option bit 63", "39ff464b82f61b8000000000000000", ITEM},
    {1, "negative options", "39ff464382f620", ITEM},
    {1, "options null", "39ff464382f6f6", ITEM},
    {1, "options false", "39ff464382f6f4", ITEM},
    {1, "options not in the shortest form", "39ff464482f61800", ITEM},
    {1, "an empty target", "39ff4643826000", ITEM},
    {1, "a target of one byte", "39ff464482617800", OK},
    {1, "a target that is a bstr", "39ff464482417800", ITEM},
    {1, "a target that is an integer", "39ff4643820000", ITEM},
    {1, "a target that is undefined", "39ff464382f700", ITEM},
    {1, "a target that is false", "39ff464382f400", ITEM},
    {1, "a target in pieces", "39ff4646827f6178ff00", ITEM},
    {1, "a target with a long head", "39ff46458278017800", ITEM},
    {1, "a target beyond ASCII", "39ff46458262c3bc00", OK},
    {1, "a target that is not UTF-8", "39ff46458262c32800", ITEM},
    {1, "a target with a NUL", "39ff4646826361006200", ITEM},
    {1, "a target that is a NUL", "39ff464482610000", ITEM},
    {1, "a target with a line feed", "39ff464582620a6100", ITEM},
    {1, "a target with an escape", "39ff464482611b00", ITEM},
    {1, "a target with 0x1f", "39ff464482611f00", ITEM},
    {1, "a target with a blank", "39ff464482612000", OK},
    {1, "a target with a delete", "39ff464482617f00", ITEM},
    {1, "a target with 0x7e", "39ff464482617e00", OK},
    /* in message_3 */
    {3, "nothing", "", ITEM},
    {3, "flags, bindings, target null", "39ff464583183ef6f6", OK},
    {3, "flags outside the mask", "39ff464c831bfffffffffffffffff6f6",
     OK}, /* the message's affair */
    {3, "two elements", "39ff464482183ef6", ITEM},
    {3, "four elements", "39ff464684183ef6f6f6", ITEM},
    {3, "a fourth element after the array", "39ff464683183ef6f6f6", ITEM},
    {3, "negative flags", "39ff46448320f6f6", ITEM},
    {3, "flags null", "39ff464483f6f6f6", ITEM},
    {3, "flags not in the shortest form", "39ff4645831805f6f6", ITEM},
    {3, "bindings that are a text", "39ff464683183e6161f6", ITEM},
    {3, "bindings that are false", "39ff464583183ef4f6", ITEM},
    {3, "an empty target", "39ff464583183ef660", ITEM},
    {3, "a target with an escape", "39ff464683183ef6611b", ITEM},
    {3, "the target before the bindings", "39ff464783183e617841aa", ITEM},
    {3, "the item twice", "39ff464583183ef6f639ff464583183ef6f6", ITEM},
    {3, "an unknown critical item", "39ff464583183ef6f620", CRITICAL},
    {3, "not critical", "19ff474583183ef6f6", ITEM},
    /* in message_4 */
    {4, "nothing", "", ITEM},
    {4, "flags", "39ff464381183e", OK},
    {4, "an empty array", "39ff464180", ITEM},
    {4, "two elements", "39ff464482183ef6", ITEM},
    {4, "a second element after the array", "39ff464481183ef6", ITEM},
    {4, "negative flags", "39ff46428120", ITEM},
    {4, "flags that are a bstr", "39ff46438141aa", ITEM},
    {4, "padding", "0039ff464381183e0041aa", OK},
    {4, "the item twice", "39ff464381183e39ff464381183e", ITEM},
    {4, "an unknown critical item", "39ff464381183e20", CRITICAL},
};

START_TEST(only_a_well_formed_item_is_accepted)
{
    struct profile_item item;

    check_case(received[_i].what, item_read(received[_i].message, unhex(received[_i].hex), &item),
               received[_i].err);
    ck_assert_int_eq(item.message, received[_i].message);
    if (received[_i].err == ITEM)
        ck_assert_str_ne(report_details(ITEM), "");
}
END_TEST

/* Each byte of a good field changed to each value: no crash, and what is accepted all the same
 * says something else that is allowed. */
START_TEST(what_is_read_of_a_changed_item_is_all_there_was)
{
    struct bytes field = unhex(examples[_i].hex);
    int message = examples[_i].message;

    for (size_t at = 0; at < field.len; at++)
        for (unsigned value = 0; value < 256; value++) {
            uint8_t *changed = malloc(field.len);
            struct profile_item item;

            memcpy(changed, field.p, field.len);
            changed[at] = (uint8_t)value;
            if (item_read(message, bytes_of(changed, field.len), &item) == EDHOC_OK) {
                struct buf again = buf_new(1000);

                item_put(&item, &again); /* what was read is all there was */
                if (again.len != field.len || memcmp(again.p, changed, field.len) != 0)
                    ck_abort_msg("byte %zu as %02x is read as something else", at, value);
                buf_free(&again);
            }
            free(changed);
        }
}
END_TEST

/* What may travel as a target: one that is not in its canonical form is never sent, nor accepted.
 */
START_TEST(only_canonical_targets_may_travel)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"HTTP@web.example.org", true},
        {"alice", true},
        {"x@::1", true},
        {"Alice", true},
        {"", false},
        {"a@b@c", false},
        {"svc@", false},
        {"@host", false},
        {"HTTP@Web.example.org", false},
        {"HTTP@web.example.org.", false},
        {"a\x01@b", false},
        {"a@b\xc2\x9b", false},
        {"a@b\xff", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(item_target_ok(bytes_of_text(rows[i].text)) == rows[i].ok, "row %zu", i);
}
END_TEST

static void add(Suite *suite)
{
    TCase *items = suite_case(suite, "items", 60), *profile = suite_case(suite, "profile", 60);

    tcase_add_test(items, only_canonical_targets_may_travel);
    tcase_add_test(items, items_are_written_as_label_and_value);
    tcase_add_test(items, items_are_read_one_by_one);
    tcase_add_loop_test(items, an_item_is_found_past_padding_and_by_the_critical_rule, 0,
                        ROWS(fields));
    tcase_add_test(items, padding_is_never_found);
    tcase_add_loop_test(profile, the_item_is_as_specified_to_the_byte_in_its_message_only, 0,
                        ROWS(examples));
    tcase_add_test(profile, the_item_is_appended_to_others);
    tcase_add_test(profile, a_target_has_at_most_255_bytes);
    tcase_add_loop_test(profile, only_a_well_formed_item_is_accepted, 0, ROWS(received));
    tcase_add_loop_test(profile, what_is_read_of_a_changed_item_is_all_there_was, 0,
                        ROWS(examples));
}

int main(void)
{
    return suite_main("ead", add);
}
