#include "peer/trust_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/name.h"
#include "peer/ssh_ca.h"
#include "peer/trust_option.h"
#include "peer/trust_place.h"
#include "peer/trust_terms.h"

/* The reading of a line. */
struct reading {
    const struct trust_place *at;
    struct trust_terms *terms;
    struct trust_point *point;
    struct trust_fault *fault; /* if it fails */
};

/* ---- keys of types that we do not have ---- */

/* Is this the type and the base64 of some other SSH public key? All of them are strings, of which
 * the first is the type. */
static bool is_foreign_key(struct bytes type, struct bytes word)
{
    struct ssh_reader reader;
    uint8_t blob[SSH_CA_MAX];
    size_t len;

    if (keytype_by_ssh_name(type) != NULL || !base64_read_public(word, blob, sizeof(blob), &len))
        return false;
    reader = ssh_reader_of(bytes_of(blob, len));
    if (!bytes_equal(ssh_read_string(&reader), type) || reader.rest.len == 0)
        return false;
    while (!reader.failed && reader.rest.len > 0)
        (void)ssh_read_string(&reader);
    return ssh_read_done(&reader);
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
    if (pattern.len == 0)
        return trust_bad(at, "the principal \"\" is empty: commas separate names, without blanks");
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
    r->fault->named = err == EDHOC_OK;
    r->fault->principals = list;
    if (err == EDHOC_OK && !positive)
        err = trust_bad(r->at, "with nothing but ! principals, no name ever matches");
    return err;
}

static edhoc_err no_principals(struct bytes type, struct reading *r)
{
    r->fault->named = false;
    return trust_bad(r->at, "no principals before the key type; write: NAME %.*s ...",
                     TRUST_SHOWN(type));
}

static edhoc_err read_principals(struct bytes word, struct reading *r)
{
    if (keytype_by_ssh_name(word) != NULL)
        return no_principals(word, r);
    r->terms->principals = word;
    return check_principals(word, r);
}

/* ---- options, and which word is the type ---- */

static edhoc_err split(struct bytes rest, const struct trust_place *at, struct trust_terms *terms)
{
    struct bytes word = lines_word(&rest);
    const struct keytype *type = keytype_by_ssh_name(word);
    edhoc_err err = EDHOC_OK;

    if (word.len > 0 && type == NULL) {
        err = trust_options_parse(word, at, terms);
        if (err != EDHOC_OK)
            return err;
        word = lines_word(&rest);
        type = keytype_by_ssh_name(word);
    }
    terms->type = terms->is_ca ? NULL : type;
    terms->type_word = word;
    terms->key_word = lines_word(&rest);
    terms->comment = lines_trim(rest);
    return EDHOC_OK;
}

static edhoc_err read_options(struct bytes rest, struct reading *r)
{
    struct trust_terms *terms = r->terms;
    edhoc_err err = split(rest, r->at, terms);

    if (err == EDHOC_ERR_TRUST_SYNTAX) {
        struct bytes word = lines_word(&rest);

        r->fault->passed = is_foreign_key(word, peek_word(rest));
        terms->type_word = word;
    } else if (terms->roles != 0) {
        r->fault->roles = terms->roles;
    }
    if (r->fault->passed)
        return trust_bad(r->at, "\"%.*s\" is no key type known here",
                         TRUST_SHOWN(terms->type_word));
    return err;
}

static edhoc_err check_type(struct reading *r)
{
    const struct trust_terms *terms = r->terms;

    if (terms->type_word.len == 0)
        return trust_bad(r->at, "the line ends before the key type");
    if (terms->type != NULL || terms->is_ca)
        return EDHOC_OK;
    r->fault->passed = is_foreign_key(terms->type_word, terms->key_word);
    return trust_bad(r->at, "\"%.*s\" is no key type known here", TRUST_SHOWN(terms->type_word));
}

/* A line that says nothing about its peer's role serves both, unless it names peers by wildcard:
 * then one of the two is likely to be a mistake. (What a CA signs says itself what it is for.) */
