/* OpenSSH's private key files and its agent: keys made by the real ssh-keygen and held by the real
 * ssh-agent, files made by hand that are wrong in one point each, every truncation and every
 * flipped bit, and an agent of our own that misbehaves in every way that we know. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/sign.h"
#include "crypto/ssh_blob.h"
#include "load/agent.h"
#include "load/agent_socket.h"
#include "load/lines.h"
#include "load/openssh_key.h"
#include "load/openssh_type.h"
#include "load/trust_line.h"

#define FILE_NAME "the-key-file"
#define TEXT      BYTES_LITERAL("\x84\x6aSignature1, or whatever is to be signed")
#define BUF_MAX   (1u << 20)

/* ---- expectations ---- */

static void expect(edhoc_err err, edhoc_err expected, const char *words)
{
    ck_assert_msg(err == expected, "error %d (%s), not %d", (int)err, report_details(err),
                  (int)expected);
    if (words != NULL)
        ck_assert_msg(strstr(report_details(err), words) != NULL, "no \"%s\" in: %s", words,
                      report_details(err));
}

static bool same_public(const struct key *a, const struct key *b)
{
    return key_type(a) == key_type(b) && bytes_equal(key_x(a), key_x(b)) &&
           bytes_equal(key_y(a), key_y(b));
}

static edhoc_err sign(const struct key *k, struct bytes text, struct buf *signature)
{
    *signature = buf_new(BUF_MAX);
    return crypto_sign(k, text, signature);
}

static void expect_signs(const struct key *k, struct bytes text)
{
    struct buf signature;

    expect(sign(k, text, &signature), EDHOC_OK, NULL);
    ck_assert_uint_eq(signature.len, key_type(k)->signature);
    expect(crypto_verify(k, text, buf_bytes(&signature)), EDHOC_OK, NULL);
    buf_free(&signature);
}

static void expect_sign_fails(const struct key *k, const char *words)
{
    struct buf signature;

    expect(sign(k, TEXT, &signature), EDHOC_ERR_NO_IDENTITY, words);
    ck_assert_uint_eq(signature.len, 0);
    buf_free(&signature);
}

/* ---- files made by hand ---- */

static const char *const kinds[] = {"ed25519", "p256", "p384"};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* The same private value on every run; its first byte is small, so that it is below each order. */
static void fill_raw(uint8_t *raw, size_t len)
{
    for (size_t i = 0; i < len; i++)
        raw[i] = (uint8_t)(0x11 + 37 * i);
}

static struct key *made_key(const char *kind)
{
    const struct keytype *type = keytype_by_name(kind);
    uint8_t raw[COORDINATE_MAX];
    struct key *key;

    fill_raw(raw, type->coordinate);
    expect(key_from_private(type, bytes_of(raw, type->coordinate), &key), EDHOC_OK, NULL);
    return key;
}

static void put_mpint(struct buf *out, struct bytes n)
{
    while (n.len > 0 && n.p[0] == 0)
        n = bytes_of(n.p + 1, n.len - 1);
    ssh_put_uint32(out, (uint32_t)(n.len + (n.p[0] >> 7)));
    if (n.p[0] >> 7)
        buf_put_byte(out, 0);
    buf_put(out, n);
}

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
        put_mpint(out, bytes_of(pair, n));
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

    expect(openssh_key_read(buf_bytes(&text), FILE_NAME, &key, &comment), EDHOC_ERR_KEY_FORMAT,
           words);
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
    expect(openssh_key_read(buf_bytes(&text), FILE_NAME, &key, &comment), EDHOC_OK, NULL);
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

    expect(openssh_key_read(text, FILE_NAME, &original, &comment), EDHOC_OK, NULL);
    for (size_t len = 0; len < binary.len; len++) {
        /* In memory of its own, so that a byte too much read is seen. */
        uint8_t *copy = malloc(len + 1);

        memcpy(copy, binary.p, len);
        ck_assert(!read_mutant(bytes_of(copy, len), original));
        free(copy);
    }
    for (size_t bit = 0; bit < 8 * binary.len; bit++) {
        binary.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        passed += read_mutant(buf_bytes(&binary), original);
        binary.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ck_assert_uint_eq(passed, 8 * (comment != NULL ? strlen(comment) : 0));
    key_free(original);
    free(comment);
    buf_free(&binary);
}

/* ---- tests of files ---- */

START_TEST(test_made)
{
    struct recipe r = recipe_new(kinds[_i]);

    accepted_as(cook(&r), kinds[_i], "me@here");
}
END_TEST

START_TEST(test_made_mutants)
{
    struct recipe r = recipe_new(kinds[_i]);
    struct buf text = cook(&r);

    mutate(buf_bytes(&text));
    buf_free(&text);
}
END_TEST

/* BYTES_LITERAL where C wants a constant. */
#define LITERAL(s)                                                                                 \
    {                                                                                              \
        (const uint8_t *)("" s), sizeof(s) - 1                                                     \
    }

static const struct {
    struct bytes comment;
    const char *expected;
} comments[] = {
    {LITERAL(""), NULL},          {LITERAL("J\xc3\xbcrgen's laptop"), "J\xc3\xbcrgen's laptop"},
    {LITERAL("J\xfcrgen"), NULL}, {LITERAL("two\nlines"), NULL},
    {LITERAL("\x1b[2J"), NULL},   {LITERAL("a\0b"), NULL},
};

START_TEST(test_comment)
{
    struct recipe r = recipe_new("ed25519");

    r.comment = comments[_i].comment;
    accepted_as(cook(&r), "ed25519", comments[_i].expected);
}
END_TEST

