#include "ssh_names.h"

#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/hash.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/trust.h"

#define SHA1_BLOCK 64
#define SHA1_HASH  20

/* ---- hashed names ---- */

/* HMAC-SHA1 (RFC 2104) with a key of a hash's length. */
static edhoc_err hmac_sha1(struct bytes key, struct bytes text, uint8_t out[SHA1_HASH])
{
    struct buf inner = buf_new(SHA1_BLOCK + NAME_TEXT_MAX), outer = buf_new(SHA1_BLOCK + SHA1_HASH);
    edhoc_err err;

    for (size_t i = 0; i < SHA1_BLOCK; i++) {
        uint8_t byte = i < key.len ? key.p[i] : 0;

        buf_put_byte(&inner, byte ^ 0x36);
        buf_put_byte(&outer, byte ^ 0x5c);
    }
    buf_put(&inner, text);
    err = buf_err(&inner) != EDHOC_OK ? buf_err(&inner) : crypto_sha1(buf_bytes(&inner), out);
    buf_put(&outer, bytes_of(out, SHA1_HASH));
    if (err == EDHOC_OK)
        err = buf_err(&outer) != EDHOC_OK ? buf_err(&outer) : crypto_sha1(buf_bytes(&outer), out);
    buf_free(&inner);
    buf_free(&outer);
    return err;
}

/* The part up to the next |, which is base64 of as many bytes as SHA-1 has. */
static bool take_part(struct bytes *rest, struct buf *out)
{
    const uint8_t *bar = rest->len > 0 ? memchr(rest->p, '|', rest->len) : NULL;
    struct bytes part = bytes_of(rest->p, bar != NULL ? (size_t)(bar - rest->p) : rest->len);

    *rest = bytes_of(rest->p + part.len + (bar != NULL), rest->len - part.len - (bar != NULL));
    return base64_read(part, out) && out->len == SHA1_HASH;
}

/* |1|salt|hash| of the name that `host` is. */
static edhoc_err is_hash_of(struct bytes hashed, struct bytes host, const struct trust_place *at,
                            bool *is)
{
    struct buf salt = buf_new(SHA1_HASH), hash = buf_new(SHA1_HASH);
    struct bytes rest = bytes_of(hashed.p + 3, hashed.len < 3 ? 0 : hashed.len - 3);
    uint8_t own[SHA1_HASH];
    edhoc_err err = EDHOC_OK;

    *is = false;
    if (hashed.len < 3 || memcmp(hashed.p, "|1|", 3) != 0 || !take_part(&rest, &salt) ||
        !take_part(&rest, &hash) || rest.len > 0)
        err = trust_bad(at, "not a hashed name as ssh-keygen -H makes them");
    if (err == EDHOC_OK)
        err = hmac_sha1(buf_bytes(&salt), host, own);
    *is = err == EDHOC_OK && bytes_equal(buf_bytes(&hash), bytes_of(own, SHA1_HASH));
    buf_free(&salt);
    buf_free(&hash);
    return err;
}

/* ---- names of a line ---- */

/* [HOST]:PORT */
static bool has_port(struct bytes name)
{
    return name.len > 0 && name.p[0] == '[';
}

static struct bytes without_port(struct bytes name)
{
    const uint8_t *end = has_port(name) ? memchr(name.p, ']', name.len) : NULL;

    return end != NULL ? bytes_of(name.p + 1, (size_t)(end - name.p - 1)) : name;
}

static void put_principal(struct buf *out, bool negated, struct bytes service, struct bytes name)
{
    buf_put_text(out, out->len > 0 ? "," : "");
    buf_put_text(out, negated ? "!" : "");
    buf_put(out, service);
    buf_put(out, without_port(name));
}

static bool has(struct bytes text, char c)
{
    return text.len > 0 && memchr(text.p, c, text.len) != NULL;
}

/* Does the pattern match whatever the other one matches? Its ? may not stand for their *. */
static bool covers(struct bytes pattern, struct bytes other)
{
    return bytes_equal(pattern, other) ||
           (match_one(pattern, other) && !(has(pattern, '?') && has(other, '*')));
}

/* Of one name that is wanted, what the line's names have in common with it. Ports must be asked for. */
static void put_common(struct bytes names, struct bytes service, struct bytes wanted,
                       struct buf *out)
{
    struct bytes list = names;
    bool literal = !has(wanted, '*') && !has(wanted, '?'), any = false;
    struct pattern p;

    if (literal && match_list(names, wanted)) {
        put_principal(out, false, service, wanted);
        return;
    }
    while (!literal && match_next(&list, &p)) {
        if (p.negated || has_port(p.text) != has_port(wanted))
            continue;
        if (covers(wanted, p.text) || covers(p.text, wanted)) {
            put_principal(out, false, service, covers(wanted, p.text) ? p.text : wanted);
            any = true;
        }
    }
    for (list = names; any && match_next(&list, &p);)
        if (p.negated)
            put_principal(out, true, service, p.text);
}

/* ---- hosts ---- */

