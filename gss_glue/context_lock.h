/* The lock of a context that is not open yet. At a fork it can be a thread of the parent's that holds it,
 * which the child does not have and would wait for in vain. */
#ifndef GSS_GLUE_CONTEXT_LOCK_H
#define GSS_GLUE_CONTEXT_LOCK_H

#include "context.h"

/* Takes the lock; in another process than the context's only where nobody has it, and else fails with
 * EDHOC_ERR_OTHER_PROCESS. */
edhoc_err glue_ctx_enter(struct glue_ctx *ctx) EDHOC_MUST_USE;
void glue_ctx_leave(struct glue_ctx *ctx);

#endif
