/* OpenSSH's private key files: made by the real ssh-keygen, and made by hand and wrong in one point
 * each; every truncation and every flipped bit. */
#include "openssh_support.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/ssh_wire.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "lib/slow.h"
#include "lib/ssh_make.h"
#include "base/lines.h"
#include "load/openssh_key.h"

/* ---- files made by hand ---- */

/* A key file, field by field; what is wrong in it is changed before it is put together. */
struct recipe {
    struct bytes magic;
    const char *cipher, *kdf;
    struct bytes kdf_options;
    uint32_t keys;
    struct buf blob;         /* public */
    uint32_t check[2];       /* private section */
    struct buf inner, value; /* its public key and its private one, encoded */
    struct bytes comment;
    uint8_t padding[300];
    size_t padding_len; /* SIZE_MAX: as needed */
    struct bytes tail;
};

static void put_value(const struct key *key, struct buf *out)
{
    uint8_t pair[2 * COORDINATE_MAX];
    size_t n = key_type(key)->coordinate;

    fill_raw(pair, n);
    memcpy(pair + n, key_x(key).p, n);
    if (key_type(key)->kty == KTY_EC2)
        ssh_make_mpint(out, bytes_of(pair, n));
    else
        ssh_put_string(out, bytes_of(pair, 2 * n));
}

static struct recipe recipe_new(const char *kind)
{
    struct recipe r = {
        .magic = bytes_of("openssh-key-v1", 15),
        .cipher = "none",
        .kdf = "none",
        .keys = 1,
        .check = {0x12345678, 0x12345678},
        .comment = BYTES_LITERAL("me@here"),
        .padding_len = SIZE_MAX,
    };
    struct key *key = made_key(kind);

    r.blob = r.inner = r.value = buf_new(BUF_MAX);
    ssh_blob_put(key, &r.blob);
    ssh_blob_put(key, &r.inner);
    put_value(key, &r.value);
    for (size_t i = 0; i < sizeof(r.padding); i++)
        r.padding[i] = (uint8_t)(i + 1);
    key_free(key);
    return r;
}

static void recipe_free(struct recipe *r)
{
    buf_free(&r->blob);
    buf_free(&r->inner);
    buf_free(&r->value);
}

static void put_section(const struct recipe *r, struct buf *out)
{
    ssh_put_uint32(out, r->check[0]);
    ssh_put_uint32(out, r->check[1]);
    buf_put(out, buf_bytes(&r->inner));
    buf_put(out, buf_bytes(&r->value));
    ssh_put_string(out, r->comment);
    buf_put(out, bytes_of(r->padding,
                          r->padding_len != SIZE_MAX ? r->padding_len : (8 - out->len % 8) % 8));
}

static struct buf armor(struct bytes binary)
{
    struct buf text = buf_new(BUF_MAX), base64 = buf_new(BUF_MAX);

    base64_put(binary, &base64);
    buf_put_text(&text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    for (size_t at = 0; at < base64.len; at += 70) {
        buf_put(&text, bytes_of(base64.p + at, base64.len - at < 70 ? base64.len - at : 70));
        buf_put_byte(&text, '\n');
    }
    buf_put_text(&text, "-----END OPENSSH PRIVATE KEY-----\n");
    ck_assert(buf_err(&text) == EDHOC_OK && buf_err(&base64) == EDHOC_OK);
    buf_free(&base64);
    return text;
}

/* The file; the recipe is used up. */
static struct buf cook(struct recipe *r)
{
    struct buf binary = buf_new(BUF_MAX), section = buf_new(BUF_MAX), text;

