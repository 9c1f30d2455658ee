/* Signatures in COSE's form.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_SIGN_H
#define MECH_SIGN_H

#include "crypto/key.h"

/* A COSE signature (RFC 9053 section 2): EdDSA's own, or r || s. Appended to `signature`. */
edhoc_err crypto_sign(const struct key *private_key, struct bytes text,
                      struct buf *signature) EDHOC_MUST_USE;
/* EDHOC_ERR_PROOF when it does not verify. */
edhoc_err crypto_verify(const struct key *public_key, struct bytes text,
                        struct bytes signature) EDHOC_MUST_USE;

#endif
