/* Per-message calls. The token format and the keys are mech/protect's; here are buffers, the
 * statuses, and what the context's flags make of the order in which tokens arrive.
 *
 * Confidentiality is always there: gss_wrap encrypts when it is asked to, also where the initiator
 * did not ask for GSS_C_CONF_FLAG (that flag only travels, for those who negotiate by it), and the
 * receiver learns from the token what was done. */
#include "wrap.h"

#include "base/report.h"
#include "buffers.h"
#include "context.h"
#include "mechglue.h"
#include "status.h"
#include "token/protect.h"

#include <stdlib.h>

/* RFC 2743 section 1.2.3: supplementary statuses, and only those that were asked for. */
OM_uint32 glue_order_status(OM_uint32 flags, enum arrival arrival)
{
    const bool replay = (flags & (GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG)) != 0;
    const bool sequence = (flags & GSS_C_SEQUENCE_FLAG) != 0;

    switch (arrival) {
    case ARRIVAL_DUPLICATE:
        return replay ? GSS_S_DUPLICATE_TOKEN : GSS_S_COMPLETE;
    case ARRIVAL_OLD:
        return replay ? GSS_S_OLD_TOKEN : GSS_S_COMPLETE;
    case ARRIVAL_UNSEQ:
        return sequence ? GSS_S_UNSEQ_TOKEN : GSS_S_COMPLETE;
    case ARRIVAL_GAP:
        return sequence ? GSS_S_GAP_TOKEN : GSS_S_COMPLETE;
    case ARRIVAL_NEW:
        break;
    }
    return GSS_S_COMPLETE;
}

/* ---- wrap and unwrap: header || text || tag ---- */

static edhoc_err seal_into(struct glue_ctx *ctx, enum token_type type, struct bytes message,
                           uint8_t *token)
{
    const struct piece piece = {false, message.p, token + TOKEN_HEADER, message.len};
    edhoc_err err = glue_ctx_use(ctx);

    if (err != EDHOC_OK)
        return err;
    err = protect_seal(ctx->protect, type, &piece, 1, token, token + TOKEN_HEADER + message.len);
    glue_ctx_done(ctx);
    return err;
}

static edhoc_err wrap(struct glue_ctx *ctx, bool conf, struct bytes message, gss_buffer_t out)
{
    uint8_t *token;
    edhoc_err err;

    if (message.len > MESSAGE_MAX)
        return report(EDHOC_ERR_MESSAGE_LENGTH, "send it in parts");
    token = malloc(message.len + TOKEN_OVERHEAD);
    if (token == NULL)
        return EDHOC_ERR_NOMEM;
    err = seal_into(ctx, conf ? TOKEN_SEAL : TOKEN_WRAP, message, token);
    if (err != EDHOC_OK) {
        free(token);
        return err;
    }
    *out = (gss_buffer_desc){message.len + TOKEN_OVERHEAD, token};
    return EDHOC_OK;
}

