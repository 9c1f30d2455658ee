/* Revocation: what the real ssh-keygen lists in each of its ways is revoked, and nothing else, as its
 * own -Q says of the same keys and certificates (ssh_fixtures.sh). A list that is not exactly in its
 * format is refused as a whole. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "load/key_list.h"
#include "peer/krl.h"
#include "peer/revoked.h"
#include "peer/ssh_cert.h"

#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/ssh_make.h"
#include "lib/slow.h"
#include "lib/suite.h"
#include "support.h"

/* The blob in a .pub file. */
static struct bytes blob_of(const char *name)
{
    struct buf blob = buf_new(20000);
    struct bytes text = folder_keep(textf("%s.pub", name)), kept;
    const uint8_t *start, *end;

    start = memchr(text.p, ' ', text.len);
    ck_assert_ptr_nonnull(start++);
    end = memchr(start, ' ', text.len - (size_t)(start - text.p));
    ck_assert(end != NULL && base64_read(bytes_of(start, (size_t)(end - start)), &blob));
    kept = keep(blob.p, blob.len);
    buf_free(&blob);
    return kept;
}

/* As a judge asks: the key, and the certificate if it is one. */
static edhoc_err ask(const struct revoked *r, const char *name)
{
    struct bytes blob = blob_of(name), rest;
    struct ssh_cert c;
    struct key *key;
    edhoc_err err;

    if (strstr(name, "-cert") == NULL) {
        ck_assert_ok(ssh_blob_read(blob, &key));
        err = revoked_key(r, key);
    } else {
        ck_assert_ok(ssh_certificate_key(blob, &key, &rest));
        ck_assert_ok(ssh_cert_read(blob, &c));
        err = revoked_key(r, key);
        if (err == EDHOC_OK)
            err = revoked_certificate(r, &c);
    }
    key_free(key);
    return err;
}

/* ---- ssh-keygen's lists ---- */

START_TEST(what_ssh_keygen_says_is_what_is_said_here)
{
    struct bytes expected = folder_keep("expected");
    char *text = strndup((const char *)expected.p, expected.len), *rest = text, *line;
    unsigned asked = 0, revoked = 0;

    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        char file[64], name[64], said[16];
        struct revoked *r;
        edhoc_err err;

        ck_assert_int_eq(sscanf(line, "%63s %63s %15s", file, name, said), 3);
        ck_assert_ok(krl_read(folder_keep(file), file, &r));
        err = ask(r, name);
        ck_assert_msg((err != EDHOC_OK) == (strcmp(said, "REVOKED") == 0), "%s: %s", line,
                      report_details(err));
        ck_assert(err == EDHOC_OK || err == EDHOC_ERR_KEY_REVOKED || err == EDHOC_ERR_CERT_REVOKED);
        revoked += err != EDHOC_OK;
        asked++;
        revoked_free(r);
        keep_release();
    }
    free(text);
    ck_assert_uint_gt(asked, 800);
    ck_assert_uint_gt(revoked, 150);
}
END_TEST

START_TEST(the_reason_is_told)
{
    struct revoked *r;

    ck_assert_ok(krl_read(folder_keep("serials.krl"), "the-list", &r));
    ck_assert_told(ask(r, "serial-500-cert"), EDHOC_ERR_CERT_REVOKED,
                   "serial number 500 is listed in the-list");
    revoked_free(r);
    ck_assert_ok(krl_read(folder_keep("ids.krl"), "the-list", &r));
    ck_assert_told(ask(r, "serial-64-cert"), EDHOC_ERR_CERT_REVOKED,
                   "key id is listed in the-list");
    revoked_free(r);
    ck_assert_ok(krl_read(folder_keep("ca.krl"), "the-list", &r));
    ck_assert_told(ask(r, "other-7-cert"), EDHOC_ERR_CERT_REVOKED, "the key of its CA");
    ck_assert_told(ask(r, "ca-p256"), EDHOC_ERR_KEY_REVOKED, "listed in the-list");
    revoked_free(r);
    ck_assert_ok(ask(NULL, "other-7-cert")); /* no list at all */
}
END_TEST

