/* OpenSSH certificates are read as PROTOCOL.certkeys has them and in no other way, and nothing but
 * their CA's signature verifies: those of the independent implementation, those that the real
 * ssh-keygen makes while the test runs (ssh_fixtures.sh), and those made by hand that are wrong in
 * one point each. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "load/ssh_cert_file.h"
#include "peer/ssh_ca.h"
#include "peer/ssh_cert.h"
#include "base/ssh_wire.h"

#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/ssh_make.h"
#include "lib/slow.h"
#include "lib/suite.h"
#include "support.h"
#include "vectors.h"

static struct bytes fixture(const char *name)
{
    return folder_keep(textf("%s.cert", name));
}

/* Both halves of believing a certificate's bytes. */
static edhoc_err read_and_verify(struct bytes blob, struct ssh_cert *c)
{
    edhoc_err err = ssh_cert_read(blob, c);

    return err == EDHOC_OK ? ssh_ca_verify(c->ca, c->to_be_signed, c->signature) : err;
}

/* ---- the independent implementation's ---- */

static struct vectors *v;

static const char *hex_of(struct bytes b)
{
    return b.len > 0 ? hex(b) : "";
}

/* A list in hex, with commas. */
static void check_list(struct bytes list, const char *text, const char *name)
{
    struct bytes item;

    while (ssh_cert_principal(&list, &item)) {
        size_t len = strcspn(text, ",");

        ck_assert_msg(strlen(hex_of(item)) == len && strncmp(hex_of(item), text, len) == 0,
                      "%s: %s is not %s", name, hex_of(item), text);
        text += len + (text[len] == ',');
    }
    ck_assert_uint_eq(list.len, 0);
    ck_assert_str_eq(text, "");
}

static void check_number(uint64_t got, size_t i, const char *field)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)got);
    ck_assert_str_eq(text, vectors_text(v, i, field));
}

START_TEST(every_field_is_what_the_independent_implementation_wrote)
{
    size_t i = (size_t)_i;
    const char *name = vectors_text(v, i, "name");
    struct buf blob = buf_new(1024);
    struct ssh_cert c;
    struct bytes rest;
    struct key *key;

    ck_assert_ok(read_and_verify(vectors_hex(v, i, "certificate"), &c));
    check_number(c.serial, i, "serial");
    check_number(c.type, i, "type");
    check_number(c.valid_after, i, "valid_after");
    check_number(c.valid_before, i, "valid_before");
    ck_assert_str_eq(hex_of(c.key_id), vectors_text(v, i, "key_id"));
    ck_assert_str_eq(hex_of(c.ca), vectors_text(v, i, "ca"));
    ck_assert_str_eq(hex_of(c.signature), vectors_text(v, i, "signature"));
    check_list(c.principals, vectors_text(v, i, "principals"), name);
    check_list(c.critical, vectors_text(v, i, "critical"), name);
    check_list(c.extensions, vectors_text(v, i, "extensions"), name);

    ck_assert_ok(ssh_certificate_key(vectors_hex(v, i, "certificate"), &key, &rest));
    ssh_blob_put(key, &blob);
    ck_assert_hex(buf_bytes(&blob), vectors_text(v, i, "key_blob"));
    buf_free(&blob);
    key_free(key);
}
END_TEST

/* ---- ssh-keygen's ---- */

