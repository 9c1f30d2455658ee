/* Bytes in and out of GSS-API's buffers. What goes out is malloc'ed, for gss_release_buffer(), which
 * frees nothing of length 0: so an empty result is {0, NULL}. */
#ifndef GSS_GLUE_BUFFERS_H
#define GSS_GLUE_BUFFERS_H

#include <gssapi/gssapi.h>

#include "base/report.h"

struct bytes glue_bytes(gss_const_buffer_t buffer); /* NULL and {0, x} are empty */
void glue_clear_buffer(gss_buffer_t buffer);        /* {0, NULL}, without freeing; NULL is fine */
/* A copy with a NUL after it that is not counted. A NULL buffer takes nothing. */
edhoc_err glue_copy_out(gss_buffer_t buffer, struct bytes what) EDHOC_MUST_USE;
/* Hands the memory of `from` over, or the error that it remembers. */
edhoc_err glue_move_out(gss_buffer_t buffer, struct buf *from) EDHOC_MUST_USE;

#endif
