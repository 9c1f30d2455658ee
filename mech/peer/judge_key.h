/* Peers with raw keys: which trust line decides, and why none does. */
#ifndef MECH_JUDGE_KEY_H
#define MECH_JUDGE_KEY_H

#include "peer/peer.h"
#include "peer/trust.h"

/* See judge.h. */
edhoc_err judge_server_key(const struct trust *t, struct cred *cred, const char *target,
                           int64_t now, struct peer *out) EDHOC_MUST_USE;
edhoc_err judge_client_key(const struct trust *t, struct cred *cred, int64_t now,
                           struct peer *out) EDHOC_MUST_USE;

#endif
