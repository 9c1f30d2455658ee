/* libcrypto's random generators, and forks that it does not notice.
 *
 * libcrypto tells a forked child by its process id alone, and in a pid namespace of its own a child
 * may have its parent's: then both draw the same numbers, and make the same ephemeral keys. */
#ifndef MECH_GENERATOR_H
#define MECH_GENERATOR_H

#include "base/report.h"

/* To be called before anything secret is drawn, with a mark set (crypto/failure.h): sees to it that
 * since this process began, or since our first use in it, the generators were given fresh entropy.
 * Takes no lock. EDHOC_ERR_CRYPTO, EDHOC_ERR_NOMEM. */
edhoc_err generator_ready(void) EDHOC_MUST_USE;

#endif
