#include "peer/x509.h"

#include "base/cbor.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "crypto/internal.h"
#include "crypto/key.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define REMEMBERED_MAX 512 /* validated chains */
#define CHAIN_MAX      8   /* certificates between a leaf and an anchor, both counted */
#define AUTH_LEVEL     2   /* 112 bits: no SHA-1, no RSA under 2048 */
#define SANS_MAX       256 /* subject alternative names that are looked at */

#define OID_UPN "1.3.6.1.4.1.311.20.2.3" /* Microsoft's user principal name, an otherName */

/* A chain that was validated, by the hash of purpose and certificates. */
struct remembered {
    uint8_t hash[32];
    int64_t from, until; /* good for now in from <= now < until */
    int64_t expires;
};

struct x509_store {
    atomic_uint refs;
    X509_STORE *store;
    bool crls;
    char *path;
    int64_t crl_update; /* earliest nextUpdate; INT64_MAX without CRLs */
    pthread_mutex_t lock;
    struct remembered remembered[REMEMBERED_MAX]; /* under the lock */
    size_t remembered_next;
};

/* ---- small things ---- */

static int64_t seconds(const ASN1_TIME *t)
{
    static const int64_t day = 86400;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, rest = 0;
    int64_t value = INT64_MAX;

    if (epoch != NULL && t != NULL && ASN1_TIME_diff(&days, &rest, epoch, t) == 1)
        value = days * day + rest;
    ASN1_TIME_free(epoch);
    return value;
}

/* The subject in RFC 4514 form, UTF-8 as it is. */
static char *subject_text(X509 *x)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    const char *p;
    long len;

    if (bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(x), 0,
                                          XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        len = BIO_get_mem_data(bio, (char **)(uintptr_t)&p);
        text = len > 0 ? strndup(p, (size_t)len) : strdup("");
    }
    BIO_free(bio);
    return text;
}

char *x509_subject(struct bytes certificate)
{
    X509 *x = x509_parse(certificate);
    char *text = x != NULL ? subject_text(x) : strdup("(not a certificate)");

    X509_free(x);
    return text;
}

bool x509_validity(struct bytes certificate, int64_t *not_before, int64_t *not_after)
{
    X509 *x = x509_parse(certificate);

    if (x == NULL)
        return false;
    *not_before = seconds(X509_get0_notBefore(x));
    *not_after = seconds(X509_get0_notAfter(x));
    X509_free(x);
    return true;
}

/* How often a text says so. libcrypto passes over a block whose first line is damaged; comparing
 * with what it read finds that out. */
static size_t occurrences(struct bytes text, const char *what)
{
    size_t count = 0, len = strlen(what);

    while (text.len >= len) {
        const uint8_t *at = memmem(text.p, text.len, what, len);

        if (at == NULL)
            break;
        count++;
        text.len -= (size_t)(at - text.p) + len;
        text.p = at + len;
    }
    return count;
}

edhoc_err x509_read_pem(struct bytes pem, struct buf *certificates, size_t max, size_t *count)
{
    BIO *bio = BIO_new_mem_buf(pem.len > 0 ? pem.p : (const uint8_t *)"", (int)pem.len);
    edhoc_err err = bio == NULL ? EDHOC_ERR_NOMEM : EDHOC_OK;
    X509 *x;

    *count = 0;
    while (err == EDHOC_OK && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        int len = i2d_X509(x, NULL);
        uint8_t *p;

        if (*count == max || len <= 0 || len > CERTIFICATE_MAX) {
            err = report(EDHOC_ERR_KEY_FORMAT, "more than %zu certificates, or one too long", max);
        } else {
            certificates[*count] = buf_new(CERTIFICATE_MAX);
            p = buf_extend(&certificates[*count], (size_t)len);
            err = p != NULL && i2d_X509(x, &p) == len ? EDHOC_OK : EDHOC_ERR_NOMEM;
            ++*count;
        }
        X509_free(x);
    }
    if (err == EDHOC_OK && (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE ||
                            occurrences(pem, "BEGIN CERTIFICATE") != *count))
        err = report(EDHOC_ERR_KEY_FORMAT, "certificate number %zu in it is malformed", *count + 1);
    ERR_clear_error();
    BIO_free(bio);
    if (err != EDHOC_OK)
        while (*count > 0)
            buf_free(&certificates[--*count]);
    return err;
}

