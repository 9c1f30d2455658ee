/* Private keys in PEM texts and behind URIs of OpenSSL's store.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_PEM_H
#define MECH_PEM_H

#include "crypto/key.h"

/* The private key in a PEM text. Never prompts: `passphrase` may be NULL, and an encrypted key is
 * then EDHOC_ERR_KEY_FORMAT; so is a key that is not encrypted where a passphrase is given. */
edhoc_err key_from_pem(struct bytes pem, const char *passphrase, bool dh,
                       struct key **out) EDHOC_MUST_USE;
/* The private key that OpenSSL's store finds at a URI, with the providers that the host configured.
 * Never prompts. EDHOC_ERR_KEY_FORMAT. */
edhoc_err key_from_uri(const char *uri, const char *passphrase, bool dh,
                       struct key **out) EDHOC_MUST_USE;
/* The private key as PKCS#8 PEM, unencrypted. */
edhoc_err key_to_pem(const struct key *k, struct buf *out) EDHOC_MUST_USE;

#endif
