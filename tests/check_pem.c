/* Private key files as others write them, and as nobody should: what is read is the key, the whole
 * key and nothing but the key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/suite.h"

#include "base/base64.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"

/* Private key 1 on P-256 and its public key, the base point. */
#define ONE  "0000000000000000000000000000000000000000000000000000000000000001"
#define GX   "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define GY   "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define P256 "06082a8648ce3d030107"
#define P521 "06052b81040023"
#define EC   "06072a8648ce3d0201"

static struct bytes armoured(const char *label, struct bytes der)
{
    struct buf text = buf_new(8192);
    struct bytes kept;

    buf_put_text(&text, "-----BEGIN ");
    buf_put_text(&text, label);
    buf_put_text(&text, "-----\n");
    base64_put(der, &text);
    buf_put_text(&text, "\n-----END ");
    buf_put_text(&text, label);
    buf_put_text(&text, "-----\n");
    kept = keep(text.p, text.len);
    buf_free(&text);
    return kept;
}

/* A row whose `says` is NULL is read, as the key with this x; else it is refused with these words. */
static const struct {
    const char *about, *label, *der, *says;
} rows[] = {
    {"SEC 1 as openssl ec writes it", "EC PRIVATE KEY",
     "3077020101 0420" ONE "a00a" P256 "a144034200 04" GX GY, NULL},
    {"without its public key", "EC PRIVATE KEY", "3031020101 0420" ONE "a00a" P256, NULL},
    {"with a public key that is compressed", "EC PRIVATE KEY",
     "3057020101 0420" ONE "a00a" P256 "a124032200 03" GX, NULL},
    {"without leading zeros", "EC PRIVATE KEY", "3012020101 040101 a00a" P256, NULL},
    {"PKCS#8 as openssl genpkey writes it", "PRIVATE KEY",
     "308187020100 3013" EC P256 "046d 306b020101 0420" ONE "a144034200 04" GX GY, NULL},
    {"PKCS#8 with the curve in both places", "PRIVATE KEY",
     "304d020100 3013" EC P256 "0433 3031020101 0420" ONE "a00a" P256, NULL},
    {"PKCS#8 with attributes", "PRIVATE KEY",
     "3043020100 3013" EC P256 "0427 3025020101 0420" ONE "a000", NULL},
    {"another public key", "EC PRIVATE KEY",
     "3077020101 0420" ONE "a00a" P256 "a144034200 04" GY GX, "not its own"},
    {"the other compressed public key", "EC PRIVATE KEY",
     "3057020101 0420" ONE "a00a" P256 "a124032200 02" GX, "not its own"},
    {"half a public key", "EC PRIVATE KEY", "3057020101 0420" ONE "a00a" P256 "a124032200 04" GX,
     "not its own"},
    {"a public key with bits left over", "EC PRIVATE KEY",
     "3077020101 0420" ONE "a00a" P256 "a144034201 04" GX GY, "not its own"},
    {"the scalar 0", "EC PRIVATE KEY", "3012020101 040100 a00a" P256, "range"},
    {"a scalar of the group's order", "EC PRIVATE KEY",
     "3031020101 0420 ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551 a00a" P256,
     "range"},
    {"no scalar", "EC PRIVATE KEY", "3011020101 0400 a00a" P256, "damaged"},
    {"a scalar that is too long", "EC PRIVATE KEY", "3032020101 042100" ONE "a00a" P256, "damaged"},
    {"another version", "EC PRIVATE KEY", "3031020102 0420" ONE "a00a" P256, "damaged"},
    {"no curve", "EC PRIVATE KEY", "3025020101 0420" ONE, "damaged"},
    {"another curve", "EC PRIVATE KEY", "302e020101 0420" ONE "a007" P521, "P-256 and P-384"},
    {"X25519's name for a curve", "EC PRIVATE KEY", "302c020101 0420" ONE "a005 06032b656e",
     "P-256 and P-384"},
    {"a number instead of a name", "EC PRIVATE KEY", "302a020101 0420" ONE "a003 020101",
     "damaged"},
    {"parameters instead of a name", "EC PRIVATE KEY", "302c020101 0420" ONE "a005 3003020101",
     "parameters instead"},
    {"two curves", "PRIVATE KEY", "304a020100 3013" EC P256 "0430 302e020101 0420" ONE "a007" P521,
     "damaged"},
    {"bytes after the end", "EC PRIVATE KEY", "3031020101 0420" ONE "a00a" P256 "00", "damaged"},
    {"bytes at the end", "EC PRIVATE KEY", "3033020101 0420" ONE "a00a" P256 "0500", "damaged"},
    {"a length in more bytes than it needs", "EC PRIVATE KEY", "308131020101 0420" ONE "a00a" P256,
     "damaged"},
    {"a length without end", "EC PRIVATE KEY", "3080020101 0420" ONE "a00a" P256 "0000", "damaged"},
    {"a length that is longer than all", "EC PRIVATE KEY",
     "3084ffffffff020101 0420" ONE "a00a" P256, "damaged"},
    {"PKCS#8's label on SEC 1", "PRIVATE KEY", "3031020101 0420" ONE "a00a" P256, "damaged"},
    {"SEC 1's label on PKCS#8", "EC PRIVATE KEY",
     "304d020100 3013" EC P256 "0433 3031020101 0420" ONE "a00a" P256, "damaged"},
    {"RSA in PKCS#8", "PRIVATE KEY", "3016020100 300d 06092a864886f70d010101 0500 0402 3000",
     "RSA"},
    {"DSA in PKCS#8", "PRIVATE KEY", "3012020100 3009 06072a8648ce380401 0402 3000", "dsa"},
    {"an RSA key of its own label", "RSA PRIVATE KEY", "3000", "RSA"},
    {"an algorithm without a name", "PRIVATE KEY", "300b020100 3002 0600 0402 3000", "type"},
};