/* ---- the store ---- */

static edhoc_err add_anchor(struct x509_store *s, X509 *x, const char *path, unsigned number)
{
    if (X509_check_ca(x) == 0)
        return report(EDHOC_ERR_KEY_FORMAT, "%s: certificate %u is not a CA's", path, number);
    return X509_STORE_add_cert(s->store, x) == 1 ? EDHOC_OK : crypto_failed("adding an anchor");
}

static edhoc_err add_crl(struct x509_store *s, X509_CRL *crl)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
    int64_t update = next != NULL ? seconds(next) : INT64_MAX;

    if (update < s->crl_update)
        s->crl_update = update;
    s->crls = true;
    return X509_STORE_add_crl(s->store, crl) == 1 ? EDHOC_OK : crypto_failed("adding a CRL");
}

/* Every entry of a PEM text must be of the kind asked for: one that is not would be a rule that the
 * administrator believes in and that nobody applies. */
static edhoc_err add_entry(struct x509_store *s, const char *name, const uint8_t *der, long len,
                           bool crl, const char *path, unsigned number)
{
    const uint8_t *p = der;
    X509_CRL *list = NULL;
    X509 *x = NULL;
    edhoc_err err;

    if (crl && strcmp(name, PEM_STRING_X509_CRL) == 0 &&
        (list = d2i_X509_CRL(NULL, &p, len)) != NULL && p == der + len)
        err = add_crl(s, list);
    else if (!crl &&
             (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0) &&
             (x = d2i_X509(NULL, &p, len)) != NULL && p == der + len)
        err = add_anchor(s, x, path, number);
    else
        err = report(EDHOC_ERR_KEY_FORMAT, "%s: entry %u (%.40s) is no valid %s", path, number,
                     name, crl ? "CRL" : "certificate");
    X509_free(x);
    X509_CRL_free(list);
    return err;
}

static edhoc_err add_pem(struct x509_store *s, struct bytes pem, bool crl, const char *path)
{
    BIO *bio = BIO_new_mem_buf(pem.len > 0 ? pem.p : (const uint8_t *)"", (int)pem.len);
    edhoc_err err = bio == NULL ? EDHOC_ERR_NOMEM : EDHOC_OK;
    char *name, *header;
    unsigned number = 0;
    uint8_t *der;
    long len;

    while (err == EDHOC_OK && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
        err = add_entry(s, name, der, len, crl, path, ++number);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    if (err == EDHOC_OK && (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE ||
                            occurrences(pem, "BEGIN ") != number))
        err = report(EDHOC_ERR_KEY_FORMAT, "%s: entry %u is malformed PEM", path, number + 1);
    else if (err == EDHOC_OK && number == 0)
        err = report(EDHOC_ERR_KEY_FORMAT, "%s: no %s in it", path, crl ? "CRL" : "certificate");
    ERR_clear_error();
    BIO_free(bio);
    return err;
}

edhoc_err x509_store_new(struct bytes anchors, const char *anchors_path, struct bytes crls,
                         const char *crls_path, struct x509_store **out)
{
    struct x509_store *s = calloc(1, sizeof(*s));
    edhoc_err err = EDHOC_OK;

    *out = NULL;
    if (s == NULL)
        return EDHOC_ERR_NOMEM;
    atomic_init(&s->refs, 1);
    s->crl_update = INT64_MAX;
    s->path = strdup(anchors_path);
    s->store = X509_STORE_new();
    if (pthread_mutex_init(&s->lock, NULL) != 0 || s->path == NULL || s->store == NULL)
        err = EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK)
        err = add_pem(s, anchors, false, anchors_path);
    if (err == EDHOC_OK && crls.len > 0)
        err = add_pem(s, crls, true, crls_path);
    if (err == EDHOC_OK)
        *out = s;
    else
        x509_store_free(s);
    return err;
}

struct x509_store *x509_store_ref(struct x509_store *store)
{
    if (store != NULL)
        atomic_fetch_add(&store->refs, 1);
    return store;
}

