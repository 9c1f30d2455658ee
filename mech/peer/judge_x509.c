#include "peer/judge_x509.h"

#include "base/bytes.h"
#include "base/report.h"
#include "edhoc/cred.h"
#include "peer/judge_key.h"
#include "peer/name.h"
#include "peer/peer.h"
#include "peer/trust.h"
#include "peer/trust_place.h"
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
struct pins_of {
    struct trust_cursor own;   /* the first that pins the certificate's own key, and counts */
    struct trust_cursor other; /* the first of them */
    bool has_own, has_other;
};

static void find_pins(const struct trust *t, const struct cred *cred, unsigned role,
                      struct bytes name, int64_t now, struct pins_of *pins)
{
    struct trust_cursor at = {.part = 0};
    struct trust_terms terms;

    *pins = (struct pins_of){.has_own = false};
    while (!pins->has_own && trust_walk_name(t, name, &at)) {
        bool is_own = trust_kind(t, &at) == TRUST_PIN && trust_is_key(t, &at, cred);

        if (trust_kind(t, &at) == TRUST_TAKEN || (pins->has_other && !is_own))
            continue;
        trust_terms(t, &at, &terms);
        if (!trust_takes(terms.principals, terms.roles, role, name))
            continue;
        if (!pins->has_other)
            pins->other = at;
        pins->has_other = true;
        pins->has_own = is_own && judge_key_fits(t, &at, cred, role, name, now);
        if (pins->has_own)
            pins->own = at;
    }
}

/* ---- the decision ---- */

/* The line that pins the certificate's key has a word in it too. */
static edhoc_err fill(const struct trust *t, struct cred *cred, const struct pins_of *pins,
                      enum name_kind kind, const char *name, int64_t expires, struct peer *out)
{
    const struct trust_line *own = NULL;
    edhoc_err err = pins->has_own ? trust_line(t, &pins->own, &own) : EDHOC_OK;

    if (err == EDHOC_OK)
        err = peer_fill(cred, own, kind, bytes_of_text(name), out);
    if (err == EDHOC_OK && expires < out->expires)
        out->expires = expires;
    return err;
}

static edhoc_err check_target(const struct trust *t, const struct pins_of *pins, const char *target)
{
    struct trust_place place;
    struct trust_story taken;

    if (pins->has_own)
        return EDHOC_OK;
    if (pins->has_other) {
        trust_place(t, &pins->other, &place);
        return report(EDHOC_ERR_UNKNOWN_KEY,
                      "the peer sent a certificate, but %s is pinned to another key in %s line %u; "
                      "remove that line to trust a CA instead",
                      target, place.file, place.line);
    }
    if (!trust_taken_by(t, TRUST_SERVER, bytes_of_text(target), &taken))
        return EDHOC_OK;
    return report(EDHOC_ERR_UNKNOWN_KEY,
                  "the peer sent a certificate, but a line that cannot be understood names %s: %s",
                  target, taken.text);
}

edhoc_err judge_server_x509(const struct trust *t, struct cred *cred, const char *target,
                            int64_t now, struct peer *out)
{
    const char *host = name_host(target);
    struct pins_of pins;
    int64_t expires;
    edhoc_err err;

    find_pins(t, cred, TRUST_SERVER, bytes_of_text(target), now, &pins);
    err = check_target(t, &pins, target);
    if (err == EDHOC_OK)
        err = verify_chain(t, cred, X509_FOR_SERVER, now, &expires);
    if (err == EDHOC_OK && (host == NULL || !x509_names_host(cred_chain(cred, 0), host)))
        err = report(EDHOC_ERR_CERT_NAME, "\"%s\" is in none of its subject alternative names",
                     host != NULL ? host : target);
    if (err == EDHOC_OK)
        err = fill(t, cred, &pins, NAME_SERVICE, target, expires, out);
    return err;
}

static edhoc_err check_free(const struct trust *t, const struct pins_of *pins, const char *name)
{
    struct trust_place place;
    struct trust_story taken;

    if (pins->has_own)
        return EDHOC_OK;
    if (pins->has_other) {
        trust_place(t, &pins->other, &place);
        return report(EDHOC_ERR_NAME_TAKEN,
                      "\"%s\" is pinned to a key in %s line %u, so no CA can give it to another",
                      name, place.file, place.line);
    }
    if (!trust_taken_by(t, TRUST_CLIENT, bytes_of_text(name), &taken))
        return EDHOC_OK;
    return report(EDHOC_ERR_NAME_TAKEN,
                  "\"%s\" is on a line that cannot be understood, so no CA can give it away: %s",
                  name, taken.text);
}

edhoc_err judge_client_x509(const struct trust *t, struct cred *cred, int64_t now, struct peer *out)
{
    struct pins_of pins;
    char *name = NULL;
    int64_t expires;
    enum name_kind kind;
    edhoc_err err = verify_chain(t, cred, X509_FOR_CLIENT, now, &expires);

    if (err == EDHOC_OK)
        err = x509_client_name(cred_chain(cred, 0), &kind, &name);
    if (err == EDHOC_OK) {
        find_pins(t, cred, TRUST_CLIENT, bytes_of_text(name), now, &pins);
        err = check_free(t, &pins, name);
    }
    if (err == EDHOC_OK)
        err = fill(t, cred, &pins, kind, name, expires, out);
    free(name);
    return err;
}
