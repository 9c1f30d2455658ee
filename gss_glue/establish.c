/* Establishing a context: gss_init_sec_context and gss_accept_sec_context as the two ends of one
 * EDHOC session.
 *
 * Each call is: begin (first call only), step, conclude. The step happens under the context's
 * lock; conclude is the one exit, which hands out the token (an error message too) and wipes
 * a context that failed. */
#include "base/bytes.h"
#include "base/report.h"
#include "bindings.h"
#include "buffers.h"
#include "context.h"
#include "context_lock.h"
#include "creds.h"
#include "crypto/fork.h"
#include "edhoc/edhoc.h"
#include "framing.h"
#include "lifetime.h"
#include "log.h"
#include "mechglue.h"
#include "names.h"
#include "oids.h"
#include "peer/party.h"
#include "profile/gss_api.h"
#include "session.h"
#include "status.h"
#include "token/protect.h"
#include "trace.h"

#include <time.h>

/* ---- beginning ---- */

/* Seconds since the machine was started, in which it may have slept. */
static int64_t uptime(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

/* Takes over the session, on failure too. */
static edhoc_err ctx_begin(struct glue_session *session, struct glue_name *target, OM_uint32 flags,
                           struct glue_ctx **out)
{
    edhoc_err err = glue_ctx_new(session->initiator, out);

    if (err != EDHOC_OK) {
        glue_session_free(session);
        return err;
    }
    (*out)->session = session;
    (*out)->target = glue_name_ref(target);
    (*out)->flags = flags;
    (*out)->began = uptime();
    return EDHOC_OK;
}

/* ---- becoming open ---- */

/* Takes from the finished session what the context needs, and lets go of it. */
static edhoc_err open_ctx(struct glue_ctx *ctx)
{
    const struct glue_session *session = ctx->session;
    const struct edhoc *engine = session->engine;
    edhoc_err err = glue_session_names(session, ctx->target, &ctx->source_name, &ctx->target_name);

    if (err == EDHOC_OK)
        err = protect_new(edhoc_suite(engine), edhoc_prk_exporter(engine), ctx->initiator,
                          &ctx->protect);
    if (err != EDHOC_OK)
        return err;
    ctx->flags = profile_flags(session->profile) | GLUE_LOCAL_FLAGS;
    ctx->expires = party_expires(session->party);
    glue_trace("context %u open: method %d suite %d flags 0x%x peer \"%s\"", ctx->id,
               edhoc_method(engine), edhoc_suite(engine)->id, (unsigned)ctx->flags,
               (ctx->initiator ? ctx->target_name : ctx->source_name)->text);
    if (!ctx->initiator)
        glue_log_accepted(ctx);
    glue_session_free(ctx->session);
    ctx->session = NULL;
    ctx->state = CTX_OPEN;
    return EDHOC_OK;
}

/* ---- one call ---- */

/* One call of init or accept: what goes in, and what it tells as of the moment of its step. */
struct call {
    struct glue_ctx *ctx; /* NULL until the first call has begun one */
    bool first;
    struct bytes in;
    struct buf out;
    bool open;
    OM_uint32 flags;
    OM_uint32 lifetime;
    struct glue_name *source; /* a reference; acceptor, once open */
};

static struct call call_of(gss_ctx_id_t context, gss_buffer_t input_token)
{
    return (struct call){.ctx = (struct glue_ctx *)context,
                         .first = context == GSS_C_NO_CONTEXT,
                         .in = glue_bytes(input_token),
                         .out = buf_new(EDHOC_TOKEN_MAX)};
}

/* How long an acceptor waits for the rest after the first message_1 (doc/mechanism.md 4.2): a client
 * that is slow is given up. */
#define HALF_OPEN_SECONDS 120

static edhoc_err may_step(const struct glue_ctx *ctx)
{
    uint64_t generation;
    edhoc_err err;

    if (ctx->state != CTX_HALF_OPEN)
        return report(EDHOC_ERR_STATE, ctx->state == CTX_OPEN
                                           ? "the context was complete; it is not any more"
                                           : "establishing the context had failed");
    err = fork_generation(&generation);
    if (err == EDHOC_OK && generation != ctx->generation)
        err = EDHOC_ERR_OTHER_PROCESS;
    if (err == EDHOC_OK && !ctx->initiator && uptime() - ctx->began > HALF_OPEN_SECONDS)
        err = report(EDHOC_ERR_STATE, "it came more than %d s after the first one",
                     HALF_OPEN_SECONDS);
    return err;
}

/* An acceptor's `bindings` are those of this call; none takes back what an earlier call gave. */
static edhoc_err step_session(struct glue_ctx *ctx, const struct bindings *bindings,
                              struct bytes message, struct buf *out)
{
    edhoc_err err = may_step(ctx);

    if (err == EDHOC_OK && bindings != NULL && bindings->have)
        err = profile_set_bindings(ctx->session->profile, true, buf_bytes(&bindings->text));
    if (err == EDHOC_OK)
        err = edhoc_step(ctx->session->engine, message, out);
    if (err != EDHOC_OK || !edhoc_done(ctx->session->engine))
        return err;
    err = open_ctx(ctx);
    /* Instead of a message that would let the peer believe in this context. An initiator that has none to
     * send has an acceptor that is complete, and reads no more. */
    if (err != EDHOC_OK && (!ctx->initiator || out->len > 0))
        edhoc_refuse(out);
    return err;
}

static edhoc_err take_step(struct call *call, const struct bindings *bindings, struct bytes message)
{
    struct glue_ctx *ctx = call->ctx;
    edhoc_err err = glue_ctx_enter(ctx);

    if (err != EDHOC_OK)
        return err;
    ctx->steps++;
    err = step_session(ctx, bindings, message, &call->out);
    if (err == EDHOC_OK) {
        call->open = ctx->state == CTX_OPEN;
        call->flags = glue_ctx_flags(ctx);
        call->lifetime = call->open ? glue_lifetime(ctx->expires) : 0;
        if (call->open && !ctx->initiator)
            call->source = glue_name_ref(ctx->source_name);
    }
    glue_ctx_leave(ctx);
    return err;
}

static void trace_call(const struct call *call, edhoc_err err)
{
    const char *details = err != EDHOC_OK ? report_details(err) : "";

    glue_trace("context %u step %u: %zu bytes in, %zu out: %s%s%s",
               call->ctx != NULL ? call->ctx->id : 0, call->ctx != NULL ? call->ctx->steps : 0,
               call->in.len, call->out.len,
               err != EDHOC_OK ? report_sentence(err)
               : call->open    ? "complete"
                               : "continue",
               details[0] != '\0' ? ": " : "", details);
}

/* The one exit of init and accept: whatever failed, the context is over. The call that began it
 * frees it; later it is the caller's to delete, and stays, wiped. */
static OM_uint32 conclude(OM_uint32 *minor_status, struct call *call, edhoc_err err,
                          gss_ctx_id_t *handle, gss_buffer_t output_token)
{
    edhoc_err moved;

    trace_call(call, err);
    moved = glue_move_out(output_token, &call->out);
    buf_free(&call->out);
    if (err == EDHOC_OK)
        err = moved;
    if (err != EDHOC_OK && call->first) {
        glue_ctx_free(call->ctx);
        call->ctx = NULL;
    } else if (err != EDHOC_OK && glue_ctx_enter(call->ctx) == EDHOC_OK) {
        glue_ctx_kill(call->ctx);
        glue_ctx_leave(call->ctx);
    }
    *handle = (gss_ctx_id_t)call->ctx;
    if (err == EDHOC_OK && !call->open)
        return glue_status_as(minor_status, EDHOC_OK, GSS_S_CONTINUE_NEEDED);
    return glue_status(minor_status, err);
}

/* ---- gss_init_sec_context ---- */

/* Target, flags and bindings of later calls are not looked at. */
static edhoc_err begin(struct call *call, struct glue_cred *cred, struct glue_name *target,
                       OM_uint32 flags, gss_channel_bindings_t given)
{
    const OM_uint32 always = EDHOC_FLAG_MUTUAL | EDHOC_FLAG_INTEG;
    struct glue_session *session;
    struct bindings bindings;
    edhoc_err err = glue_bindings_read(given, &bindings);

    if (err == EDHOC_OK)
        err = glue_session_initiator(cred, target, flags, &bindings, &session);
    if (err == EDHOC_OK)
        err = ctx_begin(session, target, (flags & EDHOC_FLAGS_MASK) | always, &call->ctx);
    buf_free(&bindings.text);
    return err;
}

static edhoc_err init_context(struct call *call, struct glue_cred *cred, struct glue_name *target,
                              OM_uint32 flags, gss_channel_bindings_t given)
{
    edhoc_err err = call->first ? begin(call, cred, target, flags, given) : EDHOC_OK;

    if (err == EDHOC_OK)
        err = take_step(call, NULL, call->in);
    return err == EDHOC_OK && call->first ? glue_frame(&call->out) : err;
}

GLUE_EXPORT OM_uint32 gss_init_sec_context(
    OM_uint32 *minor_status, gss_cred_id_t cred, gss_ctx_id_t *context_handle,
    gss_name_t target_name, gss_OID mech_type, OM_uint32 req_flags, OM_uint32 time_req,
    gss_channel_bindings_t input_chan_bindings, gss_buffer_t input_token, gss_OID *actual_mech_type,
    gss_buffer_t output_token, OM_uint32 *ret_flags, OM_uint32 *time_rec)
{
    GLUE_CALL();
    struct call call;
    edhoc_err err;

    (void)time_req;
    glue_clear_buffer(output_token);
    if (actual_mech_type != NULL)
        *actual_mech_type = &glue_mech_oid;
    if (ret_flags != NULL)
        *ret_flags = 0;
    if (time_rec != NULL)
        *time_rec = 0;
    if (context_handle == NULL || output_token == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (!glue_is_our_mech(mech_type))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    if (target_name == GSS_C_NO_NAME)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    call = call_of(*context_handle, input_token);
    err = init_context(&call, (struct glue_cred *)cred, (struct glue_name *)target_name, req_flags,
                       input_chan_bindings);
    if (ret_flags != NULL)
        *ret_flags = call.flags;
    if (time_rec != NULL)
        *time_rec = call.lifetime;
    return conclude(minor_status, &call, err, context_handle, output_token);
}

/* ---- gss_accept_sec_context ---- */

/* The first token is framed; what is in the frame is a view into it. */
static edhoc_err first_message(struct call *call, struct glue_cred *cred, struct bytes *message)
{
    struct glue_session *session;
    edhoc_err err = call->in.len > EDHOC_TOKEN_MAX
                        ? report(EDHOC_ERR_TOO_LONG, "%zu bytes", call->in.len)
                        : glue_unframe(call->in, message);

    if (err == EDHOC_OK)
        err = glue_session_acceptor(cred, &session);
    return err == EDHOC_OK ? ctx_begin(session, session->cred->desired, 0, &call->ctx) : err;
}

static edhoc_err accept_context(struct call *call, struct glue_cred *cred,
                                gss_channel_bindings_t given)
{
    struct bytes message = call->in;
    struct bindings bindings;
    edhoc_err err = glue_bindings_read(given, &bindings);

    if (err == EDHOC_OK && call->first)
        err = first_message(call, cred, &message);
    if (err == EDHOC_OK)
        err = take_step(call, &bindings, message);
    buf_free(&bindings.text);
    if (err != EDHOC_OK)
        glue_log_refused(call->ctx, cred, err);
    return err;
}

GLUE_EXPORT OM_uint32 gss_accept_sec_context(OM_uint32 *minor_status, gss_ctx_id_t *context_handle,
                                             gss_cred_id_t cred, gss_buffer_t input_token,
                                             gss_channel_bindings_t input_chan_bindings,
                                             gss_name_t *src_name, gss_OID *mech_type,
                                             gss_buffer_t output_token, OM_uint32 *ret_flags,
                                             OM_uint32 *time_rec, gss_cred_id_t *delegated_cred)
{
    GLUE_CALL();
    struct call call;
    edhoc_err err;
    OM_uint32 major;

    glue_clear_buffer(output_token);
    if (src_name != NULL)
        *src_name = GSS_C_NO_NAME;
    if (mech_type != NULL)
        *mech_type = &glue_mech_oid;
    if (ret_flags != NULL)
        *ret_flags = 0;
    if (time_rec != NULL)
        *time_rec = 0;
    if (delegated_cred != NULL)
        *delegated_cred = GSS_C_NO_CREDENTIAL;
    if (context_handle == NULL || output_token == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    call = call_of(*context_handle, input_token);
    err = accept_context(&call, (struct glue_cred *)cred, input_chan_bindings);
    if (ret_flags != NULL)
        *ret_flags = call.flags;
    if (time_rec != NULL)
        *time_rec = call.lifetime;
    major = conclude(minor_status, &call, err, context_handle, output_token);
    if (src_name != NULL && major == GSS_S_COMPLETE)
        *src_name = (gss_name_t)call.source;
    else
        glue_name_free(call.source);
    return major;
}
