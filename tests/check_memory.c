/* The memory that keys pass through: none of it is freed with a private key in it, and where there
 * is none left, that is what is told.
 *
 * libcrypto's memory comes from the functions here, which is a host program's right to arrange, and
 * the linker lets our own free() and realloc() end here too (Makefile.am, --wrap). */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/keep.h"
#include "lib/key_file.h"
#include "lib/libcrypto.h"
#include "lib/slow.h"
#include "lib/suite.h"

#include "crypto/aead.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"
#include "crypto/sign.h"
#include "crypto/ssh_blob.h"
#include "load/openssh_key.h"
#include "peer/ssh_ca.h"
#include "peer/x509_chain.h"
#include "peer/x509_store.h"

/* ---- memory that is looked at before it is freed ---- */

#define WINDOW 8 /* bytes in a row that do not occur by chance */

/* What must not be found, in each form that it may have in memory. */
static struct bytes secrets[8];
static size_t secrets_count;
static bool watching;
static unsigned found;

__attribute__((noinline)) /* tests/mechglue.supp names it */
static bool
contains(const uint8_t *p, size_t len, struct bytes secret)
{
    for (size_t i = 0; i + WINDOW <= secret.len; i++)
        if (memmem(p, len, secret.p + i, WINDOW) != NULL)
            return true;
    return false;
}

static void look(const void *p)
{
    size_t len = p != NULL && watching ? malloc_usable_size((void *)(uintptr_t)p) : 0;

    for (size_t i = 0; i < secrets_count && len > 0; i++)
        if (contains(p, len, secrets[i]))
            found++;
}

void __real_free(void *p);
void *__wrap_malloc(size_t len);
void *__wrap_realloc(void *p, size_t len);
void __wrap_free(void *p);

/* Zeroed, so that nobody is blamed for what was there before. */
void *__wrap_malloc(size_t len)
{
    return calloc(1, len);
}

void __wrap_free(void *p)
{
    look(p);
    __real_free(p);
}

/* Always to another place: what it was called for leaves a copy, unless it was wiped before. */
void *__wrap_realloc(void *p, size_t len)
{
    size_t old = p != NULL ? malloc_usable_size(p) : 0;
    void *to = malloc(len);

    if (to == NULL)
        return NULL;
    if (old > 0)
        memcpy(to, p, old < len ? old : len);
    __wrap_free(p);
    return to;
}

/* ---- memory that runs out ---- */

static long left = -1; /* allocations of libcrypto's that succeed; negative: all */
static bool once;      /* then one fails, and not all that follow */

static void *crypto_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    if (left == 0) {
        left -= once;
        return NULL;
    }
    left -= left > 0;
    return malloc(len);
}

static void *crypto_realloc(void *p, size_t len, const char *file, int line)
{
    void *to = crypto_malloc(len, file, line);
    size_t old = p != NULL ? malloc_usable_size(p) : 0;

    if (to == NULL)
        return NULL;
    if (old > 0)
        memcpy(to, p, old < len ? old : len);
    __wrap_free(p);
    return to;
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    __wrap_free(p);
}

/* ---- no private key in freed memory ---- */

#define PASSPHRASE "correct horse battery staple"

static struct bytes reversed(struct bytes in)
{
    uint8_t *out = keep_new(in.len);

    for (size_t i = 0; i < in.len; i++)
        out[i] = in.p[in.len - 1 - i];
    return bytes_of(out, in.len);
}

/* The private key as numbers of either byte order, and in base64 as its file has it. */
static void watch(struct bytes raw, struct bytes pem, enum key_form form)
{
    secrets_count = 0;
    secrets[secrets_count++] = raw;
    secrets[secrets_count++] = reversed(raw);
    secrets[secrets_count++] = BYTES_LITERAL(PASSPHRASE);
    if (form == PKCS8 || form == SEC1) { /* the lines between the first and the last */
        const uint8_t *body = (const uint8_t *)memchr(pem.p, '\n', pem.len) + 1;
        const uint8_t *end = memmem(body, pem.len - (size_t)(body - pem.p), "\n-----END", 9);

        must(end != NULL);
        secrets[secrets_count++] = bytes_of(body, (size_t)(end - body));
    }
    found = 0;
    watching = true;
}

