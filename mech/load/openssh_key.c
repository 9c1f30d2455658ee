/* OpenSSH's private key file (PROTOCOL.key). Between the BEGIN and END lines, in base64:
 *
 *     "openssh-key-v1" NUL
 *     string cipher, string kdf, string kdf options       "none", "none", "" unless encrypted
 *     uint32 number of keys                               1
 *     string public key blob
 *     string private section, of whole blocks:
 *         uint32 check, uint32 the same check
 *         the public key blob's bytes once more
 *         Ed25519: string seed || public key              ECDSA: mpint scalar
 *         string comment
 *         padding 1, 2, 3, ...
 */
#include "load/openssh_key.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/openssh_type.h"
#include "crypto/ssh_blob.h"
#include "load/file.h"
#include "base/lines.h"

#define BEGIN_LINE  "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END_LINE    "-----END OPENSSH PRIVATE KEY-----"
#define KEY_MAX     65536 /* bytes of a key file: RSA with 16384 bits has 13,000 */
#define BLOB_MAX    512   /* bytes of the public key blob of a usable key */
#define BLOCK       8     /* what the private section is padded to */
#define PADDING_MAX 255   /* OpenSSH's writer needs BLOCK - 1 at most; some others add more */

/* ---- the text around it ---- */

static edhoc_err bad(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static edhoc_err bad(const char *path, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    if (vsnprintf(text, sizeof(text), format, args) < 0)
        text[0] = '\0';
    va_end(args);
    return report(EDHOC_ERR_KEY_FORMAT, "%s: %s", path, text);
}

bool openssh_key_is(struct bytes text)
{
    return bytes_contain(text, BYTES_LITERAL(BEGIN_LINE));
}

static bool is_line(struct bytes line, const char *expected)
{
    return bytes_equal(line, bytes_of_text(expected));
}

/* The lines between BEGIN and END, put together; the rest of the text is in `text`. */
static edhoc_err read_lines(struct bytes *text, const char *path, struct buf *base64)
{
    struct bytes line;

    if (!lines_next(text, &line) || !is_line(line, BEGIN_LINE))
        return bad(path, "the first line must be " BEGIN_LINE " and nothing else");
    while (lines_next(text, &line)) {
        if (is_line(line, END_LINE))
            return EDHOC_OK;
        buf_put(base64, line);
        if (buf_err(base64) != EDHOC_OK)
            return buf_err(base64);
    }
    return bad(path, "no line " END_LINE "; the file was not copied whole");
}

static edhoc_err check_rest(struct bytes text, const char *path)
{
    struct bytes line;

    while (lines_next(&text, &line))
        if (line.len != 0)
            return bad(path, "something follows the OpenSSH key; one key must be alone in its "
                             "file, and a certificate goes into a file of its own");
    return EDHOC_OK;
}

static edhoc_err read_armor(struct bytes text, const char *path, struct buf *out)
{
    struct buf base64 = buf_new(KEY_MAX);
    edhoc_err err = EDHOC_OK;

    if (text.len > KEY_MAX)
        return bad(path, "longer than %d bytes, which no OpenSSH key is", KEY_MAX);
    err = read_lines(&text, path, &base64);
    if (err == EDHOC_OK)
        err = check_rest(text, path);
    if (err == EDHOC_OK && !base64_read(buf_bytes(&base64), out))
        err = buf_err(out) != EDHOC_OK
                  ? buf_err(out)
                  : bad(path, "the lines between BEGIN and END are not base64; the file "
                              "was changed, or not copied whole");
    buf_free(&base64);
    return err;
}

/* ---- the private section ---- */

static edhoc_err damaged(const char *path, const char *what)
{
    return bad(path, "damaged: %s; restore the file from a copy", what);
}

/* The private value; for Ed25519 also the public key that follows it in the same string. */
static void read_secret(struct ssh_reader *r, const struct keytype *type, uint8_t *raw,
                        struct bytes *copy)
{
    size_t n = type->coordinate; // NOLINT(clang-analyzer-core.NullDereference): check_type()
    struct bytes pair;

    *copy = BYTES_NONE;
    if (type->kty == KTY_EC2) {
        ssh_read_mpint(r, raw, n);
        return;
    }
    pair = ssh_read_string(r);
    if (pair.len != 2 * n) {
        r->failed = true;
        return;
    }
    memcpy(raw, pair.p, n);
    *copy = bytes_of(pair.p + n, n);
}

/* The key, if it is that of the public blob and of the copy. */
static edhoc_err make_key(const struct keytype *type, const uint8_t *raw, struct bytes copy,
                          struct bytes blob, const char *path, struct key **out)
{
    struct buf derived = buf_new(BLOB_MAX);
    edhoc_err err = key_from_private(type, bytes_of(raw, type->coordinate), out);

    if (err == EDHOC_ERR_KEY_FORMAT)
        err = file_blame(err, path);
    if (err == EDHOC_OK) {
        ssh_blob_put(*out, &derived);
        err = buf_err(&derived);
    }
    if (err == EDHOC_OK && (!bytes_equal(buf_bytes(&derived), blob) ||
                            (copy.len != 0 && !bytes_equal(copy, key_x(*out)))))
        err = damaged(path, "the private key is not that of the public key beside it");
    buf_free(&derived);
    return err;
}

static bool is_padding(struct bytes text)
{
    if (text.len > PADDING_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] != i + 1)
            return false;
    return true;
}

