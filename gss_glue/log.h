/* The log: whom acceptors believe and whom they refuse, for administrators (mech_edhoc(8)). Goes to
 * where the setting `log` says. The thread's story is left as it is. */
#ifndef GSS_GLUE_LOG_H
#define GSS_GLUE_LOG_H

#include "base/report.h"
#include "context.h"
#include "creds.h"
#include "peer/identity.h"
#include "peer/trust.h"

/* An acceptor's context whose session is complete, and still there; under its lock. */
void glue_log_accepted(const struct glue_ctx *ctx);
/* One whose session has failed with `err`, which is told with this thread's story. `ctx` is NULL where
 * none was begun; then with `cred`, NULL for the default one. */
void glue_log_refused(struct glue_ctx *ctx, const struct glue_cred *cred, edhoc_err err);
/* What an acceptor goes on with: the files that were passed over, the trust lines that do not count,
 * and, unless it is EDHOC_OK, why something is older than its file. Told when it is another than was
 * last told of these settings in this process. */
void glue_log_files(const struct settings *settings, const struct identity_set *identities,
                    const struct trust *trust, edhoc_err stale);
/* An acceptor's keys or trust cannot be used. */
void glue_log_unusable(const struct settings *settings, edhoc_err err);

#endif