static const struct {
    const char *name;
    edhoc_err err;
    const char *words; /* of a refusal */
    uint64_t serial;
    unsigned type;
    const char *key_id, *first;
    size_t principals, critical, extensions;
} made[] = {
    {"ed25519-by-ed25519", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"p256-by-ed25519", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"p384-by-ed25519", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"ed25519-by-p256", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"p256-by-p256", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"p384-by-p256", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"ed25519-by-p384", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"p256-by-p384", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"p384-by-p384", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"ed25519-by-p521", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"p256-by-p521", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"p384-by-p521", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"by-rsa-512", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"by-rsa-256", EDHOC_OK, NULL, 7, 1, "alice today", "alice@example.org", 2, 0, 5},
    {"host", EDHOC_OK, NULL, 9, 2, "web", "web.example.org", 2, 0, 0},
    {"forced", EDHOC_OK, NULL, 10, 1, "forced", "alice", 1, 2, 0},
    {"extended", EDHOC_OK, NULL, 11, 1, "extended", "alice", 1, 0, 2},
    {"bare", EDHOC_OK, NULL, 0, 1, "", NULL, 0, 0, 0},
    {"by-rsa-sha1", EDHOC_ERR_CERT_BAD, "rsa-sha2-256 or rsa-sha2-512", 0, 0, NULL, NULL, 0, 0, 0},
    {"by-weak", EDHOC_ERR_KEY_FORMAT, "2048 to 16384 bits", 0, 0, NULL, NULL, 0, 0, 0},
    {"of-rsa", EDHOC_ERR_KEY_FORMAT, "\"ssh-rsa-cert-v01@openssh.com\"", 0, 0, NULL, NULL, 0, 0, 0},
    {"of-p521", EDHOC_ERR_KEY_FORMAT, "ecdsa-sha2-nistp521-cert", 0, 0, NULL, NULL, 0, 0, 0},
};

static size_t count_items(struct bytes list)
{
    struct bytes item;
    size_t count = 0;

    while (ssh_cert_principal(&list, &item))
        count++;
    return count;
}

START_TEST(a_certificate_that_ssh_keygen_made_is_read_and_verifies)
{
    struct ssh_cert c;
    struct bytes list, first;

    if (made[_i].err != EDHOC_OK) {
        ck_assert_told(read_and_verify(fixture(made[_i].name), &c), made[_i].err, made[_i].words);
        return;
    }
    ck_assert_ok(read_and_verify(fixture(made[_i].name), &c));
    ck_assert_uint_eq(c.serial, made[_i].serial);
    ck_assert_uint_eq(c.type, made[_i].type);
    ck_assert(bytes_equal(c.key_id, bytes_of_text(made[_i].key_id)));
    ck_assert_uint_eq(count_items(c.principals), made[_i].principals);
    ck_assert_uint_eq(count_items(c.critical), 2 * made[_i].critical);
    ck_assert_uint_eq(count_items(c.extensions), 2 * made[_i].extensions);
    list = c.principals;
    if (made[_i].first != NULL)
        ck_assert(ssh_cert_principal(&list, &first) &&
                  bytes_equal(first, bytes_of_text(made[_i].first)));
}
END_TEST

/* ---- changed on the way ---- */

/* One for each kind of key and of CA. */
static const char *const spoiled[] = {"ed25519-by-ed25519", "p256-by-p256", "p384-by-p384",
                                      "ed25519-by-p521",    "by-rsa-512",   "host"};

START_TEST(no_beginning_of_a_certificate_is_one)
{
    struct bytes whole = fixture(spoiled[_i]);
    struct ssh_cert c;

    for (size_t len = 0; len < whole.len; len++)
        must(ssh_cert_read(keep(whole.p, len), &c) == EDHOC_ERR_KEY_FORMAT);
}
END_TEST

START_TEST(no_certificate_survives_a_flipped_bit)
{
    struct bytes whole = fixture(spoiled[_i]);
    struct ssh_cert c;

    for (size_t bit = 0; bit < 8 * whole.len; bit += slow_stride()) {
        struct bytes changed = keep(whole.p, whole.len);

        ((uint8_t *)(uintptr_t)changed.p)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        must(read_and_verify(changed, &c) != EDHOC_OK);
        if (bit % 512 == 0)
            keep_release(), whole = fixture(spoiled[_i]);
    }
}
END_TEST

/* ---- wrong in one point, and well signed ---- */

