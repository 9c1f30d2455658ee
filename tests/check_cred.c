/* Credentials in their five forms, to the byte, and every way to get ID_CRED_x wrong; identities.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/ssh_make.h"
#include "lib/suite.h"
#include "peer/identity.h"
#include "support.h"

/* ---- helpers ---- */

static struct key *public_key(const char *type, const char *x, const char *y)
{
    struct key *k;

    ck_assert_ok(key_from_public(keytype_by_name(type), unhex(x), unhex(y), &k));
    return k;
}

/* ---- the values of doc/mechanism.md, "Raw keys" ---- */

#define X25519_X    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define X25519_COSE "a301012004215820" X25519_X
#define X25519_KID  "d53b6f891a4496e6"
#define P256_X      "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define P256_Y      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define P256_Y2     "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"
#define P256_COSE   "a401022001215820" P256_X "225820" P256_Y

START_TEST(an_x25519_credential_is_as_specified_to_the_byte)
{
    struct key *k = public_key("x25519", X25519_X, "");
    struct buf cose = buf_new(200);
    struct cred *c, *second;

    cred_put_cose_key(k, &cose);
    ck_assert_hex(buf_bytes(&cose), X25519_COSE);
    ck_assert_ok(cred_new_kid(k, &c));
    ck_assert_int_eq(cred_form(c), CRED_KID);
    ck_assert_hex(cred_id(c), "a10448" X25519_KID);
    ck_assert_hex(cred_item(c), "a108a101" X25519_COSE);
    ck_assert_hex(bytes_of(cred_thumbprint(c), 32),
                  "d53b6f891a4496e65d2924eef2ceee4c5e4ec3501ae9ffb69506380c823fd641");
    ck_assert_uint_eq(cred_sub(c).len, 0);
    ck_assert_uint_eq(cred_chain_length(c), 0);
    ck_assert_ptr_eq(cred_key(c), k);
    cred_free(c);

    ck_assert_ok(cred_new_kccs(k, BYTES_LITERAL("alice"), &c));
    ck_assert_int_eq(cred_form(c), CRED_KCCS);
    ck_assert_hex(cred_item(c), "a20265616c69636508a101" X25519_COSE);
    ck_assert_hex(cred_id(c), "a10ea20265616c69636508a101" X25519_COSE);
    ck_assert(bytes_equal(cred_sub(c), BYTES_LITERAL("alice")));
    ck_assert_hex(bytes_of(cred_thumbprint(c), 32), /* the key's alone */
                  "d53b6f891a4496e65d2924eef2ceee4c5e4ec3501ae9ffb69506380c823fd641");
    key_free(k); /* the credential has its own reference */
    second = cred_ref(c);
    ck_assert_ptr_eq(second, c);
    cred_free(c);
    ck_assert_hex(key_x(cred_key(second)), X25519_X);
    cred_free(second);
    cred_free(NULL);
    ck_assert_ptr_null(cred_ref(NULL));
    buf_free(&cose);
}
END_TEST

START_TEST(a_p256_credential_is_as_specified_to_the_byte)
{
    struct key *k = public_key(_i == 0 ? "p256" : "p256dh", P256_X, P256_Y);
    struct buf cose = buf_new(200);
    struct cred *c;

    cred_put_cose_key(k, &cose);
    ck_assert_hex(buf_bytes(&cose), P256_COSE);
    ck_assert_ok(cred_new_kid(k, &c));
    ck_assert_hex(cred_id(c), "a10448b5d5e1275063b1be");
    ck_assert_hex(cred_item(c), "a108a101" P256_COSE);
    ck_assert_hex(bytes_of(cred_thumbprint(c), 32),
                  "b5d5e1275063b1bec731a51c1133b69e5ae5812fe66d167516e88f3fadae55a4");
    cred_free(c);
    ck_assert_ok(cred_new_kccs(k, BYTES_NONE, &c));
    ck_assert_hex(cred_id(c), "a10ea108a101" P256_COSE);
    ck_assert_uint_eq(cred_sub(c).len, 0);
    cred_free(c);
    key_free(k);
    buf_free(&cose);
}
END_TEST

#define KEYTYPES 8

/* By value: what we write, we read, and get the same credential. */
START_TEST(a_credential_by_value_is_read_as_written)
{
    static const size_t lengths[] = {0, 1, 23, 24, 255};
    const struct keytype *type = &keytypes[_i];
    struct key *k;

    ck_assert_ok(key_generate(type, &k));
    for (int i = 0; i < ROWS(lengths); i++) {
        char sub[256];
        struct cred *c, *read;
        struct cred_id id;

        memset(sub, 'n', sizeof(sub));
        ck_assert_ok(cred_new_kccs(k, bytes_of(sub, lengths[i]), &c));
        ck_assert_ok(cred_id_read(keep(cred_id(c).p, cred_id(c).len), &id));
        ck_assert_int_eq(id.form, CRED_KCCS);
        ck_assert(bytes_equal(id.map, cred_id(c)));
        ck_assert(bytes_equal(id.ccs, cred_item(c)));
        ck_assert(bytes_equal(id.sub, bytes_of(sub, lengths[i])));
        ck_assert_int_eq(id.kty, type->kty);
        ck_assert_int_eq(id.curve, type->curve);
        ck_assert(bytes_equal(id.x, key_x(k)));
        ck_assert(bytes_equal(id.y, key_y(k)));
        ck_assert_uint_eq(id.chain_length, 0);

        ck_assert_ok(cred_from_kccs(&id, type->dh, &read));
        ck_assert_int_eq(cred_form(read), CRED_KCCS);
        ck_assert(bytes_equal(cred_id(read), cred_id(c)));
        ck_assert(bytes_equal(cred_item(read), cred_item(c)));
        ck_assert(bytes_equal(cred_sub(read), cred_sub(c)));
        ck_assert_mem_eq(cred_thumbprint(read), cred_thumbprint(c), 32);
        ck_assert_ptr_eq(key_type(cred_key(read)), type);
        ck_assert(cred_same_secret(read, c));
        cred_free(read);

        /* For the other use: the NIST curves have it, the others have not. */
        if (type->kty == KTY_EC2) {
            ck_assert_ok(cred_from_kccs(&id, !type->dh, &read));
            ck_assert(key_type(cred_key(read))->dh == !type->dh);
            ck_assert(cred_same_secret(read, c));
            cred_free(read);
        } else {
            ck_assert_err(cred_from_kccs(&id, !type->dh, &read), EDHOC_ERR_CRED_BAD);
            ck_assert_ptr_null(read);
        }
        cred_free(c);
    }
    key_free(k);
}
END_TEST

