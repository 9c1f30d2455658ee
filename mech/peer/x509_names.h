/* Names in certificates: hosts, and what a client is called by. */
#ifndef MECH_X509_NAMES_H
#define MECH_X509_NAMES_H

#include "base/bytes.h"
#include "base/report.h"
#include "peer/name.h"

/* RFC 9525: does a SAN name this host (DNS name or IP literal)? Never the subject, no partial
 * wildcards. False for an empty host and for one that begins with a dot. */
bool x509_names_host(struct bytes certificate, const char *host);
/* The first dNSName, for messages and default names: malloc'ed, or NULL. */
char *x509_first_host(struct bytes certificate);

/* Names that a client may be known by, in doc/mechanism.md's order: the first UPN, else the first
 * rfc822Name (a user), else the first dNSName without wildcard (a service, "host@" and it), else
 * the subject (RFC 4514). *name is malloc'ed. EDHOC_ERR_NO_PEER_NAME, EDHOC_ERR_CRED_BAD. */
edhoc_err x509_client_name(struct bytes certificate, enum name_kind *kind,
                           char **name) EDHOC_MUST_USE;

/* Calls `each` for every SAN: kind "dns", "email", "upn", "ip", "uri", and its text. Stops when
 * `each` answers false. False when one of those kinds could not be read, or all of them. */
bool x509_each_san(struct bytes certificate,
                   bool (*each)(void *arg, const char *kind, const char *text), void *arg);

/* For the files x509_*.c: Microsoft's user principal name, where the SAN is one; else NULL. */
struct asn1_string_st;
struct GENERAL_NAME_st;
const struct asn1_string_st *x509_upn(const struct GENERAL_NAME_st *san);

#endif
