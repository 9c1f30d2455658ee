/* Per-message calls on scattered buffers. The pieces of an IOV run through the same mech/protect as
 * a contiguous message, so tokens interchange: HEADER || DATA... || TRAILER in a row is what
 * gss_wrap makes, a MIC_TOKEN is what gss_get_mic makes.
 *
 *     HEADER (16)  SIGN_ONLY*  DATA*  PADDING (0)  TRAILER (16)     in any order
 *     HEADER (32)  SIGN_ONLY*  DATA*                                DCE: header || tag
 *     STREAM (a whole token)  SIGN_ONLY*  DATA                      to unwrap
 *     MIC_TOKEN (32)  SIGN_ONLY*  DATA*                             MICs: all of it is only signed
 *
 * DATA is sealed and opened where it is. Types that mean nothing to a call are passed over, as krb5
 * does; what could be read in two ways (two HEADERs, a STREAM with a HEADER) is refused. The
 * caller's descriptors change on success only. */
#include "base/bytes.h"
#include "base/report.h"
#include "buffers.h"
#include "context.h"
#include "iov_layout.h"
#include "mechglue.h"
#include "message.h"
#include "status.h"
#include "token/protect.h"

#include <stdlib.h>

/* A layout to wrap: a HEADER, and no STREAM, which nothing would be written to. */
static edhoc_err check_wrap(const struct layout *l)
{
    if (l->slot[STREAM] != NULL)
        return report(EDHOC_ERR_ARGUMENT, "a STREAM buffer is for unwrapping");
    return layout_need(l, HEADER);
}

static size_t header_length(const struct layout *l)
{
    return l->slot[TRAILER] != NULL ? TOKEN_HEADER : TOKEN_OVERHEAD;
}

/* ---- places for what comes out ---- */

/* Where a HEADER, TRAILER or MIC_TOKEN is written: the caller's memory, or ours until it is handed
 * over. */
struct place {
    gss_iov_buffer_t buffer; /* NULL: no such place */
    uint8_t *p;
    size_t len;
    bool ours;
};

static edhoc_err place_make(struct place *place, gss_iov_buffer_t buffer, size_t len)
{
    *place = (struct place){.buffer = buffer, .len = len};
    if (buffer == NULL)
        return EDHOC_OK;
    if ((buffer->type & GSS_IOV_BUFFER_FLAG_ALLOCATE) != 0) {
        place->p = malloc(len);
        place->ours = true;
        return place->p != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
    }
    place->p = buffer->buffer.value;
    if (place->p == NULL || buffer->buffer.length < len)
        return report(EDHOC_ERR_ARGUMENT, "an IOV buffer of %zu bytes where %zu are needed",
                      place->p == NULL ? 0 : buffer->buffer.length, len);
    return EDHOC_OK;
}

/* Hands over, or takes back. */
static void place_settle(struct place *place, bool success)
{
    if (place->buffer != NULL && success) {
        place->buffer->buffer = (gss_buffer_desc){place->len, place->p};
        if (place->ours)
            place->buffer->type |= GSS_IOV_BUFFER_FLAG_ALLOCATED;
    } else if (place->ours) {
        free(place->p);
    }
}

/* There is never any padding. */
static void empty_padding(const struct layout *l)
{
    gss_iov_buffer_t padding = l->slot[PADDING];

    if (padding == NULL)
        return;
    padding->buffer.length = 0;
    if ((padding->type & GSS_IOV_BUFFER_FLAG_ALLOCATE) != 0)
        padding->buffer.value = NULL;
}

/* ---- making tokens ---- */

static edhoc_err wrap_layout(struct glue_ctx *ctx, bool conf, const struct layout *l)
{
    struct place header, trailer = {.buffer = NULL};
    edhoc_err err = place_make(&header, l->slot[HEADER], header_length(l));

    if (err == EDHOC_OK)
        err = place_make(&trailer, l->slot[TRAILER], TOKEN_TAG);
    if (err == EDHOC_OK)
        err = glue_seal(ctx, conf ? TOKEN_SEAL : TOKEN_WRAP, l->pieces, l->count, header.p,
                        trailer.buffer != NULL ? trailer.p : header.p + TOKEN_HEADER);
    place_settle(&header, err == EDHOC_OK);
    place_settle(&trailer, err == EDHOC_OK);
    if (err == EDHOC_OK)
        empty_padding(l);
    return err;
}

