/* gss-edhoc trust import: OpenSSH's public keys, authorized_keys and known_hosts as trust lines. */
#ifndef COMMAND_TRUST_IMPORT_H
#define COMMAND_TRUST_IMPORT_H

#include "trust_command.h"

/* The answer is the exit code. */
int trust_import_lines(const struct trust_command *c);

#endif
