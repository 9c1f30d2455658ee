#include "peer/x509_chain.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/cert.h"
#include "crypto/failure.h"
#include "crypto/hash.h"
#include "peer/verified.h"
#include "peer/x509_cert.h"
#include "peer/x509_constraints.h"
#include "peer/x509_crls.h"
#include "peer/x509_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#define CHAIN_MAX  8 /* certificates between a leaf and an anchor, both counted */
#define AUTH_LEVEL 2 /* 112 bits: no SHA-1, no RSA under 2048 */

/* ---- remembering validated chains ---- */

static edhoc_err chain_hash(const struct bytes *chain, size_t count, enum x509_purpose purpose,
                            uint8_t hash[32])
{
    uint8_t purpose_byte = (uint8_t)purpose;
    struct bytes parts[1 + CHAIN_MAX] = {bytes_of(&purpose_byte, 1)};
    struct fixed value;
    edhoc_err err;

    /* DER is self-delimiting, so the concatenation is unambiguous. */
    for (size_t i = 0; i < count; i++)
        parts[1 + i] = chain[i];
    err = crypto_digest(HASH_SHA256, parts, 1 + count, &value);
    memcpy(hash, value.b, 32);
    return err;
}

static void remember(struct x509_store *s, const uint8_t hash[32], int64_t now, int64_t expires)
{
    int64_t change = x509_crls_change(s->crls, now);

    verified_add(s->verified, hash, now, expires < change ? expires : change, expires);
}

/* ---- validation ---- */

static const struct {
    int reason;
    edhoc_err err;
    const char *advice;
} reasons[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, EDHOC_ERR_CERT_EXPIRED, "renew it"},
    {X509_V_ERR_CERT_NOT_YET_VALID, EDHOC_ERR_CERT_NOT_YET, "check both machines' clocks"},
    {X509_V_ERR_CERT_REVOKED, EDHOC_ERR_CERT_REVOKED, "its holder needs a new one"},
    {X509_V_ERR_UNABLE_TO_GET_CRL, EDHOC_ERR_CERT_CRL, "add its issuer's CRL to the CRL file"},
    {X509_V_ERR_CRL_HAS_EXPIRED, EDHOC_ERR_CERT_CRL, "fetch a new CRL"},
    {X509_V_ERR_CRL_NOT_YET_VALID, EDHOC_ERR_CERT_CRL, "check the clock"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, EDHOC_ERR_CERT_CRL, "the CRL is not its issuer's"},
    {X509_V_ERR_DIFFERENT_CRL_SCOPE, EDHOC_ERR_CERT_CRL,
     "the CRL is for other certificates of its issuer; add the one for this"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, EDHOC_ERR_CERT_UNTRUSTED, "is its CA an anchor here?"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, EDHOC_ERR_CERT_UNTRUSTED,
     "is its CA an anchor here, and does the peer send the intermediate certificates?"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, EDHOC_ERR_CERT_UNTRUSTED,
     "is its CA an anchor here, and does the peer send the intermediate certificates?"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, EDHOC_ERR_CERT_UNTRUSTED,
     "a self-signed certificate is not trusted; pin its key instead"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, EDHOC_ERR_CERT_UNTRUSTED, "is its root an anchor here?"},
};

static edhoc_err explain(struct x509_store *s, X509_STORE_CTX *ctx, X509 *leaf)
{
    int reason = X509_STORE_CTX_get_error(ctx);
    X509 *at = X509_STORE_CTX_get_current_cert(ctx);
    char *subject = x509_subject_of(at != NULL ? at : leaf);
    edhoc_err err = reason == X509_V_ERR_OUT_OF_MEM ? EDHOC_ERR_NOMEM : EDHOC_ERR_CERT_BAD;
    const char *advice = "see RFC 5280";

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].reason == reason) {
            err = reasons[i].err;
            advice = reasons[i].advice;
        }
    err = report(err, "\"%s\": %s (anchors: %s); %s", subject != NULL ? subject : "?",
                 X509_verify_cert_error_string(reason), s->path, advice);
    free(subject);
    return err;
}

/* After the path is good: what it is good for, and until when. */
static edhoc_err check_purpose(X509_STORE_CTX *ctx, X509 *leaf, enum x509_purpose purpose,
                               int64_t *expires)
{
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
    bool fits = x509_leaf_fits(leaf, purpose);
    char *subject;
    edhoc_err err;

    *expires = INT64_MAX;
    for (int i = 0; i < sk_X509_num(path); i++) {
        int64_t end = x509_seconds(X509_get0_notAfter(sk_X509_value(path, i)));

        fits = fits && x509_eku_allows(sk_X509_value(path, i), purpose);
        *expires = end < *expires ? end : *expires;
    }
    if (fits)
        return EDHOC_OK;
    subject = x509_subject_of(leaf);
    err = report(EDHOC_ERR_CERT_PURPOSE,
                 "\"%s\" or its issuer is not for %s authentication (extended key usage, and key "
                 "usage digitalSignature)",
                 subject != NULL ? subject : "?", purpose == X509_FOR_SERVER ? "server" : "client");
    free(subject);
    return err;
}

/* ---- the leaf first ---- */

struct verification {
    X509_STORE_CTX_verify_fn whole; /* libcrypto's own */
    struct x509_store *store;
    int64_t now;
};