START_TEST(a_key_identifier_is_read_as_written)
{
    const struct keytype *type = &keytypes[_i];
    struct cred_id id;
    struct cred *c;
    struct key *k;

    ck_assert_ok(key_generate(type, &k));
    ck_assert_ok(cred_new_kid(k, &c));
    ck_assert_ok(cred_id_read(keep(cred_id(c).p, cred_id(c).len), &id));
    ck_assert_int_eq(id.form, CRED_KID);
    ck_assert(bytes_equal(id.kid, bytes_of(cred_thumbprint(c), 8)));
    ck_assert(bytes_equal(id.map, cred_id(c)));
    ck_assert_uint_eq(id.ccs.len, 0);
    ck_assert_uint_eq(id.sub.len, 0);
    cred_free(c);
    key_free(k);
}
END_TEST

START_TEST(a_sub_has_at_most_255_bytes)
{
    struct key *k = public_key("x25519", X25519_X, "");
    char sub[256];
    struct cred *c;

    memset(sub, 'n', sizeof(sub));
    ck_assert_int_ne(cred_new_kccs(k, bytes_of(sub, 256), &c), EDHOC_OK);
    ck_assert_ptr_null(c);
    key_free(k);
}
END_TEST

/* ---- certificates ---- */

/* Stand-ins: this layer does not look into a certificate. */
static struct bytes certificate(size_t i)
{
    uint8_t der[40];

    memset(der, (int)(0x30 + i), sizeof(der));
    return keep(der, 20 + i);
}

START_TEST(a_chain_of_one_to_eight_certificates_is_read_as_written)
{
    size_t count = (size_t)_i;
    struct key *k = public_key("p256", P256_X, P256_Y);
    struct bytes chain[CRED_CHAIN_MAX + 1];
    struct cbor_reader r;
    struct cred_id id;
    struct cred *c;

    for (size_t i = 0; i < ROWS(chain); i++)
        chain[i] = certificate(i);
    if (count == 0 || count > CRED_CHAIN_MAX) {
        ck_assert_err(cred_new_x5chain(k, chain, count, &c), EDHOC_ERR_CRED_BAD);
        ck_assert_ptr_null(c);
        key_free(k);
        return;
    }
    ck_assert_ok(cred_new_x5chain(k, chain, count, &c));
    ck_assert_int_eq(cred_form(c), CRED_X5CHAIN);
    ck_assert_uint_eq(cred_chain_length(c), count);
    ck_assert_uint_eq(cred_sub(c).len, 0);
    r = cbor_reader(cred_item(c)); /* CRED_x is the leaf, as a bstr */
    ck_assert(bytes_equal(cbor_read_bstr(&r), chain[0]));
    ck_assert(cbor_finished(&r));
    r = cbor_reader(cred_id(c));
    ck_assert_uint_eq(cbor_read_map(&r), 1);
    ck_assert_int_eq(cbor_read_int(&r), 33);
    if (count > 1)
        ck_assert_uint_eq(cbor_read_array(&r), count);
    for (size_t i = 0; i < count; i++) {
        ck_assert(bytes_equal(cbor_read_bstr(&r), chain[i]));
        ck_assert(bytes_equal(cred_chain(c, i), chain[i]));
    }
    ck_assert(cbor_finished(&r));
    ck_assert_ok(cred_id_read(keep(cred_id(c).p, cred_id(c).len), &id));
    ck_assert_int_eq(id.form, CRED_X5CHAIN);
    ck_assert_uint_eq(id.chain_length, count);
    for (size_t i = 0; i < count; i++)
        ck_assert(bytes_equal(id.chain[i], chain[i]));
    cred_free(c);
    key_free(k);
}
END_TEST

/* ---- OpenSSH certificates ---- */

static struct bytes ssh_certificate(void)
{
    struct ssh_make m = {.key = support_key("p256", 0),
                         .ca = support_key("ed25519", 0),
                         .type = 1,
                         .principals = "alice"};

    return ssh_make(&m);
}

