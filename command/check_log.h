/* Where it is told what happens: the log of an acceptor, and the trace. */
#ifndef COMMAND_CHECK_LOG_H
#define COMMAND_CHECK_LOG_H

#include "check_say.h"

/* Can they be written, and whom did the log's last lines refuse? */
void check_log(struct check *c);

#endif
