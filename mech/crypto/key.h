/* Asymmetric keys: immutable, reference-counted, shared by threads.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_KEY_H
#define MECH_KEY_H

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/keytype.h"

struct key;

bool crypto_has_curve(enum cose_curve curve);
struct key *key_ref(struct key *k);
void key_free(struct key *k); /* drops a reference; NULL is fine */
/* Lets go of what makes its next use faster; only its one user may say so. */
void key_rest(struct key *k);
const struct keytype *key_type(const struct key *k);
/* The public x coordinate (OKP: the public key), full length. */
struct bytes key_x(const struct key *k);
/* The y coordinate; empty for OKP, and for an ephemeral key that came as x alone. */
struct bytes key_y(const struct key *k);
/* The same public key, of the same type? */
bool key_same(const struct key *a, const struct key *b);

edhoc_err key_generate(const struct keytype *type, struct key **out) EDHOC_MUST_USE;
/* From the raw private value: the seed or scalar of RFC 7748 / 8032, or the big-endian scalar.
 * EDHOC_ERR_KEY_FORMAT when its length is not exact, or it is not less than the group's order, or 0. */
edhoc_err key_from_private(const struct keytype *type, struct bytes raw,
                           struct key **out) EDHOC_MUST_USE;
/* From public coordinates. With an empty `y` for a NIST curve, x is a compact representation
 * (RFC 9528 appendix B) and either y does. Lengths must be exact and the point on the curve, else
 * EDHOC_ERR_BAD_POINT. (Low-order X25519 and X448 points show in crypto_ecdh; what is no Ed25519 or
 * Ed448 point in crypto_verify.) */
edhoc_err key_from_public(const struct keytype *type, struct bytes x, struct bytes y,
                          struct key **out) EDHOC_MUST_USE;
/* The same from x alone, of a peer's ephemeral key: known to one thread, and soon let go of. */
edhoc_err key_from_ephemeral(const struct keytype *type, struct bytes x,
                             struct key **out) EDHOC_MUST_USE;
/* A public key whose private half is elsewhere (an agent, a token, a test): `sign` is called with
 * `arg` to append a COSE signature over `text`; `drop` (may be NULL) when the key dies. Takes its
 * own reference of `public_key`. */
edhoc_err key_with_signer(struct key *public_key,
                          edhoc_err (*sign)(void *arg, struct bytes text, struct buf *signature),
                          void (*drop)(void *arg), void *arg, struct key **out) EDHOC_MUST_USE;
/* From libcrypto's key, which is not consumed. `dh` tells the use of a NIST key (a key of another
 * curve has only one). EDHOC_ERR_KEY_FORMAT, with details, when no suite can use such a key. */
struct evp_pkey_st;
edhoc_err key_from_pkey(struct evp_pkey_st *pkey, bool dh, struct key **out) EDHOC_MUST_USE;
/* Reports EDHOC_ERR_KEY_FORMAT, for a key of this type, by libcrypto's name for it. */
edhoc_err key_of_no_use(const char *type) EDHOC_MUST_USE;

#endif