void x509_store_free(struct x509_store *store)
{
    if (store == NULL || atomic_fetch_sub(&store->refs, 1) != 1)
        return;
    X509_STORE_free(store->store);
    free(store->path);
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}

const char *x509_store_path(const struct x509_store *store)
{
    return store->path;
}

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

static bool recall(struct x509_store *s, const uint8_t hash[32], int64_t now, int64_t *expires)
{
    bool found = false;

    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < REMEMBERED_MAX && !found; i++) {
        const struct remembered *r = &s->remembered[i];

        if (r->from <= now && now < r->until && memcmp(r->hash, hash, 32) == 0) {
            *expires = r->expires;
            found = true;
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
    return found;
}

static void remember(struct x509_store *s, const uint8_t hash[32], int64_t now, int64_t expires)
{
    struct remembered r = {.from = now, .expires = expires};

    r.until = expires < s->crl_update ? expires : s->crl_update;
    memcpy(r.hash, hash, 32);
    (void)pthread_mutex_lock(&s->lock);
    s->remembered[s->remembered_next++ % REMEMBERED_MAX] = r;
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- validation ---- */

/* No extended key usage, or one that allows the purpose (RFC 5280 section 4.2.1.12). */
static bool eku_allows(X509 *x, enum x509_purpose purpose)
{
    uint32_t wanted = purpose == X509_FOR_SERVER ? XKU_SSL_SERVER : XKU_SSL_CLIENT;

    return (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) == 0 ||
           (X509_get_extended_key_usage(x) & (wanted | XKU_ANYEKU)) != 0;
}

static bool leaf_fits(X509 *leaf, enum x509_purpose purpose)
{
    /* X509_get_key_usage answers all bits where there is no key usage extension. */
    return (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0 && eku_allows(leaf, purpose);
}

bool x509_fits_purpose(struct bytes certificate, enum x509_purpose purpose)
{
    X509 *x = x509_parse(certificate);
    bool fits = x != NULL && leaf_fits(x, purpose);

    X509_free(x);
    return fits;
}

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
    char *subject = subject_text(at != NULL ? at : leaf);
    edhoc_err err = EDHOC_ERR_CERT_BAD;
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
    bool fits = leaf_fits(leaf, purpose);
    char *subject;
    edhoc_err err;

    *expires = INT64_MAX;
    for (int i = 0; i < sk_X509_num(path); i++) {
        int64_t end = seconds(X509_get0_notAfter(sk_X509_value(path, i)));

        fits = fits && eku_allows(sk_X509_value(path, i), purpose);
        *expires = end < *expires ? end : *expires;
    }
    if (fits)
        return EDHOC_OK;
    subject = subject_text(leaf);
    err = report(EDHOC_ERR_CERT_PURPOSE,
                 "\"%s\" or its issuer is not for %s authentication (extended key usage, and key "
                 "usage digitalSignature)",
                 subject != NULL ? subject : "?", purpose == X509_FOR_SERVER ? "server" : "client");
    free(subject);
    return err;
}

/* An anchor is believed because the administrator says so, not because its issuer has a CRL that
 * does not list it: whoever withdraws that trust removes the anchor. */
static int forgive_anchor(int ok, X509_STORE_CTX *ctx)
{
    switch (X509_STORE_CTX_get_error(ctx)) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
        break;
    default:
        return ok;
    }
    if (X509_STORE_CTX_get_error_depth(ctx) + 1 != sk_X509_num(X509_STORE_CTX_get0_chain(ctx)))
        return ok;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    return 1;
}

static bool set_up(struct x509_store *s, X509_STORE_CTX *ctx, X509 *leaf, STACK_OF(X509) * others,
                   int64_t now)
{
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN; /* an intermediate CA may be an anchor */
    X509_VERIFY_PARAM *param;

    if (X509_STORE_CTX_init(ctx, s->store, leaf, others) != 1)
        return false;
    if (s->crls)
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    X509_STORE_CTX_set_verify_cb(ctx, forgive_anchor);
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
    return X509_VERIFY_PARAM_set_flags(param, flags) == 1;
}

static edhoc_err verify_parsed(struct x509_store *s, X509 *leaf, STACK_OF(X509) * others,
                               enum x509_purpose purpose, int64_t now, int64_t *expires)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    edhoc_err err;

    if (ctx == NULL || !set_up(s, ctx, leaf, others, now))
        err = crypto_failed("preparing a certificate's validation");
    else if (X509_verify_cert(ctx) != 1)
        err = explain(s, ctx, leaf);
    else
        err = check_purpose(ctx, leaf, purpose, expires);
    ERR_clear_error();
    X509_STORE_CTX_free(ctx);
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
    if (err != EDHOC_OK || recall(s, hash, now, expires))
        return err;
    others = sk_X509_new_null();
    leaf = x509_parse(chain[0]);
    if (others == NULL || leaf == NULL)
        err = report(EDHOC_ERR_CRED_BAD, "the first certificate is malformed");
    for (size_t i = 1; i < count && err == EDHOC_OK; i++) {
        X509 *x = x509_parse(chain[i]);

        if (x == NULL || sk_X509_push(others, x) <= 0) {
            X509_free(x);
            err = report(EDHOC_ERR_CRED_BAD, "certificate %zu is malformed", i + 1);
        }
    }
    if (err == EDHOC_OK)
        err = verify_parsed(s, leaf, others, purpose, now, expires);
    if (err == EDHOC_OK)
        remember(s, hash, now, *expires);
    X509_free(leaf);
    sk_X509_pop_free(others, X509_free);
    return err;
}

