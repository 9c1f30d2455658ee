#include "peer/x509_cert.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/cert.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

int64_t x509_seconds(const ASN1_TIME *t)
{
    static const int64_t day = 86400;
    ASN1_TIME *epoch;
    int days = 0, rest = 0;
    int64_t value = INT64_MAX;

    (void)ERR_set_mark();
    epoch = ASN1_TIME_set(NULL, 0);
    if (epoch != NULL && t != NULL && ASN1_TIME_diff(&days, &rest, epoch, t) == 1)
        value = days * day + rest;
    ASN1_TIME_free(epoch);
    (void)ERR_pop_to_mark();
    return value;
}

/* As RFC 4514 has it, UTF-8 as it is. */
static char *name_text(const X509_NAME *name)
{
    BIO *bio;
    char *text = NULL;
    const char *p;
    long len;

    (void)ERR_set_mark();
    bio = BIO_new(BIO_s_mem());
    if (bio != NULL &&
        X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        len = BIO_get_mem_data(bio, (char **)(uintptr_t)&p);
        text = len > 0 ? strndup(p, (size_t)len) : strdup("");
    }
    BIO_free(bio);
    (void)ERR_pop_to_mark();
    return text;
}

char *x509_subject_of(X509 *x)
{
    return name_text(X509_get_subject_name(x));
}

char *x509_issuer(struct bytes certificate)
{
    X509 *x;
    char *text = x509_parse(certificate, &x) == EDHOC_OK ? name_text(X509_get_issuer_name(x))
                                                         : strdup("(not a certificate)");

    X509_free(x);
    return text;
}

char *x509_subject(struct bytes certificate)
{
    X509 *x;
    char *text = x509_parse(certificate, &x) == EDHOC_OK ? x509_subject_of(x)
                                                         : strdup("(not a certificate)");

    X509_free(x);
    return text;
}

edhoc_err x509_validity(struct bytes certificate, int64_t *not_before, int64_t *not_after)
{
    X509 *x;
    edhoc_err err = x509_parse(certificate, &x);

    if (err != EDHOC_OK)
        return err;
    *not_before = x509_seconds(X509_get0_notBefore(x));
    *not_after = x509_seconds(X509_get0_notAfter(x));
    X509_free(x);
    return EDHOC_OK;
}

size_t x509_pem_occurrences(struct bytes text, const char *what)
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

static edhoc_err read_pem(struct bytes pem, struct buf *certificates, size_t max, size_t *count)
{
    edhoc_err err;
    BIO *bio;
    X509 *x;

    *count = 0;
    (void)ERR_set_mark();
    bio = BIO_new_mem_buf(pem.len > 0 ? pem.p : (const uint8_t *)"", (int)pem.len);
    err = bio == NULL ? EDHOC_ERR_NOMEM : EDHOC_OK;
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
                            x509_pem_occurrences(pem, "BEGIN CERTIFICATE") != *count))
        err = crypto_lacked_memory()
                  ? EDHOC_ERR_NOMEM
                  : report(EDHOC_ERR_KEY_FORMAT, "certificate number %zu in it is malformed",
                           *count + 1);
    BIO_free(bio);
    (void)ERR_pop_to_mark();
    if (err != EDHOC_OK)
        while (*count > 0)
            buf_free(&certificates[--*count]);
    return err;
}

/* What is malformed may be that for want of memory, which libcrypto does not always say: it is read once
 * more. */
edhoc_err x509_read_pem(struct bytes pem, struct buf *certificates, size_t max, size_t *count)
{
    edhoc_err err = read_pem(pem, certificates, max, count);

    return err == EDHOC_ERR_KEY_FORMAT ? read_pem(pem, certificates, max, count) : err;
}

bool x509_eku_allows(X509 *x, enum x509_purpose purpose)
{
    uint32_t wanted = purpose == X509_FOR_SERVER ? XKU_SSL_SERVER : XKU_SSL_CLIENT;

    return (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) == 0 ||
           (X509_get_extended_key_usage(x) & (wanted | XKU_ANYEKU)) != 0;
}

bool x509_leaf_fits(X509 *leaf, enum x509_purpose purpose)
{
    /* X509_get_key_usage answers all bits where there is no key usage extension. */
    return (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0 && x509_eku_allows(leaf, purpose);
}

bool x509_fits_purpose(struct bytes certificate, enum x509_purpose purpose)
{
    X509 *x;
    bool fits = x509_parse(certificate, &x) == EDHOC_OK;

    (void)ERR_set_mark();
    fits = fits && x509_leaf_fits(x, purpose);
    X509_free(x);
    (void)ERR_pop_to_mark();
    return fits;
}
