/* Per-message calls on one contiguous message: header || text || tag, or of a MIC header || tag.
 *
 * Confidentiality is always there: gss_wrap encrypts when it is asked to, also where the initiator
 * did not ask for GSS_C_CONF_FLAG (that flag only travels, for those who negotiate by it), and the
 * receiver learns from the token what was done.
 *
 * MIT would make the two calls with associated data of those on IOVs. But its gss_unwrap_aead takes
 * a message that verifies but is out of order for a failure, and gives back neither message nor
 * error; and its gss_wrap_aead copies from a NULL pointer. */
#include "base/report.h"
#include "buffers.h"
#include "context.h"
#include "mechglue.h"
#include "message.h"
#include "status.h"

#include <stdlib.h>

/* What is only signed, and the message. */
struct parts {
    struct bytes assoc, text;
};

static edhoc_err read_parts(gss_const_buffer_t assoc, gss_const_buffer_t text, struct parts *out)
{
    *out = (struct parts){glue_bytes(assoc), glue_bytes(text)};
    if ((assoc != NULL && assoc->length != out->assoc.len) ||
        (text != NULL && text->length != out->text.len))
        return report(EDHOC_ERR_ARGUMENT, "a buffer that has a length is at NULL");
    return EDHOC_OK;
}

/* ---- wrap and unwrap ---- */

/* `token` has room for the message and the overhead. */
static edhoc_err seal_into(struct glue_ctx *ctx, enum token_type type, const struct parts *in,
                           uint8_t *token)
{
    uint8_t *text = token + TOKEN_HEADER;
    const struct piece pieces[] = {
        {.sign_only = true, .in = in->assoc.p, .len = in->assoc.len},
        {.in = in->text.p, .out = text, .len = in->text.len},
    };

    const size_t skip = in->assoc.len == 0;

    return glue_seal(ctx, type, pieces + skip, 2 - skip, token, text + in->text.len);
}

static edhoc_err wrap(struct glue_ctx *ctx, enum token_type type, const struct parts *in,
                      gss_buffer_t out)
{
    const size_t len = in->text.len + TOKEN_OVERHEAD;
    uint8_t *token;
    edhoc_err err;

    if (in->text.len > MESSAGE_MAX)
        return report(EDHOC_ERR_MESSAGE_LENGTH, "send it in parts");
    token = malloc(len);
    if (token == NULL)
        return EDHOC_ERR_NOMEM;
    err = seal_into(ctx, type, in, token);
    if (err == EDHOC_OK)
        *out = (gss_buffer_desc){len, token};
    else
        free(token);
    return err;
}