/* "host@" is the service that ssh itself is. */
static edhoc_err put_all_hosts(const struct ssh_line *line, const struct trust_place *at,
                               struct buf *out)
{
    struct bytes list = line->names;
    struct pattern p;

    if (list.p[0] == '|')
        return trust_bad(at, "the host's name is hashed, so it cannot be read; say whose key it is "
                             "with -n host@NAME");
    while (match_next(&list, &p)) {
        if (!line->is_ca && !match_is_literal(&p))
            return trust_bad(at,
                             "\"%.*s\" is a pattern; say which host is meant with -n "
                             "SERVICE@HOST",
                             TRUST_SHOWN(p.text));
        if (has_port(p.text))
            return trust_bad(at,
                             "%.*s: a server on a port of its own need not be the host's; if it "
                             "is, say so with -n SERVICE@%.*s",
                             TRUST_SHOWN(p.text), TRUST_SHOWN(p.text));
        put_principal(out, p.negated, BYTES_LITERAL("host@"), p.text);
    }
    return EDHOC_OK;
}

static edhoc_err take_host(const struct ssh_line *line, struct bytes wanted,
                           const struct trust_place *at, struct ssh_names *out)
{
    struct bytes service = name_service(wanted);
    struct bytes host = bytes_of(wanted.p + service.len, wanted.len - service.len);
    bool is;
    edhoc_err err;

    if (service.len == 0 || host.len < 2)
        return trust_bad(at,
                         "a line of known_hosts is a host's: write -n SERVICE@HOST, not \"%.*s\"",
                         TRUST_SHOWN(wanted));
    service.len++; /* with its @ */
    host = bytes_of(host.p + 1, host.len - 1);
    if (line->names.p[0] != '|') {
        put_common(line->names, service, host, &out->principals);
        return EDHOC_OK;
    }
    out->hashed |= has(host, '*') || has(host, '?');
    err = is_hash_of(line->names, host, at, &is);
    if (err == EDHOC_OK && is)
        put_principal(&out->principals, false, service, host);
    return err;
}

/* ---- either ---- */

static edhoc_err take_all(const struct ssh_line *line, const struct trust_place *at,
                          struct ssh_names *out)
{
    if (line->form == SSH_LINE_HOST)
        return put_all_hosts(line, at, &out->principals);
    buf_put(&out->principals, line->names);
    return EDHOC_OK;
}

static edhoc_err take_each(const struct ssh_line *line, struct bytes wanted,
                           const struct trust_place *at, struct ssh_names *out)
{
    struct pattern p;
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && match_next(&wanted, &p)) {
        if (p.negated)
            err = trust_bad(at, "-n: the names that are wanted, without a !");
        else if (line->form == SSH_LINE_HOST)
            err = take_host(line, p.text, at, out);
        else
            put_common(line->names, BYTES_NONE, p.text, &out->principals);
    }
    return err;
}

/* Hosts are compared in lower case, as ssh does; a hash in base64 is not to be touched. */
static void put_folded(const struct ssh_line *line, struct bytes text, struct buf *out)
{
    bool fold = line->form == SSH_LINE_HOST && text.len > 0 && text.p[0] != '|';

    for (size_t i = 0; i < text.len; i++)
        buf_put_byte(out, fold ? (uint8_t)ascii_lower((char)text.p[i]) : text.p[i]);
}

/* A service keeps its case. */
static void put_wanted(const struct ssh_line *line, const char *wanted, struct buf *out)
{
    struct bytes list = bytes_of_text(wanted);
    struct pattern p;

    while (match_next(&list, &p)) {
        struct bytes service = line->form == SSH_LINE_HOST ? name_service(p.text) : p.text;

        buf_put_text(out, out->len > 0 ? "," : "");
        buf_put_text(out, p.negated ? "!" : "");
        buf_put(out, service);
        put_folded(line, bytes_of(p.text.p + service.len, p.text.len - service.len), out);
    }
}

edhoc_err ssh_names_take(const struct ssh_line *line, const char *wanted,
                         const struct trust_place *at, struct ssh_names *out)
{
    struct buf names = buf_new(TRUST_LINE_MAX), want = buf_new(TRUST_LINE_MAX);
    struct ssh_line folded = *line;
    edhoc_err err = EDHOC_OK;

    *out = (struct ssh_names){.principals = buf_new(TRUST_LINE_MAX)};
    put_folded(line, line->names, &names);
    if (wanted != NULL)
        put_wanted(line, wanted, &want);
    folded.names = buf_bytes(&names);
    if (buf_err(&names) == EDHOC_OK && buf_err(&want) == EDHOC_OK)
        err = wanted == NULL ? take_all(&folded, at, out)
                             : take_each(&folded, buf_bytes(&want), at, out);
    if (buf_err(&names) != EDHOC_OK || buf_err(&want) != EDHOC_OK ||
        buf_err(&out->principals) != EDHOC_OK)
        err = trust_bad(at, "longer than %d bytes", TRUST_LINE_MAX);
    buf_free(&names);
    buf_free(&want);
    return err;
}