/* The same point does Diffie-Hellman under another name. */
START_TEST(a_revoked_point_is_revoked_for_both_uses)
{
    static const char *const lists[] = {"key.krl", "sha256.krl"};
    struct key *sign, *dh;
    struct revoked *r;

    ck_assert_ok(ssh_blob_read(blob_of("p256"), &sign));
    ck_assert_ok(key_from_public(keytype_by_name("p256dh"), key_x(sign), key_y(sign), &dh));
    for (int i = 0; i < ROWS(lists); i++) {
        ck_assert_ok(krl_read(folder_keep(lists[i]), "the-list", &r));
        ck_assert_told(revoked_key(r, dh), EDHOC_ERR_KEY_REVOKED, "ecdh-nistp256");
        revoked_free(r);
    }
    key_free(dh);
    key_free(sign);
}
END_TEST

/* A fingerprint of the other type's blob, which no ssh-keygen knows. */
START_TEST(a_fingerprint_counts_under_both_types)
{
    struct key *dh = support_key("p384dh", 0), *sign = support_key_for(dh, false);
    struct buf line = buf_new(1000), blob = buf_new(1000);
    struct revoked *r;

    ssh_blob_put(dh, &blob);
    buf_put_text(&line, "ecdh-nistp384 ");
    base64_put(buf_bytes(&blob), &line);
    ck_assert_ok(key_list_read(buf_bytes(&line), "the-list", &r));
    ck_assert_err(revoked_key(r, dh), EDHOC_ERR_KEY_REVOKED);
    ck_assert_err(revoked_key(r, sign), EDHOC_ERR_KEY_REVOKED);
    ck_assert_ok(revoked_key(r, support_key("p384dh", 1)));
    revoked_free(r);
    buf_free(&line);
    buf_free(&blob);
    key_free(sign);
}
END_TEST

/* ---- lists of keys ---- */

START_TEST(a_list_of_keys_revokes_keys_and_what_a_ca_signed)
{
    struct revoked *r;

    ck_assert(!krl_is(folder_keep("list")));
    ck_assert_ok(key_list_read(folder_keep("list"), "the-list", &r));
    ck_assert_err(ask(r, "ed25519"), EDHOC_ERR_KEY_REVOKED);
    ck_assert_err(ask(r, "serial-500-cert"), EDHOC_ERR_KEY_REVOKED);
    ck_assert_err(ask(r, "p384"), EDHOC_ERR_KEY_REVOKED); /* by a certificate */
    ck_assert_err(ask(r, "by-rsa-256-cert"), EDHOC_ERR_CERT_REVOKED);
    ck_assert_ok(ask(r, "p256"));
    ck_assert_ok(ask(r, "p256-by-p384-cert"));
    revoked_free(r);
}
END_TEST

static const struct {
    const char *text, *words; /* NULL: good */
} lists[] = {
    {"", NULL},
    {"# nothing\n\n   \n", NULL},
    {"ssh-dss AAAAB3NzaC1kc3MAAAABAQ== a kind that is not known here\r\n", NULL},
    {"hello\n", "line 1"},
    {"# nothing\nssh-ed25519\n", "line 2"},
    {"ssh-ed25519 AAAA\n", "line 1"},
    {"ssh-rsa AAAAB3NzaC1kc3MAAAABAQ==\n", "line 1"}, /* the key is of another type */
    {"ssh-dss AAAAB3NzaC1kc3M=\n", "line 1"},         /* a type and no key */
    {"x-cert-v01@openssh.com AAAAFngtY2VydC12MDFAb3BlbnNzaC5jb20AAAAA\n", "line 1"},
    {"alice ssh-dss AAAAB3NzaC1kc3MAAAABAQ==\n", "line 1"}, /* a trust line */
    {"SSHKRL\n", "line 1"},
};

START_TEST(a_list_with_a_line_that_is_no_key_is_refused)
{
    struct revoked *r;
    edhoc_err err = key_list_read(bytes_of_text(lists[_i].text), "the-list", &r);

    if (lists[_i].words != NULL)
        ck_assert_told(err, EDHOC_ERR_KEY_FORMAT, lists[_i].words);
    else
        ck_assert_ok(err);
    revoked_free(r);
}
END_TEST

