/* message_4: composed by one side, processed by the other (RFC 9528 section 5.5). */
#ifndef MECH_MESSAGE_4_H
#define MECH_MESSAGE_4_H

#include "edhoc/session.h"

/* After message_3_process(): appends it. */
edhoc_err message_4_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
/* EDHOC_ERR_MALFORMED, _DECRYPT, and what the profile says of EAD_4. */
edhoc_err message_4_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;

#endif
