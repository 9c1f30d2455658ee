/* Public keys that do nothing but verify: those of OpenSSH's certificate authorities. They may be of
 * kinds that no cipher suite signs with (RSA, P-521), and so are no `struct key`. Immutable; a
 * verifier may be used by several threads. */
#ifndef MECH_VERIFIER_H
#define MECH_VERIFIER_H

#include "base/bytes.h"
#include "base/report.h"

#define VERIFIER_RSA_MIN 2048 /* bits of a modulus: 112 bits of security, as for X.509 */
#define VERIFIER_RSA_MAX 16384

enum verifier_curve { VERIFIER_P256, VERIFIER_P384, VERIFIER_P521 };
enum verifier_hash { VERIFIER_SHA256, VERIFIER_SHA512 };

struct verifier;

/* Each: EDHOC_ERR_KEY_FORMAT, with what is wrong, when the key is none. */
edhoc_err verifier_ed25519(struct bytes x, struct verifier **out) EDHOC_MUST_USE;
/* `point` is uncompressed: 04 || x || y. */
edhoc_err verifier_ecdsa(enum verifier_curve curve, struct bytes point,
                         struct verifier **out) EDHOC_MUST_USE;
/* Exponent and modulus, big-endian. */
edhoc_err verifier_rsa(struct bytes e, struct bytes n, struct verifier **out) EDHOC_MUST_USE;
void verifier_free(struct verifier *v); /* NULL is fine */

/* Bytes of a signature: 64; r and s at full length; as many as the modulus has. */
size_t verifier_length(const struct verifier *v);
/* EDHOC_ERR_PROOF when it does not verify. Ed25519 as in RFC 8032; ECDSA as r || s, with the hash
 * that belongs to the curve; RSA as RSASSA-PKCS1-v1_5 with `hash`, which counts for RSA alone. */
edhoc_err verifier_check(const struct verifier *v, enum verifier_hash hash, struct bytes text,
                         struct bytes signature) EDHOC_MUST_USE;

#endif
