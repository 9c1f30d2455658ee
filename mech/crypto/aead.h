/* The AEADs of the cipher suites, for one message or for many in pieces, over libcrypto.
 *
 * Reports EDHOC_ERR_CRYPTO (libcrypto failed, with its own words) or EDHOC_ERR_NOMEM unless it
 * says more. */
#ifndef MECH_AEAD_H
#define MECH_AEAD_H

#include "base/bytes.h"
#include "base/report.h"

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

bool crypto_has_aead(enum crypto_aead alg);
size_t crypto_aead_key(enum crypto_aead alg);
size_t crypto_aead_nonce(enum crypto_aead alg);

/* Appends ciphertext || tag to `out`. */
edhoc_err crypto_seal(enum crypto_aead alg, struct bytes key, struct bytes nonce, struct bytes aad,
                      struct bytes plaintext, struct buf *out) EDHOC_MUST_USE;
/* Appends the plaintext to `out` if the tag is right, else EDHOC_ERR_DECRYPT and `out` unchanged.
 */
edhoc_err crypto_open(enum crypto_aead alg, struct bytes key, struct bytes nonce, struct bytes aad,
                      struct bytes ciphertext, struct buf *out) EDHOC_MUST_USE;

/* A cipher with its key set, for many messages in pieces: GCM and ChaCha20-Poly1305 only. One
 * message is: begin, aad*, text*, then tag (sealing) or verify (opening). Not for use by two threads
 * at once. */
struct crypto_cipher;

edhoc_err crypto_cipher_new(enum crypto_aead alg, bool seal, struct bytes key,
                            struct crypto_cipher **out) EDHOC_MUST_USE;
void crypto_cipher_free(struct crypto_cipher *c);
/* `tag` is the 16 bytes of the message that is opened; NULL to seal. */
edhoc_err crypto_cipher_begin(struct crypto_cipher *c, const uint8_t nonce[12],
                              const uint8_t *tag) EDHOC_MUST_USE;
edhoc_err crypto_cipher_aad(struct crypto_cipher *c, struct bytes aad) EDHOC_MUST_USE;
/* `out` has room for in.len bytes and may be in.p itself. */
edhoc_err crypto_cipher_text(struct crypto_cipher *c, struct bytes in, uint8_t *out) EDHOC_MUST_USE;
edhoc_err crypto_cipher_tag(struct crypto_cipher *c, uint8_t tag[16]) EDHOC_MUST_USE;
/* EDHOC_ERR_TOKEN_MIC when the tag is wrong; what was written before is then to be wiped. */
edhoc_err crypto_cipher_verify(struct crypto_cipher *c) EDHOC_MUST_USE;

#endif