GLUE_EXPORT OM_uint32 gss_wrap(OM_uint32 *minor_status, gss_ctx_id_t context, int conf_req_flag,
                               gss_qop_t qop_req, gss_buffer_t input_message, int *conf_state,
                               gss_buffer_t output_message)
{
    GLUE_CALL();
    edhoc_err err;

    glue_clear_buffer(output_message);
    if (conf_state != NULL)
        *conf_state = 0;
    if (output_message == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    err = wrap((struct glue_ctx *)context, conf_req_flag != 0, glue_bytes(input_message),
               output_message);
    if (err == EDHOC_OK && conf_state != NULL)
        *conf_state = conf_req_flag != 0;
    return glue_status(minor_status, err);
}

/* What a received token turned out to be. */
struct opened {
    bool conf;
    OM_uint32 order;
};

/* `text` has room for the message, whose length is the token's without the overhead. */
static edhoc_err open_into(struct glue_ctx *ctx, struct bytes token, uint8_t *text,
                           struct opened *opened)
{
    const size_t len = token.len - TOKEN_OVERHEAD;
    const struct piece piece = {false, token.p + TOKEN_HEADER, text, len};
    enum token_type type;
    enum arrival arrival = ARRIVAL_NEW;
    edhoc_err err = glue_ctx_use(ctx);

    if (err != EDHOC_OK)
        return err;
    type = protect_type(ctx->protect, token);
    if (type != TOKEN_WRAP && type != TOKEN_SEAL)
        err = report(EDHOC_ERR_TOKEN, "it is no Wrap token for this side");
    else
        err = protect_open(ctx->protect, token.p, &piece, 1, token.p + TOKEN_HEADER + len,
                           &arrival);
    *opened = (struct opened){type == TOKEN_SEAL, glue_order_status(ctx->flags, arrival)};
    glue_ctx_done(ctx);
    return err;
}

static edhoc_err unwrap(struct glue_ctx *ctx, struct bytes token, gss_buffer_t out,
                        struct opened *opened)
{
    size_t len;
    uint8_t *text;
    edhoc_err err;

    if (token.len < TOKEN_OVERHEAD || token.len - TOKEN_OVERHEAD > MESSAGE_MAX)
        return report(EDHOC_ERR_TOKEN, "%zu bytes", token.len);
    len = token.len - TOKEN_OVERHEAD;
    text = malloc(len + 1);
    if (text == NULL)
        return EDHOC_ERR_NOMEM;
    err = open_into(ctx, token, text, opened);
    if (err == EDHOC_OK && len > 0)
        *out = (gss_buffer_desc){len, text};
    else
        free(text); /* an empty message is {0, NULL}: MIT frees no other */
    return err;
}

GLUE_EXPORT OM_uint32 gss_unwrap(OM_uint32 *minor_status, gss_ctx_id_t context,
                                 gss_buffer_t input_message, gss_buffer_t output_message,
                                 int *conf_state, gss_qop_t *qop_state)
{
    GLUE_CALL();
    struct opened opened = {false, GSS_S_COMPLETE};
    edhoc_err err;

    glue_clear_buffer(output_message);
    if (conf_state != NULL)
        *conf_state = 0;
    if (qop_state != NULL)
        *qop_state = GSS_C_QOP_DEFAULT;
    if (output_message == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    err = unwrap((struct glue_ctx *)context, glue_bytes(input_message), output_message, &opened);
    if (err != EDHOC_OK)
        return glue_status(minor_status, err);
    if (conf_state != NULL)
        *conf_state = opened.conf;
    return glue_status_as(minor_status, EDHOC_OK, opened.order);
}

/* Everything has the same overhead, so the request for confidentiality does not matter. */
GLUE_EXPORT OM_uint32 gss_wrap_size_limit(OM_uint32 *minor_status, gss_ctx_id_t context,
                                          int conf_req_flag, gss_qop_t qop_req,
                                          OM_uint32 req_output_size, OM_uint32 *max_input_size)
{
    GLUE_CALL();
    struct glue_ctx *ctx = (struct glue_ctx *)context;
    OM_uint32 max = req_output_size < TOKEN_OVERHEAD ? 0 : req_output_size - TOKEN_OVERHEAD;
    edhoc_err err;

    (void)conf_req_flag;
    if (max_input_size == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    *max_input_size = 0;
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    err = glue_ctx_use(ctx);
    if (err != EDHOC_OK)
        return glue_status(minor_status, err);
    glue_ctx_done(ctx);
    *max_input_size = max < MESSAGE_MAX ? max : MESSAGE_MAX;
    return glue_status(minor_status, EDHOC_OK);
}

/* ---- MICs: header || tag ---- */

static edhoc_err make_mic(struct glue_ctx *ctx, struct bytes message, gss_buffer_t out)
{
    const struct piece piece = {false, message.p, NULL, message.len};
    uint8_t *token = malloc(TOKEN_OVERHEAD);
    edhoc_err err = token == NULL ? EDHOC_ERR_NOMEM : glue_ctx_use(ctx);

    if (err == EDHOC_OK) {
        err = protect_seal(ctx->protect, TOKEN_MIC, &piece, 1, token, token + TOKEN_HEADER);
        glue_ctx_done(ctx);
    }
    if (err == EDHOC_OK)
        *out = (gss_buffer_desc){TOKEN_OVERHEAD, token};
    else
        free(token);
    return err;
}

GLUE_EXPORT OM_uint32 gss_get_mic(OM_uint32 *minor_status, gss_ctx_id_t context, gss_qop_t qop_req,
                                  gss_buffer_t message, gss_buffer_t message_token)
{
    GLUE_CALL();
    glue_clear_buffer(message_token);
    if (message_token == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    return glue_status(minor_status,
                       make_mic((struct glue_ctx *)context, glue_bytes(message), message_token));
}

static edhoc_err check_mic(struct glue_ctx *ctx, struct bytes message, struct bytes token,
                           OM_uint32 *order)
{
    const struct piece piece = {false, message.p, NULL, message.len};
    enum arrival arrival = ARRIVAL_NEW;
    edhoc_err err = glue_ctx_use(ctx);

    if (err != EDHOC_OK)
        return err;
    if (token.len != TOKEN_OVERHEAD || protect_type(ctx->protect, token) != TOKEN_MIC)
        err = report(EDHOC_ERR_TOKEN, "it is no MIC token for this side");
    else
        err = protect_open(ctx->protect, token.p, &piece, 1, token.p + TOKEN_HEADER, &arrival);
    *order = glue_order_status(ctx->flags, arrival);
    glue_ctx_done(ctx);
    return err;
}

GLUE_EXPORT OM_uint32 gss_verify_mic(OM_uint32 *minor_status, gss_ctx_id_t context,
                                     gss_buffer_t message, gss_buffer_t message_token,
                                     gss_qop_t *qop_state)
{
    GLUE_CALL();
    OM_uint32 order = GSS_S_COMPLETE;
    edhoc_err err;

    if (qop_state != NULL)
        *qop_state = GSS_C_QOP_DEFAULT;
    err = check_mic((struct glue_ctx *)context, glue_bytes(message), glue_bytes(message_token),
                    &order);
    return err == EDHOC_OK ? glue_status_as(minor_status, err, order)
                           : glue_status(minor_status, err);
}
