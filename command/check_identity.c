#include "check_identity.h"

#include "check_path.h"
#include "check_say.h"
#include "check_ssh.h"
#include "near.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/report.h"
#include "crypto/key.h"
#include "edhoc/cred.h"
#include "load/load.h"
#include "peer/trust_line.h"
#include "peer/identity.h"
#include "peer/name.h"
#include "peer/ssh_cert.h"
#include "peer/trust.h"
#include "peer/x509_cert.h"
#include "peer/x509_chain.h"
#include "peer/x509_names.h"

/* ---- ends ---- */

/* Is `what` valid now? Says so where it is not, or not for long. */
static bool check_time(struct check *c, const char *what, int64_t from, int64_t to)
{
    char text[TOOL_TIME], clock[TOOL_TIME];

    if (c->now < from)
        check_say(c, CHECK_FAIL,
                  "%s is not valid before %s, and the clock says %s; if that is wrong, set it "
                  "(timedatectl set-ntp true), else wait",
                  what, tool_time(from, text), tool_time(c->now, clock));
    else if (c->now >= to)
        check_say(c, CHECK_FAIL, "%s expired on %s; renew it", what, tool_time(to, text));
    else if (to - c->now < SOON)
        check_say(c, CHECK_WARN, "%s expires in %lld days, on %s; renew it", what,
                  (long long)((to - c->now) / 86400), tool_time(to, text));
    return c->now >= from && c->now < to;
}

/* ---- certificates ---- */

static bool check_chain_times(struct check *c, const struct identity *id)
{
    bool good = true;

    for (size_t i = 0; i < cred_chain_length(id->by_value); i++) {
        struct bytes der = cred_chain(id->by_value, i);
        char *subject = x509_subject(der), *what = NULL;
        int64_t from = INT64_MIN, to = INT64_MAX;

        (void)!x509_validity(der, &from, &to);
        if (subject != NULL &&
            asprintf(&what, "certificate: \"%s\" of %s", subject, id->source) < 0)
            what = NULL;
        good &= check_time(c, what != NULL ? what : "certificate: it", from, to);
        free(what);
        free(subject);
    }
    return good;
}

static bool check_purpose(struct check *c, const struct identity *id)
{
    enum x509_purpose purpose = c->acceptor ? X509_FOR_SERVER : X509_FOR_CLIENT;

    if (x509_fits_purpose(cred_chain(id->by_value, 0), purpose))
        return true;
    check_say(c, CHECK_FAIL,
              "certificate: that of %s is not for %s authentication; get one with "
              "extendedKeyUsage %s (or without any) and keyUsage digitalSignature",
              id->source, c->acceptor ? "server" : "client",
              c->acceptor ? "serverAuth" : "clientAuth");
    return false;
}

/* Our anchors need not be those of the peers: only a hint. */
static bool check_issuer(struct check *c, const struct identity *id)
{
    struct x509_store *anchors = c->trust != NULL ? trust_anchors(c->trust) : NULL;
    size_t count = cred_chain_length(id->by_value);
    struct bytes chain[CRED_CHAIN_MAX];
    int64_t expires;
    edhoc_err err;

    if (anchors == NULL)
        return true;
    for (size_t i = 0; i < count; i++)
        chain[i] = cred_chain(id->by_value, i);
    err = x509_verify(anchors, chain, count, c->acceptor ? X509_FOR_SERVER : X509_FOR_CLIENT,
                      c->now, &expires);
    if (err == EDHOC_ERR_CERT_REVOKED)
        check_error(c, err, "certificate", NULL);
    else if (err != EDHOC_OK)
        check_say(c, CHECK_WARN,
                  "certificate: peers with the same anchors would refuse that of %s: %s",
                  id->source, report_details(err));
    return err != EDHOC_ERR_CERT_REVOKED;
}

static bool check_client_name(struct check *c, const struct identity *id)
{
    enum name_kind kind;
    char *name = NULL;
    edhoc_err err = x509_client_name(cred_chain(id->by_value, 0), &kind, &name);

    if (err != EDHOC_OK)
        check_error(c, err, "certificate",
                    "get one with an e-mail address or UPN as subject alternative name");
    else
        check_say(c, CHECK_OK, "certificate: servers will know this client as %s", name);
    free(name);
    return err == EDHOC_OK;
}

static bool check_certificate(struct check *c, const struct identity *id)
{
    bool good = check_chain_times(c, id);

    good &= check_purpose(c, id);
    good &= !good || check_issuer(c, id);
    return good && (c->acceptor || check_client_name(c, id));
}

/* ---- one identity ---- */

static bool put_san(void *arg, const char *kind, const char *text)
{
    struct buf *out = arg;

    if (strcmp(kind, "dns") != 0 && strcmp(kind, "ip") != 0)
        return true;
    buf_put_text(out, out->len > 0 ? ", " : "");
    buf_put_text(out, text);
    return true;
}

/* The names that an acceptor's key answers to, with a NUL. */
static void put_names(const struct identity *id, struct buf *out)
{
    if (id->principals != NULL)
        buf_put_text(out, id->principals);
    else if (cred_chain_length(id->by_value) > 0)
        (void)x509_each_san(cred_chain(id->by_value, 0), put_san, out);
    else if (id->ssh_cert != NULL && id->ssh_type == SSH_CERT_HOST)
        check_ssh_put_names(cred_ssh_cert(id->ssh_cert), out);
    if (out->len == 0)
        buf_put_text(out, cred_chain_length(id->by_value) > 0 ? "no host" : "without a name");
    buf_put_byte(out, '\0');
}

