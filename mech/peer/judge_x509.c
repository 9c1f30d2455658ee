#include "peer/judge_x509.h"

#include "base/bytes.h"
#include "base/report.h"
#include "edhoc/cred.h"
#include "peer/match.h"
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

    if (trust_anchors(t) == NULL)
        return report(EDHOC_ERR_CERT_UNTRUSTED,
                      "no CA is trusted here; name a file of CA "
                      "certificates in the setting anchors, or pin the peer's key in %s",
                      trust_places(t));
    for (size_t i = 0; i < count; i++)
        chain[i] = cred_chain(cred, i);
    return x509_verify(trust_anchors(t), chain, count, purpose, now, expires);
}

/* A pin is stronger than a CA's word: where one names the target, no certificate speaks for it. */
edhoc_err judge_server_x509(const struct trust *t, struct cred *cred, const char *target,
                            int64_t now, struct peer *out)
{
    const char *host = name_host(target);
    int64_t expires;
    edhoc_err err;

    for (size_t i = 0; i < trust_count(t); i++)
        if (trust_names_server(trust_at(t, i), target))
            return report(EDHOC_ERR_UNKNOWN_KEY,
                          "the peer sent a certificate, but %s is pinned to a "
                          "key in %s line %u; remove that line to trust a CA instead",
                          target, trust_at(t, i)->file, trust_at(t, i)->line);
    err = verify_chain(t, cred, X509_FOR_SERVER, now, &expires);
    if (err == EDHOC_OK && (host == NULL || !x509_names_host(cred_chain(cred, 0), host)))
        err = report(EDHOC_ERR_CERT_NAME, "\"%s\" is in none of its subject alternative names",
                     host != NULL ? host : target);
    if (err == EDHOC_OK)
        err = peer_fill(cred, NULL, NAME_SERVICE, bytes_of_text(target), out);
    if (err == EDHOC_OK)
        out->expires = expires;
    return err;
}

/* The line that has this name as one of its principals, or NULL. */
static const struct trust_line *line_of_name(const struct trust *t, struct bytes name)
{
    for (size_t i = 0; i < trust_count(t); i++) {
        struct bytes list = bytes_of_text(trust_at(t, i)->principals);
        struct pattern p;

        while (match_next(&list, &p))
            if (!p.negated && match_same(p.text, name))
                return trust_at(t, i);
    }
    return NULL;
}

edhoc_err judge_client_x509(const struct trust *t, struct cred *cred, int64_t now, struct peer *out)
{
    const struct trust_line *pin;
    char *name = NULL;
    int64_t expires;
    enum name_kind kind;
    edhoc_err err = verify_chain(t, cred, X509_FOR_CLIENT, now, &expires);

    if (err == EDHOC_OK)
        err = x509_client_name(cred_chain(cred, 0), &kind, &name);
    if (err == EDHOC_OK && kind == NAME_USER &&
        (pin = line_of_name(t, bytes_of_text(name))) != NULL)
        err = report(EDHOC_ERR_NAME_TAKEN,
                     "\"%s\" is pinned to a key in %s line %u, so no CA can give it to another",
                     name, pin->file, pin->line);
    if (err == EDHOC_OK)
        err = peer_fill(cred, NULL, kind, bytes_of_text(name), out);
    if (err == EDHOC_OK)
        out->expires = expires;
    free(name);
    return err;
}
