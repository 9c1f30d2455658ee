/* gss-edhoc trust list: the lines of a trust file as a table. */
#ifndef COMMAND_TRUST_LIST_H
#define COMMAND_TRUST_LIST_H

#include "trust_command.h"

/* The answer is the exit code. */
int trust_list_lines(const struct trust_command *c);

#endif
