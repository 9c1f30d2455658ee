/* Name constraints (RFC 5280 section 4.2.1.10) where libcrypto does not look: Microsoft's user
 * principal names, which are otherNames. */
#ifndef MECH_X509_CONSTRAINTS_H
#define MECH_X509_CONSTRAINTS_H

#include "base/report.h"

struct stack_st_X509;

/* Are the UPNs of the leaf within the name constraints of the path's other certificates? A UPN is
 * written as an rfc822Name and stands for the same person, so it is constrained as one: where a
 * certificate has name constraints, they must permit rfc822Names that contain it and exclude none
 * that do. `path` is a validated one, leaf first. EDHOC_ERR_CERT_BAD with the UPN and the CA. */
edhoc_err x509_check_upns(const struct stack_st_X509 *path) EDHOC_MUST_USE;

#endif
