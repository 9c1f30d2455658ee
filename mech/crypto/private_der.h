/* Private keys as files have them in DER, parsed here: libcrypto's decoders leave copies of what they
 * read in memory that they free. What comes from a file is hostile: lengths are exact, in their
 * shortest form, and nothing is left over.
 *
 * Reports EDHOC_ERR_KEY_FORMAT with what is wrong, else EDHOC_ERR_CRYPTO (libcrypto failed, with its
 * own words) or EDHOC_ERR_NOMEM. `dh` tells the use of a NIST key, which is not in the file; a key of
 * another curve has only one. */
#ifndef MECH_PRIVATE_DER_H
#define MECH_PRIVATE_DER_H

#include "crypto/key.h"

/* Is it one SEQUENCE and nothing else? What a wrong passphrase decrypts is not. */
bool der_is_sequence(struct bytes der);
/* PKCS#8's PrivateKeyInfo (RFC 5208), or OneAsymmetricKey (RFC 5958). */
edhoc_err key_from_pkcs8(struct bytes der, bool dh, struct key **out) EDHOC_MUST_USE;
/* PKCS#8's EncryptedPrivateKeyInfo. EDHOC_ERR_DECRYPT if the passphrase does not open it. */
edhoc_err key_from_encrypted_pkcs8(struct bytes der, const char *passphrase, bool dh,
                                   struct key **out) EDHOC_MUST_USE;
/* SEC 1's ECPrivateKey (RFC 5915), which names its curve. */
edhoc_err key_from_sec1(struct bytes der, bool dh, struct key **out) EDHOC_MUST_USE;

#endif