START_TEST(an_openssh_certificate_is_its_own_credential)
{
    struct bytes blob = ssh_certificate(), id_item, map;
    struct cbor_reader r;
    struct cred_id id;
    struct cred *c, *again;

    ck_assert_ok(cred_new_ssh_cert(support_key("p256", 0), blob, &c));
    ck_assert_int_eq(cred_form(c), CRED_SSH_CERT);
    ck_assert(bytes_equal(cred_ssh_cert(c), blob));
    ck_assert_uint_eq(cred_chain_length(c), 0);
    r = cbor_reader(cred_item(c)); /* CRED_x is a bstr of exactly the certificate */
    ck_assert(bytes_equal(cbor_read_bstr(&r), blob));
    ck_assert(cbor_finished(&r));
    id_item = cred_id(c); /* { -65537 : CRED_x } */
    ck_assert_hex(bytes_of(id_item.p, 6), "a13a00010000");
    ck_assert(bytes_equal(bytes_of(id_item.p + 6, id_item.len - 6), cred_item(c)));

    map = keep(id_item.p, id_item.len);
    ck_assert_ok(cred_id_read(map, &id));
    ck_assert_int_eq(id.form, CRED_SSH_CERT);
    ck_assert(bytes_equal(id.ssh_cert, blob));
    ck_assert_ok(cred_from_ssh_cert(&id, &again));
    ck_assert(bytes_equal(cred_item(again), cred_item(c)));
    ck_assert(bytes_equal(cred_id(again), cred_id(c)));
    ck_assert(cred_same_thumbprint(again, c));
    for (size_t len = 0; len < map.len; len++)
        ck_assert_int_ne(cred_id_read(keep(map.p, len), &id), EDHOC_OK);
    cred_free(again);
    cred_free(c);
}
END_TEST

START_TEST(an_openssh_certificate_that_is_none_is_no_credential)
{
    struct ssh_make m = {.key = support_key("ed25519", 1),
                         .ca = support_key("ed25519", 0),
                         .type = 1,
                         .type_name = "ssh-ed448"};
    struct cred_id id = {.form = CRED_SSH_CERT, .ssh_cert = ssh_make(&m)};
    struct cred *c;

    ck_assert_told(cred_from_ssh_cert(&id, &c), EDHOC_ERR_CRED_BAD, "ssh-ed448-cert");
    ck_assert_ptr_null(c);
    id.ssh_cert = bytes_of(ssh_certificate().p, 100);
    ck_assert_told(cred_from_ssh_cert(&id, &c), EDHOC_ERR_CRED_BAD, "malformed");
    id.ssh_cert = BYTES_NONE;
    ck_assert_told(cred_from_ssh_cert(&id, &c), EDHOC_ERR_CRED_BAD, "not an OpenSSH certificate");
}
END_TEST

START_TEST(a_chain_has_a_bounded_size)
{
    struct key *k = public_key("p256", P256_X, P256_Y);
    uint8_t *big = calloc(1, CRED_BYTES_MAX);
    struct bytes chain[2];
    struct cred *c;

    chain[0] = bytes_of(big, CRED_BYTES_MAX);
    ck_assert_int_ne(cred_new_x5chain(k, chain, 1, &c), EDHOC_OK);
    ck_assert_ptr_null(c);
    chain[0] = chain[1] = bytes_of(big, CRED_BYTES_MAX / 2);
    ck_assert_int_ne(cred_new_x5chain(k, chain, 2, &c), EDHOC_OK);
    ck_assert_ptr_null(c);
    free(big);
    key_free(k);
}
END_TEST

/* ---- ID_CRED_x as received ---- */

#define CERT "43300102"
#define LONG_256                                                                                   \
    "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"                             \
    "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"                             \
    "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"                             \
    "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"                             \
    "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"                             \
    "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"                             \
    "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"                             \
    "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"

#define FORM EDHOC_ERR_CRED_FORM
#define BAD  EDHOC_ERR_CRED_BAD

