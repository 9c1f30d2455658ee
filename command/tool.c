#include "tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/report.h"

int tool_fail(edhoc_err err)
{
    const char *details = report_details(err);

    fprintf(stderr, "gss-edhoc: %s\n", details[0] != '\0' ? details : report_sentence(err));
    return TOOL_FAILED;
}

/* Of the command that a text like "trust add: ..." begins with. */
static size_t command_length(const char *format)
{
    return strstr(format, ": ") != NULL ? strcspn(format, " :") : 0;
}

int tool_usage(const char *format, ...)
{
    size_t len = command_length(format);
    va_list args;

    fputs("gss-edhoc: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see gss-edhoc %.*s%s--help\n", (int)len, format, len > 0 ? " " : "");
    return TOOL_USAGE;
}

int tool_finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "gss-edhoc: standard output: %s\n", strerror(errno));
    return TOOL_FAILED;
}
