/* MAC, extract and expand (RFC 9528 section 4.1), over libcrypto. Algorithms are fetched once per
 * process, at first use, and kept.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_MAC_H
#define MECH_MAC_H

#include "crypto/hash.h"

bool crypto_has_mac(enum crypto_hash hash);

/* What libcrypto needs for a MAC, kept from one to the next, since making it takes longer than using
 * it. Starts as zeros; it holds what was derived from the last key until it is put away. */
struct deriver {
    struct evp_mac_ctx_st *ctx;
    enum crypto_hash hash;
    struct fixed key; /* that the context has, where it can begin again with the same */
};

void deriver_put_away(struct deriver *d); /* wipes */
/* EDHOC_Extract( salt, ikm ), section 4.1.1. */
edhoc_err deriver_extract(struct deriver *d, enum crypto_hash hash, struct bytes salt,
                          struct bytes ikm, struct fixed *out) EDHOC_MUST_USE;
/* EDHOC_Expand( prk, info[0] || info[1] || info[2], len ), section 4.1.2. For SHA-2, len is at most
 * 255 * hash_length; EDHOC_ERR_TOO_LONG. */
edhoc_err deriver_expand(struct deriver *d, enum crypto_hash hash, struct bytes prk,
                         const struct bytes info[3], uint8_t *out, size_t len) EDHOC_MUST_USE;
/* KMAC256 has no limit that matters, so ours is a round one that libcrypto accepts. */
#define EDHOC_EXPAND_KMAC_MAX (1u << 20)
size_t crypto_expand_max(enum crypto_hash hash);

/* One value alone: HMAC( key, parts... ), or KMAC256( key, parts..., 512 bits, "" ) for SHAKE256. */
edhoc_err crypto_mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                     size_t count, struct fixed *out) EDHOC_MUST_USE;

#endif