/* Some writers pad an already whole section with one block more, as OpenSSH's reader lets them. */
START_TEST(test_padding)
{
    static const struct {
        size_t len;
        bool ok;
    } lengths[] = {{4, true},  {12, true}, {252, true}, {260, false},
                   {0, false}, {1, false}, {5, false},  {300, false}};
    struct recipe r;
    struct buf text;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
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

/* A blob, or a part of one, of any type. */
static void set_type(struct buf *b, const char *type)
{
    buf_reset(b);
    ssh_put_string(b, bytes_of_text(type));
    ssh_put_string(b, BYTES_LITERAL("and so on"));
}

START_TEST(test_container)
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

static const struct {
    const char *type, *words;
} unusable[] = {
    {"ssh-rsa", "signs with RSA"},
    {"ssh-dss", "signs with DSA"},
    {"ecdsa-sha2-nistp521", "P-521"},
    {"sk-ssh-ed25519@openssh.com", "FIDO"},
    {"sk-ecdsa-sha2-nistp256@openssh.com", "FIDO"},
    {"ssh-ed25519-cert-v01@openssh.com", "certificate"},
    {"ssh-ed448", "cannot use"},
    {"ecdh-x25519", "cannot use"},
    {"ecdh-nistp256", "cannot use"},
    {"", "cannot use"},
    {"ssh-ed25519 ", "cannot use"},
};
#define UNUSABLE (sizeof(unusable) / sizeof(*unusable))

/* Encrypted or not: it would be of no use either way. */
START_TEST(test_unusable)
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

START_TEST(test_section)
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

START_TEST(test_scalar)
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

START_TEST(test_armor)
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

START_TEST(test_sizes)
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

/* ---- programs and files ---- */

static char directory[64];

static const char *place(const char *leaf)
{
    static char path[4][128];
    static unsigned next;
    char *p = path[next++ % 4];

    ck_assert_int_lt(snprintf(p, sizeof(path[0]), "%s/%s", directory, leaf), sizeof(path[0]));
    return p;
}

/* Starts a program, its output into `out` (a descriptor) or nowhere. */
static pid_t start(int out, const char *const *argv)
{
    pid_t child = fork();
    int null;

    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    null = open("/dev/null", O_RDWR);
    (void)dup2(null, 0);
    (void)dup2(out >= 0 ? out : null, 1);
    (void)dup2(null, 2);
    (void)alarm(300); /* outlives exec: nothing that we start stays for ever */
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static int run(const char *const *argv)
{
    pid_t child = start(-1, argv);
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static struct buf output(const char *const *argv)
{
    struct buf text = buf_new(BUF_MAX);
    char chunk[4096];
    int fds[2], status;
    pid_t child;
    ssize_t n;

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    child = start(fds[1], argv);
    close(fds[1]);
    while ((n = read(fds[0], chunk, sizeof(chunk))) > 0)
        buf_put(&text, bytes_of(chunk, (size_t)n));
    close(fds[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    buf_put_byte(&text, '\0');
    return text;
}

#define OUTPUT(...) output((const char *const[]){__VA_ARGS__, NULL})

static struct buf slurp(const char *path)
{
    struct buf text = buf_new(BUF_MAX);
    FILE *f = fopen(path, "re");
    int c;

    ck_assert_ptr_nonnull(f);
    while ((c = getc(f)) != EOF)
        buf_put_byte(&text, (uint8_t)c);
    (void)fclose(f);
    return text;
}

static size_t open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    size_t n = 0;

    ck_assert_ptr_nonnull(d);
    while (readdir(d) != NULL)
        n++;
    (void)closedir(d);
    return n;
}

/* ---- keys of the real ssh-keygen ---- */

static const struct real {
    const char *file, *type, *bits, *passphrase;
    const char *kind, *words; /* usable as, or refused with */
} reals[] = {
    {"id_ed25519", "ed25519", "256", "", "ed25519", NULL},
    {"id_p256", "ecdsa", "256", "", "p256", NULL},
    {"id_p384", "ecdsa", "384", "", "p384", NULL},
    {"id_p521", "ecdsa", "521", "", NULL, "P-521"},
    {"id_rsa", "rsa", "2048", "", NULL, "RSA"},
    {"id_locked", "ed25519", "256", "a passphrase", NULL, "ssh-add " FILE_NAME},
};
#define REALS (sizeof(reals) / sizeof(*reals))

static void make_directory(void)
{
    strcpy(directory, "/tmp/check_openssh.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void)
{
    ck_assert_int_eq(RUN("rm", "-rf", directory), 0);
}

static void make_real(const struct real *k)
{
    ck_assert_int_eq(RUN("ssh-keygen", "-q", "-t", k->type, "-b", k->bits, "-N", k->passphrase,
                         "-C", "it's me", "-f", place(k->file)),
                     0);
}

static void make_reals(void)
{
    make_directory();
    for (size_t i = 0; i < REALS; i++)
        make_real(&reals[i]);
}

static char *pub_of(const char *file)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "%s.pub", file);
    return strdup(place(name));
}

/* The blob in FILE.pub. */
static struct buf real_blob(const char *file)
{
    char *path = pub_of(file), *word, *rest;
    struct buf text = slurp(path), blob = buf_new(BUF_MAX);

    buf_put_byte(&text, '\0');
    (void)strtok_r((char *)text.p, " ", &rest);
    word = strtok_r(NULL, " ", &rest);
    ck_assert(base64_read(bytes_of_text(word), &blob));
    buf_free(&text);
    free(path);
    return blob;
}

static struct key *real_public(const char *file)
{
    struct buf blob = real_blob(file);
    struct key *key;

    expect(ssh_blob_read(buf_bytes(&blob), &key), EDHOC_OK, NULL);
    buf_free(&blob);
    return key;
}

static struct buf real_fingerprint(const char *file)
{
    struct buf blob = real_blob(file), text = buf_new(64);

    expect(openssh_fingerprint(buf_bytes(&blob), &text), EDHOC_OK, NULL);
    buf_put_byte(&text, '\0');
    buf_free(&blob);
    return text;
}

START_TEST(test_real)
{
    const struct real *k = &reals[_i];
    struct buf text = slurp(place(k->file));
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
START_TEST(test_real_many)
{
    struct real k = reals[1];

    for (int i = 0; i < 40; i++) {
        k.file = "id_again";
        make_real(&k);
        key_free(accepted(slurp(place(k.file)), "it's me"));
        ck_assert_int_eq(unlink(place(k.file)), 0);
    }
}
END_TEST

START_TEST(test_real_mutants)
{
    struct buf text = slurp(place(reals[_i].file));

    mutate(buf_bytes(&text));
    buf_free(&text);
}
END_TEST

START_TEST(test_fingerprint)
{
    for (size_t i = 0; i < REALS; i++) {
        char *path = pub_of(reals[i].file);
        struct buf ours = real_fingerprint(reals[i].file);
        struct buf theirs = OUTPUT("ssh-keygen", "-l", "-f", path);

        ck_assert_ptr_nonnull(strstr((char *)theirs.p, (char *)ours.p));
        buf_free(&ours);
        buf_free(&theirs);
        free(path);
    }
}
END_TEST

/* ---- the real ssh-agent ---- */

static pid_t agent;

static void use_socket(const char *path)
{
    ck_assert_int_eq(setenv("SSH_AUTH_SOCK", path, 1), 0);
}

static void start_agent(void)
{
    make_reals();
    use_socket(place("agent"));
    agent = start(-1, (const char *const[]){"ssh-agent", "-D", "-a", place("agent"), NULL});
    /* ssh-add says 2 while it cannot reach the agent, and 1 when there are no keys. */
    for (int i = 0; i < 600 && RUN("ssh-add", "-l") != 1; i++)
        (void)poll(NULL, 0, 50);
}

static void stop_agent(void)
{
    (void)kill(agent, SIGTERM);
    ck_assert_int_eq(waitpid(agent, NULL, 0), agent);
    remove_directory();
}

static void holds_nothing(void)
{
    ck_assert_int_eq(RUN("ssh-add", "-q", "-D"), 0);
}

static void add(const char *file)
{
    ck_assert_int_eq(RUN("ssh-add", "-q", place(file)), 0);
}

static struct key *agent_has(const char *spec, const char *file)
{
    struct key *key, *public_key = real_public(file);
    char *comment;

    expect(agent_key(spec, &key, &comment), EDHOC_OK, NULL);
    ck_assert_str_eq(comment, "it's me");
    ck_assert(same_public(key, public_key));
    free(comment);
    key_free(public_key);
    return key;
}

static void agent_lacks(const char *spec, edhoc_err expected, const char *words)
{
    struct key *key;
    char *comment;

    expect(agent_key(spec, &key, &comment), expected, words);
    ck_assert_ptr_null(key);
    ck_assert_ptr_null(comment);
}

static char *spec_of(const char *file)
{
    struct buf fingerprint = real_fingerprint(file);
    char *spec;

    ck_assert_int_gt(asprintf(&spec, "agent:%s", (char *)fingerprint.p), 0);
    buf_free(&fingerprint);
    return spec;
}

/* As first and only key, and by fingerprint among all. */
START_TEST(test_agent)
{
    size_t before = open_descriptors();
    char *spec = spec_of(reals[_i].file);
    struct key *key;

    holds_nothing();
    add(reals[_i].file);
    key = agent_has("agent:", reals[_i].file);
    expect_signs(key, TEXT);
    key_free(key);
    for (size_t i = 0; i < REALS; i++)
        if (reals[i].passphrase[0] == '\0')
            add(reals[i].file);
    key = agent_has(spec, reals[_i].file);
    for (int i = 0; i < 20; i++)
        expect_signs(key, TEXT); /* r or s of every length */
    expect_signs(key, BYTES_NONE);
    ck_assert_uint_eq(open_descriptors(), before);
    key_free(key);
    free(spec);
}
END_TEST

START_TEST(test_agent_skips)
{
    char *rsa = spec_of("id_rsa"), *p384 = spec_of("id_p384");

    holds_nothing();
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "holds no key");
    agent_lacks(rsa, EDHOC_ERR_NO_IDENTITY, "holds no key");
    add("id_rsa");
    add("id_p521");
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "(ssh-rsa, ecdsa-sha2-nistp521)");
    agent_lacks(rsa, EDHOC_ERR_NO_IDENTITY, "signs with RSA");
    agent_lacks(p384, EDHOC_ERR_NO_IDENTITY, "none of the 2 keys");
    add("id_p256");
    add("id_ed25519");
    key_free(agent_has("agent:", "id_p256"));
    free(rsa);
    free(p384);
}
END_TEST

START_TEST(test_agent_large)
{
    static uint8_t text[AGENT_MESSAGE_MAX];
    struct buf signature;
    struct key *key;

    holds_nothing();
    add("id_ed25519");
    key = agent_has("agent:", "id_ed25519");
    expect_signs(key, bytes_of(text, 65536));
    expect(sign(key, bytes_of(text, sizeof(text)), &signature), EDHOC_ERR_NO_IDENTITY, "longer");
    buf_free(&signature);
    key_free(key);
}
END_TEST

/* Between listing and signing the key goes away; and the agent is locked. */
START_TEST(test_agent_refuses)
{
    struct key *key;
    FILE *f;

    holds_nothing();
    add("id_ed25519");
    key = agent_has("agent:", "id_ed25519");
    holds_nothing();
    expect_sign_fails(key, "refuses to sign");
    add("id_ed25519");
    expect_signs(key, TEXT);
    f = fopen(place("askpass"), "we");
    ck_assert_int_ge(fputs("#!/bin/sh\necho secret\n", f), 0);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(chmod(place("askpass"), 0700), 0);
    ck_assert_int_eq(setenv("SSH_ASKPASS", place("askpass"), 1), 0);
    ck_assert_int_eq(setenv("SSH_ASKPASS_REQUIRE", "force", 1), 0);
    ck_assert_int_eq(RUN("ssh-add", "-x"), 0);
    expect_sign_fails(key, "locked");
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "or is locked");
    ck_assert_int_eq(RUN("ssh-add", "-X"), 0);
    expect_signs(key, TEXT);
    key_free(key);
}
END_TEST

/* A key that may only be used for logging in to a certain host is listed, but does not sign for us.
 * (OpenSSH before 8.9 cannot add one: then there is nothing to see.) */
START_TEST(test_agent_constrained)
{
    struct buf blob = real_blob("id_p256"), line = buf_new(BUF_MAX);
    struct key *key;
    FILE *f = fopen(place("hosts"), "we");

    buf_put_text(&line, "example.org ecdsa-sha2-nistp256 ");
    base64_put(buf_bytes(&blob), &line);
    ck_assert_uint_eq(fwrite(line.p, 1, line.len, f), line.len);
    ck_assert_int_eq(fclose(f), 0);
    holds_nothing();
    if (RUN("ssh-add", "-q", "-H", place("hosts"), "-h", "example.org", place("id_ed25519")) == 0) {
        key = agent_has("agent:", "id_ed25519");
        expect_sign_fails(key, "ssh-add -h");
        key_free(key);
    } else {
        printf("# skipped: ssh-add -h, which is not in this OpenSSH\n");
        (void)fflush(stdout);
    }
    buf_free(&blob);
    buf_free(&line);
}
END_TEST

/* The socket's place is remembered: what the host does to its environment later does not matter. */
START_TEST(test_agent_remembered)
{
    struct key *key;
    int status;
    pid_t child;

    holds_nothing();
    add("id_p256");
    key = agent_has("agent:", "id_p256");
    ck_assert_int_eq(unsetenv("SSH_AUTH_SOCK"), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct buf signature;
        edhoc_err err = sign(key, TEXT, &signature);

        buf_free(&signature);
        _exit(err == EDHOC_OK ? 0 : 1);
    }
    expect_signs(key, TEXT);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    key_free(key);
    use_socket(place("agent"));
}
END_TEST

static void on_alarm(int number)
{
    (void)number;
}

START_TEST(test_agent_signals)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* and no SA_RESTART */
    struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    struct key *key;

    holds_nothing();
    add("id_p384");
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (int i = 0; i < 10; i++) {
        char *comment;

        expect(agent_key("agent:", &key, &comment), EDHOC_OK, NULL);
        expect_signs(key, TEXT);
        key_free(key);
        free(comment);
    }
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}
END_TEST

static void *sign_often(void *key)
{
    for (int i = 0; i < 10; i++) {
        struct buf signature;
        edhoc_err err = sign(key, TEXT, &signature);

        if (err == EDHOC_OK)
            err = crypto_verify(key, TEXT, buf_bytes(&signature));
        buf_free(&signature);
        if (err != EDHOC_OK)
            return NULL;
    }
    return key;
}

START_TEST(test_agent_threads)
{
    pthread_t threads[4];
    struct key *key;
    void *result;

    holds_nothing();
    add("id_ed25519");
    key = agent_has("agent:", "id_ed25519");
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_often, key), 0);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        ck_assert_ptr_eq(result, key);
    }
    key_free(key);
}
END_TEST

