/* gss-edhoc run: a program that names no mechanism, with this one as its default. */
#ifndef COMMAND_RUN_H
#define COMMAND_RUN_H

/* argv[0] is the name of the subcommand; the answer is the exit code. */
int cmd_run(int argc, char **argv);

#endif
