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

int tool_usage(const char *format, ...)
{
    va_list args;

    fputs("gss-edhoc: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("; see gss-edhoc --help\n", stderr);
    return TOOL_USAGE;
}

int tool_finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "gss-edhoc: standard output: %s\n", strerror(errno));
    return TOOL_FAILED;
}