/* ---- an agent that is none ---- */

enum manner {
    ANSWER,      /* reads the question, sends this, closes */
    HANG,        /* reads the question, sends this, waits for the other to give up */
    HANG_UP,     /* closes at once, without reading */
    READ_NOTHING /* does not even read, and waits */
};

/* What it does on each connection. */
struct turn {
    enum manner manner;
    struct bytes answer; /* with its length before it, or whatever else is sent */
};

static struct {
    int listener;
    pthread_t thread;
    const struct turn *turns;
    size_t count;
} fake;

static void read_question(int fd)
{
    uint8_t head[4] = {0};
    struct ssh_reader r = ssh_reader_of(bytes_of(head, 4));
    uint8_t chunk[4096];
    size_t left;
    ssize_t n;

    if (recv(fd, head, 4, MSG_WAITALL) != 4)
        return;
    for (left = ssh_read_uint32(&r); left > 0; left -= (size_t)n) {
        n = recv(fd, chunk, left < sizeof(chunk) ? left : sizeof(chunk), 0);
        if (n <= 0)
            return;
    }
}

static void take_turn(int fd, const struct turn *turn)
{
    char byte;

    if (turn->manner == ANSWER || turn->manner == HANG)
        read_question(fd);
    if (turn->answer.len > 0)
        (void)send(fd, turn->answer.p, turn->answer.len, MSG_NOSIGNAL);
    if (turn->manner == HANG)
        (void)recv(fd, &byte, 1, 0);
    if (turn->manner == READ_NOTHING)
        (void)poll(&(struct pollfd){fd, 0, 0}, 1, -1); /* until the other side closes */
    (void)close(fd);
}