START_TEST(every_form_of_a_key_is_read_strictly)
{
    struct bytes pem = armoured(rows[_i].label, unhex(rows[_i].der));
    edhoc_err want = rows[_i].says == NULL ? EDHOC_OK : EDHOC_ERR_KEY_FORMAT;
    struct key *k;
    edhoc_err err = key_from_pem(pem, NULL, false, &k);

    ck_assert_msg(err == want, "%s: %s", rows[_i].about, errors_differ(err, want));
    if (want == EDHOC_OK) {
        ck_assert_str_eq(key_type(k)->name, "p256");
        ck_assert_hex(key_x(k), GX);
        key_free(k);
    } else {
        ck_assert_ptr_null(k);
        ck_assert_msg(strstr(report_details(err), rows[_i].says) != NULL, "%s: \"%s\"",
                      rows[_i].about, report_details(err));
    }
}
END_TEST

/* RFC 8410 section 10.3, and what a text may have around and inside a block. */
#define V1 "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
#define V2                                                                                         \
    "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"                           \
    "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n"                           \
    "Z9w7lshQhqowtrbLDFw4rXAxZuE="
#define BEGIN       "-----BEGIN PRIVATE KEY-----"
#define END         "-----END PRIVATE KEY-----"
#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"

static const struct {
    const char *text;
    bool read;
} texts[] = {
    {BEGIN "\n" V1 "\n" END "\n", true},
    {BEGIN "\n" V2 "\n" END "\n", true},
    {BEGIN "\n" V1 "\n" END, true},
    {BEGIN "\r\n" V1 "\r\n" END "\r\n", true},
    {BEGIN "\n\n" V1 "\n" END "\n", true},
    {BEGIN " \n " V1 " \n" END "\n", true},
    {"Bag: of attributes\n" CERTIFICATE BEGIN "\n" V1 "\n" END "\n" CERTIFICATE, true},
    {BEGIN "\n" V1 "\n" END "\n" BEGIN "\nrubbish\n" END "\n", true},
    {"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" BEGIN "\n" V1
     "\n" END "\n",
     true},
    {BEGIN "\nrubbish\n" END "\n" BEGIN "\n" V1 "\n" END "\n", false},
    {BEGIN "\n" V1 "\n-----END EC PRIVATE KEY-----\n", false},
    {BEGIN "\n" V1 "\n", false},
    {BEGIN "\n" V1 "=\n" END "\n", false},
    {BEGIN "\n" V1 "!\n" END "\n", false},
    {BEGIN "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" V1 "\n" END "\n", false},
    {BEGIN "\n\n" END "\n", false},
    {BEGIN "\n" END "\n", false},
    {"-----BEGIN -----\n" V1 "\n-----END -----\n", false},
    {"-----BEGIN ", false},
};

