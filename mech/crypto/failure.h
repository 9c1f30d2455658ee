/* How the failures of libcrypto are told. */
#ifndef MECH_FAILURE_H
#define MECH_FAILURE_H

#include "base/report.h"

/* Reports EDHOC_ERR_CRYPTO with the operation and libcrypto's own reason, and empties its queue, so
 * that the host program does not find our errors there. */
edhoc_err crypto_failed(const char *operation) EDHOC_MUST_USE;
/* Empties libcrypto's error queue after a failure that is told in other words. */
void crypto_forget_errors(void);

#endif