static struct ssh_make good(void)
{
    return (struct ssh_make){.key = support_key("ed25519", 0),
                             .ca = support_key("p256", 1),
                             .type = 1,
                             .key_id = "alice",
                             .principals = "alice,bob",
                             .critical = "force-command=/bin/true",
                             .extensions = "permit-pty"};
}

/* string "ssh-rsa", and so on: a blob from its strings in hex. */
static struct bytes strings(const char *first, ...)
{
    struct buf b = buf_new(10000);
    const char *text = first;
    struct bytes whole;
    va_list args;

    va_start(args, first);
    for (; text != NULL; text = va_arg(args, const char *))
        ssh_put_string(&b, unhex(text));
    va_end(args);
    whole = keep(b.p, b.len);
    buf_free(&b);
    return whole;
}

static struct bytes many_principals(unsigned count)
{
    struct buf b = buf_new(16384);
    struct bytes whole;

    while (count-- > 0)
        ssh_put_string(&b, BYTES_LITERAL("x"));
    whole = keep(b.p, b.len);
    buf_free(&b);
    return whole;
}

static void refused(const struct ssh_make *m, edhoc_err err, const char *words)
{
    struct ssh_cert c;

    ck_assert_told(read_and_verify(ssh_make(m), &c), err, words);
}

START_TEST(what_a_recipe_makes_is_good_unless_it_is_spoiled)
{
    struct ssh_make m = good();
    struct ssh_cert c;

    ck_assert_ok(read_and_verify(ssh_make(&m), &c));
    m.list = many_principals(256);
    ck_assert_ok(read_and_verify(ssh_make(&m), &c));
    m.principals = "";
    m.list = BYTES_NONE;
    m.critical = m.extensions = NULL;
    m.type = 2;
    ck_assert_ok(read_and_verify(ssh_make(&m), &c));
}
END_TEST

START_TEST(every_rule_of_the_format_is_kept)
{
    struct ssh_make m = good();

    m.tail = BYTES_LITERAL("\0");
    refused(&m, EDHOC_ERR_KEY_FORMAT, "left over");
    m = good(), m.type = 0;
    refused(&m, EDHOC_ERR_KEY_FORMAT, "neither user nor host");
    m = good(), m.type = 3;
    refused(&m, EDHOC_ERR_KEY_FORMAT, "neither user nor host");
    m = good(), m.key_id_bytes = BYTES_LITERAL("alice\0");
    refused(&m, EDHOC_ERR_KEY_FORMAT, "NUL in its key id");
    m = good(), m.list = strings("616c00", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "malformed principals");
    m = good(), m.list = BYTES_LITERAL("\0\0\0\x02x");
    refused(&m, EDHOC_ERR_KEY_FORMAT, "malformed principals");
    m = good(), m.list = many_principals(257);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "more than 256");
    m = good(), m.critical_list = strings("61", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "critical options");
    m = good(), m.extension_list = strings("61", "62", "63", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "extensions");
    m = good(), m.extension_list = BYTES_LITERAL("\0\0\0\x01x\0\0\0");
    refused(&m, EDHOC_ERR_KEY_FORMAT, "extensions");
    m = good(), m.extension_list = keep_new(16384) ? bytes_of(keep_new(16384), 16384) : BYTES_NONE;
    refused(&m, EDHOC_ERR_KEY_FORMAT, "at most 16384 bytes");
    m = good(), m.after_public = BYTES_LITERAL("\0\0\0\0");
    refused(&m, EDHOC_ERR_KEY_FORMAT, "");
    m = good(), m.type_name = "ssh-ed448";
    refused(&m, EDHOC_ERR_KEY_FORMAT, "ssh-ed448");
    m = good(), m.type_name = "ecdh-x25519";
    refused(&m, EDHOC_ERR_KEY_FORMAT, "ecdh-x25519");
    m = good(), m.type_name = "ecdsa-sha2-nistp256";
    refused(&m, EDHOC_ERR_KEY_FORMAT, "public key is malformed");
    m = good(), m.key = support_key("p256", 0), m.type_name = "ecdsa-sha2-nistp384";
    refused(&m, EDHOC_ERR_KEY_FORMAT, "public key is malformed");
}
END_TEST

