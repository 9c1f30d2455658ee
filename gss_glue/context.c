#include "context.h"

#include "base/report.h"
#include "buffers.h"
#include "context_lock.h"
#include "crypto/fork.h"
#include "lifetime.h"
#include "mechglue.h"
#include "names.h"
#include "session.h"
#include "status.h"
#include "token/protect.h"

#include <stdlib.h>

/* ---- the object ---- */

edhoc_err glue_ctx_new(bool initiator, struct glue_ctx **out)
{
    static atomic_uint last_id;
    struct glue_ctx *ctx = calloc(1, sizeof(*ctx));
    edhoc_err err;

    *out = NULL;
    if (ctx == NULL)
        return EDHOC_ERR_NOMEM;
    err = fork_generation(&ctx->generation);
    if (err == EDHOC_OK && pthread_mutex_init(&ctx->lock, NULL) != 0)
        err = EDHOC_ERR_NOMEM;
    if (err != EDHOC_OK) {
        free(ctx);
        return err;
    }
    ctx->initiator = initiator;
    ctx->id = atomic_fetch_add(&last_id, 1) + 1;
    ctx->expires = INT64_MAX;
    *out = ctx;
    return EDHOC_OK;
}

void glue_ctx_kill(struct glue_ctx *ctx)
{
    ctx->state = CTX_DEAD;
    glue_session_free(ctx->session);
    ctx->session = NULL;
}

void glue_ctx_free(struct glue_ctx *ctx)
{
    if (ctx == NULL)
        return;
    /* Open, it is whole. */
    if (ctx->state != CTX_OPEN) {
        if (glue_ctx_enter(ctx) != EDHOC_OK)
            return;
        glue_ctx_leave(ctx);
    }
    glue_session_free(ctx->session);
    protect_free(ctx->protect);
    glue_name_free(ctx->target);
    glue_name_free(ctx->source_name);
    glue_name_free(ctx->target_name);
    (void)pthread_mutex_destroy(&ctx->lock);
    free(ctx);
}

/* ---- use ---- */

OM_uint32 glue_ctx_flags(const struct glue_ctx *ctx)
{
    if (ctx->state == CTX_OPEN)
        return ctx->flags;
    return ctx->initiator ? ctx->flags & ~(OM_uint32)GSS_C_CHANNEL_BOUND_FLAG : 0;
}

edhoc_err glue_ctx_check(const struct glue_ctx *ctx)
{
    enum ctx_state state;

    if (ctx == NULL)
        return report(EDHOC_ERR_CONTEXT_PARTIAL, "there is none");
    state = atomic_load_explicit(&ctx->state, memory_order_acquire);
    if (state != CTX_OPEN)
        return report(EDHOC_ERR_CONTEXT_PARTIAL,
                      state == CTX_DEAD ? "it has failed" : "the peer's next token is awaited");
    if (ctx->expires != INT64_MAX && glue_lifetime(ctx->expires) == 0)
        return EDHOC_ERR_CONTEXT_EXPIRED;
    return EDHOC_OK;
}

/* ---- the end, and tokens about it ---- */

/* Always succeeds: the mechglue leaks its half of the context otherwise. There is no token: RFC
 * 2743 version 2 sends none, and the peer would have no use for it. */
GLUE_EXPORT OM_uint32 gss_delete_sec_context(OM_uint32 *minor_status, gss_ctx_id_t *context_handle,
                                             gss_buffer_t output_token)
{
    GLUE_CALL_BETWEEN();
    glue_clear_buffer(output_token);
    if (context_handle != NULL) {
        glue_ctx_free((struct glue_ctx *)*context_handle);
        *context_handle = GSS_C_NO_CONTEXT;
    }
    return glue_status(minor_status, EDHOC_OK);
}

/* We never send such a token, so none can be right. It changes nothing: it is not authenticated. */
GLUE_EXPORT OM_uint32 gss_process_context_token(OM_uint32 *minor_status, gss_ctx_id_t context,
                                                gss_buffer_t token)
{
    GLUE_CALL();
    (void)token;
    if (context == GSS_C_NO_CONTEXT)
        return glue_refuse(minor_status, GSS_S_NO_CONTEXT);
    return glue_status(minor_status,
                       report(EDHOC_ERR_TOKEN, "this mechanism has no context deletion tokens"));
}
