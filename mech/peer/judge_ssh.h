/* Peers with OpenSSH certificates: which CA line decides, and why none does (doc/mechanism.md
 * 8.5). */
#ifndef MECH_JUDGE_SSH_H
#define MECH_JUDGE_SSH_H

#include "peer/peer.h"
#include "peer/trust.h"

/* See judge.h. */
edhoc_err judge_server_ssh(const struct trust *t, struct cred *cred, const char *target,
                           int64_t now, struct peer *out) EDHOC_MUST_USE;
edhoc_err judge_client_ssh(const struct trust *t, struct cred *cred, int64_t now,
                           struct peer *out) EDHOC_MUST_USE;

#endif
