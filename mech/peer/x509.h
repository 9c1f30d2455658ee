/* The libcrypto wall for X.509: anchors and CRLs loaded beforehand, chains validated against them
 * without any file or network access, names in certificates. x509.c is the only file that knows
 * X509 (and, with mech/crypto/, EVP). */
#ifndef MECH_X509_H
#define MECH_X509_H

#include "crypto/key.h"

/* Anchors (CA certificates) and CRLs: immutable, reference-counted, shared by threads. Remembers
 * the chains that it has validated, by hash, until their earliest expiry or CRL update. */
struct x509_store;

/* `anchors`: PEM, one CA certificate at least, nothing else. `crls`: PEM, or empty; once there are
 * some, every certificate of a chain needs a current one. The paths go into errors:
 * EDHOC_ERR_KEY_FORMAT with the file and the number of the entry. */
edhoc_err x509_store_new(struct bytes anchors, const char *anchors_path, struct bytes crls,
                         const char *crls_path, struct x509_store **out) EDHOC_MUST_USE;
struct x509_store *x509_store_ref(struct x509_store *store);
void x509_store_free(struct x509_store *store);              /* drops a reference; NULL is fine */
const char *x509_store_path(const struct x509_store *store); /* the anchors' file */

enum x509_purpose { X509_FOR_SERVER, X509_FOR_CLIENT };

/* Does the chain (DER, leaf first) lead to an anchor, valid at `now`, not revoked, fit for the
 * purpose? *expires is the earliest notAfter in it. EDHOC_ERR_CERT_UNTRUSTED, _EXPIRED, _NOT_YET,
 * _REVOKED, _CRL, _PURPOSE, _BAD, with the subject and what to do. */
edhoc_err x509_verify(struct x509_store *store, const struct bytes *chain, size_t count,
                      enum x509_purpose purpose, int64_t now, int64_t *expires) EDHOC_MUST_USE;

/* RFC 9525: does a SAN name this host (DNS name or IP literal)? Never the subject, no partial
 * wildcards. False for an empty host and for one that begins with a dot. */
bool x509_names_host(struct bytes certificate, const char *host);
/* The host of a target "service@host", or NULL when there is none. */
const char *x509_target_host(const char *target);
/* The first dNSName, for messages and default names: malloc'ed, or NULL. */
char *x509_first_host(struct bytes certificate);

/* Names that a client may be known by, in doc/mechanism.md's order: the first UPN, else the first
 * rfc822Name (kind 1), else the first dNSName without wildcard (kind 2, "host@" and it), else the
 * subject (kind 3, RFC 4514). *name is malloc'ed. EDHOC_ERR_NO_PEER_NAME, EDHOC_ERR_CRED_BAD. */
edhoc_err x509_client_name(struct bytes certificate, int *kind, char **name) EDHOC_MUST_USE;
/* The subject as RFC 4514 has it: malloc'ed; NULL when out of memory. */
char *x509_subject(struct bytes certificate);
/* Validity as seconds since 1970; false when it is no certificate. */
bool x509_validity(struct bytes certificate, int64_t *not_before, int64_t *not_after);
/* Would a verifier take it for this purpose (EKU, key usage)? */
bool x509_fits_purpose(struct bytes certificate, enum x509_purpose purpose);

/* Calls `each` for every SAN: kind "dns", "email", "upn", "ip", "uri", and its text. Stops when
 * `each` answers false. */
void x509_each_san(struct bytes certificate,
                   bool (*each)(void *arg, const char *kind, const char *text), void *arg);

/* The certificates in a PEM text, in order, as DER: each buf is the caller's to free. Other PEM
 * blocks (a private key before the chain) are passed over. EDHOC_ERR_KEY_FORMAT when one does not
 * parse or there are more than `max`. */
edhoc_err x509_read_pem(struct bytes pem, struct buf *certificates, size_t max,
                        size_t *count) EDHOC_MUST_USE;

#endif
