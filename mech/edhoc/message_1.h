/* message_1: composed by one side, processed by the other (RFC 9528 section 5.2). */
#ifndef MECH_MESSAGE_1_H
#define MECH_MESSAGE_1_H

#include "edhoc/session.h"

edhoc_err message_1_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
/* EDHOC_ERR_NO_COMMON_SUITE, unreported, when the answer is error code 2. */
edhoc_err message_1_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;

#endif
