/* Names that users type. */
#ifndef COMMAND_NAME_H
#define COMMAND_NAME_H

#include "base/bytes.h"

/* A host is the same in upper and lower case, and with or without the root's dot: keeps one form.
 */
void tool_canonical_name(char *name);
/* NULL, or what is wrong with a name that others are to pin. */
const char *tool_name_fault(const char *name);

#endif
