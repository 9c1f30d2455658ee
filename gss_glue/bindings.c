/* doc/mechanism.md, "Channel bindings" */
#include "bindings.h"

#include "base/bytes.h"
#include "base/report.h"
#include "buffers.h"

#include <endian.h>

#define BINDINGS_MAX (1u << 20)

static void put_le32(struct buf *out, size_t value)
{
    const uint32_t number = htole32((uint32_t)value);

    buf_put(out, bytes_of(&number, sizeof(number)));
}

static void put_field(struct buf *out, const gss_buffer_desc *field)
{
    buf_fail(out, field->length > 0 && field->value == NULL ? EDHOC_ERR_ARGUMENT : EDHOC_OK);
    put_le32(out, field->length);
    buf_put(out, glue_bytes(field));
}

edhoc_err glue_bindings_read(gss_channel_bindings_t given, struct bindings *out)
{
    *out = (struct bindings){given != GSS_C_NO_CHANNEL_BINDINGS, buf_new(BINDINGS_MAX)};
    if (given == GSS_C_NO_CHANNEL_BINDINGS)
        return EDHOC_OK;
    put_le32(&out->text, given->initiator_addrtype);
    put_field(&out->text, &given->initiator_address);
    put_le32(&out->text, given->acceptor_addrtype);
    put_field(&out->text, &given->acceptor_address);
    put_field(&out->text, &given->application_data);
    if (buf_err(&out->text) == EDHOC_ERR_NOMEM)
        return EDHOC_ERR_NOMEM;
    return buf_err(&out->text) != EDHOC_OK
               ? report(EDHOC_ERR_ARGUMENT, "channel bindings of more than 1 MiB, or at NULL")
               : EDHOC_OK;
}