    put_section(r, &section);
    buf_put(&binary, r->magic);
    ssh_put_string(&binary, bytes_of_text(r->cipher));
    ssh_put_string(&binary, bytes_of_text(r->kdf));
    ssh_put_string(&binary, r->kdf_options);
    ssh_put_uint32(&binary, r->keys);
    ssh_put_string(&binary, buf_bytes(&r->blob));
    ssh_put_string(&binary, buf_bytes(&section));
    buf_put(&binary, r->tail);
    text = armor(buf_bytes(&binary));
    buf_free(&binary);
    buf_free(&section);
    recipe_free(r);
    return text;
}

static void refused(struct buf text, const char *words)
{
    struct key *key;
    char *comment;

    ck_assert_told(openssh_key_read(buf_bytes(&text), FILE_NAME, &key, &comment),
                   EDHOC_ERR_KEY_FORMAT, words);
    ck_assert(strstr(report_details(EDHOC_ERR_KEY_FORMAT), FILE_NAME ": ") != NULL);
    ck_assert_ptr_null(key);
    ck_assert_ptr_null(comment);
    buf_free(&text);
}

static struct key *accepted(struct buf text, const char *expected_comment)
{
    struct key *key;
    char *comment;

    ck_assert(openssh_key_is(buf_bytes(&text)));
    ck_assert_ok(openssh_key_read(buf_bytes(&text), FILE_NAME, &key, &comment));
    if (expected_comment != NULL)
        ck_assert_str_eq(comment, expected_comment);
    else
        ck_assert_ptr_null(comment);
    free(comment);
    buf_free(&text);
    return key;
}

static void accepted_as(struct buf text, const char *kind, const char *comment)
{
    struct key *key = accepted(text, comment), *expected = made_key(kind);

    ck_assert(same_public(key, expected));
    expect_signs(key, TEXT);
    key_free(key);
    key_free(expected);
}

/* ---- every truncation, every flipped bit ---- */

static struct buf disarm(struct bytes text)
{
    struct buf base64 = buf_new(BUF_MAX), binary = buf_new(BUF_MAX);
    struct bytes line;

