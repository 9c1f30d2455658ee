/* Diffie-Hellman over the curves of the cipher suites.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_ECDH_H
#define MECH_ECDH_H

#include "crypto/key.h"

/* ECDH (RFC 9528 section 4.1.1.1; the all-zero check of section 9.2). EDHOC_ERR_BAD_POINT. */
edhoc_err crypto_ecdh(const struct key *private_key, const struct key *peer,
                      struct fixed *out) EDHOC_MUST_USE;

#endif