static const struct {
    const char *what, *hex;
    edhoc_err err;
} maps[] = {
    {"kid", "a10448" X25519_KID, EDHOC_OK},
    {"kid of one byte", "a1044105", EDHOC_OK},
    {"empty kid", "a10440", EDHOC_OK},
    {"kccs", "a10ea108a101" X25519_COSE, EDHOC_OK},
    {"kccs with sub", "a10ea20265616c69636508a101" X25519_COSE, EDHOC_OK},
    {"kccs with a sub beyond ASCII", "a10ea20262c3bc08a101" X25519_COSE, EDHOC_OK},
    {"kccs with P-256", "a10ea108a101" P256_COSE, EDHOC_OK},
    {"one certificate", "a11821" CERT, EDHOC_OK},
    {"two certificates", "a1182182" CERT CERT, EDHOC_OK},
    {"eight certificates", "a1182188" CERT CERT CERT CERT CERT CERT CERT CERT, EDHOC_OK},
    {"x5t", "a11822822e48f0f1f2f3f4f5f6f7", EDHOC_OK},
    {"x5t with a text for the hash", "a1182282677368612d32353641aa", EDHOC_OK},

    /* the map */
    {"nothing", "", FORM},
    {"the compact form of kid", "48" X25519_KID, FORM},
    {"the compact form of a one-byte kid", "05", FORM},
    {"an array", "82040548", FORM},
    {"null", "f6", FORM},
    {"a text", "6161", FORM},
    {"an empty map", "a0", FORM},
    {"a map of nothing", "a1", FORM},
    {"a label without a value", "a104", FORM},
    {"two entries", "a2044105182241aa", FORM},
    {"two kids", "a2044105044106", FORM},
    {"kid and kccs", "a20441050ea108a101" X25519_COSE, FORM},
    {"an indefinite map", "bf044105ff", FORM},
    {"a count in two bytes", "b801044105", FORM},
    {"trailing byte after a kid", "a104410500", BAD},
    {"trailing item after a kccs", "a10ea108a101" X25519_COSE "f6", BAD},
    {"trailing byte after a certificate", "a11821" CERT "00", BAD},
    {"trailing byte after an x5t", "a11822822e41aa00", BAD},
    {"a tagged map", "c1a1044105", FORM},

    /* the label */
    {"alg", "a10126", FORM},
    {"IV", "a1054105", FORM},
    {"kcwt", "a10d4105", FORM},
    {"x5bag", "a11820" CERT, FORM},
    {"x5u", "a118236161", FORM},
    {"c5c", "a1181941aa", FORM},
    {"-4", "a123" CERT, FORM},
    {"a label of 64 bits", "a11b00000001000000044105", FORM},
    {"a label beyond int64", "a11bffffffffffffffff4105", FORM},
    {"a label that is a text", "a1636b69644105", FORM},
    {"kid's label not in the shortest form", "a118044105", FORM},
    {"an OpenSSH certificate's label not in the shortest form", "a13b000000000001000041aa", FORM},
    {"the label next to an OpenSSH certificate's", "a13a0001000141aa", FORM},
    {"an OpenSSH certificate that is an array", "a13a000100008141aa", BAD},
    {"an OpenSSH certificate that is a text", "a13a000100006161", BAD},
    {"an OpenSSH certificate and more", "a13a0001000041aa00", BAD},
    {"x5chain's label not in the shortest form", "a1190021" CERT, FORM},

    /* kid */
    {"kid that is an integer", "a10405", BAD},
    {"kid that is a text", "a1046161", BAD},
    {"kid that is null", "a104f6", BAD},
    {"kid with a long head", "a104580105", BAD},
    {"kid that is cut off", "a10448d53b6f891a4496", BAD},
    {"kid in pieces", "a1045f4105ff", BAD},

    /* kccs: the claims */
    {"kccs without claims", "a10ea0", BAD},
    {"kccs that is an array", "a10e8108", BAD},
    {"kccs in a bstr", "a10e43a108a1", BAD},
    {"kccs with sub alone", "a10ea10265616c696365", BAD},
    {"kccs with cnf before sub", "a10ea208a101" X25519_COSE "0265616c696365", BAD},
    {"kccs with iss", "a10ea201616108a101" X25519_COSE, BAD},
    {"kccs with exp", "a10ea2041a5a5a5a5a08a101" X25519_COSE, EDHOC_OK},
    {"kccs with a negative exp", "a10ea2042008a101" X25519_COSE, BAD},
    {"kccs with exp that is a text", "a10ea204613108a101" X25519_COSE, BAD},
    {"kccs with exp before sub", "a10ea3040502616108a101" X25519_COSE, BAD},
    {"kccs with exp twice", "a10ea30405040508a101" X25519_COSE, BAD},
    {"kccs with nbf", "a10ea2050108a101" X25519_COSE, BAD},
    {"kccs with sub and exp", "a10ea30265616c696365041a5a5a5a5a08a101" X25519_COSE, EDHOC_OK},
    {"kccs with a fourth claim", "a10ea40265616c696365041a5a5a5a5a060108a101" X25519_COSE, BAD},
    {"kccs with sub twice", "a10ea302616102616208a101" X25519_COSE, BAD},
    {"kccs with cnf twice", "a10ea208a101" X25519_COSE "08a101" X25519_COSE, BAD},
    {"kccs that announces two claims and has one", "a10ea208a101" X25519_COSE, BAD},
    {"kccs that announces one claim and has two", "a10ea102616108a101" X25519_COSE, BAD},
    {"kccs of indefinite length", "a10ebf08a101" X25519_COSE "ff", BAD},
    {"kccs with a claim under a text", "a10ea163636e66a101" X25519_COSE, BAD},
    {"kccs with cnf's label not in the shortest form", "a10ea11808a101" X25519_COSE, BAD},
    {"empty sub", "a10ea2026008a101" X25519_COSE, BAD},
    {"sub of 256 bytes", "a10ea202790100" LONG_256 "08a101" X25519_COSE, BAD},
    {"sub that is a bstr", "a10ea20245616c69636508a101" X25519_COSE, BAD},
    {"sub that is null", "a10ea202f608a101" X25519_COSE, BAD},
    {"sub that is not UTF-8", "a10ea20262c32808a101" X25519_COSE, BAD},
    {"sub with an overlong NUL", "a10ea20262c08008a101" X25519_COSE, BAD},
    {"sub with a surrogate", "a10ea20263eda08008a101" X25519_COSE, BAD},
    {"sub with a long head", "a10ea2027805616c69636508a101" X25519_COSE, BAD},
    {"sub in pieces", "a10ea2027f626162ff08a101" X25519_COSE, BAD},

    /* kccs: cnf */
    {"empty cnf", "a10ea108a0", BAD},
    {"cnf with a kid", "a10ea108a10341aa", BAD},
    {"cnf with two members", "a10ea108a201" X25519_COSE "0341aa", BAD},
    {"cnf that announces two members and has one", "a10ea108a201" X25519_COSE, BAD},
    {"cnf that is the key itself", "a10ea108" X25519_COSE, BAD},
    {"cnf with an encrypted key", "a10ea108a102" X25519_COSE, BAD},

    /* kccs: the COSE_Key */
    {"no key", "a10ea108a101a0", BAD},
    {"kty after crv", "a10ea108a101a320040101215820" X25519_X, BAD},
    {"x before crv", "a10ea108a101a30101215820" X25519_X "2004", BAD},
    {"kty missing", "a10ea108a101a22004215820" X25519_X, BAD},
    {"crv missing", "a10ea108a101a20101215820" X25519_X, BAD},
    {"x missing", "a10ea108a101a201012004", BAD},
    {"kty twice", "a10ea108a101a4010101012004215820" X25519_X, BAD},
    {"a kid in the key", "a10ea108a101a401010241aa2004215820" X25519_X, EDHOC_OK},
    {"a kid in the key that is a text", "a10ea108a101a401010261612004215820" X25519_X, BAD},
    {"a kid in the key after crv", "a10ea108a101a4010120040241aa215820" X25519_X, BAD},
    {"two kids in the key", "a10ea108a101a501010241aa0241ab2004215820" X25519_X, BAD},
    {"an alg in the key", "a10ea108a101a4010103272004215820" X25519_X, BAD},
    {"a private key in it", "a10ea108a101a401012004215820" X25519_X "235820" X25519_X, BAD},
    {"kty 0", "a10ea108a101a301002004215820" X25519_X, BAD},
    {"kty symmetric", "a10ea108a101a301042004215820" X25519_X, BAD},
    {"kty RSA", "a10ea108a101a301032004215820" X25519_X, BAD},
    {"kty that is a text", "a10ea108a101a301634f4b502004215820" X25519_X, BAD},
    {"kty of 64 bits that is 1 below", "a10ea108a101a3011b00000001000000012004215820" X25519_X,
     BAD},
    {"crv 0", "a10ea108a101a301012000215820" X25519_X, BAD},
    {"crv 8, secp256k1", "a10ea108a101a401022008215820" P256_X "225820" P256_Y, BAD},
    {"crv -1", "a10ea108a101a301012020215820" X25519_X, BAD},
    {"crv of 64 bits that is 4 below", "a10ea108a101a30101201b0000000100000004215820" X25519_X,
     BAD},
    {"crv that is a text", "a10ea108a101a301012066583235353139215820" X25519_X, BAD},
    {"x that is a text", "a10ea108a101a301012004216161", BAD},
    {"x that is an integer", "a10ea108a101a3010120042105", BAD},
    {"x that is cut off", "a10ea108a101a3010120042158208520f009", BAD},
    {"x with a long head", "a10ea108a101a30101200421590020" X25519_X, BAD},
    {"OKP with y", "a10ea108a101a401012004215820" X25519_X "225820" X25519_X, BAD},
    {"EC2 without y", "a10ea108a101a301022001215820" P256_X, BAD},
    {"EC2 with y as a sign", "a10ea108a101a401022001215820" P256_X "22f5", BAD},
    {"EC2 with y null", "a10ea108a101a401022001215820" P256_X "22f6", BAD},
    {"EC2 with y before x", "a10ea108a101a401022001225820" P256_Y "215820" P256_X, BAD},
    {"EC2 with x twice", "a10ea108a101a401022001215820" P256_X "215820" P256_Y, BAD},
    {"EC2 that announces three members", "a10ea108a101a301022001215820" P256_X "225820" P256_Y,
     BAD},
    {"EC2 with a fifth member",
     "a10ea108a101a501022001215820" P256_X "225820" P256_Y "235820" P256_Y, BAD},

    /* x5chain */
    {"an empty certificate", "a1182140", BAD},
    {"a certificate that is a text", "a118216161", BAD},
    {"an empty chain", "a1182180", BAD},
    {"an array of one certificate", "a1182181" CERT, BAD},
    {"an array with an empty certificate", "a1182182" CERT "40", BAD},
    {"an array with a text", "a1182182" CERT "6161", BAD},
    {"an array in an array", "a118218281" CERT CERT, BAD},
    {"nine certificates", "a1182189" CERT CERT CERT CERT CERT CERT CERT CERT CERT, BAD},
    {"three announced, two there", "a1182183" CERT CERT, BAD},
    {"two announced, three there", "a1182182" CERT CERT CERT, BAD},
    {"a chain of 2^32", "a118219b0000000100000000" CERT CERT, BAD},
    {"an indefinite chain", "a118219f" CERT CERT "ff", BAD},

    /* x5t */
    {"x5t that is a bstr", "a1182248f0f1f2f3f4f5f6f7", BAD},
    {"x5t of one element", "a11822812e", BAD},
    {"x5t of three elements", "a11822832e41aa00", BAD},
    {"x5t with the hash first", "a118228241aa2e", BAD},
    {"x5t with two integers", "a11822822020", BAD},
    {"x5t with a null algorithm", "a1182282f641aa", BAD},
};

