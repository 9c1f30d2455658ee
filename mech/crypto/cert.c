#include "crypto/cert.h"

#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/key.h"

#include <openssl/err.h>
#include <openssl/x509.h>

X509 *x509_parse(struct bytes der)
{
    const uint8_t *p = der.p;
    X509 *x = der.len <= CERTIFICATE_MAX ? d2i_X509(NULL, &p, (long)der.len) : NULL;

    if (x != NULL && p != der.p + der.len) {
        X509_free(x);
        x = NULL;
    }
    if (x == NULL)
        ERR_clear_error();
    return x;
}

edhoc_err key_from_certificate(struct bytes certificate, struct key **out)
{
    X509 *x = x509_parse(certificate);
    EVP_PKEY *pkey = x != NULL ? X509_get0_pubkey(x) : NULL;
    edhoc_err err;

    *out = NULL;
    if (x == NULL)
        return report(EDHOC_ERR_CRED_BAD, "%zu bytes that are no certificate", certificate.len);
    if (pkey == NULL) {
        ERR_clear_error();
        err = report(EDHOC_ERR_KEY_FORMAT, "the certificate's key is of an unknown type");
    } else {
        err = key_from_pkey(pkey, false, out);
    }
    X509_free(x);
    if (err == EDHOC_OK && key_type(*out)->dh) {
        key_free(*out);
        *out = NULL;
        err = report(EDHOC_ERR_KEY_FORMAT, "the certificate's key cannot sign");
    }
    return err;
}
