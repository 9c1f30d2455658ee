/* OpenSSH certificates in `gss-edhoc check`: whose, by which CA, until when, revoked or not, and which
 * of our own lines has that CA. */
#ifndef COMMAND_CHECK_SSH_H
#define COMMAND_CHECK_SSH_H

#include "check_say.h"

#include "peer/identity.h"
#include "peer/ssh_cert.h"

/* "user certificate, key id ..., signed by SHA256:..., until ..."; `whose` is for the text. */
edhoc_err check_ssh_say(struct check *c, const char *whose,
                        const struct ssh_cert *cert) EDHOC_MUST_USE;
/* That of our own key, where it has one. What peers with the same lines would say is a hint only. */
void check_ssh_identity(struct check *c, const struct identity *id);
/* After nothing was found to be revoked: in which list, if there is one. `what` begins the line. */
void check_ssh_say_not_revoked(struct check *c, const char *what);
/* The principals of a certificate, "a, b", appended. */
void check_ssh_put_names(struct bytes certificate, struct buf *out);

#endif
