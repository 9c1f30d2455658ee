/* The keys of OpenSSH's certificate authorities, as blobs, and what they have signed (doc/mechanism.md
 * 6.8): Ed25519, ECDSA on P-256, P-384 and P-521, RSA of 2048 bits and more with SHA-2. */
#ifndef MECH_SSH_CA_H
#define MECH_SSH_CA_H

#include "base/bytes.h"
#include "base/report.h"

#define SSH_CA_MAX 8192 /* bytes of the blob of such a key: RSA of 16384 bits and any exponent */

/* Is a key of this type one that a CA may have? */
bool ssh_ca_has_type(struct bytes name);
/* Is it the blob of a key that may be a CA's? EDHOC_ERR_KEY_FORMAT, with what is wrong. */
edhoc_err ssh_ca_check(struct bytes ca) EDHOC_MUST_USE;
/* Did the CA sign this text? EDHOC_ERR_CERT_BAD when it did not or the signature is malformed,
 * EDHOC_ERR_KEY_FORMAT as above. */
edhoc_err ssh_ca_verify(struct bytes ca, struct bytes text, struct bytes signature) EDHOC_MUST_USE;

#endif
