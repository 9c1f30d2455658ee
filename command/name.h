/* Names that users type. */
#ifndef COMMAND_NAME_H
#define COMMAND_NAME_H

#include "base/bytes.h"

/* NULL, or what is wrong with a name that others are to pin. */
const char *tool_name_fault(const char *name);
/* Is it service@host, of a service that is known by this name? (alice@laptop is a user.) */
bool tool_is_service(const char *name);

#endif
