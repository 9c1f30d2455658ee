/* gss-edhoc trust: edits a trust file. */
#ifndef COMMAND_TRUST_H
#define COMMAND_TRUST_H

/* argv[0] is the name of the subcommand; the answer is the exit code. */
int cmd_trust(int argc, char **argv);

#endif
