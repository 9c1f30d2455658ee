/* gss-edhoc trust remove: unpins keys by name, key file or fingerprint. */
#ifndef COMMAND_TRUST_REMOVE_H
#define COMMAND_TRUST_REMOVE_H

#include "trust_command.h"

/* The answer is the exit code. */
int trust_remove_lines(const struct trust_command *c);

#endif