static edhoc_err settle_roles(struct reading *r)
{
    struct bytes list = r->terms->principals;

    if (r->terms->roles != 0)
        return EDHOC_OK;
    if (!r->terms->is_ca && list.len > 0 &&
        (memchr(list.p, '*', list.len) != NULL || memchr(list.p, '?', list.len) != NULL))
        return trust_bad(r->at, "a principal with a wildcard needs the option client or server, "
                                "the peer's role that it is good for");
    r->terms->roles = TRUST_CLIENT | TRUST_SERVER;
    return EDHOC_OK;
}

/* ---- key, comment ---- */

static edhoc_err read_key(struct reading *r)
{
    const struct trust_terms *terms = r->terms;
    edhoc_err err;
    size_t len;

    if (!base64_read_public(terms->key_word, r->point->blob, TRUST_BLOB_MAX, &len))
        return trust_bad(r->at, "the key is not base64, or not the base64 of a key: \"%.*s\"",
                         TRUST_SHOWN(terms->key_word));
    err = ssh_blob_point(bytes_of(r->point->blob, len), &r->point->at);
    if (err == EDHOC_ERR_KEY_FORMAT)
        return trust_bad(r->at, "%s", report_details(err));
    if (err == EDHOC_OK && r->point->at.type != terms->type)
        return trust_bad(r->at, "the line says %.*s, but the key in it is of type %s",
                         TRUST_SHOWN(terms->type_word), r->point->at.type->ssh_name);
    return err;
}

/* A CA may have a key that EDHOC cannot use. */
static edhoc_err check_ca(struct bytes ca, struct reading *r)
{
    struct bytes type = r->terms->type_word;
    struct ssh_reader reader = ssh_reader_of(ca);
    edhoc_err err;

    if (!bytes_equal(ssh_read_string(&reader), type))
        return trust_bad(r->at, "the line says %.*s, but the key in it is of another type",
                         TRUST_SHOWN(type));
    err = ssh_ca_check(ca);
    r->fault->passed = err == EDHOC_ERR_KEY_FORMAT && !ssh_ca_has_type(type) &&
                       is_foreign_key(type, r->terms->key_word);
    return err == EDHOC_ERR_KEY_FORMAT ? trust_bad(r->at, "%s", report_details(err)) : err;
}

static edhoc_err read_ca(struct reading *r)
{
    struct bytes word = r->terms->key_word;
    struct buf ca = buf_new(SSH_CA_MAX);
    edhoc_err err;

    if (base64_read(word, &ca))
        err = check_ca(buf_bytes(&ca), r);
    else if (buf_err(&ca) == EDHOC_ERR_NOMEM)
        err = EDHOC_ERR_NOMEM;
    else
        err = trust_bad(r->at, "the CA's key is not base64: \"%.*s\"", TRUST_SHOWN(word));
    buf_free(&ca);
    return err;
}

/* Tabs are shown as spaces; other control characters have no business in a comment. */
static edhoc_err check_comment(struct bytes rest, const struct trust_place *at)
{
    while (rest.len > 0) {
        const uint8_t *tab = memchr(rest.p, '\t', rest.len);
        size_t len = tab != NULL ? (size_t)(tab - rest.p) : rest.len;

        if (!cbor_clean_text(bytes_of(rest.p, len)))
            return trust_bad(at, "the comment has control characters or is not UTF-8");
        len += tab != NULL;
        rest = bytes_of(rest.p + len, rest.len - len);
    }
    return EDHOC_OK;
}

/* ---- the line ---- */