START_TEST(only_well_formed_identifiers_are_read)
{
    struct bytes map = unhex(maps[_i].hex);
    struct cred_id id;
    edhoc_err err = cred_id_read(map, &id);

    ck_assert_msg(err == maps[_i].err, "%s: %s", maps[_i].what,
                  err == EDHOC_OK ? "accepted" : report_sentence(err));
    if (err != EDHOC_OK) {
        ck_assert_str_ne(report_details(err), "");
        return;
    }
    ck_assert_ptr_eq(id.map.p, map.p);
    ck_assert_uint_eq(id.map.len, map.len);
    for (size_t len = 0; len < map.len; len++) /* and truncated at every byte */
        ck_assert_int_ne(cred_id_read(keep(map.p, len), &id), EDHOC_OK);
}
END_TEST

/* A view never leaves the input: each byte changed to each of some values, under the address
 * sanitizer. What is accepted all the same is a credential with other contents. */
START_TEST(a_changed_identifier_is_never_read_past_its_end)
{
    static const uint8_t values[] = {0x00, 0x01, 0x17, 0x18, 0x1b, 0x40, 0x58, 0x5b, 0x5f, 0x61,
                                     0x80, 0x82, 0x9b, 0xa1, 0xa4, 0xbb, 0xbf, 0xf6, 0xff};
    struct bytes map = unhex(maps[_i].hex);

    for (size_t at = 0; at < map.len; at++)
        for (int v = 0; v < ROWS(values); v++) {
            uint8_t *changed = malloc(map.len);
            struct cred *c = NULL;
            struct cred_id id;

            memcpy(changed, map.p, map.len);
            changed[at] = values[v];
            if (cred_id_read(bytes_of(changed, map.len), &id) == EDHOC_OK && id.form == CRED_KCCS) {
                (void)!cred_from_kccs(&id, true, &c);
                cred_free(c);
                (void)!cred_from_kccs(&id, false, &c);
                cred_free(c);
            }
            free(changed);
        }
}
END_TEST

