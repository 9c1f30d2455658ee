/* Is there a cipher suite for the keys of both sides? */
#ifndef COMMAND_CHECK_HANDSHAKE_H
#define COMMAND_CHECK_HANDSHAKE_H

#include "check_say.h"

/* An initiator with a target composes its first message. */
void check_handshake(struct check *c);

#endif
