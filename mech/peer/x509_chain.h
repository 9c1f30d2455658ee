/* Chains, validated against anchors and CRLs without any file or network access. */
#ifndef MECH_X509_CHAIN_H
#define MECH_X509_CHAIN_H

#include "peer/x509_cert.h"
#include "peer/x509_store.h"

/* Does the chain (DER, leaf first) lead to an anchor, valid at `now`, not revoked, fit for the
 * purpose? *expires is the earliest notAfter in it. EDHOC_ERR_CERT_UNTRUSTED, _EXPIRED, _NOT_YET,
 * _REVOKED, _CRL, _PURPOSE, _BAD, with the subject and what to do. */
edhoc_err x509_verify(struct x509_store *store, const struct bytes *chain, size_t count,
                      enum x509_purpose purpose, int64_t now, int64_t *expires) EDHOC_MUST_USE;

#endif