/* What follows the principals. */
static edhoc_err read_rest(struct bytes rest, struct reading *r)
{
    edhoc_err err = read_options(rest, r);

    if (err == EDHOC_OK)
        err = check_type(r);
    if (err == EDHOC_OK)
        err = settle_roles(r);
    if (err == EDHOC_OK && r->terms->key_word.len == 0)
        err = trust_bad(r->at, "no key after the type %.*s", TRUST_SHOWN(r->terms->type_word));
    if (err == EDHOC_OK)
        err = r->terms->is_ca ? read_ca(r) : read_key(r);
    if (err == EDHOC_OK)
        err = check_comment(r->terms->comment, r->at);
    if (err != EDHOC_OK || !r->terms->elsewhere)
        return err;
    r->fault->passed = true;
    return trust_bad(r->at, "the option namespaces does not match \"gss-edhoc\", so it is for "
                            "another file; remove the option or the line");
}

static edhoc_err read_named(struct bytes text, struct reading *r)
{
    struct bytes rest = text, word = lines_word(&rest);
    edhoc_err err = read_principals(word, r);

    if (err == EDHOC_OK && text.len > TRUST_LINE_MAX)
        err = trust_bad(r->at, "longer than %d bytes", TRUST_LINE_MAX);
    if (err == EDHOC_OK)
        err = read_rest(rest, r);
    if (err == EDHOC_ERR_TRUST_SYNTAX && is_foreign_key(word, peek_word(rest)))
        err = no_principals(word, r);
    return err;
}

/* As OpenSSH writes it, perhaps without principals. */
static edhoc_err read_pub(struct bytes text, struct reading *r)
{
    struct bytes rest = text, word = lines_word(&rest);

    if (keytype_by_ssh_name(word) == NULL && !is_foreign_key(word, peek_word(rest)))
        return read_named(text, r);
    if (text.len > TRUST_LINE_MAX)
        return trust_bad(r->at, "longer than %d bytes", TRUST_LINE_MAX);
    return read_rest(text, r);
}

static struct trust_terms no_terms(void)
{
    return (struct trust_terms){.valid_after = INT64_MIN, .valid_before = INT64_MAX};
}

/* EDHOC_OK, and no type_word, of a line with nothing on it. */
static edhoc_err read_line(struct bytes text, bool named, struct reading *r)
{
    *r->terms = no_terms();
    *r->fault = (struct trust_fault){.roles = TRUST_CLIENT | TRUST_SERVER};
    if (text.len > 0 && memchr(text.p, '\0', text.len) != NULL)
        return trust_bad(r->at, "a NUL byte in it");
    if (lines_is_idle(text))
        return EDHOC_OK;
    return named ? read_named(text, r) : read_pub(text, r);
}

edhoc_err trust_line_read(struct bytes text, const struct trust_place *at,
                          struct trust_terms *terms, struct trust_point *point,
                          struct trust_fault *fault)
{
    struct reading r = {at, terms, point, fault};

    return read_line(text, true, &r);
}

void trust_line_again(struct bytes text, struct trust_terms *terms)
{
    static const struct trust_place nowhere = {"", 0};

    *terms = no_terms();
    terms->principals = lines_word(&text);
    if (split(text, &nowhere, terms) != EDHOC_OK)
        report_clear(); /* not of a line that was read */
    if (terms->roles == 0)
        terms->roles = TRUST_CLIENT | TRUST_SERVER;
}

void trust_point_again(const struct trust_terms *terms, struct trust_point *point)
{
    size_t len;

    if (!base64_read_public(terms->key_word, point->blob, TRUST_BLOB_MAX, &len) ||
        ssh_blob_point(bytes_of(point->blob, len), &point->at) != EDHOC_OK)
        point->at = (struct ssh_point){terms->type, BYTES_NONE, BYTES_NONE}; /* of no such line */
}

/* ---- the line as a whole ---- */

