/* Revocation of certificates by CRLs. What a CRL is good for is libcrypto's to say; that it was good
 * for an issuer is remembered, because its signature is over the whole list, which may be many
 * megabytes. For the files x509_*.c, with libcrypto's own types. */
#ifndef MECH_X509_CRLS_H
#define MECH_X509_CRLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/report.h"

struct x509_crls;
struct X509_crl_st;
struct x509_store_ctx_st;

edhoc_err x509_crls_new(struct x509_crls **out) EDHOC_MUST_USE;
void x509_crls_free(struct x509_crls *crls); /* NULL is fine */
/* Takes its own reference of the list. */
edhoc_err x509_crls_add(struct x509_crls *crls, struct X509_crl_st *list) EDHOC_MUST_USE;
bool x509_crls_any(const struct x509_crls *crls);
/* The first moment after `now` at which a list begins or ends; INT64_MAX: there is none. */
int64_t x509_crls_change(const struct x509_crls *crls, int64_t now);
/* After X509_verify_cert() without CRLs was content with the chain: is none of it revoked, and is
 * there a current CRL for each but the anchor? Otherwise the context has the error, as after
 * X509_verify_cert(). The context's store has the same lists. */
bool x509_crls_allow(struct x509_crls *crls, struct x509_store_ctx_st *ctx, int64_t now);

#endif
