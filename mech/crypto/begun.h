/* What was begun with a key, to be copied at each use: that takes a tenth of beginning. Made at first
 * use, by whichever thread is first; NULL until then. */
#ifndef MECH_BEGUN_H
#define MECH_BEGUN_H

#include <stdatomic.h>
#include <stdbool.h>

#include <openssl/evp.h>

/* Verifications that are kept in a process, a kilobyte each. Keys that sign or do ECDH for us are few;
 * those that verify are as many as there are peers. */
#define BEGUN_VERIFICATIONS_MAX 4096

struct begun {
    EVP_PKEY_CTX *_Atomic ecdh;
    EVP_MD_CTX *_Atomic signature, *_Atomic verification;
    atomic_bool verifies; /* it has verified once: most keys of certificates never do again */
};

void begun_init(struct begun *b);
void begun_free(struct begun *b);
/* Keeps a copy from the second verification on, where there is room for one and memory. */
void begun_keep_verification(struct begun *b, const EVP_MD_CTX *ctx);

#endif