static void *serve(void *nothing)
{
    for (size_t i = 0; i < fake.count; i++) {
        int fd = accept(fake.listener, NULL, NULL);

        if (fd < 0)
            break;
        take_turn(fd, &fake.turns[i]);
    }
    return nothing;
}

static int listen_at(const char *path, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    (void)unlink(path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, backlog), 0);
    use_socket(path);
    return fd;
}

static void fake_start(const struct turn *turns, size_t count)
{
    fake.listener = listen_at(place("fake"), 8);
    fake.turns = turns;
    fake.count = count;
    ck_assert_int_eq(pthread_create(&fake.thread, NULL, serve, NULL), 0);
}

static void fake_stop(void)
{
    (void)shutdown(fake.listener, SHUT_RDWR);
    ck_assert_int_eq(pthread_join(fake.thread, NULL), 0);
    ck_assert_int_eq(close(fake.listener), 0);
}

/* Messages, framed and not. */

static struct buf framed(struct bytes message)
{
    struct buf out = buf_new(BUF_MAX);

    ssh_put_string(&out, message);
    return out;
}

static struct buf list_message(const struct key *key, uint32_t count)
{
    struct buf out = buf_new(BUF_MAX), blob = buf_new(BUF_MAX);

    ssh_blob_put(key, &blob);
    buf_put_byte(&out, 12);
    ssh_put_uint32(&out, count);
    ssh_put_string(&out, buf_bytes(&blob));
    ssh_put_string(&out, BYTES_LITERAL("a comment"));
    buf_free(&blob);
    return out;
}

