/* How a subcommand ends: exit codes, and what goes to stderr. */
#ifndef COMMAND_TOOL_H
#define COMMAND_TOOL_H

#include "base/report.h"

/* Exit codes, as gss-edhoc(1) documents them. */
enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

/* "gss-edhoc: ..." on stderr, one line, printable; the answer is for return. */
int tool_fail(edhoc_err err);
/* The text begins with "COMMAND: " or "COMMAND SUBCOMMAND: ", if it is about one. */
int tool_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Writes out what was printed; TOOL_FAILED, said on stderr, if that fails. Else `status`. */
int tool_finish(int status);

#endif
