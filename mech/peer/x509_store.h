/* Anchors and CRLs, loaded beforehand. The files x509_*.c are the only ones in this folder that
 * know libcrypto. */
#ifndef MECH_X509_STORE_H
#define MECH_X509_STORE_H

#include "base/bytes.h"
#include "base/report.h"

/* Anchors (CA certificates) and CRLs: immutable, reference-counted, shared by threads. Remembers
 * the chains that it has validated, by hash, until the first of them ends, or a CRL begins or ends. */
struct x509_store;

/* `anchors`: PEM, one CA certificate at least, nothing else. `crls`: PEM, or empty; once there are
 * some, every certificate of a chain needs a current one. The paths go into errors:
 * EDHOC_ERR_KEY_FORMAT with the file and the number of the entry. */
edhoc_err x509_store_new(struct bytes anchors, const char *anchors_path, struct bytes crls,
                         const char *crls_path, struct x509_store **out) EDHOC_MUST_USE;
struct x509_store *x509_store_ref(struct x509_store *store);
void x509_store_free(struct x509_store *store);              /* drops a reference; NULL is fine */
const char *x509_store_path(const struct x509_store *store); /* the anchors' file */

#endif