#define P256_POINT                                                                                 \
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"                           \
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define ED25519_NAME "7373682d65643235353139"
#define P256_NAME    "65636473612d736861322d6e69737470323536"
#define CURVE_256    "6e69737470323536"

START_TEST(only_keys_that_may_be_a_cas_are_believed)
{
    static const char *const zeros = "00000000000000000000000000000000"
                                     "00000000000000000000000000000000";
    struct ssh_make m = good();

    m.ca_blob = BYTES_LITERAL("");
    refused(&m, EDHOC_ERR_KEY_FORMAT, "not the blob of a CA's key");
    m.ca_blob = strings(ED25519_NAME, zeros, "", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "not the blob of an ssh-ed25519 key");
    m.ca_blob = strings(ED25519_NAME, "00", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "not the blob of an ssh-ed25519 key");
    m.ca_blob = strings(P256_NAME, "6e69737470333834", P256_POINT, NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "not the blob of an ecdsa-sha2-nistp256 key");
    m.ca_blob = strings(P256_NAME, CURVE_256, P256_POINT "00", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "not a valid one");
    m.ca_blob = strings(P256_NAME, CURVE_256, "04", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "not a valid one");
    m.ca_blob = strings(P256_NAME, CURVE_256, P256_POINT, "", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "not the blob of an ecdsa-sha2-nistp256 key");
    m.ca_blob = strings("7373682d727361", "010001", zeros, NULL); /* not an mpint */
    refused(&m, EDHOC_ERR_KEY_FORMAT, "not the blob of an ssh-rsa key");
    m.ca_blob = strings("7373682d727361", "010001", "7f", NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "2048 to 16384 bits");
    m.ca_blob = fixture("ed25519-by-ed25519"); /* a certificate signs no other */
    refused(&m, EDHOC_ERR_KEY_FORMAT, "\"ssh-ed25519-cert-v01@openssh.com\" cannot be a CA's");
    m.ca_blob = strings("6563646836656d", zeros, NULL);
    refused(&m, EDHOC_ERR_KEY_FORMAT, "cannot be a CA's");
}
END_TEST

/* A point that is not on its curve: the base point's y plus one. */
START_TEST(a_cas_key_that_is_no_point_is_refused)
{
    struct bytes ca = strings(P256_NAME, CURVE_256, P256_POINT, NULL);

    ck_assert_ok(ssh_ca_check(ca));
    ((uint8_t *)(uintptr_t)ca.p)[ca.len - 1] ^= 1;
    ck_assert_told(ssh_ca_check(ca), EDHOC_ERR_KEY_FORMAT, "not a valid one");
}
END_TEST

/* An RSA key with e = 1, whose signatures everybody can make. */
START_TEST(an_rsa_key_without_a_sound_exponent_is_refused)
{
    struct ssh_cert c;
    struct ssh_reader r;
    struct buf blob = buf_new(1024);
    struct bytes e, n;

    ck_assert_ok(ssh_cert_read(fixture("by-rsa-512"), &c));
    ck_assert_ok(ssh_ca_check(c.ca));
    r = ssh_reader_of(c.ca);
    (void)ssh_read_string(&r);
    e = ssh_read_string(&r);
    n = ssh_read_string(&r);
    ck_assert(ssh_read_done(&r) && e.len == 3);
    for (uint8_t exponent = 1; exponent <= 2; exponent++) {
        buf_reset(&blob);
        ssh_put_string(&blob, BYTES_LITERAL("ssh-rsa"));
        ssh_put_string(&blob, bytes_of(&exponent, 1));
        ssh_put_string(&blob, n);
        ck_assert_told(ssh_ca_check(buf_bytes(&blob)), EDHOC_ERR_KEY_FORMAT, "not a valid one");
    }
    buf_free(&blob);
}
END_TEST

