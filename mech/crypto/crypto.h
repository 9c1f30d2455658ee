/* The libcrypto wall: hash, extract and expand, AEAD, ECDH, signatures, keys. The files crypto_*.c
 * are the only ones that know EVP. Algorithms are fetched once per process, at first use, and kept.
 *
 * Everything here reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or
 * EDHOC_ERR_NOMEM unless it says more. */
#ifndef MECH_CRYPTO_H
#define MECH_CRYPTO_H

#include "base/bytes.h"
#include "crypto/keytype.h"
#include "base/report.h"

/* ---- hash, extract, expand (RFC 9528 section 4.1) ---- */

enum crypto_hash { HASH_SHA256, HASH_SHA384, HASH_SHAKE256, HASH_COUNT };

bool crypto_has_hash(enum crypto_hash hash);
/* hash_length: 32, 48, 64. */
size_t crypto_hash_length(enum crypto_hash hash);
/* H( parts[0] || parts[1] || ... ). */
edhoc_err crypto_digest(enum crypto_hash hash, const struct bytes *parts, size_t count,
                        struct fixed *out) EDHOC_MUST_USE;
/* HMAC( key, parts... ), or KMAC256( key, parts..., 512 bits, "" ) for SHAKE256. */
edhoc_err crypto_mac(enum crypto_hash hash, struct bytes key, const struct bytes *parts,
                     size_t count, struct fixed *out) EDHOC_MUST_USE;
/* EDHOC_Extract( salt, ikm ), section 4.1.1. */
edhoc_err crypto_extract(enum crypto_hash hash, struct bytes salt, struct bytes ikm,
                         struct fixed *out) EDHOC_MUST_USE;
/* EDHOC_Expand( prk, info, len ), section 4.1.2. For SHA-2, len is at most 255 * hash_length. */
edhoc_err crypto_expand(enum crypto_hash hash, struct bytes prk, struct bytes info, uint8_t *out,
                        size_t len) EDHOC_MUST_USE;
/* KMAC256 has no limit that matters, so ours is a round one that libcrypto accepts. */
#define EDHOC_EXPAND_KMAC_MAX (1u << 20)
size_t crypto_expand_max(enum crypto_hash hash);

/* Random bytes from libcrypto. */
edhoc_err crypto_random(uint8_t *out, size_t len) EDHOC_MUST_USE;
/* SHA-256 of one view, for key identifiers and fingerprints: 32 bytes. */
edhoc_err crypto_sha256(struct bytes in, uint8_t out[32]) EDHOC_MUST_USE;

/* ---- AEAD ---- */

enum crypto_aead {
    AES_CCM_16_64_128,  /* COSE 10: key 16, nonce 13, tag 8, messages up to 65,535 bytes */
    AES_CCM_16_128_128, /* COSE 30: the same with tag 16 */
    AES_128_GCM,        /* COSE 1: key 16, nonce 12, tag 16 */
    AES_256_GCM,        /* COSE 3: key 32, nonce 12, tag 16 */
    CHACHA20_POLY1305,  /* COSE 24: key 32, nonce 12, tag 16 */
    AEAD_COUNT
};

#define AEAD_KEY_MAX   32
#define AEAD_NONCE_MAX 13
#define AEAD_TAG_MAX   16

bool crypto_has_aead(enum crypto_aead alg);
size_t crypto_aead_key(enum crypto_aead alg);
size_t crypto_aead_nonce(enum crypto_aead alg);
size_t crypto_aead_tag(enum crypto_aead alg);

/* Appends ciphertext || tag to `out`. */
edhoc_err crypto_seal(enum crypto_aead alg, struct bytes key, struct bytes nonce, struct bytes aad,
                      struct bytes plaintext, struct buf *out) EDHOC_MUST_USE;
/* Appends the plaintext to `out` if the tag is right, else EDHOC_ERR_DECRYPT and `out` unchanged.
 */
edhoc_err crypto_open(enum crypto_aead alg, struct bytes key, struct bytes nonce, struct bytes aad,
                      struct bytes ciphertext, struct buf *out) EDHOC_MUST_USE;

/* A cipher with its key set, for many messages in pieces: GCM and ChaCha20-Poly1305 only. One
 * message is: begin, aad*, text*, then seal_tag or open_tag. Not for use by two threads at once. */
struct crypto_cipher;

edhoc_err crypto_cipher_new(enum crypto_aead alg, bool seal, struct bytes key,
                            struct crypto_cipher **out) EDHOC_MUST_USE;
void crypto_cipher_free(struct crypto_cipher *c);
edhoc_err crypto_cipher_begin(struct crypto_cipher *c, const uint8_t nonce[12]) EDHOC_MUST_USE;
edhoc_err crypto_cipher_aad(struct crypto_cipher *c, struct bytes aad) EDHOC_MUST_USE;
/* `out` has room for in.len bytes and may be in.p itself. */
edhoc_err crypto_cipher_text(struct crypto_cipher *c, struct bytes in, uint8_t *out) EDHOC_MUST_USE;
edhoc_err crypto_cipher_seal_tag(struct crypto_cipher *c, uint8_t tag[16]) EDHOC_MUST_USE;
/* EDHOC_ERR_TOKEN_MIC when the tag is wrong; what was written before is then to be wiped. */
edhoc_err crypto_cipher_open_tag(struct crypto_cipher *c, const uint8_t tag[16]) EDHOC_MUST_USE;

/* ---- asymmetric keys: immutable, reference-counted, shared by threads ---- */

struct key;

bool crypto_has_curve(enum cose_curve curve);
struct key *key_ref(struct key *k);
void key_free(struct key *k); /* drops a reference; NULL is fine */
const struct keytype *key_type(const struct key *k);
bool key_is_private(const struct key *k);
/* The public x coordinate (OKP: the public key), full length. */
struct bytes key_x(const struct key *k);
/* The y coordinate; empty for OKP, and for an ephemeral key that came as x alone. */
struct bytes key_y(const struct key *k);

edhoc_err key_generate(const struct keytype *type, struct key **out) EDHOC_MUST_USE;
/* From the raw private value: the seed or scalar of RFC 7748 / 8032, or the big-endian scalar. */
edhoc_err key_from_private(const struct keytype *type, struct bytes raw,
                           struct key **out) EDHOC_MUST_USE;
/* From public coordinates. With an empty `y` for a NIST curve, x is a compact representation
 * (RFC 9528 appendix B) and either y does. Lengths must be exact and the point on the curve, else
 * EDHOC_ERR_BAD_POINT. (Low-order X25519 and X448 points show in crypto_ecdh; what is no Ed25519 or
 * Ed448 point in crypto_verify.) */
edhoc_err key_from_public(const struct keytype *type, struct bytes x, struct bytes y,
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

/* ECDH (RFC 9528 section 4.1.1.1; the all-zero check of section 9.2). EDHOC_ERR_BAD_POINT. */
edhoc_err crypto_ecdh(const struct key *private_key, const struct key *peer,
                      struct fixed *out) EDHOC_MUST_USE;
/* A COSE signature (RFC 9053 section 2): EdDSA's own, or r || s. Appended to `signature`. */
edhoc_err crypto_sign(const struct key *private_key, struct bytes text,
                      struct buf *signature) EDHOC_MUST_USE;
/* EDHOC_ERR_PROOF when it does not verify. */
edhoc_err crypto_verify(const struct key *public_key, struct bytes text,
                        struct bytes signature) EDHOC_MUST_USE;

#endif
