#include "peer/judge_x509.h"

#include "base/bytes.h"
#include "base/report.h"
#include "edhoc/cred.h"
#include "peer/judge_key.h"
#include "peer/name.h"
#include "peer/peer.h"
#include "peer/trust.h"
#include "peer/x509_chain.h"
#include "peer/x509_names.h"

#include <stdlib.h>

static edhoc_err verify_chain(const struct trust *t, const struct cred *cred,
                              enum x509_purpose purpose, int64_t now, int64_t *expires)
{
    struct bytes chain[CRED_CHAIN_MAX];
    size_t count = cred_chain_length(cred);
    edhoc_err err = trust_check_anchors(t);

    if (err != EDHOC_OK)
        return err;
    if (trust_anchors(t) == NULL)
        return report(EDHOC_ERR_CERT_UNTRUSTED,
                      "no CA is trusted here; name a file of CA "
                      "certificates in the setting anchors, or pin the peer's key in %s",
                      trust_places(t));
    for (size_t i = 0; i < count; i++)
        chain[i] = cred_chain(cred, i);
    return x509_verify(trust_anchors(t), chain, count, purpose, now, expires);
}

/* ---- a pin is stronger than a CA's word ---- */

/* The lines that take a name. */
struct pins {
    const struct trust_line *own;   /* the first that pins the certificate's own key, and counts */
    const struct trust_line *other; /* the first of them */
};

static struct pins find_pins(const struct trust *t, const struct cred *cred, unsigned role,
                             struct bytes name, int64_t now)
{
    struct pins pins = {NULL, NULL};
    struct trust_cursor at = {0, 0, 0};
    const struct trust_line *line;

    while (pins.own == NULL && (line = trust_next(t, &at)) != NULL) {
        if (!trust_takes(bytes_of_text(line->principals), line->roles, role, name))
            continue;
        if (pins.other == NULL)
            pins.other = line;
        if (line->cred != NULL && judge_key_fits(line, cred, role, name, now))
            pins.own = line;
    }
    return pins;
}

/* ---- the decision ---- */

/* `own`: the line that pins the certificate's key and has a word in it too, or NULL. */
static edhoc_err fill(struct cred *cred, const struct trust_line *own, enum name_kind kind,
                      const char *name, int64_t expires, struct peer *out)
{
    edhoc_err err = peer_fill(cred, own, kind, bytes_of_text(name), out);

    if (err == EDHOC_OK && expires < out->expires)
        out->expires = expires;
    return err;
}

edhoc_err judge_server_x509(const struct trust *t, struct cred *cred, const char *target,
                            int64_t now, struct peer *out)
{
    struct pins pins = find_pins(t, cred, TRUST_SERVER, bytes_of_text(target), now);
    const char *taken = trust_taken_by(t, TRUST_SERVER, bytes_of_text(target));
    const char *host = name_host(target);
    int64_t expires;
    edhoc_err err;

    if (pins.own == NULL && pins.other != NULL)
        return report(EDHOC_ERR_UNKNOWN_KEY,
                      "the peer sent a certificate, but %s is pinned to another key in %s line %u; "
                      "remove that line to trust a CA instead",
                      target, pins.other->file, pins.other->line);
    if (pins.own == NULL && taken != NULL)
        return report(
            EDHOC_ERR_UNKNOWN_KEY,
            "the peer sent a certificate, but a line that cannot be understood names %s: %s",
            target, taken);
    err = verify_chain(t, cred, X509_FOR_SERVER, now, &expires);
    if (err == EDHOC_OK && (host == NULL || !x509_names_host(cred_chain(cred, 0), host)))
        err = report(EDHOC_ERR_CERT_NAME, "\"%s\" is in none of its subject alternative names",
                     host != NULL ? host : target);
    if (err == EDHOC_OK)
        err = fill(cred, pins.own, NAME_SERVICE, target, expires, out);
    return err;
}

static edhoc_err check_free(const struct trust *t, const struct trust_line *pin, const char *name)
{
    const char *taken = trust_taken_by(t, TRUST_CLIENT, bytes_of_text(name));

    if (pin != NULL)
        return report(EDHOC_ERR_NAME_TAKEN,
                      "\"%s\" is pinned to a key in %s line %u, so no CA can give it to another",
                      name, pin->file, pin->line);
    if (taken != NULL)
        return report(
            EDHOC_ERR_NAME_TAKEN,
            "\"%s\" is on a line that cannot be understood, so no CA can give it away: %s", name,
            taken);
    return EDHOC_OK;
}

edhoc_err judge_client_x509(const struct trust *t, struct cred *cred, int64_t now, struct peer *out)
{
    struct pins pins = {NULL, NULL};
    char *name = NULL;
    int64_t expires;
    enum name_kind kind;
    edhoc_err err = verify_chain(t, cred, X509_FOR_CLIENT, now, &expires);

    if (err == EDHOC_OK)
        err = x509_client_name(cred_chain(cred, 0), &kind, &name);
    if (err == EDHOC_OK)
        pins = find_pins(t, cred, TRUST_CLIENT, bytes_of_text(name), now);
    if (err == EDHOC_OK && pins.own == NULL)
        err = check_free(t, pins.other, name);
    if (err == EDHOC_OK)
        err = fill(cred, pins.own, kind, name, expires, out);
    free(name);
    return err;
}
