/* What is shown of any public key that this mechanism can use. */
#ifndef COMMAND_SHOW_KEY_H
#define COMMAND_SHOW_KEY_H

#include "edhoc/cred.h"

/* Its type, key id and fingerprint, a line each; the credential is that of the key. */
edhoc_err show_key(const struct key *key, const struct cred *cred) EDHOC_MUST_USE;
/* The trust line that pins it; `principals` may be NULL. */
edhoc_err show_trust_line(const char *principals, const struct key *key) EDHOC_MUST_USE;

#endif