static edhoc_err read_section(const struct keytype *type, struct bytes section, struct bytes blob,
                              const char *path, struct key **out, char **comment)
{
    struct ssh_reader r = ssh_reader_of(section);
    uint32_t check = ssh_read_uint32(&r), again = ssh_read_uint32(&r);
    uint8_t raw[COORDINATE_MAX];
    struct bytes copy, text;
    edhoc_err err = EDHOC_OK;

    ssh_read_exactly(&r, blob);
    read_secret(&r, type, raw, &copy);
    text = ssh_read_string(&r);
    if (r.failed || check != again)
        err = damaged(path, "its private section is malformed, or of another key");
    else if (section.len % BLOCK != 0 || !is_padding(r.rest))
        err = damaged(path, "it is not padded with 1, 2, 3, ... to a whole block");
    if (err == EDHOC_OK)
        err = make_key(type, raw, copy, blob, path, out);
    if (err == EDHOC_OK)
        err = openssh_comment(text, comment);
    bytes_wipe(raw, sizeof(raw));
    return err;
}

/* ---- the file ---- */

struct container {
    struct bytes cipher, kdf, kdf_options;
    struct bytes blob;    /* of the public key */
    struct bytes section; /* private, perhaps encrypted */
    uint32_t keys;
    bool whole; /* nothing follows: true of every unencrypted file */
};

static edhoc_err read_container(struct bytes binary, const char *path, struct container *c)
{
    struct ssh_reader r = ssh_reader_of(binary);

    ssh_read_exactly(&r, bytes_of("openssh-key-v1", sizeof("openssh-key-v1")));
    if (r.failed)
        return bad(path, "not in the format openssh-key-v1, the only one that there is");
    c->cipher = ssh_read_string(&r);
    c->kdf = ssh_read_string(&r);
    c->kdf_options = ssh_read_string(&r);
    c->keys = ssh_read_uint32(&r);
    if (!r.failed && c->keys != 1)
        return bad(path, "%u keys in it, where there must be one", c->keys);
    c->blob = ssh_read_string(&r);
    c->section = ssh_read_string(&r);
    c->whole = ssh_read_done(&r);
    return r.failed ? damaged(path, "it ends too early") : EDHOC_OK;
}

/* The type first: to decrypt a key that is of no use helps nobody. */
static edhoc_err check_type(struct bytes blob, const char *path, const struct keytype **type)
{
    struct ssh_reader r = ssh_reader_of(blob);
    struct bytes name = ssh_read_string(&r);

    if (r.failed)
        return damaged(path, "no type in the public key");
    *type = openssh_type(name);
    if (*type != NULL)
        return EDHOC_OK;
    return bad(path,
               "%s (type %.*s); usable are " OPENSSH_USABLE "; make one with: ssh-keygen -t "
               "ed25519",
               openssh_type_fault(name), (int)(name.len < 64 ? name.len : 64),
               (const char *)name.p);
}

static edhoc_err check_unencrypted(const struct container *c, const char *path)
{
    if (!is_line(c->cipher, "none"))
        return bad(path,
                   "an encrypted OpenSSH key; leave it to ssh-agent: run ssh-add %s, and "
                   "set the identity to agent:",
                   path);
    if (!is_line(c->kdf, "none") || c->kdf_options.len != 0 || !c->whole)
        return damaged(path, "it is not as unencrypted keys are");
    return EDHOC_OK;
}

edhoc_err openssh_key_read(struct bytes text, const char *path, struct key **out, char **comment)
{
    struct buf binary = buf_new(KEY_MAX);
    struct container c = {.whole = false};
    const struct keytype *type = NULL;
    edhoc_err err;

    *out = NULL;
    *comment = NULL;
    err = read_armor(text, path, &binary);
    if (err == EDHOC_OK)
        err = read_container(buf_bytes(&binary), path, &c);
    if (err == EDHOC_OK)
        err = check_type(c.blob, path, &type);
    if (err == EDHOC_OK)
        err = check_unencrypted(&c, path);
    if (err == EDHOC_OK)
        err = read_section(type, c.section, c.blob, path, out, comment);
    if (err == EDHOC_ERR_CRYPTO)
        err = file_blame(err, path);
    if (err != EDHOC_OK) {
        key_free(*out);
        *out = NULL;
    }
    buf_free(&binary);
    return err;
}
