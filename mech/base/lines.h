/* A text, line by line and word by word. */
#ifndef MECH_LINES_H
#define MECH_LINES_H

#include "base/bytes.h"

/* Takes the next line off `rest`, without LF or CR LF; false when nothing is left. */
bool lines_next(struct bytes *rest, struct bytes *line);
/* Takes the next word off a line: up to the next blank (space or tab) that is not between quotes,
 * where \" is no quote, as OpenSSH's options are. Empty, but not NULL, at the line's end. */
struct bytes lines_word(struct bytes *rest);
/* Without the blanks at both ends. */
struct bytes lines_trim(struct bytes text);
/* Is there nothing on it, or nothing but a comment? */
bool lines_is_idle(struct bytes line);

#endif