/* libcrypto's fast multiplications free their own copy of the scalar as it is: P-256's (ecp_nistz256.c),
 * and since OpenSSL 3.2 P-384's too (ecp_nistp384.c). */
static bool libcrypto_wipes_scalar(const struct keytype *type)
{
    return !type->dh ||
           !(type->curve == CRV_P256 || (type->curve == CRV_P384 && libcrypto_since(3, 2)));
}

/* What a program does with a key. */
static void use(struct key *k)
{
    struct buf signature = buf_new(200);
    struct fixed secret;
    struct key *peer;

    watching = libcrypto_wipes_scalar(key_type(k));
    if (key_type(k)->dh) {
        ck_assert_ok(key_generate(key_type(k), &peer));
        ck_assert_ok(crypto_ecdh(k, peer, &secret));
        key_free(peer);
    } else {
        ck_assert_ok(crypto_sign(k, BYTES_LITERAL("text"), &signature));
    }
    buf_free(&signature);
    watching = true;
}

static void load_use_and_free(const struct keytype *type, enum key_form form)
{
    bool encrypted = form == PKCS8_ENCRYPTED || form == SEC1_ENCRYPTED;
    struct key_file file = key_file_new(type, form, PASSPHRASE);
    struct bytes pem = file.text;
    struct key *k;

    watch(file.raw, pem, form);
    ck_assert_ok(key_from_pem(pem, encrypted ? PASSPHRASE : NULL, type->dh, &k));
    ck_assert_msg(found == 0, "%s, form %d: %u blocks freed while loading", type->name, form,
                  found);
    use(k);
    ck_assert_msg(found == 0, "%s, form %d: %u blocks freed in use", type->name, form, found);
    key_free(k);
    watching = false;
    ck_assert_msg(found == 0, "%s, form %d: %u blocks freed at the end", type->name, form, found);
}

/* The net holds: a block with a piece of the secret in it is found. */
START_TEST(a_copy_that_is_not_wiped_is_found)
{
    uint8_t raw[32], *block = malloc(100);

    for (size_t i = 0; i < sizeof(raw); i++)
        raw[i] = (uint8_t)(i * 7 + 1);
    watch(bytes_of(raw, sizeof(raw)), BYTES_NONE, KEY_FORMS);
    memcpy(block + 50, raw + 20, WINDOW);
    __asm__ volatile("" : : "r"(block) : "memory"); /* or the compiler drops the copy */
    free(block);
    block = OPENSSL_malloc(100);
    memcpy(block, raw + 3, WINDOW);
    OPENSSL_free(block);
    watching = false;
    ck_assert_uint_eq(found, 2);
}
END_TEST

START_TEST(a_loaded_key_leaves_no_copy_in_freed_memory)
{
    const struct keytype *type = keytype_by_name(key_file_types[_i / KEY_FORMS]);
    enum key_form form = (enum key_form)(_i % KEY_FORMS);

    if (key_file_has_form(type, form))
        load_use_and_free(type, form);
}
END_TEST

START_TEST(a_loaded_openssh_key_leaves_no_copy_in_freed_memory)
{
    struct bytes text = bytes_of_text(key_file_openssh[_i].text),
                 raw = unhex(key_file_openssh[_i].raw);
    char *comment;
    struct key *k;

    watch(raw, text, PKCS8);
    ck_assert_ok(openssh_key_read(text, "k", &k, &comment));
    use(k);
    key_free(k);
    watching = false;
    free(comment);
    ck_assert_uint_eq(found, 0);
}
END_TEST

/* ---- running out of memory ---- */

/* What the operations work on, made while there is memory. */
static struct {
    struct key *key, *peer, *signer;
    struct buf signature, sealed, pem;
    const struct keytype *type;
} work;