START_TEST(a_text_may_have_more_than_the_key)
{
    struct bytes text = keep(texts[_i].text, strlen(texts[_i].text));
    struct key *k;
    edhoc_err err = key_from_pem(text, NULL, false, &k);

    ck_assert_msg(err == (texts[_i].read ? EDHOC_OK : EDHOC_ERR_KEY_FORMAT), "%s", texts[_i].text);
    if (err == EDHOC_OK)
        ck_assert_hex(key_x(k), "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
    key_free(k);
}
END_TEST

/* Headers and passphrases that fit nothing. */
static const char *const sealed[] = {
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n",
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n",
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: NO-SUCH-CIPHER,0011\n\n",
    "Proc-Type: 4,ENCRYPTED\n\n",
    "Proc-Type: 3,WHATEVER\n\n",
    "Proc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\r\n\r\n",
    "a:\n\n",
    ":\n\n",
};

START_TEST(rubbish_that_looks_encrypted_is_not_opened)
{
    char text[1024];
    struct key *k;

    (void)snprintf(text, sizeof(text),
                   "-----BEGIN EC PRIVATE KEY-----\n%s%s\n-----END EC PRIVATE KEY-----\n",
                   sealed[_i], V1);
    ck_assert_told(key_from_pem(keep(text, strlen(text)), "sesame", false, &k),
                   EDHOC_ERR_KEY_FORMAT, "passphrase");
    ck_assert_ptr_null(k);
    ck_assert_told(key_from_pem(keep(text, strlen(text)), NULL, false, &k), EDHOC_ERR_KEY_FORMAT,
                   "encrypted");
    ck_assert_ptr_null(k);
}
END_TEST

/* Whatever is cut off or changed, it is this key, another one, or none. */
START_TEST(no_damage_to_a_key_is_more_than_an_error)
{
    struct bytes der = unhex(rows[_i].der);
    uint8_t *changed = keep_new(der.len);
    struct key *k;

    for (size_t at = 0; at < der.len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(changed, der.p, der.len);
            changed[at] ^= (uint8_t)(1u << bit);
            if (key_from_pem(armoured(rows[_i].label, bytes_of(changed, der.len)), NULL, false,
                             &k) == EDHOC_OK)
                key_free(k);
            else
                must(k == NULL);
            if (bit == 0) {
                must(key_from_pem(armoured(rows[_i].label, bytes_of(der.p, at)), NULL, false, &k) ==
                     EDHOC_ERR_KEY_FORMAT);
                keep_release();
                der = unhex(rows[_i].der);
                changed = keep_new(der.len);
            }
        }
}
END_TEST

static void add(Suite *suite)
{
    TCase *pem = suite_case(suite, "pem", 60), *damage = suite_case(suite, "damage", 300);

    tcase_add_loop_test(pem, every_form_of_a_key_is_read_strictly, 0, ROWS(rows));
    tcase_add_loop_test(pem, a_text_may_have_more_than_the_key, 0, ROWS(texts));
    tcase_add_loop_test(pem, rubbish_that_looks_encrypted_is_not_opened, 0, ROWS(sealed));
    tcase_add_loop_test(damage, no_damage_to_a_key_is_more_than_an_error, 0, 7); /* those read */
}

int main(void)
{
    return suite_main("pem", add);
}
