/* OpenSSH's key revocation lists (PROTOCOL.krl), read strictly. */
#ifndef MECH_KRL_H
#define MECH_KRL_H

#include "peer/revoked.h"

/* Does the text begin as such a list? */
bool krl_is(struct bytes text);
/* EDHOC_ERR_KEY_FORMAT with the path and what is wrong: also for signed lists, whose signature
 * nobody here could check, and for critical extensions. */
edhoc_err krl_read(struct bytes text, const char *path, struct revoked **out) EDHOC_MUST_USE;

#endif