static bool ca_hash(X509 *ca, uint8_t hash[32])
{
    unsigned len = 0;

    return X509_digest(ca, EVP_sha256(), hash, &len) == 1 && len == 32;
}

/* The CAs between the leaf and the anchor, which are now known to be what they say. */
static void remember_cas(struct x509_store *s, const STACK_OF(X509) * path, int64_t now)
{
    uint8_t hash[32];

    for (int i = 1; i + 1 < sk_X509_num(path); i++) {
        X509 *ca = sk_X509_value(path, i);

        if (ca_hash(ca, hash))
            verified_add(s->verified, hash, now, x509_seconds(X509_get0_notAfter(ca)), 0);
    }
}

static bool is_known(const struct verification *v, X509 *ca)
{
    uint8_t hash[32];

    return ca_hash(ca, hash) && verified_has(v->store->verified, hash, v->now, NULL);
}

/* libcrypto verifies from the anchor down, so that no key is used before it is authentic: what a
 * stranger's key costs (RSA with an exponent of 3,000 bits) is the stranger's choice. A CA that is known
 * from another chain has an authentic key; under one of these, which anybody has, a forged leaf costs
 * one verification and not one for each of them. */
static int leaf_first(X509_STORE_CTX *ctx)
{
    const struct verification *v = X509_STORE_CTX_get_app_data(ctx);
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
    X509 *leaf = sk_X509_value(path, 0), *issuer = sk_X509_value(path, 1);

    if (sk_X509_num(path) < 3 || !is_known(v, issuer) ||
        X509_verify(leaf, X509_get0_pubkey(issuer)) == 1)
        return v->whole(ctx);
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_SIGNATURE_FAILURE);
    X509_STORE_CTX_set_error_depth(ctx, 0);
    X509_STORE_CTX_set_current_cert(ctx, leaf);
    return 0;
}

static bool set_up(X509_STORE_CTX *ctx, X509 *leaf, STACK_OF(X509) * others, struct verification *v)
{
    X509_VERIFY_PARAM *param;

    if (X509_STORE_CTX_init(ctx, v->store->store, leaf, others) != 1)
        return false;
    v->whole = X509_STORE_CTX_get_verify(ctx);
    X509_STORE_CTX_set_app_data(ctx, v);
    X509_STORE_CTX_set_verify(ctx, leaf_first);
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)v->now);
    X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
    /* an intermediate CA may be an anchor */
    return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

/* CRLs come last: libcrypto would look at them before it looks at signatures and dates, and a
 * stranger's forged leaf would cost the check of a long CRL's signature. */
static edhoc_err verify_parsed(struct x509_store *s, X509 *leaf, STACK_OF(X509) * others,
                               enum x509_purpose purpose, int64_t now, int64_t *expires)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    struct verification v = {.store = s, .now = now};
    edhoc_err err;

    if (ctx == NULL || !set_up(ctx, leaf, others, &v))
        err = crypto_failed("preparing a certificate's validation");
    else if (X509_verify_cert(ctx) != 1)
        err = explain(s, ctx, leaf);
    else
        err = x509_check_upns(X509_STORE_CTX_get0_chain(ctx));
    if (err == EDHOC_OK)
        err = check_purpose(ctx, leaf, purpose, expires);
    if (err == EDHOC_OK && x509_crls_any(s->crls) && !x509_crls_allow(s->crls, ctx, now))
        err = explain(s, ctx, leaf);
    if (err == EDHOC_OK)
        remember_cas(s, X509_STORE_CTX_get0_chain(ctx), now);
    X509_STORE_CTX_free(ctx);
    return err;
}

static edhoc_err push_parsed(STACK_OF(X509) * others, struct bytes der, size_t number)
{
    X509 *x;
    edhoc_err err = x509_parse(der, &x);

    if (err == EDHOC_ERR_CRED_BAD)
        return report(err, "certificate %zu is malformed", number);
    if (err == EDHOC_OK && sk_X509_push(others, x) <= 0) {
        X509_free(x);
        err = EDHOC_ERR_NOMEM;
    }
    return err;
}

edhoc_err x509_verify(struct x509_store *s, const struct bytes *chain, size_t count,
                      enum x509_purpose purpose, int64_t now, int64_t *expires)
{
    STACK_OF(X509) *others = NULL;
    X509 *leaf = NULL;
    uint8_t hash[32];
    edhoc_err err;

    if (count < 1 || count > CHAIN_MAX)
        return report(EDHOC_ERR_CERT_BAD, "a chain of %zu certificates", count);
    err = chain_hash(chain, count, purpose, hash);
    if (err != EDHOC_OK || verified_has(s->verified, hash, now, expires))
        return err;
    (void)ERR_set_mark();
    others = sk_X509_new_null();
    err = others != NULL ? x509_parse(chain[0], &leaf) : EDHOC_ERR_NOMEM;
    if (err == EDHOC_ERR_CRED_BAD)
        err = report(err, "the first certificate is malformed");
    for (size_t i = 1; i < count && err == EDHOC_OK; i++)
        err = push_parsed(others, chain[i], i + 1);
    if (err == EDHOC_OK)
        err = verify_parsed(s, leaf, others, purpose, now, expires);
    if (err == EDHOC_OK)
        remember(s, hash, now, *expires);
    X509_free(leaf);
    sk_X509_pop_free(others, X509_free);
    (void)ERR_pop_to_mark();
    return err;
}
