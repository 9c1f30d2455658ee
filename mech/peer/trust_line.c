#include "peer/trust_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "base/lines.h"
#include "peer/trust_option.h"
#include "peer/trust_place.h"
#include "peer/name.h"
#include "peer/ssh_ca.h"
#include "peer/trust.h"

#define BLOB_MAX 512 /* bytes of a public key blob, with room */

static edhoc_err copy_text(struct bytes from, char **to)
{
    *to = strndup(from.len > 0 ? (const char *)from.p : "", from.len);
    return *to != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

/* The reading of a line. */
struct reading {
    const struct trust_place *at;
    struct trust_line *line;
    struct trust_fault fault; /* if it fails */
    bool elsewhere;           /* for another namespace */
};

/* ---- keys of types that we do not have ---- */

/* Is this the type and the base64 of some other SSH public key? All of them are strings, of which
 * the first is the type. */
static bool is_foreign_key(struct bytes type, struct bytes word)
{
    struct buf blob = buf_new(SSH_CA_MAX);
    struct ssh_reader reader;
    bool is = keytype_by_ssh_name(type) == NULL && word.len > 0 && base64_read(word, &blob);

    reader = ssh_reader_of(buf_bytes(&blob));
    is = is && bytes_equal(ssh_read_string(&reader), type) && reader.rest.len > 0;
    while (!reader.failed && reader.rest.len > 0)
        (void)ssh_read_string(&reader);
    is = is && ssh_read_done(&reader);
    buf_free(&blob);
    return is;
}

/* The word after this one. */
static struct bytes peek_word(struct bytes rest)
{
    return lines_word(&rest);
}

/* ---- principals ---- */

/* One pattern of the list; the length is that of the name it stands for, without the !. */
static edhoc_err check_pattern(struct bytes pattern, const struct trust_place *at, bool *positive)
{
    bool negated = pattern.len > 0 && pattern.p[0] == '!';
    const char *fault;

    if (negated)
        pattern = bytes_of(pattern.p + 1, pattern.len - 1);
    else
        *positive = true;
    fault = name_principal_fault(pattern);
    if (fault != NULL)
        return trust_bad(at, "the principal \"%.*s\" %s", TRUST_SHOWN(pattern), fault);
    return EDHOC_OK;
}

static edhoc_err check_principals(struct bytes list, struct reading *r)
{
    bool positive = false;
    edhoc_err err = EDHOC_OK;
    size_t start = 0;

    for (size_t end = 0; end <= list.len && err == EDHOC_OK; end++) {
        if (end < list.len && list.p[end] != ',')
            continue;
        err = check_pattern(bytes_of(list.p + start, end - start), r->at, &positive);
        start = end + 1;
    }
    r->fault.named = err == EDHOC_OK;
    r->fault.principals = list;
    if (err == EDHOC_OK && !positive)
        err = trust_bad(r->at, "with nothing but ! principals, no name ever matches");
    return err;
}

/* `next`: the word behind it. */
static edhoc_err read_principals(struct bytes word, struct bytes next, struct reading *r)
{
    edhoc_err err;

    if (keytype_by_ssh_name(word) != NULL || is_foreign_key(word, next))
        return trust_bad(r->at, "no principals before the key type; write: NAME %.*s ...",
                         TRUST_SHOWN(word));
    err = check_principals(word, r);
    return err == EDHOC_OK ? copy_text(word, &r->line->principals) : err;
}

/* ---- type, key, comment ---- */

static edhoc_err decode_key(struct bytes word, const struct trust_place *at, struct key **key)
{
    struct buf blob = buf_new(BLOB_MAX);
    edhoc_err err;

    *key = NULL;
    if (base64_read(word, &blob))
        err = ssh_blob_read(buf_bytes(&blob), key);
    else if (buf_err(&blob) == EDHOC_ERR_NOMEM)
        err = EDHOC_ERR_NOMEM;
    else
        err = trust_bad(at, "the key is not base64, or not the base64 of a key: \"%.*s\"",
                        TRUST_SHOWN(word));
    if (err == EDHOC_ERR_KEY_FORMAT)
        err = trust_bad(at, "%s", report_details(err));
    buf_free(&blob);
    return err;
}

static edhoc_err read_key(struct bytes type, struct bytes word, const struct trust_place *at,
                          struct trust_line *line)
{
    struct key *key = NULL;
    edhoc_err err;

    err = decode_key(word, at, &key);
    if (err == EDHOC_OK && key_type(key) != keytype_by_ssh_name(type))
        err = trust_bad(at, "the line says %.*s, but the key in it is of type %s",
                        TRUST_SHOWN(type), key_type(key)->ssh_name);
    if (err == EDHOC_OK)
        err = cred_new_kid(key, &line->cred);
    key_free(key);
    return err;
}

/* A CA may have a key that EDHOC cannot use. */
static edhoc_err read_ca(struct bytes type, struct bytes word, struct reading *r)
{
    const struct trust_place *at = r->at;
    struct ssh_reader reader;
    edhoc_err err;

    r->line->ca = buf_new(SSH_CA_MAX);
    if (!base64_read(word, &r->line->ca))
        return buf_err(&r->line->ca) == EDHOC_ERR_NOMEM
                   ? EDHOC_ERR_NOMEM
                   : trust_bad(at, "the CA's key is not base64: \"%.*s\"", TRUST_SHOWN(word));
    reader = ssh_reader_of(buf_bytes(&r->line->ca));
    if (!bytes_equal(ssh_read_string(&reader), type))
        return trust_bad(at, "the line says %.*s, but the key in it is of another type",
                         TRUST_SHOWN(type));
    err = ssh_ca_check(buf_bytes(&r->line->ca));
    r->fault.passed = err == EDHOC_ERR_KEY_FORMAT && !ssh_ca_has_type(type) &&
                      is_foreign_key(type, word);
    return err == EDHOC_ERR_KEY_FORMAT ? trust_bad(at, "%s", report_details(err)) : err;
}

/* Tabs become spaces; other control characters have no business in a comment. */
static edhoc_err read_comment(struct bytes rest, const struct trust_place *at,
                              struct trust_line *line)
{
    edhoc_err err;

    rest = lines_trim(rest);
    if (rest.len == 0)
        return EDHOC_OK;
    err = copy_text(rest, &line->comment);
    if (err != EDHOC_OK)
        return err;
    for (char *c = line->comment; *c != '\0'; c++)
        if (*c == '\t')
            *c = ' ';
    if (!cbor_clean_text(bytes_of_text(line->comment)))
        return trust_bad(at, "the comment has control characters or is not UTF-8");
    return EDHOC_OK;
}

/* ---- the line ---- */

/* A line that says nothing about its peer's role serves both, unless it names peers by wildcard:
 * then one of the two is likely to be a mistake. (What a CA signs says itself what it is for.) */
static edhoc_err settle_roles(const struct trust_place *at, struct trust_line *line)
{
    if (line->roles != 0)
        return EDHOC_OK;
    if (!line->is_ca && line->principals != NULL && strpbrk(line->principals, "*?") != NULL)
        return trust_bad(at, "a principal with a wildcard needs the option client or server, the "
                             "peer's role that it is good for");
    line->roles = TRUST_CLIENT | TRUST_SERVER;
    return EDHOC_OK;
}

/* *type is the word that stands where the type does. */
static edhoc_err read_options(struct bytes *rest, struct reading *r, struct bytes *type)
{
    bool elsewhere = false;
    edhoc_err err = EDHOC_OK;

    *type = lines_word(rest);
    if (type->len > 0 && keytype_by_ssh_name(*type) == NULL &&
        !is_foreign_key(*type, peek_word(*rest))) {
        err = trust_options_parse(*type, r->at, r->line, &elsewhere);
        *type = lines_word(rest);
    }
    r->elsewhere = elsewhere;
    if (err == EDHOC_OK && r->line->roles != 0)
        r->fault.roles = r->line->roles;
    return err;
}

static edhoc_err check_type(struct bytes type, struct bytes rest, struct reading *r)
{
    if (type.len == 0)
        return trust_bad(r->at, "the line ends before the key type");
    if (keytype_by_ssh_name(type) != NULL || r->line->is_ca)
        return EDHOC_OK;
    r->fault.passed = is_foreign_key(type, peek_word(rest));
    return trust_bad(r->at, "\"%.*s\" is no key type known here", TRUST_SHOWN(type));
}

static edhoc_err read_rest(struct bytes rest, struct reading *r)
{
    struct bytes type, key;
    edhoc_err err = read_options(&rest, r, &type);

    if (err == EDHOC_OK)
        err = check_type(type, rest, r);
    if (err == EDHOC_OK)
        err = settle_roles(r->at, r->line);
    key = lines_word(&rest);
    if (err == EDHOC_OK && key.len == 0)
        err = trust_bad(r->at, "no key after the type %.*s", TRUST_SHOWN(type));
    if (err == EDHOC_OK)
        err = r->line->is_ca ? read_ca(type, key, r) : read_key(type, key, r->at, r->line);
    if (err == EDHOC_OK)
        err = read_comment(rest, r->at, r->line);
    if (err != EDHOC_OK || !r->elsewhere)
        return err;
    r->fault.passed = true;
    return trust_bad(
        r->at, "the option namespaces does not match \"gss-edhoc\", so it is for another file; "
               "remove the option or the line");
}

static struct trust_line *new_line(const struct trust_place *at)
{
    struct trust_line *line = calloc(1, sizeof(*line));

    if (line == NULL)
        return NULL;
    line->valid_after = INT64_MIN;
    line->valid_before = INT64_MAX;
    line->line = at->line;
    line->file = strdup(at->file);
    if (line->file == NULL) {
        free(line);
        return NULL;
    }
    return line;
}

static edhoc_err read_line(struct bytes text, bool named, struct reading *r)
{
    struct bytes rest = text, word = lines_word(&rest);
    edhoc_err err = EDHOC_OK;

    if (named || (keytype_by_ssh_name(word) == NULL && !is_foreign_key(word, peek_word(rest))))
        err = read_principals(word, peek_word(rest), r);
    else
        rest = text; /* the first word was the key type */
    if (err == EDHOC_OK && text.len > TRUST_LINE_MAX)
        err = trust_bad(r->at, "longer than %d bytes", TRUST_LINE_MAX);
    return err == EDHOC_OK ? read_rest(rest, r) : err;
}

static edhoc_err parse(struct bytes text, bool named, const struct trust_place *at,
                       struct trust_line **out, struct trust_fault *fault)
{
    struct reading r = {.at = at, .fault.roles = TRUST_CLIENT | TRUST_SERVER};
    edhoc_err err;

    *out = NULL;
    *fault = r.fault;
    if (text.len > 0 && memchr(text.p, '\0', text.len) != NULL)
        return trust_bad(at, "a NUL byte in it");
    if (lines_is_idle(text))
        return EDHOC_OK;
    r.line = new_line(at);
    err = r.line != NULL ? read_line(text, named, &r) : EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK)
        *out = r.line;
    else
        trust_line_free(r.line);
    *fault = r.fault;
    return err;
}

