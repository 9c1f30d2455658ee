/* What a captured token says to somebody without keys. */
#ifndef COMMAND_SHOW_TOKEN_H
#define COMMAND_SHOW_TOKEN_H

#include "base/report.h"

/* Is this one, and what is it? Errors name `path`. */
bool show_is_token(struct bytes in);
edhoc_err show_token(struct bytes in, const char *path) EDHOC_MUST_USE;

#endif
