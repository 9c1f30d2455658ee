/* JSON (RFC 8259), as far as a table needs it. */
#ifndef COMMAND_JSON_H
#define COMMAND_JSON_H

#include <stdio.h>

/* A string with its quotes, whatever is in the text: what is no UTF-8 becomes U+FFFD, and what could
 * drive a terminal or end a line of a script is escaped. NULL is null. */
void json_put(FILE *to, const char *text);

#endif
