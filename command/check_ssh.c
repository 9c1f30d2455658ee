#include "check_ssh.h"

#include "check_say.h"
#include "text.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/openssh_type.h"
#include "edhoc/cred.h"
#include "peer/identity.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/revoked.h"
#include "peer/ssh_ca.h"
#include "peer/ssh_cert.h"
#include "peer/trust.h"

#define NAMES_MAX 1024            /* bytes of principals that are told */
#define TERM      (TOOL_TIME + 8) /* "until ...", "for ever" */

/* ---- who signed, and until when ---- */

void check_ssh_put_names(struct bytes certificate, struct buf *out)
{
    struct bytes principal;
    struct ssh_cert cert;

    if (ssh_cert_read(certificate, &cert) != EDHOC_OK)
        return;
    while (ssh_cert_principal(&cert.principals, &principal)) {
        buf_put_text(out, out->len > 0 ? ", " : "");
        if (cbor_clean_text(principal))
            buf_put(out, principal);
        else
            buf_put_text(out, "(unprintable)");
    }
}

static int64_t seconds(uint64_t time)
{
    return time < INT64_MAX ? (int64_t)time : INT64_MAX;
}

static void put_term(const struct ssh_cert *cert, char text[TERM])
{
    char end[TOOL_TIME];

    if (cert->valid_before == UINT64_MAX)
        (void)snprintf(text, TERM, "for ever");
    else
        (void)snprintf(text, TERM, "until %s", tool_time(seconds(cert->valid_before), end));
}

edhoc_err check_ssh_say(struct check *c, const char *whose, const struct ssh_cert *cert)
{
    struct buf ca = buf_new(64);
    bool clean = cbor_clean_text(cert->key_id);
    char term[TERM];
    edhoc_err err = openssh_fingerprint(cert->ca, &ca);

    put_term(cert, term);
    if (err == EDHOC_OK)
        check_say(
            c, CHECK_OK,
            "certificate: that of %s is for a %s: key id \"%.*s\", serial %llu, signed by the "
            "CA %.*s, %s",
            whose, cert->type == SSH_CERT_USER ? "user" : "host",
            clean ? (int)cert->key_id.len : 13,
            clean ? (const char *)cert->key_id.p : "(unprintable)",
            (unsigned long long)cert->serial, (int)ca.len, (const char *)ca.p, term);
    buf_free(&ca);
    return err;
}

/* ---- the line ---- */

/* The first CA line that believes this CA for a name, in the role and at the time; NULL. */
static const struct trust_line *line_of(const struct trust *t, struct bytes ca, unsigned role,
                                        struct bytes name, int64_t now)
{
    for (size_t i = 0; i < trust_ca_count(t); i++) {
        const struct trust_line *line = trust_ca_at(t, i);
        struct bytes patterns = bytes_of_text(line->principals);

        if (bytes_equal(buf_bytes(&line->ca), ca) && (line->roles & role) != 0 &&
            (role == TRUST_SERVER ? match_target(patterns, name) : match_list(patterns, name)) &&
            trust_time(line->valid_after, line->valid_before, now) == EDHOC_OK)
            return line;
    }
    return NULL;
}

/* ---- our own ---- */

/* The reasons for which it is not sent: it is as if there were none. */
static bool is_sent(struct check *c, const struct identity *id, const struct ssh_cert *cert)
{
    bool fits = cert->type == (c->acceptor ? SSH_CERT_HOST : SSH_CERT_USER);
    char text[TOOL_TIME];

    if (!fits)
        check_say(
            c, CHECK_WARN,
            "certificate: that of %s is for %s, so it is passed over and the key itself is sent",
            id->source, c->acceptor ? "users" : "hosts");
    else if (c->now < id->ssh_from)
        check_say(c, CHECK_WARN,
                  "certificate: that of %s is not valid before %s, so the key itself is sent; see "
                  "the clock",
                  id->source, tool_time(id->ssh_from, text));
    else if (c->now >= id->ssh_until)
        check_say(c, CHECK_WARN,
                  "certificate: that of %s expired on %s, so the key itself is sent; get a new one",
                  id->source, tool_time(id->ssh_until, text));
    return fits && c->now >= id->ssh_from && c->now < id->ssh_until;
}