/* ---- from a kccs to a key ---- */

static const struct {
    const char *what, *cose_key;
    bool dh, good;
} cose_keys[] = {
    {"X25519", X25519_COSE, true, true},
    {"X25519 to sign", X25519_COSE, false, false},
    {"P-256 to sign", P256_COSE, false, true},
    {"P-256 for DH", P256_COSE, true, true},
    {"Ed25519", "a301012006215820" X25519_X, false, true},
    {"Ed25519 for DH", "a301012006215820" X25519_X, true, false},
    {"P-256, the other y", "a401022001215820" P256_X "225820" P256_Y2, false, true},
    {"P-256, not on the curve", "a401022001215820" P256_X "225820" P256_X, false, false},
    {"P-256, not on the curve, for DH", "a401022001215820" P256_X "225820" P256_X, true, false},
    {"P-256 with an empty y", "a401022001215820" P256_X "2240", false, false},
    {"P-256 with an empty y, for DH", "a401022001215820" P256_X "2240", true, false},
    {"P-256 with an empty x", "a4010220012140225820" P256_Y, true, false},
    {"P-256 with a short x",
     "a40102200121581f6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2225820" P256_Y,
     false, false},
    {"P-256 with a long y", "a401022001215820" P256_X "22582100" P256_Y, false, false},
    {"P-384 with P-256's point", "a401022002215820" P256_X "225820" P256_Y, false, false},
    {"P-521", "a401022003215820" P256_X "225820" P256_Y, false, false},
    {"X25519 as EC2", "a401022004215820" P256_X "225820" P256_Y, true, false},
    {"X25519 as EC2 with an empty y", "a401022004215820" X25519_X "2240", true, false},
    {"P-256 as OKP", "a301012001215820" P256_X, true, false},
    {"P-256 as OKP, to sign", "a301012001215820" P256_X, false, false},
    {"X25519 with a short x",
     "a30101200421581f8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e", true, false},
    {"X25519 with a long x", "a30101200421582100" X25519_X, true, false},
    {"X25519 with no x", "a3010120042140", true, false},
    {"X448 with 32 bytes", "a301012005215820" X25519_X, true, false},
    {"Ed448 with 32 bytes", "a301012007215820" X25519_X, false, false},
};

START_TEST(only_keys_of_the_right_shape_and_use_are_taken)
{
    struct buf map = buf_new(400);
    struct cred_id id;
    struct cred *c;
    edhoc_err err;

    buf_put(&map, unhex("a10ea108a101"));
    buf_put(&map, unhex(cose_keys[_i].cose_key));
    ck_assert_ok(cred_id_read(keep(map.p, map.len), &id));
    err = cred_from_kccs(&id, cose_keys[_i].dh, &c);
    ck_assert_msg(err == (cose_keys[_i].good ? EDHOC_OK : EDHOC_ERR_CRED_BAD), "%s: %s",
                  cose_keys[_i].what, err == EDHOC_OK ? "accepted" : report_sentence(err));
    ck_assert(cose_keys[_i].good == (c != NULL));
    if (c != NULL) {
        ck_assert(bytes_equal(cred_item(c), id.ccs));
        ck_assert(key_type(cred_key(c))->dh == cose_keys[_i].dh);
        ck_assert(bytes_equal(key_y(cred_key(c)), id.y));
    }
    cred_free(c);
    buf_free(&map);
}
END_TEST

/* CRED_x outlives what it was read from. */
START_TEST(a_credential_outlives_what_it_was_read_from)
{
    struct bytes in = unhex("a10ea20265616c69636508a101" X25519_COSE);
    uint8_t *received = malloc(in.len);
    struct cred_id id;
    struct cred *c;

    memcpy(received, in.p, in.len);
    ck_assert_ok(cred_id_read(bytes_of(received, in.len), &id));
    ck_assert_ok(cred_from_kccs(&id, true, &c));
    memset(received, 0, in.len);
    free(received);
    ck_assert(bytes_equal(cred_id(c), in));
    ck_assert(bytes_equal(cred_sub(c), BYTES_LITERAL("alice")));
    cred_free(c);
}
END_TEST

/* ---- agreed credentials ---- */

