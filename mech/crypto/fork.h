/* Telling a forked child from its parent, so that two processes that hold the same keys never use
 * the same nonce. A page that the kernel wipes on fork (madvise MADV_WIPEONFORK) holds a random
 * number; where that is not to be had, pthread_atfork changes it. Never getpid(), which repeats. */
#ifndef MECH_FORK_H
#define MECH_FORK_H

#include "base/bytes.h"
#include "base/report.h"

/* A random non-zero number that is the same for the life of this process and another one in every
 * forked child. Thread-safe, and takes no lock. EDHOC_ERR_NOMEM, EDHOC_ERR_CRYPTO. */
edhoc_err fork_generation(uint64_t *out) EDHOC_MUST_USE;

/* 64 random bits, never all zero, that no other process draws. From the kernel: libcrypto's
 * generator is copied by a fork and notices it by getpid() alone. EDHOC_ERR_CRYPTO. */
edhoc_err fork_random(uint64_t *out) EDHOC_MUST_USE;

#endif