static struct buf list_of(const struct key *key)
{
    struct buf message = list_message(key, 1), out = framed(buf_bytes(&message));

    buf_free(&message);
    return out;
}

/* SSH's signature blob of COSE's. */
static struct buf signature_blob(const struct keytype *type, const char *name, struct bytes cose)
{
    struct buf out = buf_new(BUF_MAX), inner = buf_new(BUF_MAX);
    size_t n = type->coordinate;

    if (type->kty == KTY_EC2) {
        put_mpint(&inner, bytes_of(cose.p, n));
        put_mpint(&inner, bytes_of(cose.p + n, n));
    } else {
        buf_put(&inner, cose);
    }
    ssh_put_string(&out, bytes_of_text(name));
    ssh_put_string(&out, buf_bytes(&inner));
    buf_free(&inner);
    return out;
}

static struct buf sign_message(const struct key *key, const char *name, struct bytes text)
{
    struct buf out = buf_new(BUF_MAX), signature, blob;

    expect(sign(key, text, &signature), EDHOC_OK, NULL);
    blob = signature_blob(key_type(key), name, buf_bytes(&signature));
    buf_put_byte(&out, 14);
    ssh_put_string(&out, buf_bytes(&blob));
    buf_free(&signature);
    buf_free(&blob);
    return out;
}

/* A list or two that an agent answers with; refused as no list. */
static void list_refused(const struct turn *turns, size_t count, const char *words)
{
    fake_start(turns, count);
    for (size_t i = 0; i < count; i++)
        agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, words);
    fake_stop();
}

static void message_refused(struct bytes message, const char *words)
{
    struct buf answer = framed(message);
    struct turn turn = {ANSWER, buf_bytes(&answer)};

    list_refused(&turn, 1, words);
    buf_free(&answer);
}

START_TEST(test_fake_list)
{
    struct key *key = made_key("ed25519");
    struct buf message = list_message(key, 1);
    static const uint8_t huge[] = {12, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 2, 3};

    for (size_t len = 0; len < message.len; len++)
        message_refused(bytes_of(message.p, len), len == 0 ? "or empty" : "no list of keys");
    buf_put_byte(&message, 0);
    message_refused(buf_bytes(&message), "no list of keys");
    buf_free(&message);
    message = list_message(key, 2);
    message_refused(buf_bytes(&message), "no list of keys");
    buf_free(&message);
    message = list_message(key, 0);
    message_refused(buf_bytes(&message), "no list of keys");
    buf_free(&message);
    message = list_message(key, UINT32_MAX);
    message_refused(buf_bytes(&message), "no list of keys");
    message.p[0] = 14;
    message_refused(buf_bytes(&message), "no list of keys");
    message_refused(BYTES_LITERAL("\005"), "no list of keys");
    message_refused(BYTES_LITERAL("\014\0\0\0\0"), "holds no key");
    message_refused(bytes_of(huge, sizeof(huge)), "no list of keys");
    buf_free(&message);
    key_free(key);
}
END_TEST

