/* What is revoked by key, from its file. */
#ifndef MECH_LOAD_REVOKED_FILE_H
#define MECH_LOAD_REVOKED_FILE_H

#include "load/loading.h"
#include "peer/revoked.h"

/* `where` is a place (place.h): OpenSSH's KRL, or a list of public keys. EDHOC_ERR_FILE,
 * EDHOC_ERR_PERMISSIONS, EDHOC_ERR_KEY_FORMAT with what is wrong. */
edhoc_err revoked_file_read(const char *where, struct loading *loading,
                            struct revoked **out) EDHOC_MUST_USE;

#endif