static edhoc_err wrap_iov(struct glue_ctx *ctx, bool conf, gss_iov_buffer_desc *iov, int count)
{
    struct layout l;
    edhoc_err err = layout_read(&l, iov, count);

    if (err == EDHOC_OK)
        err = check_wrap(&l);
    if (err == EDHOC_OK)
        err = layout_check_pieces(&l, true, EDHOC_ERR_MESSAGE_LENGTH);
    if (err == EDHOC_OK)
        err = wrap_layout(ctx, conf, &l);
    layout_clear(&l);
    return err;
}

GLUE_EXPORT OM_uint32 gss_wrap_iov(OM_uint32 *minor_status, gss_ctx_id_t context, int conf_req_flag,
                                   gss_qop_t qop_req, int *conf_state, gss_iov_buffer_desc *iov,
                                   int iov_count)
{
    GLUE_CALL();
    edhoc_err err;

    glue_clear_states(conf_state, NULL);
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    err = wrap_iov((struct glue_ctx *)context, conf_req_flag != 0, iov, iov_count);
    return glue_tell_sealed(minor_status, err, conf_req_flag, conf_state);
}

static edhoc_err get_mic_iov(struct glue_ctx *ctx, gss_iov_buffer_desc *iov, int count)
{
    struct place token = {.buffer = NULL};
    struct layout l;
    edhoc_err err = layout_read(&l, iov, count);

    if (err == EDHOC_OK)
        err = layout_need(&l, MIC_TOKEN);
    if (err == EDHOC_OK)
        err = layout_check_pieces(&l, true, EDHOC_ERR_MESSAGE_LENGTH);
    if (err == EDHOC_OK)
        err = place_make(&token, l.slot[MIC_TOKEN], TOKEN_OVERHEAD);
    if (err == EDHOC_OK)
        err = glue_seal(ctx, TOKEN_MIC, l.pieces, l.count, token.p, token.p + TOKEN_HEADER);
    place_settle(&token, err == EDHOC_OK);
    layout_clear(&l);
    return err;
}

GLUE_EXPORT OM_uint32 gss_get_mic_iov(OM_uint32 *minor_status, gss_ctx_id_t context,
                                      gss_qop_t qop_req, gss_iov_buffer_desc *iov, int iov_count)
{
    GLUE_CALL();
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    return glue_status(minor_status, get_mic_iov((struct glue_ctx *)context, iov, iov_count));
}

/* ---- how long the places must be ---- */

/* As krb5 does it, without a pointer: the caller is to say where. */
static void tell_length(gss_iov_buffer_t buffer, size_t len)
{
    if (buffer != NULL)
        buffer->buffer = (gss_buffer_desc){len, NULL};
}

/* `slot` is what the token begins with. DATA may come without a pointer yet. */
static edhoc_err iov_length(struct glue_ctx *ctx, enum slot slot, gss_iov_buffer_desc *iov,
                            int count)
{
    struct layout l;
    edhoc_err err = layout_read(&l, iov, count);

    if (err == EDHOC_OK)
        err = slot == HEADER ? check_wrap(&l) : layout_need(&l, slot);
    if (err == EDHOC_OK)
        err = layout_check_pieces(&l, false, EDHOC_ERR_MESSAGE_LENGTH);
    if (err == EDHOC_OK)
        err = glue_ctx_check(ctx);
    if (err == EDHOC_OK && slot == HEADER) {
        tell_length(l.slot[HEADER], header_length(&l));
        tell_length(l.slot[PADDING], 0);
        tell_length(l.slot[TRAILER], TOKEN_TAG);
    } else if (err == EDHOC_OK) {
        tell_length(l.slot[slot], TOKEN_OVERHEAD);
    }
    layout_clear(&l);
    return err;
}