/* ---- names ---- */

const char *x509_target_host(const char *target)
{
    const char *at = strrchr(target, '@');

    return at != NULL && at[1] != '\0' ? at + 1 : NULL;
}

bool x509_names_host(struct bytes certificate, const char *host)
{
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    X509 *x = host[0] == '\0' || host[0] == '.' ? NULL : x509_parse(certificate);
    ASN1_OCTET_STRING *ip = x != NULL ? a2i_IPADDRESS(host) : NULL;
    bool names = false;

    /* An IP literal is matched by iPAddress alone, all else by dNSName. */
    if (ip != NULL)
        names = X509_check_ip(x, ASN1_STRING_get0_data(ip), (size_t)ASN1_STRING_length(ip), 0) == 1;
    else if (x != NULL)
        names = X509_check_host(x, host, strlen(host), flags, NULL) == 1;
    ASN1_OCTET_STRING_free(ip);
    X509_free(x);
    ERR_clear_error();
    return names;
}

/* An ASN.1 string as UTF-8 text; NULL when it has NULs or does not convert. */
static char *string_text(const ASN1_STRING *s)
{
    unsigned char *utf8 = NULL;
    int len = s != NULL ? ASN1_STRING_to_UTF8(&utf8, s) : -1;
    char *text = NULL;

    if (len > 0 && memchr(utf8, 0, (size_t)len) == NULL)
        text = strndup((const char *)utf8, (size_t)len);
    OPENSSL_free(utf8);
    return text;
}

static char *ip_text(const ASN1_OCTET_STRING *ip)
{
    int family = ASN1_STRING_length(ip) == 4 ? AF_INET : AF_INET6;
    char text[INET6_ADDRSTRLEN] = "";

    if (ASN1_STRING_length(ip) != 4 && ASN1_STRING_length(ip) != 16)
        return NULL;
    return inet_ntop(family, ASN1_STRING_get0_data(ip), text, sizeof(text)) != NULL ? strdup(text)
                                                                                    : NULL;
}

/* A SAN's kind ("dns", ...) and text; kind NULL for those that mean nothing here. */
static char *san_text(const GENERAL_NAME *san, const char **kind)
{
    int type;
    const void *value = GENERAL_NAME_get0_value(san, &type);
    ASN1_OBJECT *upn;
    char *text = NULL;

    *kind = NULL;
    switch (type) {
    case GEN_DNS:
        *kind = "dns";
        return string_text(value);
    case GEN_EMAIL:
        *kind = "email";
        return string_text(value);
    case GEN_URI:
        *kind = "uri";
        return string_text(value);
    case GEN_IPADD:
        *kind = "ip";
        return ip_text(value);
    case GEN_OTHERNAME:
        upn = OBJ_txt2obj(OID_UPN, 1);
        if (upn != NULL && OBJ_cmp(upn, san->d.otherName->type_id) == 0 &&
            san->d.otherName->value->type == V_ASN1_UTF8STRING) {
            *kind = "upn";
            text = string_text(san->d.otherName->value->value.utf8string);
        }
        ASN1_OBJECT_free(upn);
        return text;
    default:
        return NULL;
    }
}

