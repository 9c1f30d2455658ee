/* What the files of this folder share: libcrypto's algorithms, fetched once per process, and how
 * its failures are told. */
#ifndef MECH_CRYPTO_INTERNAL_H
#define MECH_CRYPTO_INTERNAL_H

#include <openssl/evp.h>

#include "crypto/aead.h"
#include "crypto/hash.h"

/* Fetched at first use and never freed: threads may use them until the process ends, later than any
 * destructor of ours could know. A member is NULL where this libcrypto lacks the algorithm. */
struct algorithms {
    EVP_MD *md[HASH_COUNT];
    EVP_MAC *mac[HASH_COUNT]; /* HMAC, HMAC, KMAC-256 */
    EVP_CIPHER *cipher[AEAD_COUNT];
};

const struct algorithms *crypto_algorithms(void);
/* Reports EDHOC_ERR_CRYPTO with the operation and libcrypto's own reason, and empties its queue, so
 * that the host program does not find our errors there. */
edhoc_err crypto_failed(const char *operation) EDHOC_MUST_USE;
/* Empties libcrypto's error queue after a failure that is told in other words. */
void crypto_forget_errors(void);

#endif
