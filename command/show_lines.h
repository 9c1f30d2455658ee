/* The lines of a .pub file or a trust file, one after the other. */
#ifndef COMMAND_SHOW_LINES_H
#define COMMAND_SHOW_LINES_H

#include "base/bytes.h"

/* Every line is shown, so that all mistakes are told at once; the exit status. */
int show_lines(struct bytes text, const char *path);

#endif