static edhoc_err copy_text(struct bytes from, char **to)
{
    *to = from.p != NULL ? strndup((const char *)from.p, from.len) : NULL;
    return *to != NULL || from.p == NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

static edhoc_err make_texts(const struct trust_terms *terms, struct trust_line *line)
{
    edhoc_err err = copy_text(terms->principals, &line->principals);

    if (err == EDHOC_OK)
        err = copy_text(terms->comment.len > 0 ? terms->comment : BYTES_NONE, &line->comment);
    if (err == EDHOC_OK)
        err = copy_text(terms->local_user, &line->local_user);
    if (line->local_user != NULL)
        trust_option_value(terms->local_user, line->local_user);
    for (char *c = line->comment; c != NULL && *c != '\0'; c++)
        if (*c == '\t')
            *c = ' ';
    return err;
}

static edhoc_err make_key(const struct trust_point *point, const struct trust_place *at,
                          struct trust_line *line)
{
    struct key *key = NULL;
    edhoc_err err = ssh_point_key(&point->at, &key);

    if (err == EDHOC_ERR_KEY_FORMAT)
        err = trust_bad(at, "%s", report_details(err));
    if (err == EDHOC_OK)
        err = cred_new_kid(key, &line->cred);
    key_free(key);
    return err;
}

static edhoc_err make_ca(const struct trust_terms *terms, struct trust_line *line)
{
    line->ca = buf_new(SSH_CA_MAX);
    return base64_read(terms->key_word, &line->ca) ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

edhoc_err trust_line_make(const struct trust_terms *terms, const struct trust_point *point,
                          const struct trust_place *at, struct trust_line **out)
{
    struct trust_line *line = calloc(1, sizeof(*line));
    edhoc_err err;

    *out = NULL;
    if (line == NULL)
        return EDHOC_ERR_NOMEM;
    line->roles = terms->roles;
    line->valid_after = terms->valid_after;
    line->valid_before = terms->valid_before;
    line->is_ca = terms->is_ca;
    line->line = at->line;
    line->file = strdup(at->file);
    err = line->file != NULL ? make_texts(terms, line) : EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK && terms->is_ca)
        err = make_ca(terms, line);
    else if (err == EDHOC_OK && point != NULL)
        err = make_key(point, at, line);
    if (err == EDHOC_OK)
        *out = line;
    else
        trust_line_free(line);
    return err;
}

void trust_line_free(struct trust_line *line)
{
    if (line == NULL)
        return;
    free(line->principals);
    free(line->local_user);
    free(line->comment);
    free(line->file);
    free(line->fault);
    cred_free(line->cred);
    buf_free(&line->ca);
    free(line);
}

static edhoc_err parse(struct bytes text, bool named, const struct trust_place *at,
                       struct trust_line **out)
{
    struct trust_terms terms;
    struct trust_point point;
    struct trust_fault fault;
    struct reading r = {at, &terms, &point, &fault};
    edhoc_err err = read_line(text, named, &r);

    *out = NULL;
    if (err != EDHOC_OK || terms.type_word.len == 0)
        return err;
    return trust_line_make(&terms, &point, at, out);
}

edhoc_err trust_line_parse(struct bytes text, const char *file, unsigned number,
                           struct trust_line **out)
{
    struct trust_place at = {file, number};

    return parse(text, true, &at, out);
}

/* The first principal of a .pub becomes a name that is sent to peers. */
static edhoc_err check_pub(const struct trust_line *line, const struct trust_place *at)
{
    if (line->is_ca)
        return trust_bad(at, "cert-authority is for trust files: this is a key's own .pub file");
    if (line->principals != NULL &&
        strcspn(line->principals, "*?!") < strcspn(line->principals, ","))
        return trust_bad(at, "the first principal is the key's own name: no wildcard, no !");
    return EDHOC_OK;
}

edhoc_err trust_pub_line_parse(struct bytes text, const char *file, unsigned number,
                               struct trust_line **out)
{
    struct trust_place at = {file, number};
    edhoc_err err = parse(text, false, &at, out);

    if (err == EDHOC_OK && *out != NULL)
        err = check_pub(*out, &at);
    if (err != EDHOC_OK) {
        trust_line_free(*out);
        *out = NULL;
    }
    return err;
}

void trust_line_format(const char *principals, const char *options, const struct key *key,
                       const char *comment, struct buf *out)
{
    struct buf blob = buf_new(TRUST_BLOB_MAX);
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
