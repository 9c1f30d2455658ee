/* How libcrypto's failures are told, and how the host program's are left alone.
 *
 * libcrypto queues errors for each thread, and what stands there when we are called is the host's.
 * So every function of ours that calls libcrypto begins with ERR_set_mark() and ends with
 * ERR_pop_to_mark(), after success too, on the way to which libcrypto may have queued something. The
 * functions here look at what came after the mark, and leave it set. */
#ifndef MECH_FAILURE_H
#define MECH_FAILURE_H

#include "base/report.h"

/* EDHOC_ERR_NOMEM if memory is what libcrypto lacked, else reports EDHOC_ERR_CRYPTO with the
 * operation and libcrypto's own reason. */
edhoc_err crypto_failed(const char *operation) EDHOC_MUST_USE;
/* Was it memory that libcrypto lacked? To be asked before its failure is told as a refusal of what
 * the peer sent or a file holds. */
bool crypto_lacked_memory(void);
/* Did libcrypto say that it does not have what was asked for? */
bool crypto_lacks_it(void);

#endif
