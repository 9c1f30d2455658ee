/* Hash functions, over libcrypto. Algorithms are fetched once per process, at first use, and kept.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_HASH_H
#define MECH_HASH_H

#include "base/bytes.h"
#include "base/report.h"

enum crypto_hash { HASH_SHA256, HASH_SHA384, HASH_SHAKE256, HASH_COUNT };

bool crypto_has_hash(enum crypto_hash hash);
/* hash_length: 32, 48, 64. */
size_t crypto_hash_length(enum crypto_hash hash);
/* H( parts[0] || parts[1] || ... ). */
edhoc_err crypto_digest(enum crypto_hash hash, const struct bytes *parts, size_t count,
                        struct fixed *out) EDHOC_MUST_USE;
/* SHA-256 of one view, for key identifiers and fingerprints: 32 bytes. */
edhoc_err crypto_sha256(struct bytes in, uint8_t out[32]) EDHOC_MUST_USE;
/* SHA-1, for the fingerprints of old revocation lists and for nothing else: 20 bytes. */
edhoc_err crypto_sha1(struct bytes in, uint8_t out[20]) EDHOC_MUST_USE;

#endif
