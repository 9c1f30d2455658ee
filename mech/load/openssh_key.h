/* OpenSSH's private key files ("BEGIN OPENSSH PRIVATE KEY", OpenSSH's file PROTOCOL.key). */
#ifndef MECH_LOAD_OPENSSH_KEY_H
#define MECH_LOAD_OPENSSH_KEY_H

#include "base/report.h"

struct key;

/* Has the text such a key in it, whatever its state? */
bool openssh_key_is(struct bytes text);
/* Reads the one, unencrypted key that the text must be; `path` is for errors. The private half is
 * checked against the public one. *comment (may be NULL, see above) is for free().
 * EDHOC_ERR_KEY_FORMAT with the path, the rule and what to do. */
edhoc_err openssh_key_read(struct bytes text, const char *path, struct key **out,
                           char **comment) EDHOC_MUST_USE;

#endif
