/* One certificate in DER: its subject, validity and purpose; and PEM texts of several. */
#ifndef MECH_X509_CERT_H
#define MECH_X509_CERT_H

#include "base/bytes.h"
#include "base/report.h"

enum x509_purpose { X509_FOR_SERVER, X509_FOR_CLIENT };

/* The subject as RFC 4514 has it: malloc'ed; NULL when out of memory. */
char *x509_subject(struct bytes certificate);
/* The issuer likewise. */
char *x509_issuer(struct bytes certificate);
/* Validity as seconds since 1970; false when it is no certificate. */
edhoc_err x509_validity(struct bytes certificate, int64_t *not_before,
                        int64_t *not_after) EDHOC_MUST_USE;
/* Would a verifier take it for this purpose (EKU, key usage)? */
bool x509_fits_purpose(struct bytes certificate, enum x509_purpose purpose);

/* The certificates in a PEM text, in order, as DER: each buf is the caller's to free. Other PEM
 * blocks (a private key before the chain) are passed over. EDHOC_ERR_KEY_FORMAT when one does not
 * parse or there are more than `max`. */
edhoc_err x509_read_pem(struct bytes pem, struct buf *certificates, size_t max,
                        size_t *count) EDHOC_MUST_USE;

/* For the files x509_*.c, with libcrypto's own types. */
struct x509_st;
struct asn1_string_st;

/* Seconds since 1970; INT64_MAX for a time that does not convert. */
int64_t x509_seconds(const struct asn1_string_st *t);
/* The subject in RFC 4514 form, UTF-8 as it is: malloc'ed, or NULL. */
char *x509_subject_of(struct x509_st *x);
/* No extended key usage, or one that allows the purpose (RFC 5280 section 4.2.1.12). */
bool x509_eku_allows(struct x509_st *x, enum x509_purpose purpose);
/* Is the leaf for signatures of this purpose? */
bool x509_leaf_fits(struct x509_st *leaf, enum x509_purpose purpose);
/* How often a text says so. libcrypto passes over a block whose first line is damaged; comparing
 * with what it read finds that out. */
size_t x509_pem_occurrences(struct bytes text, const char *what);

#endif