/* ---- lists that are not in their format ---- */

static const char *const spoiled[] = {"serials.krl", "range.krl", "bitmap.krl", "ids.krl",
                                      "key.krl",     "sha1.krl",  "sha256.krl", "updated.krl"};

/* A list that ends between two sections is one; nothing tells that more was meant to follow. */
static bool ends_between_sections(struct bytes whole, size_t len)
{
    struct ssh_reader r = ssh_reader_of(bytes_of(whole.p, len));

    for (int i = 0; i < 9; i++)
        (void)ssh_read_uint32(&r);
    (void)ssh_read_string(&r);
    (void)ssh_read_string(&r);
    while (!r.failed && r.rest.len > 0) {
        (void)ssh_read_byte(&r);
        (void)ssh_read_string(&r);
    }
    return ssh_read_done(&r);
}

START_TEST(no_beginning_of_a_list_is_one)
{
    struct bytes whole = folder_keep(spoiled[_i]);
    struct revoked *r;

    for (size_t len = 0; len < whole.len; len++) {
        edhoc_err err = krl_read(keep(whole.p, len), "the-list", &r);

        must(err == (ends_between_sections(whole, len) ? EDHOC_OK : EDHOC_ERR_KEY_FORMAT));
        revoked_free(r);
    }
}
END_TEST

/* What a flipped bit makes is read or refused, and asked without harm. */
START_TEST(a_flipped_bit_does_no_harm)
{
    struct bytes whole = folder_keep(spoiled[_i]);
    struct revoked *r;

    for (size_t bit = 0; bit < 8 * whole.len; bit += slow_stride()) {
        struct bytes changed = keep(whole.p, whole.len);

        ((uint8_t *)(uintptr_t)changed.p)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (krl_read(changed, "the-list", &r) == EDHOC_OK) {
            edhoc_err err = bit % 16 == 0 ? ask(r, "serial-500-cert") : EDHOC_OK;

            must(err == EDHOC_OK || err == EDHOC_ERR_KEY_REVOKED || err == EDHOC_ERR_CERT_REVOKED);
        }
        revoked_free(r);
        if (bit % 1024 == 0)
            keep_release(), whole = folder_keep(spoiled[_i]);
    }
}
END_TEST

/* Sections in hex behind a header; the CA is "" unless a row says more. */
static const struct {
    const char *sections, *words; /* NULL: good */
} made[] = {
    {"", NULL},
    {"01 00000008 00000000 00000000", NULL},
    {"01 00000004 00000000", "ends too early"},
    {"01 00000009 00000000 00000000 20", "ends too early"},
    {"06 00000000", "not known here"},
    {"00 00000000", "not known here"},
    {"04 00000000 00000000", "signed"},
    {"04 00000004 00000000", "signed"},
    {"ff 0000000a 00000001 61 00 00000000", NULL},
    {"ff 0000000a 00000001 61 01 00000000", "critical extension"},
    {"ff 0000000b 00000001 61 00 00000000 00", "left over"},
    {"01 00000015 00000000 00000000 20 00000008 0000000000000001", NULL},
    {"01 00000015 00000000 00000000 20 00000008 0000000000000000", "begins with 0"},
    {"01 00000014 00000000 00000000 20 00000007 00000000000001", "left over"},
    {"01 0000001d 00000000 00000000 21 00000010 0000000000000002 0000000000000002", NULL},
    {"01 0000001d 00000000 00000000 21 00000010 0000000000000002 0000000000000001", "ends before"},
    {"01 0000001d 00000000 00000000 21 00000010 0000000000000000 0000000000000001",
     "begins with 0"},
    {"01 0000001e 00000000 00000000 21 00000011 0000000000000001 0000000000000001 00", "left over"},
    {"01 0000001a 00000000 00000000 22 0000000d 0000000000000001 00000001 01", NULL},
    {"01 0000001a 00000000 00000000 22 0000000d 0000000000000000 00000001 02", NULL},
    {"01 0000001a 00000000 00000000 22 0000000d 0000000000000000 00000001 01", "serial number 0"},
    {"01 0000001a 00000000 00000000 22 0000000d 0000000000000001 00000001 81", "ends too early"},
    {"01 0000001a 00000000 00000000 22 0000000d ffffffffffffffff 00000001 02", "the highest one"},
    {"01 0000001a 00000000 00000000 22 0000000d ffffffffffffffff 00000001 01", NULL},
    {"01 0000001a 00000000 00000000 22 0000000d fffffffffffffffb 00000001 15", NULL},
    {"01 0000001a 00000000 00000000 22 0000000d fffffffffffffffb 00000001 20", "the highest one"},
    {"01 0000001b 00000000 00000000 22 0000000e fffffffffffffff7 00000002 0100", NULL},
    {"01 0000001b 00000000 00000000 22 0000000e fffffffffffffff7 00000002 0200", "the highest one"},
    {"01 00000013 00000000 00000000 23 00000006 00000002 6100", "NUL"},
    {"01 00000012 00000000 00000000 23 00000005 00000001 61", NULL},
    {"01 00000017 00000000 00000000 39 0000000a 00000001 61 00 00000000", NULL},
    {"01 00000017 00000000 00000000 39 0000000a 00000001 61 07 00000000", "critical extension"},
    {"01 0000000d 00000000 00000000 24 00000000", "not known here"},
    {"02 00000000", NULL},
    {"02 00000004 00000000", "that is none"},
    {"02 00000001 00", "that is none"},
    {"02 0000000f 0000000b 00000003 616263 00000000", NULL},
    {"02 0000000b 00000007 00000003 616263", "that is none"},
    {"02 00000016 00000012 0000000a 612d636572742d763031 00000000", "that is none"},
    {"03 00000017 00000013 00000000000000000000000000000000000000", "that is none"},
    {"05 00000018 00000014 0000000000000000000000000000000000000000", "that is none"},
};

