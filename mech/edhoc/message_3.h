/* message_3: composed by one side, processed by the other (RFC 9528 section 5.4). */
#ifndef MECH_MESSAGE_3_H
#define MECH_MESSAGE_3_H

#include "edhoc/session.h"

/* After message_2_process(): appends it. EDHOC_ERR_TOO_LONG where the suite's AEAD cannot carry it. */
edhoc_err message_3_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
/* EDHOC_ERR_DECRYPT, and what message_2_process() answers: after success the initiator is believed. */
edhoc_err message_3_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;

#endif