START_TEST(an_agreed_credential_takes_any_form)
{
    struct key *k = public_key("ed25519", X25519_X, "");
    struct bytes item = unhex("43300102");
    struct cred *c;

    ck_assert_ok(cred_new_agreed(k, unhex("a11822822e48f0f1f2f3f4f5f6f7"), item, &c));
    ck_assert_int_eq(cred_form(c), CRED_X5T);
    ck_assert_hex(cred_id(c), "a11822822e48f0f1f2f3f4f5f6f7");
    ck_assert(bytes_equal(cred_item(c), item));
    ck_assert_uint_eq(cred_chain_length(c), 0);
    cred_free(c);
    ck_assert_ok(cred_new_agreed(k, unhex("a1044132"), item, &c));
    ck_assert_int_eq(cred_form(c), CRED_KID);
    ck_assert_hex(cred_id(c), "a1044132");
    cred_free(c);
    ck_assert_ok(cred_new_agreed(k, unhex("a10ea20265616c69636508a101" X25519_COSE), item, &c));
    ck_assert(bytes_equal(cred_sub(c), BYTES_LITERAL("alice")));
    cred_free(c);
    ck_assert_err(cred_new_agreed(k, unhex("a2044132044133"), item, &c), EDHOC_ERR_CRED_FORM);
    ck_assert_ptr_null(c);
    ck_assert_err(cred_new_agreed(k, unhex("a1044132ff"), item, &c), EDHOC_ERR_CRED_BAD);
    ck_assert_ptr_null(c);
    key_free(k);
}
END_TEST

/* ---- the same key ---- */

static const struct {
    const char *type_a, *x_a, *y_a, *type_b, *x_b, *y_b;
    bool same_key, same_thumbprint;
} pairs[] = {
    {"x25519", X25519_X, "", "x25519", X25519_X, "", true, true},
    {"x25519", X25519_X, "", "x25519", P256_X, "", false, false},
    {"x25519", X25519_X, "", "ed25519", X25519_X, "", false, false},
    {"p256", P256_X, P256_Y, "p256dh", P256_X, P256_Y, true, true},
    {"p256", P256_X, P256_Y, "p256", P256_X, P256_Y2, true, false}, /* -Q: whoever has d has -d */
    {"p256", P256_X, P256_Y, "p256dh", P256_X, P256_Y2, true, false},
    {"p256", P256_X, P256_Y, "x25519", P256_X, "", false, false},
};

START_TEST(a_key_is_the_same_in_every_form)
{
    struct key *a = public_key(pairs[_i].type_a, pairs[_i].x_a, pairs[_i].y_a);
    struct key *b = public_key(pairs[_i].type_b, pairs[_i].x_b, pairs[_i].y_b);

    for (int form_a = 0; form_a < 3; form_a++)
        for (int form_b = 0; form_b < 3; form_b++) {
            struct bytes leaf = certificate(0);
            struct cred *ca, *cb;

            ck_assert_ok(form_a == 0   ? cred_new_kccs(a, BYTES_LITERAL("a"), &ca)
                         : form_a == 1 ? cred_new_kid(a, &ca)
                                       : cred_new_x5chain(a, &leaf, 1, &ca));
            ck_assert_ok(form_b == 0   ? cred_new_kccs(b, BYTES_LITERAL("b"), &cb)
                         : form_b == 1 ? cred_new_kid(b, &cb)
                                       : cred_new_x5chain(b, &leaf, 1, &cb));
            ck_assert(cred_same_secret(ca, cb) == pairs[_i].same_key);
            ck_assert(cred_same_secret(cb, ca) == pairs[_i].same_key);
            ck_assert((memcmp(cred_thumbprint(ca), cred_thumbprint(cb), 32) == 0) ==
                      pairs[_i].same_thumbprint);
            cred_free(ca);
            cred_free(cb);
        }
    key_free(a);
    key_free(b);
}
END_TEST

/* ---- identities ---- */

static const struct {
    const char *principals, *name, *sub;
} names[] = {
    {NULL, NULL, ""},
    {"alice", "alice", "alice"},
    {"alice,bob", "alice", "alice"},
    {"HTTP@web.example.org,host@web.example.org", "HTTP@web.example.org", "HTTP@web.example.org"},
    {"\xc3\xbc", "\xc3\xbc", "\xc3\xbc"},
};

START_TEST(an_identity_has_both_forms_of_its_credential)
{
    const char *principals = names[_i].principals;
    struct identity *id;
    char source[] = "a-file";
    struct key *k;

    ck_assert_ok(key_generate(keytype_by_name(_i % 2 == 0 ? "x25519" : "p256"), &k));
    ck_assert_ok(identity_new_raw(k, principals, source, &id));
    memset(source, 'x', 3); /* it has a copy */
    ck_assert_str_eq(id->source, "a-file");
    ck_assert_ptr_eq(id->key, k);
    ck_assert(identity_is_dh(id) == (_i % 2 == 0));
    ck_assert(id->expires == INT64_MAX);
    ck_assert_int_eq(cred_form(id->by_value), CRED_KCCS);
    ck_assert_int_eq(cred_form(id->by_reference), CRED_KID);
    ck_assert(cred_same_secret(id->by_value, id->by_reference));
    ck_assert(bytes_equal(cred_sub(id->by_value), bytes_of_text(names[_i].sub)));
    ck_assert_uint_eq(cred_sub(id->by_reference).len, 0);
    if (principals == NULL) {
        ck_assert_ptr_null(id->principals);
        ck_assert_ptr_null(id->name);
    } else {
        ck_assert_str_eq(id->principals, principals);
        ck_assert_str_eq(id->name, names[_i].name);
    }
    key_free(k);
    identity_free(id);
    identity_free(NULL);
}
END_TEST

START_TEST(the_name_of_an_identity_has_at_most_255_bytes)
{
    char name[257];
    struct identity *id;
    struct key *k;

    ck_assert_ok(key_generate(keytype_by_name("x25519"), &k));
    memset(name, 'n', sizeof(name));
    name[255] = '\0';
    ck_assert_ok(identity_new_raw(k, name, "a-file", &id));
    identity_free(id);
    name[255] = 'n';
    name[256] = '\0';
    ck_assert_int_ne(identity_new_raw(k, name, "a-file", &id), EDHOC_OK);
    ck_assert_ptr_null(id);
    key_free(k);
}
END_TEST