/* A good signature of `m`, which its format and value are taken from. */
static void signature_of(struct ssh_make *m, struct bytes *format, struct bytes *value)
{
    struct ssh_cert c;
    struct ssh_reader r;

    ck_assert_ok(ssh_cert_read(ssh_make(m), &c));
    r = ssh_reader_of(c.signature);
    *format = ssh_read_string(&r);
    *value = ssh_read_string(&r);
    ck_assert(ssh_read_done(&r));
}

static struct bytes signature(struct bytes format, struct bytes value, struct bytes tail)
{
    struct buf b = buf_new(4096);
    struct bytes whole;

    ssh_put_string(&b, format);
    ssh_put_string(&b, value);
    buf_put(&b, tail);
    whole = keep(b.p, b.len);
    buf_free(&b);
    return whole;
}

START_TEST(a_signature_has_one_form)
{
    struct ssh_make m = good();
    struct bytes format, value;

    m.ca = support_key("ed25519", 1);
    signature_of(&m, &format, &value);
    m.signature = signature(format, value, BYTES_LITERAL(""));
    ck_assert_ok(read_and_verify(ssh_make(&m), &(struct ssh_cert){0}));
    m.signature = signature(format, value, BYTES_LITERAL("\0"));
    refused(&m, EDHOC_ERR_CERT_BAD, "malformed");
    m.signature = BYTES_LITERAL("");
    refused(&m, EDHOC_ERR_CERT_BAD, "malformed");
    m.signature = signature(format, bytes_of(value.p, 63), BYTES_NONE);
    refused(&m, EDHOC_ERR_CERT_BAD, "does not verify");
    m.signature = signature(BYTES_LITERAL("ssh-ed25519-cert-v01@openssh.com"), value, BYTES_NONE);
    refused(&m, EDHOC_ERR_CERT_BAD, "of format");
}
END_TEST

START_TEST(an_ecdsa_signature_has_one_form)
{
    struct ssh_make m = good();
    struct buf loose = buf_new(4096);
    struct bytes format, value, r, s;
    struct ssh_reader reader;

    signature_of(&m, &format, &value);
    reader = ssh_reader_of(value);
    r = ssh_read_string(&reader);
    s = ssh_read_string(&reader);
    ck_assert(ssh_read_done(&reader));
    m.signature = signature(format, value, BYTES_NONE);
    ck_assert_err(read_and_verify(ssh_make(&m), &(struct ssh_cert){0}), EDHOC_OK);
    m.signature = signature(BYTES_LITERAL("ecdsa-sha2-nistp384"), value, BYTES_NONE);
    refused(&m, EDHOC_ERR_CERT_BAD, "of format");
    ssh_put_uint32(&loose, (uint32_t)r.len + 1); /* one zero too many before r */
    buf_put_byte(&loose, 0);
    buf_put(&loose, r);
    ssh_put_string(&loose, s);
    m.signature = signature(format, buf_bytes(&loose), BYTES_NONE);
    refused(&m, EDHOC_ERR_CERT_BAD, "does not verify");
    buf_reset(&loose);
    buf_put(&loose, value);
    buf_put_byte(&loose, 0);
    m.signature = signature(format, buf_bytes(&loose), BYTES_NONE);
    refused(&m, EDHOC_ERR_CERT_BAD, "does not verify");
    buf_free(&loose);
}
END_TEST

START_TEST(another_cas_signature_does_not_verify)
{
    struct ssh_make m = good(), other = good();
    struct bytes format, value;

    other.ca = support_key("p256", 2);
    signature_of(&other, &format, &value);
    m.signature = signature(format, value, BYTES_NONE);
    refused(&m, EDHOC_ERR_CERT_BAD, "does not verify");
}
END_TEST

/* ---- files ---- */