/* A flipped bit may make another key of it, but nothing worse. */
START_TEST(test_fake_list_flips)
{
    struct key *key = made_key("p256");
    struct buf answer = list_of(key);
    size_t count = 8 * (answer.len - 4);
    struct turn *turns = calloc(count, sizeof(*turns));
    struct buf *answers = calloc(count, sizeof(*answers));

    for (size_t i = 0; i < count; i++) {
        answers[i] = buf_new(BUF_MAX);
        buf_put(&answers[i], buf_bytes(&answer));
        answers[i].p[4 + i / 8] ^= (uint8_t)(1u << i % 8);
        turns[i] = (struct turn){ANSWER, buf_bytes(&answers[i])};
    }
    fake_start(turns, count);
    for (size_t i = 0; i < count; i++) {
        struct key *read;
        char *comment;
        edhoc_err err = agent_key("agent:", &read, &comment);

        ck_assert(err == EDHOC_OK || err == EDHOC_ERR_NO_IDENTITY);
        ck_assert((err == EDHOC_OK) == (read != NULL));
        key_free(read);
        free(comment);
    }
    fake_stop();
    for (size_t i = 0; i < count; i++)
        buf_free(&answers[i]);
    free(answers);
    free(turns);
    buf_free(&answer);
    key_free(key);
}
END_TEST

START_TEST(test_fake_frames)
{
    const struct turn too_long[] = {
        {ANSWER, BYTES_LITERAL("\0\0\0\0")},
        {ANSWER, BYTES_LITERAL("\0\004\0\001\014")},
        {ANSWER, BYTES_LITERAL("\xff\xff\xff\xff\014")},
        {ANSWER, BYTES_LITERAL("HTTP/1.1 400 Bad Request\r\n")},
    };
    const struct turn hangs_up[] = {
        {HANG_UP, BYTES_NONE},
        {ANSWER, BYTES_NONE},
        {ANSWER, BYTES_LITERAL("\0\0\0")},
        {ANSWER, BYTES_LITERAL("\0\0\0\005")},
        {ANSWER, BYTES_LITERAL("\0\0\0\005\014\0\0\0")},
    };

    list_refused(too_long, 4, "longer than 262144 bytes, or empty");
    list_refused(hangs_up, 5, "hung up");
}
END_TEST

/* Keys that are malformed, of no use, or of names that are no names: passed over, and told. */
START_TEST(test_fake_skips)
{
    struct key *key = made_key("p384"), *read;
    struct buf message = buf_new(BUF_MAX), blob = buf_new(BUF_MAX), answer;
    struct turn turn = {ANSWER, BYTES_NONE};
    char *comment;

    buf_put_byte(&message, 12);
    ssh_put_uint32(&message, UNUSABLE + 4);
    ssh_put_string(&message, BYTES_NONE);
    ssh_put_string(&message, BYTES_NONE);
    ssh_put_string(&message, BYTES_LITERAL("\xff\xff\xff\xff"));
    ssh_put_string(&message, BYTES_NONE);
    ssh_put_string(&message, BYTES_LITERAL("\0\0\0\013ssh-ed25519\0\0\0\001x"));
    ssh_put_string(&message, BYTES_NONE);
    for (size_t i = 0; i < UNUSABLE; i++) {
        set_type(&blob, unusable[i].type);
        ssh_put_string(&message, buf_bytes(&blob));
        ssh_put_string(&message, BYTES_LITERAL("\x1b[2J"));
    }
    buf_reset(&blob);
    ssh_blob_put(key, &blob);
    ssh_put_string(&message, buf_bytes(&blob));
    ssh_put_string(&message, BYTES_LITERAL("\x1b[2J"));
    answer = framed(buf_bytes(&message));
    turn.answer = buf_bytes(&answer);
    fake_start(&turn, 1);
    expect(agent_key("agent:", &read, &comment), EDHOC_OK, NULL);
    fake_stop();
    ck_assert(same_public(read, key));
    ck_assert_ptr_null(comment);
    key_free(read);
    key_free(key);
    buf_free(&message);
    buf_free(&blob);
    buf_free(&answer);
}
END_TEST

/* The same when it is asked for by its fingerprint: told, not passed over. */
START_TEST(test_fake_malformed)
{
    struct bytes blob = BYTES_LITERAL("\0\0\0\013ssh-ed25519\0\0\0\001x");
    struct buf message = buf_new(BUF_MAX), spec = buf_new(BUF_MAX), answer;
    struct turn turn = {ANSWER, BYTES_NONE};

    buf_put_byte(&message, 12);
    ssh_put_uint32(&message, 1);
    ssh_put_string(&message, blob);
    ssh_put_string(&message, BYTES_NONE);
    answer = framed(buf_bytes(&message));
    turn.answer = buf_bytes(&answer);
    buf_put_text(&spec, "agent:");
    expect(openssh_fingerprint(blob, &spec), EDHOC_OK, NULL);
    buf_put_byte(&spec, '\0');
    fake_start(&turn, 1);
    agent_lacks((char *)spec.p, EDHOC_ERR_NO_IDENTITY, "malformed");
    fake_stop();
    buf_free(&message);
    buf_free(&spec);
    buf_free(&answer);
}
END_TEST

START_TEST(test_fake_many)
{
    struct buf message = buf_new(BUF_MAX);

    buf_put_byte(&message, 12);
    ssh_put_uint32(&message, 2000);
    for (int i = 0; i < 2000; i++) {
        ssh_put_string(&message, BYTES_LITERAL("\0\0\0\007s\x1bh-%n\xff"));
        ssh_put_string(&message, BYTES_NONE);
    }
    message_refused(buf_bytes(&message), "none of the 2000 keys");
    ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_NO_IDENTITY), "(s?h-%n?, s?h-%n?,"));
    ck_assert_ptr_nonnull(strstr(report_details(EDHOC_ERR_NO_IDENTITY), "usable are ssh-ed25519"));
    buf_free(&message);
}
END_TEST

/* ---- a fake one that is asked to sign ---- */

