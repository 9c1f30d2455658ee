/* Private keys by way of the providers that the host program configured: hardware, other files. What
 * becomes of their bytes is the providers' matter.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_STORE_H
#define MECH_STORE_H

#include "crypto/key.h"

/* The private key that OpenSSL's store finds at a URI. Never prompts. EDHOC_ERR_KEY_FORMAT. */
edhoc_err key_from_uri(const char *uri, const char *passphrase, bool dh,
                       struct key **out) EDHOC_MUST_USE;
/* The private key in a PEM text, in a form that a provider understands. Never prompts.
 * EDHOC_ERR_KEY_FORMAT. */
edhoc_err key_from_providers_pem(struct bytes pem, const char *passphrase, bool dh,
                                 struct key **out) EDHOC_MUST_USE;

#endif
