/* gss-edhoc trust add: pins keys. */
#ifndef COMMAND_TRUST_ADD_H
#define COMMAND_TRUST_ADD_H

#include "trust_command.h"

/* The answer is the exit code. */
int trust_add_lines(const struct trust_command *c);

#endif
