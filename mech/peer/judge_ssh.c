#include "peer/judge_ssh.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/openssh_type.h"
#include "edhoc/cred.h"
#include "peer/judge_key.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/peer.h"
#include "peer/revoked.h"
#include "peer/ssh_cert.h"
#include "peer/ssh_signature.h"
#include "peer/trust.h"
#include "peer/trust_place.h"

#include <stdio.h>
#include <string.h>

/* The two arguments of "%.*s"; what is a peer's is cut short. */
#define SHOWN(text) (int)((text).len < 100 ? (text).len : 100), (const char *)(text).p

struct judging {
    const struct trust *t;
    struct cred *cred;
    struct ssh_cert c;
    unsigned role;
    const char *target; /* of a server */
    int64_t now;
};

static bool is_server(const struct judging *j)
{
    return j->role == TRUST_SERVER;
}

/* ---- the line that decides ---- */

/* How far a line came: the reason that is told is that of the line that came furthest. */
enum progress { OTHER_CA, NOT_OF_ROLE, NOT_OF_NAME, OUT_OF_DATE, GOOD };

/* The first principal that can be a name, and that the line's patterns match. */
static bool find_principal(const struct trust_line *line, const struct ssh_cert *c,
                           struct bytes *name)
{
    struct bytes list = c->principals;

    while (ssh_cert_principal(&list, name))
        if (name_claim_fault(*name) == NULL && match_list(bytes_of_text(line->principals), *name))
            return true;
    return false;
}

/* *name is what the line lets the peer be called. */
static enum progress line_progress(const struct judging *j, const struct trust_line *line,
                                   struct bytes *name)
{
    bool named;

    if (!bytes_equal(buf_bytes(&line->ca), j->c.ca))
        return OTHER_CA;
    if ((line->roles & j->role) == 0)
        return NOT_OF_ROLE;
    *name = is_server(j) ? bytes_of_text(j->target) : BYTES_NONE;
    named = is_server(j) ? match_target(bytes_of_text(line->principals), *name)
                         : find_principal(line, &j->c, name);
    if (!named)
        return NOT_OF_NAME;
    return trust_time(line->valid_after, line->valid_before, j->now) == EDHOC_OK ? GOOD
                                                                                 : OUT_OF_DATE;
}

static edhoc_err no_line_of_ca(const struct judging *j)
{
    struct buf fingerprint = buf_new(64);
    struct trust_story story;
    edhoc_err err = openssh_fingerprint(j->c.ca, &fingerprint);

    if (err == EDHOC_OK)
        err = report(EDHOC_ERR_CERT_UNTRUSTED,
                     "the peer's OpenSSH certificate is signed by a CA (%.*s) that no line in %s "
                     "has; if it is the right one, add: PATTERNS cert-authority KEY%s",
                     SHOWN(buf_bytes(&fingerprint)), trust_places(j->t),
                     trust_hint(j->t, j->role, BYTES_NONE, true, &story));
    buf_free(&fingerprint);
    return err;
}

static edhoc_err refuse(const struct judging *j, const struct trust_line *line,
                        enum progress progress)
{
    struct bytes list = j->c.principals, first = BYTES_NONE;
    struct trust_place place;

    switch (progress) {
    case OTHER_CA:
        return no_line_of_ca(j);
    case NOT_OF_ROLE:
        return report(EDHOC_ERR_WRONG_ROLE, "%s line %u believes this CA for %s only", line->file,
                      line->line, is_server(j) ? "clients" : "servers");
    case NOT_OF_NAME:
        if (is_server(j))
            return report(EDHOC_ERR_WRONG_NAME,
                          "%s line %u believes this CA for \"%s\", not for "
                          "\"%s\"",
                          line->file, line->line, line->principals, j->target);
        if (!ssh_cert_principal(&list, &first))
            return report(EDHOC_ERR_CERT_NAME, "the certificate names nobody; sign with "
                                               "ssh-keygen -n NAME");
        return report(EDHOC_ERR_WRONG_NAME,
                      "%s line %u believes this CA for \"%s\", and the "
                      "certificate names \"%.*s\"%s",
                      line->file, line->line, line->principals, SHOWN(first),
                      list.len > 0 ? " and others" : "");
    default:
        place = (struct trust_place){line->file, line->line};
        return trust_report_time(trust_time(line->valid_after, line->valid_before, j->now), &place);
    }
}