static edhoc_err try_generate(void)
{
    struct key *k;
    edhoc_err err = key_generate(work.type, &k);

    must((err == EDHOC_OK) == (k != NULL));
    key_free(k);
    return err;
}

static edhoc_err try_public(void)
{
    struct key *k;
    edhoc_err err = key_from_public(work.type, key_x(work.peer), key_y(work.peer), &k);

    must((err == EDHOC_OK) == (k != NULL));
    key_free(k);
    return err;
}

static edhoc_err try_compact(void)
{
    struct key *k;
    edhoc_err err = key_from_public(work.type, key_x(work.peer), BYTES_NONE, &k);

    must((err == EDHOC_OK) == (k != NULL));
    key_free(k);
    return err;
}

static edhoc_err try_private(void)
{
    uint8_t raw[COORDINATE_MAX] = {[0] = 1, [31] = 1};
    struct key *k;
    edhoc_err err = key_from_private(work.type, bytes_of(raw, work.type->coordinate), &k);

    must((err == EDHOC_OK) == (k != NULL));
    key_free(k);
    return err;
}

static edhoc_err try_ecdh(void)
{
    struct fixed secret;

    return crypto_ecdh(work.key, work.peer, &secret);
}

static edhoc_err try_sign(void)
{
    buf_reset(&work.signature);
    return crypto_sign(work.signer, BYTES_LITERAL("text"), &work.signature);
}

static edhoc_err try_verify(void)
{
    return crypto_verify(work.signer, BYTES_LITERAL("text"), buf_bytes(&work.signature));
}

static edhoc_err try_digest(void)
{
    struct bytes part = BYTES_LITERAL("text");
    struct fixed out;

    return crypto_digest(HASH_SHA256, &part, 1, &out);
}

static edhoc_err expand(enum crypto_hash hash)
{
    const struct bytes info[3] = {BYTES_LITERAL("info"), BYTES_NONE, BYTES_NONE};
    struct deriver d = {.ctx = NULL};
    uint8_t out[100];
    edhoc_err err = deriver_expand(&d, hash, BYTES_LITERAL("keykey"), info, out, sizeof(out));

    deriver_put_away(&d);
    return err;
}

static edhoc_err try_expand(void)
{
    return expand(HASH_SHA256);
}

static edhoc_err try_expand_kmac(void)
{
    return expand(HASH_SHAKE256);
}

static const uint8_t zeros[16];

static edhoc_err try_seal(void)
{
    buf_reset(&work.sealed);
    return crypto_seal(AES_CCM_16_64_128, bytes_of(zeros, 16), bytes_of(zeros, 13), BYTES_NONE,
                       BYTES_LITERAL("text"), &work.sealed);
}

static edhoc_err try_open(void)
{
    struct buf opened = buf_new(100);
    edhoc_err err = crypto_open(AES_CCM_16_64_128, bytes_of(zeros, 16), bytes_of(zeros, 13),
                                BYTES_NONE, buf_bytes(&work.sealed), &opened);

    buf_free(&opened);
    return err;
}

static edhoc_err try_cipher(void)
{
    struct crypto_cipher *cipher;
    edhoc_err err = crypto_cipher_new(AES_128_GCM, true, bytes_of(zeros, 16), &cipher);

    must((err == EDHOC_OK) == (cipher != NULL));
    crypto_cipher_free(cipher);
    return err;
}

static edhoc_err try_write_pem(void)
{
    buf_reset(&work.pem);
    return key_to_pem(work.key, NULL, &work.pem);
}

static edhoc_err try_read_pem(void)
{
    struct key *k;
    edhoc_err err = key_from_pem(buf_bytes(&work.pem), NULL, true, &k);

    must((err == EDHOC_OK) == (k != NULL));
    key_free(k);
    return err;
}

/* ---- anchors and CRLs ---- */

#define NOW 1800000000

