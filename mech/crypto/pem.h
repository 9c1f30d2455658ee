/* Private keys in PEM texts (RFC 7468, and RFC 1421's encryption of old), read without leaving a copy
 * of them behind: all memory that they pass through is wiped before it is freed.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_PEM_H
#define MECH_PEM_H

#include "crypto/key.h"

/* The first private key in the text. Never prompts: `passphrase` may be NULL, and an encrypted key is
 * then EDHOC_ERR_KEY_FORMAT; so is a key that is not encrypted where a passphrase is given. A form
 * that is not PKCS#8 or SEC 1 is left to the providers that the host configured. */
edhoc_err key_from_pem(struct bytes pem, const char *passphrase, bool dh,
                       struct key **out) EDHOC_MUST_USE;
/* The private key as PKCS#8 PEM, encrypted with the passphrase, or in clear where that is NULL. */
edhoc_err key_to_pem(const struct key *k, const char *passphrase, struct buf *out) EDHOC_MUST_USE;

#endif
