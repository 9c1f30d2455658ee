/* message_1: composed by one side, processed by the other (RFC 9528 section 5.2). */
#ifndef MECH_MESSAGE_1_H
#define MECH_MESSAGE_1_H

#include "edhoc/session.h"

/* Appends it: an ephemeral key of its own for the suite that is selected, each time. What the profile
 * says of EAD_1. */
edhoc_err message_1_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
/* EDHOC_ERR_NO_COMMON_SUITE, unreported, when the answer is error code 2. EDHOC_ERR_MALFORMED, _METHOD,
 * _CONNECTION_ID, _BAD_POINT, and what the parties and the profile say. */
edhoc_err message_1_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;

#endif
