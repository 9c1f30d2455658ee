#include "peer/judge.h"

#include "edhoc/cred.h"
#include "peer/judge_key.h"
#include "peer/judge_x509.h"

/* A chain that came by value (one agreed on beforehand is pinned like any other key). */
static bool is_chain(const struct cred *cred)
{
    return cred_chain_length(cred) > 0;
}

edhoc_err trust_judge_server(const struct trust *t, struct cred *cred, const char *target,
                             int64_t now, struct peer *out)
{
    *out = (struct peer){0};
    return is_chain(cred) ? judge_server_x509(t, cred, target, now, out)
                          : judge_server_key(t, cred, target, now, out);
}

edhoc_err trust_judge_client(const struct trust *t, struct cred *cred, int64_t now,
                             struct peer *out)
{
    *out = (struct peer){0};
    return is_chain(cred) ? judge_client_x509(t, cred, now, out)
                          : judge_client_key(t, cred, now, out);
}
