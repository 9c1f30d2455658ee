/* One private key with its certificate chain or its FILE.pub, wherever it is. */
#ifndef MECH_LOAD_IDENTITY_FILE_H
#define MECH_LOAD_IDENTITY_FILE_H

#include "load/loading.h"
#include "peer/identity.h"

#define IDENTITY_FILE_MAX 65536 /* bytes of a private key file */

/* `where` is one of:
 *
 *     a path, or file:PATH  PKCS#8 PEM or OpenSSH's format, with FILE.pub beside it; without a .pub
 *                           there is no name, and P-256 and P-384 keys sign
 *     agent:...             a key in ssh-agent (agent.h)
 *     any other URI         what OpenSSL's store opens with the providers that the host configured
 *
 * The certificate chain is that of the file `certificate` (NULL: of the key's own PEM file, if it
 * has one). Nothing ever prompts. */
edhoc_err load_identity_at(const char *where, const char *certificate, struct loading *loading,
                           struct identity **out) EDHOC_MUST_USE;

#endif
