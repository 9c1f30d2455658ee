#include "crypto/generator.h"

#include "crypto/failure.h"
#include "crypto/fork.h"

#include <stdatomic.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

/* The fork_generation() for which it was done. Nobody waits for a thread that is at it, which would
 * take a lock that a fork can leave locked for ever: whoever finds it not done yet does it too. */
static _Atomic uint64_t ready_for;

/* With prediction resistance the entropy comes from the system, by way of the generator that those
 * of all threads are seeded from; the other threads' own take from that one anew when they notice
 * that it was reseeded, before they next give anything. */
static bool reseed(EVP_RAND_CTX *generator)
{
    return generator != NULL && EVP_RAND_reseed(generator, 1, NULL, 0, NULL, 0) == 1;
}

edhoc_err generator_ready(void)
{
    uint64_t generation;
    edhoc_err err = fork_generation(&generation);

    if (err != EDHOC_OK || atomic_load(&ready_for) == generation)
        return err;
    if (!reseed(RAND_get0_private(NULL)) || !reseed(RAND_get0_public(NULL)))
        return crypto_failed("reseeding the random generators");
    atomic_store(&ready_for, generation);
    return EDHOC_OK;
}