/* A CA, its CRL and a client's certificate: PEM, PEM, DER. */
static struct {
    struct bytes ca, crl, leaf;
} pki;

static void add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    must(extension != NULL && X509_add_ext(x, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *certificate(const char *name, const char *issuer, EVP_PKEY *key, EVP_PKEY *signer)
{
    X509_NAME *names[2] = {X509_NAME_new(), X509_NAME_new()};
    X509 *x = X509_new();

    for (int i = 0; i < 2; i++)
        must(X509_NAME_add_entry_by_txt(names[i], "CN", MBSTRING_ASC,
                                        (const uint8_t *)(i == 0 ? name : issuer), -1, -1, 0) == 1);
    must(X509_set_version(x, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 7) == 1);
    must(X509_set_subject_name(x, names[0]) == 1 && X509_set_issuer_name(x, names[1]) == 1);
    must(ASN1_TIME_set(X509_getm_notBefore(x), NOW - 86400) != NULL);
    must(ASN1_TIME_set(X509_getm_notAfter(x), NOW + 86400) != NULL);
    must(X509_set_pubkey(x, key) == 1);
    if (strcmp(name, issuer) == 0)
        add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
    else
        add_extension(x, NID_ext_key_usage, "clientAuth");
    must(X509_sign(x, signer, EVP_sha256()) > 0);
    X509_NAME_free(names[0]);
    X509_NAME_free(names[1]);
    return x;
}

static struct bytes kept_bio(BIO *bio)
{
    char *p;
    long len = BIO_get_mem_data(bio, &p);
    struct bytes text = keep(p, (size_t)len);

    BIO_free(bio);
    return text;
}

static X509_CRL *empty_crl(X509 *ca, EVP_PKEY *signer)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = ASN1_TIME_set(NULL, NOW - 86400), *until = ASN1_TIME_set(NULL, NOW + 86400);

    must(X509_CRL_set_version(crl, 1) == 1);
    must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) == 1);
    must(X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, until) == 1);
    must(X509_CRL_sign(crl, signer, EVP_sha256()) > 0);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return crl;
}

static void make_pki(void)
{
    EVP_PKEY *signer = EVP_EC_gen("P-256");
    X509 *ca = certificate("a CA", "a CA", signer, signer);
    X509 *leaf = certificate("a client", "a CA", signer, signer);
    X509_CRL *crl = empty_crl(ca, signer);
    BIO *bio[3] = {BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};

    must(PEM_write_bio_X509(bio[0], ca) == 1 && PEM_write_bio_X509_CRL(bio[1], crl) == 1 &&
         i2d_X509_bio(bio[2], leaf) == 1);
    pki.ca = kept_bio(bio[0]);
    pki.crl = kept_bio(bio[1]);
    pki.leaf = kept_bio(bio[2]);
    X509_free(ca);
    X509_free(leaf);
    X509_CRL_free(crl);
    EVP_PKEY_free(signer);
}

/* What could be loaded verifies: no anchor has lost its key. */
static edhoc_err try_store(struct bytes crls)
{
    struct x509_store *store;
    edhoc_err err = x509_store_new(pki.ca, "anchors", crls, "crls", &store);
    long before = left;
    int64_t expires;

    if (err != EDHOC_OK)
        return err;
    left = -1;
    ck_assert_ok(x509_verify(store, &pki.leaf, 1, X509_FOR_CLIENT, NOW, &expires));
    left = before;
    x509_store_free(store);
    return EDHOC_OK;
}

static edhoc_err try_anchors(void)
{
    return try_store(BYTES_NONE);
}

static edhoc_err try_crls(void)
{
    return try_store(pki.crl);
}

/* ---- an OpenSSH CA ---- */

static edhoc_err try_ssh_ca(void)
{
    uint8_t memory[256];
    struct buf blob = buf_in(memory, sizeof(memory));

    ssh_blob_put(work.signer, &blob);
    return ssh_ca_check(buf_bytes(&blob));
}

