#include "crypto/cert.h"

#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/key.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static X509 *decode(struct bytes der)
{
    const uint8_t *p = der.p;
    X509 *x = der.len <= CERTIFICATE_MAX ? d2i_X509(NULL, &p, (long)der.len) : NULL;

    if (x == NULL || p == der.p + der.len)
        return x;
    X509_free(x);
    return NULL;
}

edhoc_err x509_parse(struct bytes der, X509 **out)
{
    edhoc_err err = EDHOC_OK;

    (void)ERR_set_mark();
    *out = decode(der);
    if (*out == NULL) /* perhaps for want of memory, which libcrypto does not always say */
        *out = decode(der);
    if (*out == NULL)
        err = crypto_lacked_memory() ? EDHOC_ERR_NOMEM : EDHOC_ERR_CRED_BAD;
    (void)ERR_pop_to_mark();
    return err;
}

/* libcrypto parses a certificate also where it cannot decode the key in it, and forgets why. It may have
 * lacked memory for a moment, so it is asked again. */
static edhoc_err public_key(X509 *x, EVP_PKEY **out)
{
    EVP_PKEY *pkey = X509_get_pubkey(x);
    unsigned char *der = NULL;
    const unsigned char *p;
    int len;

    if (pkey == NULL) {
        len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
        p = der;
        pkey = len > 0 ? d2i_PUBKEY(NULL, &p, len) : NULL;
        OPENSSL_free(der);
    }
    *out = pkey;
    if (pkey != NULL)
        return EDHOC_OK;
    return crypto_lacked_memory()
               ? EDHOC_ERR_NOMEM
               : report(EDHOC_ERR_KEY_FORMAT, "the certificate's key is of an unknown type");
}

/* The leaf's key is to sign with; a certificate for Diffie-Hellman is of no use here. */
static edhoc_err signature_key(X509 *x, struct key **out)
{
    EVP_PKEY *pkey;
    edhoc_err err = public_key(x, &pkey);

    if (err != EDHOC_OK)
        return err;
    err = key_from_pkey(pkey, false, out);
    EVP_PKEY_free(pkey);
    if (err == EDHOC_OK && key_type(*out)->dh) {
        key_free(*out);
        *out = NULL;
        err = report(EDHOC_ERR_KEY_FORMAT, "the certificate's key cannot sign");
    }
    return err;
}

edhoc_err key_from_certificate(struct bytes certificate, struct key **out)
{
    edhoc_err err;
    X509 *x;

    *out = NULL;
    (void)ERR_set_mark();
    x = decode(certificate);
    if (x != NULL)
        err = signature_key(x, out);
    else
        err = crypto_lacked_memory() ? EDHOC_ERR_NOMEM
                                     : report(EDHOC_ERR_CRED_BAD,
                                              "%zu bytes that are no certificate", certificate.len);
    X509_free(x);
    (void)ERR_pop_to_mark();
    return err;
}