/* What every peer would refuse. */
static bool check_believable(struct check *c, const struct identity *id,
                             const struct ssh_cert *cert)
{
    struct bytes critical = cert->critical, list = cert->principals, name, data;
    edhoc_err err = ssh_ca_verify(cert->ca, cert->to_be_signed, cert->signature);

    if (err != EDHOC_OK)
        check_say(c, CHECK_FAIL, "certificate: peers refuse that of %s: %s", id->source,
                  report_details(err));
    else if (ssh_cert_option(&critical, &name, &data))
        check_say(c, CHECK_FAIL,
                  "certificate: peers refuse that of %s for its critical option; sign without it",
                  id->source);
    else if (!ssh_cert_principal(&list, &name))
        check_say(c, CHECK_FAIL,
                  "certificate: peers refuse that of %s, which names nobody; sign with ssh-keygen "
                  "-n NAME",
                  id->source);
    else
        return true;
    return false;
}

void check_ssh_say_not_revoked(struct check *c, const char *what)
{
    if (c->settings.revoked != NULL)
        check_say(c, CHECK_OK, "%s: not revoked in %s", what, c->settings.revoked);
    else
        check_say(c, CHECK_OK, "%s: not revoked, for no list is configured (setting revoked)",
                  what);
}

/* Our list need not be that of the peers; but whoever made it meant it. */
static bool check_revoked(struct check *c, const struct identity *id, const struct ssh_cert *cert)
{
    const struct revoked *list = c->trust != NULL ? trust_revoked(c->trust) : NULL;
    edhoc_err err = revoked_key(list, id->key);

    if (err == EDHOC_OK)
        err = revoked_certificate(list, cert);
    if (err != EDHOC_OK)
        check_error(c, err, "certificate", "get a new one, for a new key");
    else if (c->trust != NULL)
        check_ssh_say_not_revoked(c, "certificate");
    return err == EDHOC_OK;
}

static void say_line(struct check *c, const struct ssh_cert *cert)
{
    unsigned role = c->acceptor ? TRUST_SERVER : TRUST_CLIENT;
    struct bytes list = cert->principals, name;
    const struct trust_line *line = NULL;

    if (c->trust == NULL || c->acceptor)
        return;
    while (line == NULL && ssh_cert_principal(&list, &name))
        line = line_of(c->trust, cert->ca, role, name, c->now);
    if (line != NULL)
        check_say(c, CHECK_OK, "certificate: a server with %s line %u knows this client as %.*s",
                  line->file, line->line, (int)name.len, (const char *)name.p);
}

static void say_names(struct check *c, const struct identity *id)
{
    struct buf names = buf_new(NAMES_MAX);

    check_ssh_put_names(cred_ssh_cert(id->ssh_cert), &names);
    check_say(c, CHECK_OK,
              c->acceptor ? "certificate: clients whose line has its CA know this server by its "
                            "hosts: %.*s"
                          : "certificate: servers whose line has its CA know this client by the "
                            "first of these that the line matches: %.*s",
              (int)names.len, names.len > 0 ? (const char *)names.p : "");
    buf_free(&names);
}

void check_ssh_identity(struct check *c, const struct identity *id)
{
    struct ssh_cert cert;

    if (id->ssh_cert == NULL || ssh_cert_read(cred_ssh_cert(id->ssh_cert), &cert) != EDHOC_OK)
        return;
    if (check_ssh_say(c, id->source, &cert) != EDHOC_OK || !is_sent(c, id, &cert) ||
        !check_believable(c, id, &cert) || !check_revoked(c, id, &cert))
        return;
    say_names(c, id);
    say_line(c, &cert);
}
