#ifndef COMMAND_LIST_H
#define COMMAND_LIST_H

int cmd_list(int argc, char **argv);

#endif
