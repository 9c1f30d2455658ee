/* gss-edhoc keygen: makes a private key and its trust line. */
#ifndef COMMAND_KEYGEN_H
#define COMMAND_KEYGEN_H

/* argv[0] is the name of the subcommand; the answer is the exit code. */
int cmd_keygen(int argc, char **argv);

#endif
