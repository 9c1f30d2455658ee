/* gss-edhoc try: a whole handshake, and each step of it told. */
#ifndef COMMAND_TRY_H
#define COMMAND_TRY_H

/* argv[0] is the name of the subcommand; the answer is the exit code. */
int cmd_try(int argc, char **argv);

#endif
