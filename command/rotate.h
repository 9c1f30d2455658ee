#ifndef COMMAND_ROTATE_H
#define COMMAND_ROTATE_H

int cmd_rotate(int argc, char **argv);

#endif
