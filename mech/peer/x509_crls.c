#include "peer/x509_crls.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/hash.h"
#include "peer/verified.h"
#include "peer/x509_cert.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define REMEMBERED_MAX 64 /* issuers of which a CRL was found good */

struct crl {
    X509_CRL *list;
    bool plain; /* it speaks about every certificate of its issuer, and of nobody else's */
    int64_t from, until;
};

struct x509_crls {
    struct crl *crl;
    size_t len;
    struct verified *good; /* that a list is its issuer's, by the hash of both */
};

/* ---- the lists ---- */

edhoc_err x509_crls_new(struct x509_crls **out)
{
    struct x509_crls *crls = calloc(1, sizeof(*crls));
    edhoc_err err = crls != NULL ? verified_new(REMEMBERED_MAX, &crls->good) : EDHOC_ERR_NOMEM;

    if (err != EDHOC_OK) {
        free(crls);
        crls = NULL;
    }
    *out = crls;
    return err;
}

void x509_crls_free(struct x509_crls *crls)
{
    if (crls == NULL)
        return;
    while (crls->len > 0)
        X509_CRL_free(crls->crl[--crls->len].list);
    free(crls->crl);
    verified_free(crls->good);
    free(crls);
}

static bool has(const X509_CRL *list, int extension)
{
    return X509_CRL_get_ext_by_NID(list, extension, -1) >= 0;
}

/* libcrypto sorts a list when it is first asked, under a lock that a fork may find held. */
static void sort(X509_CRL *list)
{
    ASN1_INTEGER *none = ASN1_INTEGER_new();
    X509_REVOKED *revoked;

    if (none != NULL)
        (void)X509_CRL_get0_by_serial(list, &revoked, none);
    ASN1_INTEGER_free(none);
}

edhoc_err x509_crls_add(struct x509_crls *crls, X509_CRL *list)
{
    struct crl *grown = reallocarray(crls->crl, crls->len + 1, sizeof(*grown));
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);

    if (grown == NULL)
        return EDHOC_ERR_NOMEM;
    crls->crl = grown;
    if (X509_CRL_up_ref(list) != 1)
        return EDHOC_ERR_NOMEM;
    sort(list);
    crls->crl[crls->len++] = (struct crl){
        .list = list,
        .plain = !has(list, NID_issuing_distribution_point) && !has(list, NID_delta_crl),
        .from = x509_seconds(X509_CRL_get0_lastUpdate(list)),
        .until = next != NULL ? x509_seconds(next) : INT64_MAX,
    };
    return EDHOC_OK;
}

bool x509_crls_any(const struct x509_crls *crls)
{
    return crls->len > 0;
}

int64_t x509_crls_change(const struct x509_crls *crls, int64_t now)
{
    int64_t first = INT64_MAX;

    for (size_t i = 0; i < crls->len; i++) {
        const struct crl *crl = &crls->crl[i];
        int64_t next = crl->from > now ? crl->from : crl->until;

        if (next > now && next < first)
            first = next;
    }
    return first;
}

/* ---- what is known ---- */

/* A certificate and who issued it; the anchor is its own issuer here. */
struct link {
    X509 *cert, *issuer;
    int depth;
    const struct crl *crl; /* the only list by that issuer's name, if it is plain; else NULL */
    bool none;             /* there is no list by that name */
};

static void find_crl(const struct x509_crls *crls, struct link *link)
{
    const X509_NAME *name = X509_get_issuer_name(link->cert);
    size_t count = 0;

    for (size_t i = 0; i < crls->len; i++)
        if (X509_NAME_cmp(X509_CRL_get_issuer(crls->crl[i].list), name) == 0) {
            link->crl = &crls->crl[i];
            count++;
        }
    link->none = count == 0;
    if (count != 1 || !link->crl->plain)
        link->crl = NULL;
}

static struct link link_at(const struct x509_crls *crls, STACK_OF(X509) * chain, int i)
{
    int last = sk_X509_num(chain) - 1;
    struct link link = {.cert = sk_X509_value(chain, i),
                        .issuer = sk_X509_value(chain, i < last ? i + 1 : last),
                        .depth = i};

