/* gss-edhoc check: says what works, and how to mend the rest. */
#ifndef COMMAND_CHECK_H
#define COMMAND_CHECK_H

/* argv[0] is the name of the subcommand; the answer is the exit code. */
int cmd_check(int argc, char **argv);

#endif
