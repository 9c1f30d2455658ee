/* gss-edhoc show: says what a file is. */
#ifndef COMMAND_SHOW_H
#define COMMAND_SHOW_H

/* argv[0] is the name of the subcommand; the answer is the exit code. */
int cmd_show(int argc, char **argv);

#endif