/* In this order, as some use what others made. */
static const struct {
    const char *name;
    edhoc_err (*operation)(void);
} operations[] = {
    {"generate", try_generate}, {"public", try_public},
    {"compact", try_compact},   {"private", try_private},
    {"ecdh", try_ecdh},         {"sign", try_sign},
    {"verify", try_verify},     {"digest", try_digest},
    {"expand", try_expand},     {"expand with KMAC", try_expand_kmac},
    {"seal", try_seal},         {"open", try_open},
    {"cipher", try_cipher},     {"write PEM", try_write_pem},
    {"read PEM", try_read_pem}, {"anchors", try_anchors},
    {"CRLs", try_crls},         {"OpenSSH CA", try_ssh_ca},
};

/* The n-th allocation fails, for every n; then all of them succeed again. Some of those within a
 * verification libcrypto itself tells no better than as a signature that is wrong. */
static void starve(const char *name, edhoc_err (*operation)(void))
{
    edhoc_err err = EDHOC_ERR_NOMEM;
    bool told = false;
    long n;

    ck_assert_msg(operation() == EDHOC_OK, "%s", name);
    for (n = 0; n < 10000 && err != EDHOC_OK; n += n < 50 ? 1 : slow_stride()) {
        left = n;
        err = operation();
        left = -1;
        ck_assert_msg(err == EDHOC_OK || err == EDHOC_ERR_NOMEM || err == EDHOC_ERR_CRYPTO ||
                          (operation == try_verify && err == EDHOC_ERR_PROOF),
                      "%s, allocation %ld: %s: %s", name, n, report_sentence(err),
                      report_details(err));
        told = told || err == EDHOC_ERR_NOMEM;
        must(ERR_peek_error() == 0);
    }
    ck_assert_msg(n > 1 && told, "%s: %ld allocations", name, n);
    ck_assert_msg(operation() == EDHOC_OK, "%s", name);
}

START_TEST(lack_of_memory_is_never_told_as_a_refusal)
{
    const struct keytype *signs = keytype_by_name(_i == 0 ? "ed25519" : "p256");

    work.type = keytype_by_name(_i == 0 ? "x25519" : "p256dh");
    make_pki();
    work.signature = work.sealed = work.pem = buf_new(4096);
    ck_assert_ok(key_generate(work.type, &work.key));
    ck_assert_ok(key_generate(work.type, &work.peer));
    ck_assert_ok(key_generate(signs, &work.signer));
    for (int i = 0; i < ROWS(operations); i++)
        starve(operations[i].name, operations[i].operation);
    key_free(work.key);
    key_free(work.peer);
    key_free(work.signer);
    buf_free(&work.signature);
    buf_free(&work.sealed);
    buf_free(&work.pem);
}
END_TEST

/* libcrypto reads a certificate to its end where it had no memory for its key. */
START_TEST(anchors_are_whole_where_memory_failed_once)
{
    long n = 0;

    make_pki();
    ck_assert_ok(try_crls());
    once = true;
    do {
        left = n;
        (void)!try_crls();
        n += slow_stride();
    } while (left < 0);
    left = -1;
    once = false;
    ck_assert_int_gt(n, 100);
}
END_TEST

static void add(Suite *suite)
{
    TCase *freed = suite_case(suite, "freed", 60), *none = suite_case(suite, "none left", 120);

    tcase_add_test(freed, a_copy_that_is_not_wiped_is_found);
    tcase_add_loop_test(freed, a_loaded_key_leaves_no_copy_in_freed_memory, 0,
                        KEY_FILE_TYPES * KEY_FORMS);
    tcase_add_loop_test(freed, a_loaded_openssh_key_leaves_no_copy_in_freed_memory, 0,
                        KEY_FILE_OPENSSH);
    tcase_add_test(none, anchors_are_whole_where_memory_failed_once);
    tcase_add_loop_test(none, lack_of_memory_is_never_told_as_a_refusal, 0, 2);
}

int main(void)
{
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        return EXIT_FAILURE;
    return suite_main("memory", add);
}