GLUE_EXPORT OM_uint32 gss_wrap_iov_length(OM_uint32 *minor_status, gss_ctx_id_t context,
                                          int conf_req_flag, gss_qop_t qop_req, int *conf_state,
                                          gss_iov_buffer_desc *iov, int iov_count)
{
    GLUE_CALL();
    edhoc_err err;

    glue_clear_states(conf_state, NULL);
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    err = iov_length((struct glue_ctx *)context, HEADER, iov, iov_count);
    return glue_tell_sealed(minor_status, err, conf_req_flag, conf_state);
}

GLUE_EXPORT OM_uint32 gss_get_mic_iov_length(OM_uint32 *minor_status, gss_ctx_id_t context,
                                             gss_qop_t qop_req, gss_iov_buffer_desc *iov,
                                             int iov_count)
{
    GLUE_CALL();
    if (qop_req != GSS_C_QOP_DEFAULT)
        return glue_refuse(minor_status, GSS_S_BAD_QOP);
    return glue_status(minor_status,
                       iov_length((struct glue_ctx *)context, MIC_TOKEN, iov, iov_count));
}

/* ---- taking tokens ---- */

/* The two ends of a token, wherever its middle is. */
struct ends {
    struct bytes header; /* and what may follow it */
    const uint8_t *tag;
};

/* A received part of a token has its exact length. */
static edhoc_err check_part(gss_iov_buffer_t part, size_t len)
{
    if (part->buffer.length > 0 && part->buffer.value == NULL)
        return report(EDHOC_ERR_ARGUMENT, "an IOV buffer of %zu bytes at NULL",
                      part->buffer.length);
    if (part->buffer.length != len)
        return report(EDHOC_ERR_TOKEN, "%zu bytes where there should be %zu", part->buffer.length,
                      len);
    return EDHOC_OK;
}

static edhoc_err read_ends(const struct layout *l, enum slot slot, size_t len, struct ends *ends)
{
    gss_iov_buffer_t trailer = slot == HEADER ? l->slot[TRAILER] : NULL;
    edhoc_err err = layout_need(l, slot);
    const uint8_t *p;

    if (err == EDHOC_OK)
        err = check_part(l->slot[slot], len);
    if (err == EDHOC_OK && trailer != NULL)
        err = check_part(trailer, TOKEN_TAG);
    if (err != EDHOC_OK)
        return err;
    p = l->slot[slot]->buffer.value;
    *ends = (struct ends){bytes_of(p, TOKEN_HEADER),
                          trailer != NULL ? trailer->buffer.value : p + TOKEN_HEADER};
    return EDHOC_OK;
}

static edhoc_err unwrap_parts(struct glue_ctx *ctx, const struct layout *l, struct opened *opened)
{
    struct ends ends;
    edhoc_err err = read_ends(l, HEADER, header_length(l), &ends);

    if (err == EDHOC_OK && l->slot[PADDING] != NULL && l->slot[PADDING]->buffer.length != 0)
        err = report(EDHOC_ERR_TOKEN, "there is padding");
    if (err == EDHOC_OK)
        err = layout_check_pieces(l, true, EDHOC_ERR_TOKEN);
    return err == EDHOC_OK
               ? glue_open(ctx, false, ends.header, l->pieces, l->count, ends.tag, opened)
               : err;
}

static edhoc_err check_stream(const struct layout *l)
{
    const gss_buffer_desc *stream = &l->slot[STREAM]->buffer;

    if (l->slot[HEADER] != NULL || l->slot[TRAILER] != NULL)
        return report(EDHOC_ERR_ARGUMENT, "a STREAM is a whole token, with a HEADER beside it");
    if (l->data_count != 1)
        return report(EDHOC_ERR_ARGUMENT, "a STREAM with %zu DATA buffers", l->data_count);
    if (stream->value == NULL && stream->length > 0)
        return report(EDHOC_ERR_ARGUMENT, "a STREAM of %zu bytes at NULL", stream->length);
    return EDHOC_OK;
}

