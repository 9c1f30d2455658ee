/* What stands before message_1 in the first context token, RFC 2743 section 3.1:
 *
 *     60 length 06 length OID message_1 */
#ifndef GSS_GLUE_FRAMING_H
#define GSS_GLUE_FRAMING_H

#include "base/report.h"

/* The view into `token` that is message_1; EDHOC_ERR_FRAMING. */
edhoc_err glue_unframe(struct bytes token, struct bytes *message) EDHOC_MUST_USE;
/* Puts the framing before a message. */
edhoc_err glue_frame(struct buf *message) EDHOC_MUST_USE;

#endif
