/* One question to an agent, one answer, over a socket that lives no longer than that. */
#ifndef MECH_LOAD_AGENT_SOCKET_H
#define MECH_LOAD_AGENT_SOCKET_H

#include "base/bytes.h"
#include "base/report.h"

#define AGENT_MESSAGE_MAX (256u << 10) /* bytes of a message, as OpenSSH has it */

/* Connects to the agent at `path`, sends the message `question` (type byte and contents) and puts
 * the answer into `answer`, all within `seconds`. EDHOC_ERR_NO_IDENTITY with the path and what is
 * wrong. No signal is raised, whatever the agent does. */
edhoc_err agent_ask(const char *path, struct bytes question, unsigned seconds,
                    struct buf *answer) EDHOC_MUST_USE;

#endif