/* The first in the order of the file that has this CA, role, name and time. */
static edhoc_err find_line(const struct judging *j, const struct trust_line **line,
                           struct bytes *name)
{
    enum progress best = OTHER_CA;

    *line = NULL;
    for (size_t i = 0; i < trust_ca_count(j->t) && best != GOOD; i++) {
        struct bytes named = BYTES_NONE;
        enum progress p = line_progress(j, trust_ca_at(j->t, i), &named);

        if (p > best) {
            best = p;
            *line = trust_ca_at(j->t, i);
            *name = named;
        }
    }
    return best == GOOD ? EDHOC_OK : refuse(j, *line, best);
}

/* ---- the certificate ---- */

static bool names_host(const struct judging *j)
{
    const char *host = name_host(j->target);

    return host != NULL && ssh_cert_names_host(j->c.principals, host);
}

static edhoc_err check_time(const struct judging *j)
{
    uint64_t now = j->now > 0 ? (uint64_t)j->now : 0;

    if (now < j->c.valid_after)
        return report(EDHOC_ERR_CERT_NOT_YET, "key id \"%.*s\"; check both machines' clocks",
                      SHOWN(j->c.key_id));
    if (now >= j->c.valid_before)
        return report(EDHOC_ERR_CERT_EXPIRED, "key id \"%.*s\"; get a new one", SHOWN(j->c.key_id));
    return EDHOC_OK;
}

/* Whether it is for this use, whoever signed it. */
static edhoc_err check_certificate(const struct judging *j)
{
    struct bytes critical = j->c.critical, option, data;

    if (j->c.type != (is_server(j) ? SSH_CERT_HOST : SSH_CERT_USER))
        return report(EDHOC_ERR_CERT_PURPOSE, "a %s certificate, and the peer is a %s",
                      is_server(j) ? "user" : "host", is_server(j) ? "server" : "client");
    if (ssh_cert_option(&critical, &option, &data))
        return report(EDHOC_ERR_CERT_OPTION,
                      "the critical option \"%.*s\" of key id \"%.*s\"; sign without it",
                      SHOWN(option), SHOWN(j->c.key_id));
    if (is_server(j) && !names_host(j))
        return report(EDHOC_ERR_CERT_NAME,
                      "the host of %s is none of its principals; sign "
                      "with ssh-keygen -h -n HOST",
                      j->target);
    return check_time(j);
}

/* ---- pins are stronger than a CA's word ---- */

/* A line that pins a key has this name literally: the first that pins the certificate's own, else
 * the first. */
static bool find_pin(const struct judging *j, struct bytes name, struct trust_cursor *pin,
                     bool *own)
{
    struct trust_cursor at = {.part = 0};
    struct trust_terms terms;
    bool found = false;

    *own = false;
    while (!*own && trust_walk_name(j->t, name, &at)) {
        bool is_own = trust_kind(j->t, &at) == TRUST_PIN && trust_is_key(j->t, &at, j->cred);

        if (trust_kind(j->t, &at) != TRUST_PIN || (found && !is_own))
            continue;
        trust_terms(j->t, &at, &terms);
        if ((is_server(j) && (terms.roles & TRUST_SERVER) == 0) ||
            !trust_takes(terms.principals, terms.roles, TRUST_CLIENT, name))
            continue;
        *own = is_own;
        *pin = at;
        found = true;
    }
    return found;
}

static edhoc_err judge_pin(const struct judging *j, struct bytes name, struct peer *out)
{
    struct cred *raw;
    edhoc_err err = cred_new_kid(cred_key(j->cred), &raw);

    if (err == EDHOC_OK)
        err = is_server(j) ? judge_server_key(j->t, raw, j->target, j->now, out)
                           : judge_client_key_as(j->t, raw, name, j->now, out);
    cred_free(raw);
    return err;
}

