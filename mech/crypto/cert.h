/* The public key of a certificate. */
#ifndef MECH_CERT_H
#define MECH_CERT_H

#include "crypto/key.h"

#define CERTIFICATE_MAX 65536 /* bytes of one in DER */

/* The public key of a certificate, as a signature key. EDHOC_ERR_CRED_BAD when it is no certificate
 * or has bytes left over, EDHOC_ERR_KEY_FORMAT when no suite signs with such a key. */
edhoc_err key_from_certificate(struct bytes certificate, struct key **out) EDHOC_MUST_USE;

/* libcrypto's own form of a certificate (DER, nothing after it, at most CERTIFICATE_MAX bytes), for
 * X509_free(). EDHOC_ERR_CRED_BAD, without a story, when it is none. */
struct x509_st;
edhoc_err x509_parse(struct bytes der, struct x509_st **out) EDHOC_MUST_USE;

#endif
