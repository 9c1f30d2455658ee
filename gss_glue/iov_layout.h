/* An IOV, sorted out: what is a slot of its own, and the pieces of the message. */
#ifndef GSS_GLUE_IOV_LAYOUT_H
#define GSS_GLUE_IOV_LAYOUT_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include "base/report.h"
#include "token/protect.h"

enum slot { HEADER, TRAILER, PADDING, STREAM, MIC_TOKEN, SLOTS };

#define PIECES_FEW 16 /* up to this many, no memory is allocated for them */

struct layout {
    gss_iov_buffer_t slot[SLOTS]; /* NULL: there is none */
    gss_iov_buffer_t data;        /* the last DATA */
    size_t data_at;               /* its piece */
    size_t data_count;
    struct piece *pieces; /* DATA and SIGN_ONLY, in order */
    size_t count;
    struct piece few[PIECES_FEW];
};

/* Types that mean nothing are passed over; two of one slot are refused. Whatever it answers,
 * layout_clear() is to follow. */
edhoc_err layout_read(struct layout *l, gss_iov_buffer_desc *iov, int count) EDHOC_MUST_USE;
void layout_clear(struct layout *l);
/* Bytes that are announced must be there, if `pointers` are; and before any is touched, all must fit
 * in a message, which is `too_long` if not. */
edhoc_err layout_check_pieces(const struct layout *l, bool pointers,
                              edhoc_err too_long) EDHOC_MUST_USE;
/* EDHOC_ERR_ARGUMENT where there is no HEADER, or no MIC_TOKEN. */
edhoc_err layout_need(const struct layout *l, enum slot slot) EDHOC_MUST_USE;

#endif
