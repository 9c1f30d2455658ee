/* Getting bytes in and out of GSS-API's buffers. */
#include "buffers.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

struct bytes glue_bytes(gss_const_buffer_t buffer)
{
    if (buffer == NULL || buffer->value == NULL)
        return BYTES_NONE;
    return bytes_of(buffer->value, buffer->length);
}

void glue_clear_buffer(gss_buffer_t buffer)
{
    if (buffer != NULL)
        *buffer = (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
}

edhoc_err glue_copy_out(gss_buffer_t buffer, struct bytes what)
{
    char *copy;

    glue_clear_buffer(buffer);
    if (buffer == NULL || what.len == 0)
        return EDHOC_OK;
    copy = malloc(what.len + 1);
    if (copy == NULL)
        return EDHOC_ERR_NOMEM;
    memcpy(copy, what.p, what.len);
    copy[what.len] = '\0';
    buffer->value = copy;
    buffer->length = what.len;
    return EDHOC_OK;
}

edhoc_err glue_move_out(gss_buffer_t buffer, struct buf *from)
{
    glue_clear_buffer(buffer);
    if (buf_err(from) != EDHOC_OK)
        return buf_err(from);
    buffer->value = buf_take(from, &buffer->length);
    return EDHOC_OK;
}
