/* Peers with raw keys: which trust line decides, and why none does. */
#ifndef MECH_JUDGE_KEY_H
#define MECH_JUDGE_KEY_H

#include "peer/peer.h"
#include "peer/trust.h"

/* Does the line accept this key, in this role and at this time, under this name? */
bool judge_key_fits(const struct trust *t, const struct trust_cursor *at, const struct cred *cred,
                    unsigned role, struct bytes name, int64_t now);

/* See judge.h. */
edhoc_err judge_server_key(const struct trust *t, struct cred *cred, const char *target,
                           int64_t now, struct peer *out) EDHOC_MUST_USE;
edhoc_err judge_client_key(const struct trust *t, struct cred *cred, int64_t now,
                           struct peer *out) EDHOC_MUST_USE;
/* The same under a name that does not come from the credential; empty: it gave none. */
edhoc_err judge_client_key_as(const struct trust *t, struct cred *cred, struct bytes name,
                              int64_t now, struct peer *out) EDHOC_MUST_USE;
/* Does a line pin the key for the role, under whatever name and at whatever time? */
bool judge_key_is_pinned(const struct trust *t, const struct cred *cred, unsigned role);
/* The client that a line accepts under this name, with its local user. */
edhoc_err judge_fill_client(struct cred *cred, const struct trust_line *line, struct bytes name,
                            struct peer *out) EDHOC_MUST_USE;

#endif
