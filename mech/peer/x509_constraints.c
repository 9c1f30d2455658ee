#include "peer/x509_constraints.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/report.h"
#include "peer/x509_cert.h"
#include "peer/x509_names.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

static struct bytes string_bytes(const ASN1_STRING *s)
{
    return bytes_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static bool same_host(struct bytes a, struct bytes b)
{
    return a.len == b.len && ascii_equal_folded_n(a.p, b.p, a.len);
}

/* A mailbox, "local@host". */
struct mailbox {
    struct bytes text, host;
};

static bool read_mailbox(struct bytes text, struct mailbox *out)
{
    const uint8_t *at = text.len > 0 ? memchr(text.p, '@', text.len) : NULL;

    if (at == NULL)
        return false;
    out->text = text;
    out->host = bytes_of(at + 1, text.len - (size_t)(at + 1 - text.p));
    return at > text.p && out->host.len > 0 && memchr(out->host.p, '@', out->host.len) == NULL;
}

/* An rfc822Name subtree: a mailbox, a host (all its mailboxes), or a domain with a leading dot (all
 * hosts below it). */
static bool subtree_contains(struct bytes base, const struct mailbox *m)
{
    struct mailbox one;

    if (read_mailbox(base, &one))
        return same_host(one.host, m->host) &&
               bytes_equal(bytes_of(one.text.p, (size_t)(one.host.p - one.text.p)),
                           bytes_of(m->text.p, (size_t)(m->host.p - m->text.p)));
    if (base.len > 0 && base.p[0] == '.')
        return m->host.len > base.len &&
               same_host(base, bytes_of(m->host.p + m->host.len - base.len, base.len));
    return same_host(base, m->host);
}

/* Does one of the rfc822Name subtrees contain it? A subtree that says what RFC 5280 forbids (a
 * minimum, a maximum, no mailbox at all) permits nothing and excludes everything: `unclear`. */
static bool any_contains(const STACK_OF(GENERAL_SUBTREE) * subtrees, const struct mailbox *m,
                         bool unclear)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); i++) {
        const GENERAL_SUBTREE *subtree = sk_GENERAL_SUBTREE_value(subtrees, i);
        struct bytes base;
        int type;
        const void *value = GENERAL_NAME_get0_value(subtree->base, &type);

        if (type != GEN_EMAIL)
            continue;
        base = string_bytes(value);
        if (base.len == 0 || subtree->maximum != NULL ||
            (subtree->minimum != NULL && ASN1_INTEGER_get(subtree->minimum) != 0)) {
            if (unclear)
                return true;
        } else if (subtree_contains(base, m)) {
            return true;
        }
    }
    return false;
}

static bool permits(const NAME_CONSTRAINTS *nc, struct bytes upn)
{
    struct mailbox m;

    return read_mailbox(upn, &m) && any_contains(nc->permittedSubtrees, &m, false) &&
           !any_contains(nc->excludedSubtrees, &m, true);
}

static edhoc_err outside(struct bytes upn, X509 *ca)
{
    char *subject = x509_subject_of(ca);
    edhoc_err err = report(EDHOC_ERR_CERT_BAD,
                           "the user principal name \"%.*s\" is outside the name constraints of "
                           "\"%s\", which must permit its e-mail addresses",
                           (int)(upn.len < 255 ? upn.len : 255), (const char *)upn.p,
                           subject != NULL ? subject : "?");

    free(subject);
    return err;
}

static edhoc_err check_upn(const STACK_OF(X509) * path, struct bytes upn)
{
    edhoc_err err = EDHOC_OK;

    for (int i = 1; i < sk_X509_num(path) && err == EDHOC_OK; i++) {
        X509 *ca = sk_X509_value(path, i);
        int found;
        NAME_CONSTRAINTS *nc = X509_get_ext_d2i(ca, NID_name_constraints, &found, NULL);

        if (found != -1 && (nc == NULL || !permits(nc, upn)))
            err = outside(upn, ca);
        NAME_CONSTRAINTS_free(nc);
    }
    return err;
}

edhoc_err x509_check_upns(const STACK_OF(X509) * path)
{
    int found;
    GENERAL_NAMES *sans = X509_get_ext_d2i(sk_X509_value(path, 0), NID_subject_alt_name, &found,
                                           NULL);
    edhoc_err err = EDHOC_OK;

    if (sans == NULL && found != -1)
        return report(EDHOC_ERR_CERT_BAD, "its subject alternative names cannot be read");

    for (int i = 0; i < sk_GENERAL_NAME_num(sans) && err == EDHOC_OK; i++) {
        const ASN1_STRING *upn = x509_upn(sk_GENERAL_NAME_value(sans, i));

        if (upn != NULL)
            err = check_upn(path, string_bytes(upn));
    }
    GENERAL_NAMES_free(sans);
    return err;
}