static void say_identity(struct check *c, const struct identity *id)
{
    const struct keytype *type = key_type(id->key);
    struct buf names = buf_new(TRUST_LINE_MAX);
    bool certified = cred_chain_length(id->by_value) > 0;
    bool named = c->acceptor || !certified; /* else its certificate's name is told later */

    put_names(id, &names);
    check_say(c, CHECK_OK, "identity: %s: %s, %s%s%s%s", id->source, type->name,
              type->dh ? "static Diffie-Hellman" : "signatures",
              certified ? " with a certificate" : "", named ? "; " : "",
              named ? buf_err(&names) != EDHOC_OK ? "many names" : (const char *)names.p : "");
    buf_free(&names);
}

/* A .pub file's valid-before is what the peers' copy of that line says. */
static bool check_raw(struct check *c, const struct identity *id)
{
    char *what;
    bool good;

    if (id->expires == INT64_MAX)
        return true;
    if (asprintf(&what, "identity: by its valid-before, %s.pub", id->source) < 0)
        return false;
    good = check_time(c, what, INT64_MIN, id->expires);
    free(what);
    return good;
}

static void check_one(struct check *c, const struct identity *id)
{
    bool good;

    say_identity(c, id);
    if (id->stale_pub)
        check_say(c, CHECK_WARN,
                  "identity: %s.pub is of another key; its names count, but who adds it to a trust "
                  "file pins the wrong key: replace it by the line that `gss-edhoc show %s` prints",
                  id->source, id->source);
    good = cred_chain_length(id->by_value) > 0 ? check_certificate(c, id) : check_raw(c, id);
    check_ssh_identity(c, id);
    if (good && (!c->acceptor || c->target == NULL || identity_answers(id, c->target)))
        c->identity_good = true;
}

/* ---- all of them ---- */

static void say_not_loaded(struct check *c, edhoc_err err)
{
    const char *variable = c->acceptor ? "GSS_EDHOC_SERVICE_IDENTITY" : "GSS_EDHOC_IDENTITY";
    const char *usual = c->acceptor ? "service.pem" : "identity.pem";
    char advice[1024] = "";

    if (!check_path_advice(report_details(err), usual, advice, sizeof(advice)) &&
        err == EDHOC_ERR_FILE)
        (void)snprintf(advice, sizeof(advice),
                       "let user %s read it (chown, chmod 600), or name another key in %s",
                       check_user(), variable);
    check_error(c, err, "identity", advice[0] != '\0' ? advice : NULL);
}

static bool all_have_certificates(const struct check *c)
{
    for (size_t i = 0; i < c->identities->len; i++)
        if (cred_chain_length(c->identities->id[i]->by_value) == 0 &&
            c->identities->id[i]->ssh_cert == NULL)
            return false;
    return true;
}

/* The name of a key here that may have been meant, or NULL. */
static const char *near_name(const struct check *c)
{
    for (size_t i = 0; i < c->identities->len; i++) {
        const char *name = c->identities->id[i]->name;

        if (name != NULL && near_distance(name, c->target) <= 1)
            return name;
    }
    return NULL;
}

/* An acceptor's own name must be one of its keys'. */
static void check_own_name(struct check *c)
{
    for (size_t i = 0; i < c->identities->len; i++)
        if (identity_answers(c->identities->id[i], c->target)) {
            check_say(c, CHECK_OK, "name: %s answers to %s", c->identities->id[i]->source,
                      c->target);
            return;
        }
    if (near_name(c) != NULL)
        check_say(c, CHECK_FAIL, "name: no key here is for %s; did you mean %s?", c->target,
                  near_name(c));
    else if (all_have_certificates(c))
        check_say(
            c, CHECK_FAIL,
            "name: no certificate here has %s among its names; get one with that DNS name, or "
            "as an OpenSSH certificate with that principal",
            name_host(c->target));
    else
        check_say(c, CHECK_FAIL,
                  "name: no key here is for %s; make one with: gss-edhoc keygen -o FILE %s",
                  c->target, c->target);
}

/* Of a folder, what is another user's, and what is no key. */
static void say_passed_over(struct check *c)
{
    const char *stories = c->identities->passed_over;
    struct bytes rest = bytes_of_text(stories != NULL ? stories : ""), line;

    while (lines_next(&rest, &line))
        if (bytes_contain(line, BYTES_LITERAL(": cannot be opened")))
            check_say(c, CHECK_WARN,
                      "identity: %.*s; it is passed over: if user %s is to serve it, let its "
                      "group read it (chgrp, chmod 640)",
                      (int)line.len, (const char *)line.p, check_user());
        else
            check_say(c, CHECK_WARN,
                      "identity: %.*s; it is passed over: move it out of that folder",
                      (int)line.len, (const char *)line.p);
}

void check_identities(struct check *c)
{
    edhoc_err err = c->acceptor ? load_service_identities(&c->settings, NULL, &c->identities)
                                : load_identity(&c->settings, NULL, &c->identities);

    if (err != EDHOC_OK) {
        say_not_loaded(c, err);
        return;
    }
    /* For the anchors; why trust does not load is told in its turn. */
    if (load_trust(&c->settings, !c->acceptor, NULL, &c->trust) != EDHOC_OK)
        report_clear();
    for (size_t i = 0; i < c->identities->len; i++)
        check_one(c, c->identities->id[i]);
    say_passed_over(c);
    if (c->acceptor && c->target != NULL)
        check_own_name(c);
}
