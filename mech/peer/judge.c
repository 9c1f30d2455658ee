#include "peer/judge.h"

#include "edhoc/cred.h"
#include "peer/judge_key.h"
#include "peer/judge_ssh.h"
#include "peer/judge_x509.h"
#include "peer/revoked.h"
#include "peer/trust.h"

/* A chain that came by value (one agreed on beforehand is pinned like any other key). */
static bool is_chain(const struct cred *cred)
{
    return cred_chain_length(cred) > 0;
}

/* An OpenSSH certificate likewise. */
static bool is_ssh_cert(const struct cred *cred)
{
    return cred_ssh_cert(cred).len > 0;
}

edhoc_err trust_judge_server(const struct trust *t, struct cred *cred, const char *target,
                             int64_t now, struct peer *out)
{
    edhoc_err err = revoked_key(trust_revoked(t), cred_key(cred));

    *out = (struct peer){0};
    if (err != EDHOC_OK)
        return err;
    if (is_ssh_cert(cred))
        return judge_server_ssh(t, cred, target, now, out);
    return is_chain(cred) ? judge_server_x509(t, cred, target, now, out)
                          : judge_server_key(t, cred, target, now, out);
}

edhoc_err trust_judge_client(const struct trust *t, struct cred *cred, int64_t now,
                             struct peer *out)
{
    edhoc_err err = revoked_key(trust_revoked(t), cred_key(cred));

    *out = (struct peer){0};
    if (err != EDHOC_OK)
        return err;
    if (is_ssh_cert(cred))
        return judge_client_ssh(t, cred, now, out);
    return is_chain(cred) ? judge_client_x509(t, cred, now, out)
                          : judge_client_key(t, cred, now, out);
}
