/* A line of the log, field by field: a word, then NAME=VALUE. What is text stands between quotes, in
 * which " and \ have a \ before them, and every byte of a text with control characters, or that is no
 * UTF-8, \xNN but for ASCII. So a line is one line, whatever a peer calls itself. */
#ifndef MECH_LOG_LINE_H
#define MECH_LOG_LINE_H

#include "base/bytes.h"

#define LOG_LINE_MAX 4096

struct log_line {
    char text[LOG_LINE_MAX];
    size_t len;
};

/* Begins it. */
void log_line_begin(struct log_line *line, const char *word);
/* A number, or a text that is known to have no blanks: as it is. */
void log_line_add(struct log_line *line, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Any text; about `max` bytes of it, as they are shown, and "..." for the rest. */
void log_line_add_text(struct log_line *line, const char *name, struct bytes text, size_t max);

#endif