void x509_each_san(struct bytes certificate,
                   bool (*each)(void *arg, const char *kind, const char *text), void *arg)
{
    X509 *x = x509_parse(certificate);
    GENERAL_NAMES *sans = x != NULL ? X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL) : NULL;
    bool more = true;

    for (int i = 0; more && i < sk_GENERAL_NAME_num(sans) && i < SANS_MAX; i++) {
        const char *kind;
        char *text = san_text(sk_GENERAL_NAME_value(sans, i), &kind);

        if (kind != NULL && text != NULL)
            more = each(arg, kind, text);
        free(text);
    }
    GENERAL_NAMES_free(sans);
    X509_free(x);
    ERR_clear_error();
}

/* Finds the first SAN of a kind. */
struct first {
    const char *kind;
    bool wildcards; /* are accepted */
    char *text;
};

static bool take_first(void *arg, const char *kind, const char *text)
{
    struct first *first = arg;

    if (strcmp(kind, first->kind) != 0 || (!first->wildcards && strchr(text, '*') != NULL))
        return true;
    first->text = strdup(text);
    return false;
}

static char *first_san(struct bytes certificate, const char *kind)
{
    struct first first = {kind, strcmp(kind, "dns") != 0, NULL};

    x509_each_san(certificate, take_first, &first);
    return first.text;
}

char *x509_first_host(struct bytes certificate)
{
    struct first first = {"dns", true, NULL};

    x509_each_san(certificate, take_first, &first);
    return first.text;
}

static bool acceptable_name(const char *name, size_t max)
{
    struct bytes text = bytes_of_text(name);

    return text.len > 0 && text.len <= max && cbor_clean_text(text);
}

/* "host@" and a dNSName in lower case without a dot at its end, as a service is written. */
static char *host_name(const char *dns)
{
    static const char service[] = "host@";
    size_t len = strlen(dns);
    char *name = malloc(sizeof(service) + len);

    if (name == NULL)
        return NULL;
    if (len > 0 && dns[len - 1] == '.')
        len--;
    memcpy(name, service, sizeof(service) - 1);
    for (size_t i = 0; i < len; i++)
        name[sizeof(service) - 1 + i] = dns[i] >= 'A' && dns[i] <= 'Z' ? (char)(dns[i] - 'A' + 'a')
                                                                       : dns[i];
    name[sizeof(service) - 1 + len] = '\0';
    return name;
}

/* Can this be the name of that kind? A host is not empty and has no @ of its own. */
static bool name_fits(int kind, const char *name)
{
    const char *at = strchr(name, '@');

    if (!acceptable_name(name, kind == 3 ? 1024 : 255))
        return false;
    if (kind == 1)
        return at != NULL;
    return kind == 3 || (at != NULL && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
                         at[strlen(at) - 1] != '.');
}

edhoc_err x509_client_name(struct bytes certificate, int *kind, char **name)
{
    char *dns = NULL;
    edhoc_err err = EDHOC_OK;

    *kind = 1;
    *name = first_san(certificate, "upn");
    if (*name == NULL)
        *name = first_san(certificate, "email");
    if (*name == NULL && (dns = first_san(certificate, "dns")) != NULL) {
        *kind = 2;
        *name = host_name(dns);
    } else if (*name == NULL) {
        *kind = 3;
        *name = x509_subject(certificate);
    }
    free(dns);
    if (*name == NULL)
        return EDHOC_ERR_NOMEM;
    if (**name == '\0')
        err = report(EDHOC_ERR_NO_PEER_NAME, "the certificate has no SAN of use and no subject");
    else if (!name_fits(*kind, *name))
        err = report(EDHOC_ERR_CRED_BAD, "the name \"%.100s\" in the certificate is malformed",
                     *name);
    if (err != EDHOC_OK) {
        free(*name);
        *name = NULL;
    }
    return err;
}
