/* Text for people: times, keys, and what may go to a terminal. */
#ifndef COMMAND_TEXT_H
#define COMMAND_TEXT_H

#include "edhoc/cred.h"

/* Prints text from a file or a peer, or its hex digits where it could drive a terminal. */
void tool_print_text(struct bytes text);
void tool_print_hex(struct bytes in);
/* "2026-11-20 20:27:39 UTC", or its first 10 characters. */
#define TOOL_TIME 40
const char *tool_time(int64_t seconds, char text[TOOL_TIME]);
/* "2026-11-20T20:27:39Z" */
const char *tool_iso(int64_t seconds, char text[TOOL_TIME]);
const char *tool_date(int64_t seconds, char text[TOOL_TIME]);
/* The key id: 16 hex digits. */
const char *tool_key_id(const struct cred *cred, char text[17]);
/* Is stdout a terminal that shows colours, and may it? (NO_COLOR and TERM=dumb say no.) */
bool tool_colours(void);

#endif
