#include "iov_layout.h"

#include "base/report.h"

#include <stdlib.h>

/* More than any caller has, and few enough to refuse a count that is no count. */
#define IOVS_MAX 65536

static const OM_uint32 slot_types[SLOTS] = {
    [HEADER] = GSS_IOV_BUFFER_TYPE_HEADER,       [TRAILER] = GSS_IOV_BUFFER_TYPE_TRAILER,
    [PADDING] = GSS_IOV_BUFFER_TYPE_PADDING,     [STREAM] = GSS_IOV_BUFFER_TYPE_STREAM,
    [MIC_TOKEN] = GSS_IOV_BUFFER_TYPE_MIC_TOKEN,
};

void layout_clear(struct layout *l)
{
    if (l->pieces != l->few)
        free(l->pieces);
    l->pieces = NULL;
}

static edhoc_err note_slot(struct layout *l, gss_iov_buffer_t buffer)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (GSS_IOV_BUFFER_TYPE(buffer->type) != slot_types[i])
            continue;
        if (l->slot[i] != NULL)
            return report(EDHOC_ERR_ARGUMENT, "two IOV buffers of type %u",
                          (unsigned)slot_types[i]);
        l->slot[i] = buffer;
    }
    return EDHOC_OK;
}

static void note_piece(struct layout *l, gss_iov_buffer_t buffer)
{
    const bool sign_only = GSS_IOV_BUFFER_TYPE(buffer->type) == GSS_IOV_BUFFER_TYPE_SIGN_ONLY;
    uint8_t *p = buffer->buffer.value;

    if (!sign_only) {
        l->data = buffer;
        l->data_at = l->count;
        l->data_count++;
    }
    l->pieces[l->count++] = (struct piece){sign_only, p, sign_only ? NULL : p,
                                           buffer->buffer.length};
}

edhoc_err layout_read(struct layout *l, gss_iov_buffer_desc *iov, int count)
{
    edhoc_err err = EDHOC_OK;

    *l = (struct layout){.pieces = l->few};
    if (iov == NULL || count < 0 || count > IOVS_MAX)
        return report(EDHOC_ERR_ARGUMENT, "an IOV of %d buffers", count);
    if (count > PIECES_FEW)
        l->pieces = calloc((size_t)count, sizeof(*l->pieces));
    if (l->pieces == NULL)
        return EDHOC_ERR_NOMEM;
    for (int i = 0; i < count && err == EDHOC_OK; i++) {
        const OM_uint32 type = GSS_IOV_BUFFER_TYPE(iov[i].type);

        if (type == GSS_IOV_BUFFER_TYPE_DATA || type == GSS_IOV_BUFFER_TYPE_SIGN_ONLY)
            note_piece(l, &iov[i]);
        else
            err = note_slot(l, &iov[i]);
    }
    return err;
}

edhoc_err layout_check_pieces(const struct layout *l, bool pointers, edhoc_err too_long)
{
    size_t left = MESSAGE_MAX;

    for (size_t i = 0; i < l->count; i++) {
        const struct piece *piece = &l->pieces[i];

        if (pointers && piece->len > 0 && piece->in == NULL)
            return report(EDHOC_ERR_ARGUMENT, "an IOV buffer of %zu bytes at NULL", piece->len);
        if (piece->len > left)
            return report(too_long, "the IOV is longer than any message");
        left -= piece->len;
    }
    return EDHOC_OK;
}

edhoc_err layout_need(const struct layout *l, enum slot slot)
{
    return l->slot[slot] != NULL ? EDHOC_OK
                                 : report(EDHOC_ERR_ARGUMENT, "the IOV has no %s buffer",
                                          slot == HEADER ? "HEADER" : "MIC_TOKEN");
}