/* The agent lists the key, then takes these turns; each must fail. */
static void signing_refused(const struct key *key, const struct turn *turns, size_t count,
                            struct bytes text, const char *words)
{
    struct turn *all = calloc(1 + count, sizeof(*all));
    struct buf list = list_of(key), signature;
    struct key *read;
    char *comment;

    all[0] = (struct turn){ANSWER, buf_bytes(&list)};
    if (count > 0)
        memcpy(all + 1, turns, count * sizeof(*turns));
    fake_start(all, 1 + count);
    expect(agent_key("agent:", &read, &comment), EDHOC_OK, NULL);
    ck_assert_str_eq(comment, "a comment");
    for (size_t i = 0; i < count; i++) {
        expect(sign(read, text, &signature), EDHOC_ERR_NO_IDENTITY, words);
        ck_assert_uint_eq(signature.len, 0);
        buf_free(&signature);
    }
    fake_stop();
    key_free(read);
    free(comment);
    buf_free(&list);
    free(all);
}

static void answer_refused(const struct key *key, struct bytes message, const char *words)
{
    struct buf answer = framed(message);
    struct turn turn = {ANSWER, buf_bytes(&answer)};

    signing_refused(key, &turn, 1, TEXT, words);
    buf_free(&answer);
}

/* A right signature first, to know that the fake agent can. */
static void answer_accepted(const struct key *key, struct bytes message)
{
    struct buf answer = framed(message), list = list_of(key);
    struct turn turns[] = {{ANSWER, buf_bytes(&list)}, {ANSWER, buf_bytes(&answer)}};
    struct key *read;
    char *comment;

    fake_start(turns, 2);
    expect(agent_key("agent:", &read, &comment), EDHOC_OK, NULL);
    expect_signs(read, TEXT);
    fake_stop();
    key_free(read);
    free(comment);
    buf_free(&answer);
    buf_free(&list);
}

START_TEST(test_fake_sign)
{
    struct key *key = made_key(kinds[_i]);
    const char *name = key_type(key)->ssh_name;
    struct buf message = sign_message(key, name, TEXT);

    answer_accepted(key, buf_bytes(&message));
    for (size_t len = 0; len < message.len; len++)
        answer_refused(key, bytes_of(message.p, len), len == 0 ? "or empty" : "is no");
    for (size_t bit = 0; bit < 8 * message.len; bit++) {
        message.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        answer_refused(key, buf_bytes(&message), NULL);
        message.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_put_byte(&message, 0);
    answer_refused(key, buf_bytes(&message), "is no");
    buf_free(&message);
    message = sign_message(key, name, BYTES_LITERAL("something else"));
    answer_refused(key, buf_bytes(&message), "something else");
    buf_free(&message);
    message = sign_message(key, "ssh-rsa", TEXT);
    answer_refused(key, buf_bytes(&message), "is no");
    answer_refused(key, BYTES_LITERAL("\005"), "refuses to sign");
    answer_refused(key, BYTES_LITERAL("\006"), "is no");
    answer_refused(key, BYTES_LITERAL("\014\0\0\0\0"), "is no");
    buf_free(&message);
    key_free(key);
}
END_TEST

/* Numbers that no signature has: zero, negative, longer than the order, in another encoding. */
START_TEST(test_fake_sign_numbers)
{
    static const struct bytes numbers[] = {
        {(const uint8_t *)"\0\0\0\0", 4},
        {(const uint8_t *)"\0\0\0\001\0", 5},
        {(const uint8_t *)"\0\0\0\001\200", 5},
        {(const uint8_t *)"\0\0\0\002\0\001", 6},
        {(const uint8_t *)"\0\0\0\041\001xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 37},
        {(const uint8_t *)"\xff\xff\xff\xff\001", 5},
    };
    struct key *key = made_key("p256");

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        struct buf message = buf_new(BUF_MAX), blob = buf_new(BUF_MAX), inner = buf_new(BUF_MAX);

        buf_put(&inner, BYTES_LITERAL("\0\0\0\001\001"));
        buf_put(&inner, numbers[i]);
        ssh_put_string(&blob, BYTES_LITERAL("ecdsa-sha2-nistp256"));
        ssh_put_string(&blob, buf_bytes(&inner));
        buf_put_byte(&message, 14);
        ssh_put_string(&message, buf_bytes(&blob));
        answer_refused(key, buf_bytes(&message), "is no");
        buf_free(&message);
        buf_free(&blob);
        buf_free(&inner);
    }
    key_free(key);
}
END_TEST

/* Nothing below may last for ever, or raise SIGPIPE; the times themselves are not looked at. */
START_TEST(test_fake_sign_hangs)
{
    const struct turn hangs[] = {{HANG, BYTES_LITERAL("\0\0\0\100\016")}};
    const struct turn hangs_up[] = {{HANG_UP, BYTES_NONE}, {ANSWER, BYTES_NONE}};
    const struct turn reads_nothing[] = {{READ_NOTHING, BYTES_NONE}};
    static uint8_t text[AGENT_MESSAGE_MAX - 1024]; /* more than a socket holds */
    struct key *key = made_key("ed25519");
    size_t before = open_descriptors();

    signing_refused(key, hangs, 1, TEXT, "within 5 seconds");
    signing_refused(key, reads_nothing, 1, bytes_of(text, sizeof(text)), "within 5 seconds");
    signing_refused(key, hangs_up, 2, TEXT, "hung up");
    signing_refused(key, hangs_up, 1, bytes_of(text, sizeof(text)), "hung up");
    ck_assert_uint_eq(open_descriptors(), before);
    key_free(key);
}
END_TEST

START_TEST(test_fake_list_hangs)
{
    const struct turn hangs[] = {
        {HANG, BYTES_NONE},
        {HANG, BYTES_LITERAL("\0\0\0\005\014\0")},
    };

    list_refused(hangs, 2, "within 2 seconds");
}
END_TEST

/* One that never accepts, and whose queue is full. */
START_TEST(test_fake_full)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = listen_at(place("fake"), 0), waiting[16], n = 0;

    strcpy(address.sun_path, place("fake"));
    for (; n < 16; n++) {
        waiting[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(waiting[n], (struct sockaddr *)&address, sizeof(address)) != 0)
            break;
    }
    ck_assert_int_lt(n, 16);
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "within 2 seconds");
    for (; n >= 0; n--)
        (void)close(waiting[n]);
    (void)close(listener);
}
END_TEST

