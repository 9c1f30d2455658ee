/* message_2: composed by one side, processed by the other (RFC 9528 section 5.3). */
#ifndef MECH_MESSAGE_2_H
#define MECH_MESSAGE_2_H

#include "edhoc/session.h"

/* After message_1_process(): appends it, an ephemeral key of its own each time. EDHOC_ERR_BAD_POINT
 * for a G_X of low order. */
edhoc_err message_2_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
/* EDHOC_ERR_MALFORMED, _BAD_POINT, _CONNECTION_ID, _PROOF, those of an ID_CRED_x (cred.h), and what the
 * parties and the profile say: after success the responder is believed. */
edhoc_err message_2_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;

#endif