    while (lines_next(&text, &line))
        if (line.p[0] != '-')
            buf_put(&base64, line);
    ck_assert(base64_read(buf_bytes(&base64), &binary));
    buf_free(&base64);
    return binary;
}

/* Never another key; true if it is the same one. */
static bool read_mutant(struct bytes binary, const struct key *original)
{
    struct buf text = armor(binary);
    struct key *key;
    char *comment;
    edhoc_err err = openssh_key_read(buf_bytes(&text), FILE_NAME, &key, &comment);

    ck_assert(err == EDHOC_OK || err == EDHOC_ERR_KEY_FORMAT || err == EDHOC_ERR_CRYPTO);
    ck_assert((err == EDHOC_OK) == (key != NULL));
    if (key != NULL)
        ck_assert(same_public(key, original));
    key_free(key);
    free(comment);
    buf_free(&text);
    return err == EDHOC_OK;
}

static void mutate(struct bytes text)
{
    struct buf binary = disarm(text);
    struct key *original;
    char *comment;
    size_t passed = 0;

    ck_assert_ok(openssh_key_read(text, FILE_NAME, &original, &comment));
    for (size_t len = 0; len < binary.len; len++) {
        /* In memory of its own, so that a byte too much read is seen. */
        uint8_t *copy = malloc(len + 1);

        memcpy(copy, binary.p, len);
        ck_assert(!read_mutant(bytes_of(copy, len), original));
        free(copy);
    }
    for (size_t bit = 0; bit < 8 * binary.len; bit += slow_stride()) {
        binary.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        passed += read_mutant(buf_bytes(&binary), original);
        binary.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    if (slow_stride() == 1)
        ck_assert_uint_eq(passed, 8 * (comment != NULL ? strlen(comment) : 0));
    key_free(original);
    free(comment);
    buf_free(&binary);
}

/* ---- tests of files ---- */

START_TEST(a_file_with_known_values_is_read)
{
    struct recipe r = recipe_new(kinds[_i]);

    accepted_as(cook(&r), kinds[_i], "me@here");
}
END_TEST

static bool importing_fails;

EVP_PKEY *__real_EVP_PKEY_new_raw_private_key_ex(OSSL_LIB_CTX *context, const char *type,
                                                 const char *properties, const unsigned char *raw,
                                                 size_t len);
EVP_PKEY *__wrap_EVP_PKEY_new_raw_private_key_ex(OSSL_LIB_CTX *context, const char *type,
                                                 const char *properties, const unsigned char *raw,
                                                 size_t len);

EVP_PKEY *__wrap_EVP_PKEY_new_raw_private_key_ex(OSSL_LIB_CTX *context, const char *type,
                                                 const char *properties, const unsigned char *raw,
                                                 size_t len)
{
    return importing_fails
               ? NULL
               : __real_EVP_PKEY_new_raw_private_key_ex(context, type, properties, raw, len);
}

START_TEST(a_key_that_libcrypto_does_not_take_is_told_with_its_file)
{
    struct recipe r = recipe_new("ed25519");
    struct buf text = cook(&r);
    struct key *key;
    char *comment;

    importing_fails = true;
    ck_assert_told(openssh_key_read(buf_bytes(&text), FILE_NAME, &key, &comment), EDHOC_ERR_CRYPTO,
                   FILE_NAME ": importing a private key");
    importing_fails = false;
    ck_assert_ptr_null(key);
    free(comment);
    buf_free(&text);
}
END_TEST

START_TEST(no_change_of_a_made_file_gives_another_key)
{
    struct recipe r = recipe_new(kinds[_i]);
    struct buf text = cook(&r);

    mutate(buf_bytes(&text));
    buf_free(&text);
}
END_TEST

/* BYTES_LITERAL where C wants a constant. */
/* clang-format off */
#define LITERAL(s) {(const uint8_t *)("" s), sizeof(s) - 1}
/* clang-format on */

static const struct {
    struct bytes comment;
    const char *expected;
} comments[] = {
    {LITERAL(""), NULL},          {LITERAL("J\xc3\xbcrgen's laptop"), "J\xc3\xbcrgen's laptop"},
    {LITERAL("J\xfcrgen"), NULL}, {LITERAL("two\nlines"), NULL},
    {LITERAL("\x1b[2J"), NULL},   {LITERAL("a\0b"), NULL},
};

START_TEST(a_comment_is_kept_where_it_is_printable)
{
    struct recipe r = recipe_new("ed25519");

    r.comment = comments[_i].comment;
    accepted_as(cook(&r), "ed25519", comments[_i].expected);
}
END_TEST

/* Some writers pad an already whole section with one block more, as OpenSSH's reader lets them. */
START_TEST(padding_counts_up_and_is_shorter_than_a_block_more)
{
    static const struct {
        size_t len;
        bool ok;
    } lengths[] = {{4, true},  {12, true}, {252, true}, {260, false},
                   {0, false}, {1, false}, {5, false},  {300, false}};
    struct recipe r;
    struct buf text;

    for (int i = 0; i < ROWS(lengths); i++) {
        r = recipe_new("ed25519");
        r.comment = BYTES_LITERAL("1"); /* 4 bytes are needed */
        r.padding_len = lengths[i].len;
        text = cook(&r);
        if (lengths[i].ok)
            accepted_as(text, "ed25519", "1");
        else
            refused(text, "padded");
    }
    for (size_t i = 0; i < 4; i++) {
        r = recipe_new("ed25519");
        r.comment = BYTES_LITERAL("1");
        r.padding[i] = 0;
        refused(cook(&r), "padded");
    }
}
END_TEST

static void set(struct buf *b, struct bytes to)
{
    ck_assert_int_eq(buf_copy(b, to), EDHOC_OK);
}

START_TEST(a_container_has_one_unencrypted_key)
{
    struct recipe r = recipe_new("p256");

    r.magic = bytes_of("openssh-key-v2", 15);
    refused(cook(&r), "openssh-key-v1");
    r = recipe_new("p256");
    r.magic = BYTES_NONE;
    refused(cook(&r), "openssh-key-v1");
    r = recipe_new("p256");
    r.keys = 0;
    refused(cook(&r), "0 keys");
    r = recipe_new("p256");
    r.keys = 2;
    refused(cook(&r), "2 keys");
    r = recipe_new("p256");
    r.keys = UINT32_MAX;
    refused(cook(&r), "4294967295 keys");
    r = recipe_new("p256");
    r.tail = BYTES_LITERAL("\0");
    refused(cook(&r), "not as unencrypted keys are");
    r = recipe_new("p256");
    r.kdf = "bcrypt";
    refused(cook(&r), "not as unencrypted keys are");
    r = recipe_new("p256");
    r.kdf_options = BYTES_LITERAL("salt");
    refused(cook(&r), "not as unencrypted keys are");
    r = recipe_new("p256");
    r.cipher = "aes256-ctr";
    refused(cook(&r), "agent:");
    r = recipe_new("p256");
    set(&r.blob, BYTES_LITERAL("\0\0"));
    refused(cook(&r), "no type");
    r = recipe_new("p256");
    set(&r.blob, BYTES_LITERAL("\xff\xff\xff\xff"));
    refused(cook(&r), "no type");
    r = recipe_new("p256");
    set(&r.blob, BYTES_NONE);
    refused(cook(&r), "no type");
}
END_TEST

/* Encrypted or not: it would be of no use either way. */
START_TEST(keys_of_other_kinds_are_named_and_refused)
{
    struct recipe r = recipe_new("ed25519");

    set_type(&r.blob, unusable[_i].type);
    set_type(&r.inner, unusable[_i].type);
    refused(cook(&r), unusable[_i].words);
    r = recipe_new("ed25519");
    set_type(&r.blob, unusable[_i].type);
    r.cipher = "aes256-ctr";
    refused(cook(&r), unusable[_i].words);
}
END_TEST

/* Both copies of the public key agree, but are no public key, or not this private key's. */
static void with_blob(struct recipe r, struct bytes blob, const char *words)
{
    set(&r.blob, blob);
    set(&r.inner, blob);
    refused(cook(&r), words);
}

START_TEST(a_private_section_must_fit_its_public_key)
{
    struct recipe r = recipe_new("ed25519"), other = recipe_new("p256");

    r.check[1]++;
    refused(cook(&r), "private section");
    r = recipe_new("ed25519");
    set(&r.inner, buf_bytes(&other.inner));
    refused(cook(&r), "private section");
    r = recipe_new("ed25519");
    set(&r.inner, BYTES_NONE);
    refused(cook(&r), "private section");
    with_blob(recipe_new("ed25519"), buf_bytes(&other.inner), "private section");
    with_blob(recipe_new("ed25519"), BYTES_LITERAL("\0\0\0\013ssh-ed25519"), "not that of the");
    with_blob(recipe_new("ed25519"), BYTES_LITERAL("\0\0\0\013ssh-ed25519\0\0\0\001x"),
              "not that of the");
    r = recipe_new("ed25519");
    buf_put_byte(&r.blob, 0);
    buf_put_byte(&r.inner, 0);
    refused(cook(&r), NULL);
    r = recipe_new("ed25519");
    r.value.p[4] ^= 1; /* the seed */
    refused(cook(&r), "not that of the");
    r = recipe_new("ed25519");
    r.value.p[4 + 32] ^= 1; /* the public key behind it */
    refused(cook(&r), "not that of the");
    r = recipe_new("ed25519");
    buf_reset(&r.value);
    ssh_put_string(&r.value, bytes_of(r.padding, 32)); /* the seed alone */
    refused(cook(&r), "private section");
    recipe_free(&other);
}
END_TEST

static void with_scalar(struct bytes encoded, const char *words)
{
    struct recipe r = recipe_new("p256");

    set(&r.value, encoded);
    refused(cook(&r), words);
}

START_TEST(a_scalar_has_one_encoding_and_is_below_the_order)
{
    uint8_t raw[34] = {0};
    struct buf value = buf_new(BUF_MAX);

    with_scalar(BYTES_LITERAL("\0\0\0\0"), "private section");       /* zero */
    with_scalar(BYTES_LITERAL("\0\0\0\001\0"), "private section");   /* zero in another way */
    with_scalar(BYTES_LITERAL("\0\0\0\001\200"), "private section"); /* negative */
    with_scalar(BYTES_LITERAL("\0\0\0\001\001"), "not that of the"); /* one */
    with_scalar(BYTES_LITERAL("\xff\xff\xff\xff\001"), "private section");
    fill_raw(raw + 2, 32);
    ssh_put_string(&value, bytes_of(raw + 1, 33)); /* the right one, a zero before it */
    with_scalar(buf_bytes(&value), "private section");
    buf_reset(&value);
    raw[0] = 1;
    ssh_put_string(&value, bytes_of(raw, 34)); /* too long */
    with_scalar(buf_bytes(&value), "private section");
    buf_free(&value);
}
END_TEST

static struct buf around(const char *before, struct buf text, struct bytes after)
{
    struct buf out = buf_new(BUF_MAX);

    buf_put_text(&out, before);
    buf_put(&out, buf_bytes(&text));
    buf_put(&out, after);
    buf_free(&text);
    return out;
}

static struct buf good(void)
{
    struct recipe r = recipe_new("ed25519");

    return cook(&r);
}

static struct buf with_crlf(struct buf text)
{
    struct buf out = buf_new(BUF_MAX);

    for (size_t i = 0; i < text.len; i++)
        buf_put_text(&out, text.p[i] == '\n' ? "\r\n" : (char[2]){(char)text.p[i], '\0'});
    buf_free(&text);
    return out;
}

static struct buf with_byte(size_t at, uint8_t byte)
{
    struct buf text = good();

    text.p[at] = byte;
    return text;
}

static struct buf cut(size_t drop)
{
    struct buf text = good();

    text.len -= drop;
    return text;
}

START_TEST(the_armor_is_exact_and_alone_in_its_file)
{
    struct buf text = good(), twice;

    twice = around("", good(), buf_bytes(&text));
    refused(twice, "alone in its file");
    accepted_as(with_crlf(text), "ed25519", "me@here");
    accepted_as(cut(1), "ed25519", "me@here");
    accepted_as(around("", good(), BYTES_LITERAL("\n\r\n\n")), "ed25519", "me@here");
    refused(around("", good(), BYTES_LITERAL(" \n")), "alone in its file");
    refused(around("", good(), BYTES_LITERAL("\0")), "alone in its file");
    refused(around("", good(), BYTES_LITERAL("-----BEGIN CERTIFICATE-----\n")), "alone");
    refused(around("\n", good(), BYTES_NONE), "first line");
    refused(around("\xef\xbb\xbf", good(), BYTES_NONE), "first line");
    refused(around("my key:\n", good(), BYTES_NONE), "first line");
    refused(cut(2), "not copied whole");
    refused(cut(sizeof("-----END OPENSSH PRIVATE KEY-----")), "not copied whole");
    refused(with_byte(50, '\0'), "base64");
    refused(with_byte(50, ' '), "base64");
    refused(with_byte(50, '='), "base64");
    refused(with_byte(50, '-'), "base64");
    refused(armor(BYTES_NONE), "base64");
    refused(buf_new(0), "first line");
}
END_TEST

START_TEST(a_file_has_a_bounded_size)
{
    static const uint8_t zeros[65536];

    refused(armor(bytes_of(zeros, sizeof(zeros))), "longer than");
    refused(armor(bytes_of(zeros, 40000)), "openssh-key-v1");
    ck_assert(!openssh_key_is(BYTES_NONE));
    ck_assert(!openssh_key_is(BYTES_LITERAL("-----BEGIN PRIVATE KEY-----\n")));
    ck_assert(!openssh_key_is(bytes_of(zeros, sizeof(zeros))));
    ck_assert(openssh_key_is(BYTES_LITERAL("\n-----BEGIN OPENSSH PRIVATE KEY-----")));
}
END_TEST

/* ---- keys of the real ssh-keygen ---- */

START_TEST(keys_of_ssh_keygen_are_read_or_named)
{
    const struct real *k = &reals[_i];
    struct buf text = folder_read(k->file);
    struct key *key, *public_key;

    if (k->kind == NULL) {
        refused(text, k->words);
        return;
    }
    key = accepted(text, "it's me");
    public_key = real_public(k->file);
    ck_assert_ptr_eq(key_type(key), keytype_by_name(k->kind));
    ck_assert(same_public(key, public_key));
    expect_signs(key, TEXT);
    key_free(key);
    key_free(public_key);
}
END_TEST

/* An mpint is as long as its number: now and then a scalar has a byte more or less. */
START_TEST(scalars_of_every_length_are_read)
{
    struct real k = reals[1];

    for (int i = 0; i < 40; i++) {
        k.file = "id_again";
        make_real(&k);
        key_free(accepted(folder_read(k.file), "it's me"));
    }
}
END_TEST

START_TEST(no_change_of_a_real_file_gives_another_key)
{
    struct buf text = folder_read(reals[_i].file);

    mutate(buf_bytes(&text));
    buf_free(&text);
}
END_TEST

START_TEST(fingerprints_are_those_of_ssh_keygen)
{
    for (int i = 0; i < REALS; i++) {
        struct buf theirs;

        folder_run("ssh-keygen -l -f %s.pub >fingerprint", reals[i].file);
        theirs = folder_read("fingerprint");
        buf_put_byte(&theirs, '\0');
        ck_assert_ptr_nonnull(strstr((char *)theirs.p, real_fingerprint(reals[i].file)));
        buf_free(&theirs);
    }
}
END_TEST

static void add_made(Suite *suite)
{
    TCase *tcase = suite_case(suite, "made files", 240);

    tcase_add_loop_test(tcase, a_file_with_known_values_is_read, 0, KINDS);
    tcase_add_test(tcase, a_key_that_libcrypto_does_not_take_is_told_with_its_file);
    tcase_add_loop_test(tcase, no_change_of_a_made_file_gives_another_key, 0, KINDS);
    tcase_add_loop_test(tcase, a_comment_is_kept_where_it_is_printable, 0, ROWS(comments));
    tcase_add_loop_test(tcase, keys_of_other_kinds_are_named_and_refused, 0, UNUSABLE);
    tcase_add_test(tcase, padding_counts_up_and_is_shorter_than_a_block_more);
    tcase_add_test(tcase, a_container_has_one_unencrypted_key);
    tcase_add_test(tcase, a_private_section_must_fit_its_public_key);
    tcase_add_test(tcase, a_scalar_has_one_encoding_and_is_below_the_order);
    tcase_add_test(tcase, the_armor_is_exact_and_alone_in_its_file);
    tcase_add_test(tcase, a_file_has_a_bounded_size);
}

static void add_real(Suite *suite)
{
    TCase *tcase = suite_case(suite, "ssh-keygen", 240);

    tcase_add_unchecked_fixture(tcase, make_reals, NULL);
    tcase_add_loop_test(tcase, keys_of_ssh_keygen_are_read_or_named, 0, REALS);
    tcase_add_loop_test(tcase, no_change_of_a_real_file_gives_another_key, 0, KINDS);
    tcase_add_test(tcase, scalars_of_every_length_are_read);
    tcase_add_test(tcase, fingerprints_are_those_of_ssh_keygen);
}

static void add(Suite *suite)
{
    add_made(suite);
    if (openssh_is_there())
        add_real(suite);
}

int main(void)
{
    int status;

    folder_make("openssh");
    status = suite_main("openssh", add);
    folder_remove();
    return status;
}