static OM_uint32 wrap_call(OM_uint32 *minor_status, gss_ctx_id_t context, int conf_req_flag,
                           gss_qop_t qop_req, gss_buffer_t assoc, gss_buffer_t message,
                           int *conf_state, gss_buffer_t out)
{
    struct parts in;
    edhoc_err err;

    glue_clear_buffer(out);
    glue_clear_states(conf_state, NULL);
    if (out == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    err = read_parts(assoc, message, &in);
    if (err == EDHOC_OK)
        err = wrap((struct glue_ctx *)context, conf_req_flag != 0 ? TOKEN_SEAL : TOKEN_WRAP, &in,
                   out);
    return glue_tell_sealed(minor_status, err, conf_req_flag, conf_state);
}

GLUE_EXPORT OM_uint32 gss_wrap(OM_uint32 *minor_status, gss_ctx_id_t context, int conf_req_flag,
                               gss_qop_t qop_req, gss_buffer_t input_message, int *conf_state,
                               gss_buffer_t output_message)
{
    GLUE_CALL();
    return wrap_call(minor_status, context, conf_req_flag, qop_req, GSS_C_NO_BUFFER, input_message,
                     conf_state, output_message);
}

GLUE_EXPORT OM_uint32 gss_wrap_aead(OM_uint32 *minor_status, gss_ctx_id_t context,
                                    int conf_req_flag, gss_qop_t qop_req,
                                    gss_buffer_t input_assoc_buffer,
                                    gss_buffer_t input_payload_buffer, int *conf_state,
                                    gss_buffer_t output_message_buffer)
{
    GLUE_CALL();
    return wrap_call(minor_status, context, conf_req_flag, qop_req, input_assoc_buffer,
                     input_payload_buffer, conf_state, output_message_buffer);
}

/* `in->text` is the token; its message goes to `text`, which has room for it. */
static edhoc_err open_into(struct glue_ctx *ctx, const struct parts *in, uint8_t *text,
                           struct opened *opened)
{
    const struct bytes token = in->text;
    const struct piece pieces[] = {
        {.sign_only = true, .in = in->assoc.p, .len = in->assoc.len},
        {.in = token.p + TOKEN_HEADER, .out = text, .len = token.len - TOKEN_OVERHEAD},
    };

    const size_t skip = in->assoc.len == 0;

    return glue_open(ctx, false, token, pieces + skip, 2 - skip, token.p + token.len - TOKEN_TAG,
                     opened);
}

static edhoc_err unwrap(struct glue_ctx *ctx, const struct parts *in, gss_buffer_t out,
                        struct opened *opened)
{
    size_t len;
    uint8_t *text;
    edhoc_err err;

    if (in->text.len < TOKEN_OVERHEAD || in->text.len - TOKEN_OVERHEAD > MESSAGE_MAX)
        return glue_no_token(ctx, false, in->text);
    len = in->text.len - TOKEN_OVERHEAD;
    text = malloc(len + 1);
    if (text == NULL)
        return EDHOC_ERR_NOMEM;
    err = open_into(ctx, in, text, opened);
    if (err == EDHOC_OK && len > 0)
        *out = (gss_buffer_desc){len, text};
    else
        free(text); /* an empty message is {0, NULL}: MIT frees no other */
    return err;
}

static OM_uint32 unwrap_call(OM_uint32 *minor_status, gss_ctx_id_t context, gss_buffer_t token,
                             gss_buffer_t assoc, gss_buffer_t out, int *conf_state,
                             gss_qop_t *qop_state)
{
    struct opened opened = {false, GSS_S_COMPLETE};
    struct parts in;
    edhoc_err err;

    glue_clear_buffer(out);
    glue_clear_states(conf_state, qop_state);
    if (out == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    err = read_parts(assoc, token, &in);
    if (err == EDHOC_OK)
        err = unwrap((struct glue_ctx *)context, &in, out, &opened);
    return glue_tell_opened(minor_status, err, &opened, conf_state);
}

GLUE_EXPORT OM_uint32 gss_unwrap(OM_uint32 *minor_status, gss_ctx_id_t context,
                                 gss_buffer_t input_message, gss_buffer_t output_message,
                                 int *conf_state, gss_qop_t *qop_state)
{
    GLUE_CALL();
    return unwrap_call(minor_status, context, input_message, GSS_C_NO_BUFFER, output_message,
                       conf_state, qop_state);
}

GLUE_EXPORT OM_uint32 gss_unwrap_aead(OM_uint32 *minor_status, gss_ctx_id_t context,
                                      gss_buffer_t input_message_buffer,
                                      gss_buffer_t input_assoc_buffer,
                                      gss_buffer_t output_payload_buffer, int *conf_state,
                                      gss_qop_t *qop_state)
{
    GLUE_CALL();
    return unwrap_call(minor_status, context, input_message_buffer, input_assoc_buffer,
                       output_payload_buffer, conf_state, qop_state);
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
    err = glue_ctx_check(ctx);
    if (err == EDHOC_OK)
        *max_input_size = max < MESSAGE_MAX ? max : MESSAGE_MAX;
    return glue_status(minor_status, err);
}

/* ---- MICs ---- */

static edhoc_err make_mic(struct glue_ctx *ctx, struct bytes message, gss_buffer_t out)
{
    const struct piece piece = {.in = message.p, .len = message.len};
    uint8_t *token = malloc(TOKEN_OVERHEAD);
    edhoc_err err = EDHOC_ERR_NOMEM;

    if (token != NULL)
        err = glue_seal(ctx, TOKEN_MIC, &piece, 1, token, token + TOKEN_HEADER);
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
    struct parts in;
    edhoc_err err;

    glue_clear_buffer(message_token);
    if (message_token == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    err = read_parts(GSS_C_NO_BUFFER, message, &in);
    if (err == EDHOC_OK)
        err = make_mic((struct glue_ctx *)context, in.text, message_token);
    return glue_status(minor_status, err);
}

static edhoc_err check_mic(struct glue_ctx *ctx, struct bytes message, struct bytes token,
                           struct opened *opened)
{
    const struct piece piece = {.in = message.p, .len = message.len};

    if (token.len != TOKEN_OVERHEAD)
        return glue_no_token(ctx, true, token);
    return glue_open(ctx, true, token, &piece, 1, token.p + TOKEN_HEADER, opened);
}

GLUE_EXPORT OM_uint32 gss_verify_mic(OM_uint32 *minor_status, gss_ctx_id_t context,
                                     gss_buffer_t message, gss_buffer_t message_token,
                                     gss_qop_t *qop_state)
{
    GLUE_CALL();
    struct opened opened = {false, GSS_S_COMPLETE};
    struct parts in;
    edhoc_err err = read_parts(GSS_C_NO_BUFFER, message, &in);

    glue_clear_states(NULL, qop_state);
    if (err == EDHOC_OK)
        err = check_mic((struct glue_ctx *)context, in.text, glue_bytes(message_token), &opened);
    return glue_tell_opened(minor_status, err, &opened, NULL);
}