static const struct {
    const char *principals, *target;
    bool answers;
} targets[] = {
    {NULL, "HTTP@web.example.org", true},
    {NULL, "alice", true},
    {"HTTP@web.example.org", "HTTP@web.example.org", true},
    {"HTTP@WEB.example.org", "HTTP@web.example.org", true},
    {"http@web.example.org", "HTTP@web.example.org", false},
    {"HTTP@web.example.org", "HTTP@db.example.org", false},
    {"HTTP@web.example.org", "host@web.example.org", false},
    {"HTTP@web.example.org", "HTTP", false},
    {"alice,HTTP@web.example.org", "HTTP@web.example.org", true},
    {"*@web.example.org", "HTTP@web.example.org", true},
    {"*@web.example.org,!HTTP@*", "HTTP@web.example.org", false},
    {"*@web.example.org,!HTTP@*", "host@web.example.org", true},
};

START_TEST(an_identity_answers_for_its_principals_only)
{
    struct identity *id;
    struct key *k;

    ck_assert_ok(key_generate(keytype_by_name("x25519"), &k));
    ck_assert_ok(identity_new_raw(k, targets[_i].principals, "a-file", &id));
    ck_assert(identity_answers(id, targets[_i].target) == targets[_i].answers);
    identity_free(id);
    key_free(k);
}
END_TEST

static void new_identities(struct key *k, struct identity **ids, int n)
{
    for (int i = 0; i < n; i++)
        ck_assert_ok(identity_new_raw(k, "alice", "a-file", &ids[i]));
}

START_TEST(a_set_takes_over_its_identities)
{
    struct identity *ids[IDENTITIES_MAX + 1], *first;
    struct identity_set *set, *second;
    struct key *k;

    ck_assert_ok(key_generate(keytype_by_name("x25519"), &k));
    new_identities(k, ids, 3);
    first = ids[0];
    ck_assert_ok(identity_set_new(ids, 3, &set));
    ck_assert_uint_eq(set->len, 3);
    ck_assert_ptr_eq(set->id[0], first);
    ck_assert_ptr_eq(set->id[2], ids[2]);
    second = identity_set_ref(set);
    identity_set_free(set);
    ck_assert_str_eq(second->id[1]->name, "alice");
    identity_set_free(second);

    new_identities(k, ids, IDENTITIES_MAX + 1);
    ck_assert_err(identity_set_new(ids, IDENTITIES_MAX + 1, &set), EDHOC_ERR_SETTING);
    ck_assert_ptr_null(set); /* and they are gone: leaks are errors */
    new_identities(k, ids, IDENTITIES_MAX);
    ck_assert_ok(identity_set_new(ids, IDENTITIES_MAX, &set));
    ck_assert_uint_eq(set->len, IDENTITIES_MAX);
    identity_set_free(set);
    ck_assert_ok(identity_set_new(NULL, 0, &set));
    ck_assert_uint_eq(set->len, 0);
    identity_set_free(set);
    identity_set_free(NULL);
    ck_assert_ptr_null(identity_set_ref(NULL));
    key_free(k);
}
END_TEST

static void add(Suite *suite)
{
    TCase *forms = suite_case(suite, "forms", 60), *reading = suite_case(suite, "reading", 60);
    TCase *identities = suite_case(suite, "identities", 60);

    tcase_add_test(forms, an_x25519_credential_is_as_specified_to_the_byte);
    tcase_add_loop_test(forms, a_p256_credential_is_as_specified_to_the_byte, 0, 2);
    tcase_add_loop_test(forms, a_credential_by_value_is_read_as_written, 0, KEYTYPES);
    tcase_add_loop_test(forms, a_key_identifier_is_read_as_written, 0, KEYTYPES);
    tcase_add_test(forms, a_sub_has_at_most_255_bytes);
    tcase_add_loop_test(forms, a_chain_of_one_to_eight_certificates_is_read_as_written, 0,
                        CRED_CHAIN_MAX + 2);
    tcase_add_test(forms, an_openssh_certificate_is_its_own_credential);
    tcase_add_test(forms, an_openssh_certificate_that_is_none_is_no_credential);
    tcase_add_test(forms, a_chain_has_a_bounded_size);
    tcase_add_test(forms, an_agreed_credential_takes_any_form);
    tcase_add_loop_test(forms, a_key_is_the_same_in_every_form, 0, ROWS(pairs));
    tcase_add_loop_test(reading, only_well_formed_identifiers_are_read, 0, ROWS(maps));
    tcase_add_loop_test(reading, a_changed_identifier_is_never_read_past_its_end, 0,
                        12); /* those that are good */
    tcase_add_loop_test(reading, only_keys_of_the_right_shape_and_use_are_taken, 0,
                        ROWS(cose_keys));
    tcase_add_test(reading, a_credential_outlives_what_it_was_read_from);
    tcase_add_loop_test(identities, an_identity_has_both_forms_of_its_credential, 0, ROWS(names));
    tcase_add_test(identities, the_name_of_an_identity_has_at_most_255_bytes);
    tcase_add_loop_test(identities, an_identity_answers_for_its_principals_only, 0, ROWS(targets));
    tcase_add_test(identities, a_set_takes_over_its_identities);
}

int main(void)
{
    return suite_main("cred", add);
}
