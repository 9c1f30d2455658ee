/* A text, line by line. */
#ifndef MECH_LOAD_LINES_H
#define MECH_LOAD_LINES_H

#include "base/bytes.h"

/* Takes the next line off `rest`, without LF or CR LF; false when nothing is left. */
bool trust_next_line(struct bytes *rest, struct bytes *line);

#endif