/* The message's place: new memory where DATA asks for it, else in the stream. */
static edhoc_err place_data(struct layout *l, struct bytes message, struct piece *data)
{
    *data = (struct piece){false, message.p, (uint8_t *)message.p, message.len};
    if ((l->data->type & GSS_IOV_BUFFER_FLAG_ALLOCATE) == 0)
        return EDHOC_OK;
    /* An empty message is {0, NULL}: MIT frees no other. */
    data->out = message.len > 0 ? malloc(message.len) : NULL;
    return message.len == 0 || data->out != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

static void settle_data(struct layout *l, const struct piece *data, bool success)
{
    const bool allocate = (l->data->type & GSS_IOV_BUFFER_FLAG_ALLOCATE) != 0;

    if (success) {
        l->data->buffer = (gss_buffer_desc){data->len, data->out};
        if (allocate)
            l->data->type |= GSS_IOV_BUFFER_FLAG_ALLOCATED;
    } else if (allocate) {
        free(data->out);
    }
}

static edhoc_err unwrap_stream(struct glue_ctx *ctx, struct layout *l, struct opened *opened)
{
    struct bytes token = glue_bytes(&l->slot[STREAM]->buffer);
    struct piece *data = &l->pieces[l->data_at];
    struct ends ends;
    edhoc_err err = check_stream(l);

    if (err != EDHOC_OK)
        return err;
    if (token.len < TOKEN_OVERHEAD)
        return glue_no_token(ctx, false, token);
    ends = (struct ends){token, token.p + token.len - TOKEN_TAG};
    *data = (struct piece){.in = token.p + TOKEN_HEADER, .len = token.len - TOKEN_OVERHEAD};
    err = layout_check_pieces(l, true, EDHOC_ERR_TOKEN);
    if (err != EDHOC_OK)
        return err;
    err = place_data(l, bytes_of(data->in, data->len), data);
    if (err == EDHOC_OK)
        err = glue_open(ctx, false, ends.header, l->pieces, l->count, ends.tag, opened);
    settle_data(l, data, err == EDHOC_OK);
    return err;
}

static edhoc_err unwrap_iov(struct glue_ctx *ctx, gss_iov_buffer_desc *iov, int count,
                            struct opened *opened)
{
    struct layout l;
    edhoc_err err = layout_read(&l, iov, count);

    if (err == EDHOC_OK)
        err = l.slot[STREAM] != NULL ? unwrap_stream(ctx, &l, opened)
                                     : unwrap_parts(ctx, &l, opened);
    layout_clear(&l);
    return err;
}

/* A sealed token that does not verify is wiped where it was to be opened. */
GLUE_EXPORT OM_uint32 gss_unwrap_iov(OM_uint32 *minor_status, gss_ctx_id_t context, int *conf_state,
                                     gss_qop_t *qop_state, gss_iov_buffer_desc *iov, int iov_count)
{
    GLUE_CALL();
    struct opened opened = {false, GSS_S_COMPLETE};
    edhoc_err err;

    glue_clear_states(conf_state, qop_state);
    err = unwrap_iov((struct glue_ctx *)context, iov, iov_count, &opened);
    return glue_tell_opened(minor_status, err, &opened, conf_state);
}

static edhoc_err verify_mic_iov(struct glue_ctx *ctx, gss_iov_buffer_desc *iov, int count,
                                struct opened *opened)
{
    struct ends ends;
    struct layout l;
    edhoc_err err = layout_read(&l, iov, count);

    if (err == EDHOC_OK)
        err = read_ends(&l, MIC_TOKEN, TOKEN_OVERHEAD, &ends);
    if (err == EDHOC_OK)
        err = layout_check_pieces(&l, true, EDHOC_ERR_TOKEN);
    if (err == EDHOC_OK)
        err = glue_open(ctx, true, ends.header, l.pieces, l.count, ends.tag, opened);
    layout_clear(&l);
    return err;
}

GLUE_EXPORT OM_uint32 gss_verify_mic_iov(OM_uint32 *minor_status, gss_ctx_id_t context,
                                         gss_qop_t *qop_state, gss_iov_buffer_desc *iov,
                                         int iov_count)
{
    GLUE_CALL();
    struct opened opened = {false, GSS_S_COMPLETE};
    edhoc_err err;

    glue_clear_states(NULL, qop_state);
    err = verify_mic_iov((struct glue_ctx *)context, iov, iov_count, &opened);
    return glue_tell_opened(minor_status, err, &opened, NULL);
}