/* EDHOC_OK, and *own tells whether a line that pins the certificate's own key decides. */
static edhoc_err check_pins(const struct judging *j, struct bytes name, bool *own)
{
    struct trust_cursor pin;
    struct trust_story taken;
    struct trust_place place;

    if (find_pin(j, name, &pin, own) && !*own) {
        trust_place(j->t, &pin, &place);
        return report(EDHOC_ERR_NAME_TAKEN,
                      "\"%.*s\" is pinned to a key in %s line %u, so no CA can give it to another",
                      SHOWN(name), place.file, place.line);
    }
    if (!*own && trust_taken_by(j->t, j->role, name, &taken))
        return report(EDHOC_ERR_NAME_TAKEN,
                      "\"%.*s\" is on a line that cannot be understood, so no CA can give it away: "
                      "%s",
                      SHOWN(name), taken.text);
    return EDHOC_OK;
}

/* ---- the decision ---- */

static edhoc_err fill(const struct judging *j, const struct trust_line *line, struct bytes name,
                      struct peer *out)
{
    edhoc_err err = is_server(j) ? peer_fill(j->cred, line, NAME_SERVICE, name, out)
                                 : judge_fill_client(j->cred, line, name, out);

    if (err == EDHOC_OK && ssh_cert_end(&j->c) < out->expires)
        out->expires = ssh_cert_end(&j->c);
    return err;
}

/* Is it for this use, and did its CA sign it? */
static edhoc_err check_all(const struct judging *j)
{
    edhoc_err err = check_certificate(j);

    return err == EDHOC_OK ? ssh_signature_check(cred_ssh_cert(j->cred), &j->c, j->now) : err;
}

/* The pins are asked last: to look through all of them costs more than a signature, and must not be had
 * for one that is none. Only where the key is pinned itself may a line of its own decide instead. */
static edhoc_err judge_by_ca(const struct judging *j, struct peer *out)
{
    bool pinned = judge_key_is_pinned(j->t, j->cred, TRUST_CLIENT | TRUST_SERVER), own = false;
    const struct trust_line *line;
    struct bytes name = BYTES_NONE;
    edhoc_err err = find_line(j, &line, &name);

    if (err == EDHOC_OK && !pinned)
        err = check_all(j);
    if (err == EDHOC_OK)
        err = check_pins(j, name, &own);
    if (err == EDHOC_OK && own)
        return judge_pin(j, name, out);
    if (err == EDHOC_OK && pinned)
        err = check_all(j);
    return err == EDHOC_OK ? fill(j, line, name, out) : err;
}

/* As one that sent the raw key: each principal is a name that it claims, and then none is. */
static edhoc_err judge_by_key(const struct judging *j, struct peer *out)
{
    struct bytes list = j->c.principals, name;

    while (!is_server(j) && ssh_cert_principal(&list, &name))
        if (name.len > 0 && judge_pin(j, name, out) == EDHOC_OK)
            return EDHOC_OK;
    return judge_pin(j, BYTES_NONE, out);
}

static edhoc_err judge(struct judging *j, struct peer *out)
{
    char why[512];
    edhoc_err err = ssh_cert_read(cred_ssh_cert(j->cred), &j->c), by_key;

    if (err == EDHOC_ERR_KEY_FORMAT) {
        (void)snprintf(why, sizeof(why), "%s", report_details(err));
        return report(EDHOC_ERR_CRED_BAD, "%s", why);
    }
    if (err == EDHOC_OK)
        err = revoked_certificate(trust_revoked(j->t), &j->c);
    if (err != EDHOC_OK)
        return err;
    err = judge_by_ca(j, out);
    if (err == EDHOC_OK || !judge_key_is_pinned(j->t, j->cred, j->role))
        return err;
    (void)snprintf(why, sizeof(why), "%s", report_details(err));
    by_key = judge_by_key(j, out);
    return by_key == EDHOC_OK || err == EDHOC_ERR_CERT_UNTRUSTED ? by_key : report(err, "%s", why);
}

edhoc_err judge_server_ssh(const struct trust *t, struct cred *cred, const char *target,
                           int64_t now, struct peer *out)
{
    struct judging j = {.t = t, .cred = cred, .role = TRUST_SERVER, .target = target, .now = now};

    return judge(&j, out);
}

edhoc_err judge_client_ssh(const struct trust *t, struct cred *cred, int64_t now, struct peer *out)
{
    struct judging j = {.t = t, .cred = cred, .role = TRUST_CLIENT, .now = now};

    return judge(&j, out);
}
