/* The floor: what cannot be done without, bare on libcrypto. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

/* The public-key operations of one session, both sides: two ephemeral keys, G_XY on both sides, and
 * for each party either G_RX (G_IY) on both sides or one signature made and verified. */
struct floor {
    const char *ephemeral; /* "X25519", or an EC group */
    bool from_x;           /* the peer's ephemeral point is taken from its x alone */
    bool dh;               /* authentication by Diffie-Hellman */
    const char *hash;      /* of signatures; NULL where the algorithm has its own */
    EVP_PKEY *authentication;
};

/* `ephemeral` and `authentication`: names as libcrypto has them. */
void floor_init(struct floor *f, const char *ephemeral, const char *authentication, bool dh,
                const char *hash);
void floor_free(struct floor *f);
/* Takes a struct floor. */
void floor_establish(void *arg);

/* One message sealed and opened by an AEAD, the cipher contexts kept. */
struct floor_message {
    EVP_CIPHER_CTX *seal, *open;
    size_t len;
    uint8_t *text;
    uint64_t count;
};

#define FLOOR_HEADER 16

/* `cipher`: an AEAD with nonces of 12 bytes, as libcrypto calls it. */
void floor_message_init(struct floor_message *m, const char *cipher, size_t len);
void floor_message_free(struct floor_message *m);
/* Take a struct floor_message: sealed in place; that and opened; into buffers that are allocated and freed, as gss_wrap
 * and gss_unwrap do. */
void floor_seal(void *arg);
void floor_message(void *arg);
void floor_message_allocating(void *arg);

#endif