START_TEST(every_rule_of_the_format_is_kept)
{
    struct buf list = buf_new(4096);
    struct revoked *r;
    edhoc_err err;

    buf_put(&list, bytes_of("SSHKRL\n", 8));
    ssh_put_uint32(&list, 1);
    (void)buf_extend(&list, 24);
    ssh_put_string(&list, BYTES_LITERAL("reserved"));
    ssh_put_string(&list, BYTES_LITERAL("comment"));
    buf_put(&list, unhex(made[_i].sections));
    err = krl_read(buf_bytes(&list), "the-list", &r);
    if (made[_i].words != NULL)
        ck_assert_told(err, EDHOC_ERR_KEY_FORMAT, made[_i].words);
    else
        ck_assert_ok(err);
    revoked_free(r);
    list.p[11] = 2; /* the version */
    ck_assert_told(krl_read(buf_bytes(&list), "the-list", &r), EDHOC_ERR_KEY_FORMAT, "version 1");
    buf_free(&list);
}
END_TEST

/* ---- */

static void add(Suite *suite)
{
    TCase *tc = suite_case(suite, "ssh-keygen's", 120);

    tcase_add_test(tc, what_ssh_keygen_says_is_what_is_said_here);
    tcase_add_test(tc, the_reason_is_told);
    tcase_add_test(tc, a_revoked_point_is_revoked_for_both_uses);
    tcase_add_test(tc, a_fingerprint_counts_under_both_types);
    tc = suite_case(suite, "lists of keys", 60);
    tcase_add_test(tc, a_list_of_keys_revokes_keys_and_what_a_ca_signed);
    tcase_add_loop_test(tc, a_list_with_a_line_that_is_no_key_is_refused, 0, ROWS(lists));
    tc = suite_case(suite, "wrong", 120);
    tcase_add_loop_test(tc, no_beginning_of_a_list_is_one, 0, ROWS(spoiled));
    tcase_add_loop_test(tc, a_flipped_bit_does_no_harm, 0, ROWS(spoiled));
    tcase_add_loop_test(tc, every_rule_of_the_format_is_kept, 0, ROWS(made));
}

int main(void)
{
    int status;

    folder_make("krl");
    folder_openssh();
    support_make_keys();
    status = suite_main("revocation", add);
    folder_remove();
    return status;
}
