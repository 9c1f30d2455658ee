/* Who the peer is: a verified credential becomes a peer with a name, or is refused. The rules are
 * doc/mechanism.md's "Who the peer is". */
#ifndef MECH_JUDGE_H
#define MECH_JUDGE_H

#include "peer/peer.h"
#include "peer/trust.h"

/* Is this the responder that we want? `cred` has proven possession. The many errors of
 * doc/mechanism.md, each with details that say what to do. */
edhoc_err trust_judge_server(const struct trust *t, struct cred *cred, const char *target,
                             int64_t now, struct peer *out) EDHOC_MUST_USE;
/* Who is this initiator? */
edhoc_err trust_judge_client(const struct trust *t, struct cred *cred, int64_t now,
                             struct peer *out) EDHOC_MUST_USE;

#endif