edhoc_err trust_line_read(struct bytes text, const char *file, unsigned number,
                          struct trust_line **out, struct trust_fault *fault)
{
    struct trust_place at = {file, number};

    return parse(text, true, &at, out, fault);
}

edhoc_err trust_line_parse(struct bytes text, const char *file, unsigned number,
                           struct trust_line **out)
{
    struct trust_fault ignored;

    return trust_line_read(text, file, number, out, &ignored);
}

/* The first principal of a .pub becomes a name that is sent to peers. */
edhoc_err trust_pub_line_parse(struct bytes text, const char *file, unsigned number,
                               struct trust_line **out)
{
    struct trust_place at = {file, number};
    struct trust_fault ignored;
    edhoc_err err = parse(text, false, &at, out, &ignored);

    if (err == EDHOC_OK && *out != NULL && (*out)->is_ca) {
        err = trust_bad(&at, "cert-authority is for trust files: this is a key's own .pub file");
        trust_line_free(*out);
        *out = NULL;
    }
    if (err == EDHOC_OK && *out != NULL && (*out)->principals != NULL &&
        strcspn((*out)->principals, "*?!") < strcspn((*out)->principals, ",")) {
        err = trust_bad(&at, "the first principal is the key's own name: no wildcard, no !");
        trust_line_free(*out);
        *out = NULL;
    }
    return err;
}

void trust_line_format(const char *principals, const char *options, const struct key *key,
                       const char *comment, struct buf *out)
{
    struct buf blob = buf_new(BLOB_MAX);
    const char *const before[] = {principals, options};

    for (size_t i = 0; i < 2; i++) {
        if (before[i] == NULL)
            continue;
        buf_put_text(out, before[i]);
        buf_put_byte(out, ' ');
    }
    buf_put_text(out, key_type(key)->ssh_name);
    buf_put_byte(out, ' ');
    ssh_blob_put(key, &blob);
    buf_fail(out, buf_err(&blob));
    base64_put(buf_bytes(&blob), out);
    if (comment != NULL) {
        buf_put_byte(out, ' ');
        buf_put_text(out, comment);
    }
    buf_free(&blob);
}