/* $C is the line that ssh-keygen made. */
static const struct {
    const char *text, *words; /* NULL: good */
} written[] = {
    {"$C\n", NULL},
    {"$C", NULL},
    {"# whose it is\r\n\r\n  $C \r\n", NULL},
    {"", "not the one line"},
    {"\n", "not the one line"},
    {"$C\n$C\n", "not the one line"},
    {"\xef\xbb\xbf$C\n", "not the one line"},
    {"alice $C\n", "not the one line"},
    {"ssh-ed25519-cert-v01@openssh.com AAAA\n", "not the one line"},
    {"ecdsa-sha2-nistp256-cert-v01@openssh.com $B", "not the one line"}, /* which it is not */
    {"x-cert-v01@openssh.com $L\n", "more than 16384 bytes"},
};

static struct buf written_text(const char *template)
{
    struct bytes line = folder_keep("ed25519-by-ed25519-cert.pub");
    struct bytes base64 = bytes_of(line.p + 33, line.len - 33);
    struct buf out = buf_new(65536);

    for (; *template != '\0'; template ++) {
        if (*template != '$')
            buf_put_byte(&out, (uint8_t) * template);
        else if (*++template == 'L')
            memset(buf_extend(&out, 16388 / 3 * 4), 'A', 16388 / 3 * 4);
        else
            buf_put(&out, *template == 'C' ? bytes_of(line.p, line.len - 1) : base64);
    }
    ck_assert_ok(buf_err(&out));
    return out;
}

START_TEST(a_file_is_one_line_or_tells_what_to_do)
{
    struct buf text = written_text(written[_i].text), out = buf_new(SSH_CERTIFICATE_MAX);
    edhoc_err err = ssh_cert_file_parse(buf_bytes(&text), "c-cert.pub", &out);

    if (written[_i].words == NULL) {
        ck_assert_ok(err);
        ck_assert(bytes_equal(buf_bytes(&out), fixture("ed25519-by-ed25519")));
    } else {
        ck_assert_told(err, EDHOC_ERR_KEY_FORMAT, written[_i].words);
        ck_assert_told(err, EDHOC_ERR_KEY_FORMAT, "c-cert.pub");
    }
    buf_free(&text);
    buf_free(&out);
}
END_TEST

/* ---- */

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "read", 120);

    tcase_add_loop_test(tc, every_field_is_what_the_independent_implementation_wrote, 0,
                        (int)vectors_count(v));
    tcase_add_loop_test(tc, a_certificate_that_ssh_keygen_made_is_read_and_verifies, 0, ROWS(made));
    tc = suite_case(suite, "spoiled", 300);
    tcase_add_loop_test(tc, no_beginning_of_a_certificate_is_one, 0, ROWS(spoiled));
    tcase_add_loop_test(tc, no_certificate_survives_a_flipped_bit, 0, ROWS(spoiled));
    tc = suite_case(suite, "files", 60);
    tcase_add_loop_test(tc, a_file_is_one_line_or_tells_what_to_do, 0, ROWS(written));
    tc = suite_case(suite, "wrong", 120);
    tcase_add_test(tc, what_a_recipe_makes_is_good_unless_it_is_spoiled);
    tcase_add_test(tc, every_rule_of_the_format_is_kept);
    tcase_add_test(tc, only_keys_that_may_be_a_cas_are_believed);
    tcase_add_test(tc, a_cas_key_that_is_no_point_is_refused);
    tcase_add_test(tc, an_rsa_key_without_a_sound_exponent_is_refused);
    tcase_add_test(tc, a_signature_has_one_form);
    tcase_add_test(tc, an_ecdsa_signature_has_one_form);
    tcase_add_test(tc, another_cas_signature_does_not_verify);
}

int main(void)
{
    int status;

    folder_make("ssh_cert");
    folder_openssh();
    v = vectors_load("ssh_certificates.json");
    support_make_keys();
    status = suite_main("OpenSSH certificates", add);
    vectors_free(v);
    folder_remove();
    return status;
}
