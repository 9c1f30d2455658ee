/* The token format and the keys are mech/token's; here are the statuses, and what the context's flags
 * make of the order in which tokens arrive. */
#include "message.h"

#include "base/report.h"
#include "context.h"
#include "edhoc/message_error.h"
#include "status.h"
#include "token/protect.h"

edhoc_err glue_seal(struct glue_ctx *ctx, enum token_type type, const struct piece *pieces,
                    size_t count, uint8_t *header, uint8_t *tag)
{
    edhoc_err err = glue_ctx_check(ctx);

    return err == EDHOC_OK ? protect_seal(ctx->protect, type, pieces, count, header, tag) : err;
}

/* RFC 2743 section 1.2.3: supplementary statuses, and only those that were asked for. */
static OM_uint32 order_status(OM_uint32 flags, enum arrival arrival)
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

/* An initiator is open before the acceptor has judged its message_3. */
edhoc_err glue_no_token(const struct glue_ctx *ctx, bool mic, struct bytes token)
{
    edhoc_err err = glue_ctx_check(ctx);

    if (err != EDHOC_OK)
        return err;
    if (message_is_error(token))
        return message_error_read(token, NULL);
    return report(EDHOC_ERR_TOKEN, "%zu bytes that are no %s token for this side", token.len,
                  mic ? "MIC" : "Wrap");
}

edhoc_err glue_open(struct glue_ctx *ctx, bool mic, struct bytes header, const struct piece *pieces,
                    size_t count, const uint8_t *tag, struct opened *opened)
{
    enum arrival arrival = ARRIVAL_NEW;
    enum token_type type;
    edhoc_err err = glue_ctx_check(ctx);

    if (err != EDHOC_OK)
        return err;
    type = protect_type(ctx->protect, header);
    if (type == TOKEN_NONE || (type == TOKEN_MIC) != mic)
        err = glue_no_token(ctx, mic, header);
    else
        err = protect_open(ctx->protect, header.p, pieces, count, tag, &arrival);
    *opened = (struct opened){type == TOKEN_SEAL, order_status(ctx->flags, arrival)};
    return err;
}

void glue_clear_states(int *conf_state, gss_qop_t *qop_state)
{
    if (conf_state != NULL)
        *conf_state = 0;
    if (qop_state != NULL)
        *qop_state = GSS_C_QOP_DEFAULT;
}

OM_uint32 glue_tell_opened(OM_uint32 *minor_status, edhoc_err err, const struct opened *opened,
                           int *conf_state)
{
    if (err == EDHOC_ERR_PEER_ERROR) /* the failure is the token's: nobody knows who sent it */
        return glue_status_as(minor_status, err, GSS_S_DEFECTIVE_TOKEN);
    if (err != EDHOC_OK)
        return glue_status(minor_status, err);
    if (conf_state != NULL)
        *conf_state = opened->conf;
    return glue_status_as(minor_status, EDHOC_OK, opened->order);
}

OM_uint32 glue_tell_sealed(OM_uint32 *minor_status, edhoc_err err, int conf_req_flag,
                           int *conf_state)
{
    if (err == EDHOC_OK && conf_state != NULL)
        *conf_state = conf_req_flag != 0;
    return glue_status(minor_status, err);
}