/* ---- no agent, and settings that are none ---- */

START_TEST(test_no_agent)
{
    char path[200];

    ck_assert_int_eq(unsetenv("SSH_AUTH_SOCK"), 0);
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "SSH_AUTH_SOCK is not set");
    use_socket("");
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "SSH_AUTH_SOCK is not set");
    use_socket(place("nothing-here"));
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "no ssh-agent runs at");
    (void)close(listen_at(place("fake"), 1));
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "no ssh-agent runs at");
    use_socket(directory);
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, NULL);
    use_socket("/dev/null/agent");
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "Not a directory");
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    use_socket(path);
    agent_lacks("agent:", EDHOC_ERR_NO_IDENTITY, "longer than the 107 bytes");
}
END_TEST

START_TEST(test_spec)
{
    static const char *const specs[] = {
        "",
        "agent",
        "Agent:",
        "file:agent:",
        "agent: ",
        "agent:1",
        "agent:SHA256:",
        "agent:MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
        "agent:sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-A",
        "agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    };

    use_socket(place("nothing-here"));
    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++)
        agent_lacks(specs[i], EDHOC_ERR_SETTING, "agent:SHA256:");
    agent_lacks("agent:SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", EDHOC_ERR_NO_IDENTITY,
                "no ssh-agent");
}
END_TEST

/* ---- all of them ---- */

static TCase *add_case(Suite *suite, const char *name, SFun before, SFun after)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, 240);
    tcase_add_unchecked_fixture(tcase, before, after);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static void add_made(Suite *suite)
{
    TCase *tcase = add_case(suite, "made files", NULL, NULL);

    tcase_add_loop_test(tcase, test_made, 0, KINDS);
    tcase_add_loop_test(tcase, test_made_mutants, 0, KINDS);
    tcase_add_loop_test(tcase, test_comment, 0, sizeof(comments) / sizeof(*comments));
    tcase_add_loop_test(tcase, test_unusable, 0, UNUSABLE);
    tcase_add_test(tcase, test_padding);
    tcase_add_test(tcase, test_container);
    tcase_add_test(tcase, test_section);
    tcase_add_test(tcase, test_scalar);
    tcase_add_test(tcase, test_armor);
    tcase_add_test(tcase, test_sizes);
}

static void add_real(Suite *suite)
{
    TCase *tcase = add_case(suite, "ssh-keygen", make_reals, remove_directory);

    tcase_add_loop_test(tcase, test_real, 0, REALS);
    tcase_add_loop_test(tcase, test_real_mutants, 0, KINDS);
    tcase_add_test(tcase, test_real_many);
    tcase_add_test(tcase, test_fingerprint);
}

static void add_agent(Suite *suite)
{
    TCase *tcase = add_case(suite, "ssh-agent", start_agent, stop_agent);

    tcase_add_loop_test(tcase, test_agent, 0, KINDS);
    tcase_add_test(tcase, test_agent_skips);
    tcase_add_test(tcase, test_agent_large);
    tcase_add_test(tcase, test_agent_refuses);
    tcase_add_test(tcase, test_agent_constrained);
    tcase_add_test(tcase, test_agent_remembered);
    tcase_add_test(tcase, test_agent_signals);
    tcase_add_test(tcase, test_agent_threads);
}

static void add_fake(Suite *suite)
{
    TCase *tcase = add_case(suite, "fake agent", make_directory, remove_directory);

    tcase_add_test(tcase, test_fake_list);
    tcase_add_test(tcase, test_fake_list_flips);
    tcase_add_test(tcase, test_fake_frames);
    tcase_add_test(tcase, test_fake_skips);
    tcase_add_test(tcase, test_fake_malformed);
    tcase_add_test(tcase, test_fake_many);
    tcase_add_loop_test(tcase, test_fake_sign, 0, KINDS);
    tcase_add_test(tcase, test_fake_sign_numbers);
    tcase_add_test(tcase, test_fake_sign_hangs);
    tcase_add_test(tcase, test_fake_list_hangs);
    tcase_add_test(tcase, test_fake_full);
    tcase_add_test(tcase, test_no_agent);
    tcase_add_test(tcase, test_spec);
}

int main(void)
{
    Suite *suite = suite_create("openssh");
    SRunner *runner;
    int failed;

    add_made(suite);
    add_fake(suite);
    if (system("for p in ssh-keygen ssh-agent ssh-add; do command -v $p || exit 1; done "
               ">/dev/null") == 0) {
        add_real(suite);
        add_agent(suite);
    } else {
        printf("# skipped: keys of ssh-keygen and ssh-agent, which are not installed "
               "(openssh-client)\n");
        (void)fflush(stdout);
    }
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