    find_crl(crls, &link);
    return link;
}

static bool hash_of(const struct x509_crls *crls, const struct link *link, uint8_t hash[32])
{
    size_t number = (size_t)(link->crl - crls->crl);
    unsigned char issuer[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct fixed value;
    struct bytes parts[2];

    if (X509_digest(link->issuer, EVP_sha256(), issuer, &len) != 1)
        return false;
    parts[0] = bytes_of(&number, sizeof(number));
    parts[1] = bytes_of(issuer, len);
    if (crypto_digest(HASH_SHA256, parts, 2, &value) != EDHOC_OK)
        return false;
    memcpy(hash, value.b, 32);
    return true;
}

static bool is_known(const struct x509_crls *crls, const struct link *link, int64_t now)
{
    uint8_t hash[32];

    return link->crl != NULL && link->crl->from <= now && now < link->crl->until &&
           hash_of(crls, link, hash) && verified_has(crls->good, hash, now, NULL);
}

static bool is_revoked(const struct link *link)
{
    X509_REVOKED *revoked;

    return X509_CRL_get0_by_cert(link->crl->list, &revoked, link->cert) == 1;
}

static bool refuse(X509_STORE_CTX *ctx, const struct link *link)
{
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REVOKED);
    X509_STORE_CTX_set_error_depth(ctx, link->depth);
    X509_STORE_CTX_set_current_cert(ctx, link->cert);
    return false;
}

/* Can all of it be told by lists that are known to be good? Then *allowed is the answer. */
static bool tell_by_known(const struct x509_crls *crls, X509_STORE_CTX *ctx, int64_t now,
                          bool *allowed)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    int last = sk_X509_num(chain) - 1;

    *allowed = true;
    for (int i = 0; i <= last && *allowed; i++) {
        struct link link = link_at(crls, chain, i);

        if (i == last && link.none)
            continue; /* an anchor needs none */
        if (!is_known(crls, &link, now))
            return false;
        if (is_revoked(&link))
            *allowed = refuse(ctx, &link);
    }
    return true;
}

/* ---- libcrypto's word ---- */

/* An anchor is believed because the administrator says so, not because its issuer has a CRL that
 * does not list it: whoever withdraws that trust removes the anchor. */
static int forgive_anchor(int ok, X509_STORE_CTX *ctx)
{
    bool *forgiven = X509_STORE_CTX_get_app_data(ctx);

    switch (X509_STORE_CTX_get_error(ctx)) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
        break;
    default:
        return ok;
    }
    if (X509_STORE_CTX_get_error_depth(ctx) + 1 != sk_X509_num(X509_STORE_CTX_get0_chain(ctx)))
        return ok;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    *forgiven = true;
    return 1;
}

/* Everything that the one list of an issuer was asked about was found good: its signature by that
 * issuer, its dates, its extensions. Not so that of an anchor that was forgiven. */
static void remember(struct x509_crls *crls, STACK_OF(X509) * chain, bool forgiven, int64_t now)
{
    int count = sk_X509_num(chain) - (forgiven ? 1 : 0);
    uint8_t hash[32];

    for (int i = 0; i < count; i++) {
        struct link link = link_at(crls, chain, i);

        if (link.crl != NULL && hash_of(crls, &link, hash))
            verified_add(crls->good, hash, now, link.crl->until, 0);
    }
}

bool x509_crls_allow(struct x509_crls *crls, X509_STORE_CTX *ctx, int64_t now)
{
    unsigned long flags = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    bool allowed, forgiven = false;

    if (tell_by_known(crls, ctx, now, &allowed))
        return allowed;
    if (X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), flags) != 1)
        return false;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    X509_STORE_CTX_set_app_data(ctx, &forgiven);
    X509_STORE_CTX_set_verify_cb(ctx, forgive_anchor);
    if (X509_STORE_CTX_get_check_revocation(ctx)(ctx) != 1 ||
        X509_STORE_CTX_get_error(ctx) != X509_V_OK)
        return false;
    remember(crls, X509_STORE_CTX_get0_chain(ctx), forgiven, now);
    return true;
}
