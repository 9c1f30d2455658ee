/* Peers with X.509 certificates: a CA's word, where no trust line has a stronger one. */
#ifndef MECH_JUDGE_X509_H
#define MECH_JUDGE_X509_H

#include "peer/peer.h"
#include "peer/trust.h"

/* See judge.h. */
edhoc_err judge_server_x509(const struct trust *t, struct cred *cred, const char *target,
                            int64_t now, struct peer *out) EDHOC_MUST_USE;
edhoc_err judge_client_x509(const struct trust *t, struct cred *cred, int64_t now,
                            struct peer *out) EDHOC_MUST_USE;

#endif
