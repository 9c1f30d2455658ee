/* gss-edhoc check --peer: would this peer be believed, as whom, and by which line? */
#ifndef COMMAND_CHECK_PEER_H
#define COMMAND_CHECK_PEER_H

#include "check_say.h"

/* `path`: a FILE-cert.pub of OpenSSH's, a .pub file, or an X.509 chain in PEM, leaf first. The settings
 * have been read. */
void check_peer(struct check *c, const char *path);

#endif
