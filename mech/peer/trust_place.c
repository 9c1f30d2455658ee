#include "peer/trust_place.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/report.h"

edhoc_err trust_bad(const struct trust_place *at, const char *format, ...)
{
    char rule[512];
    va_list args;

    va_start(args, format);
    if (vsnprintf(rule, sizeof(rule), format, args) < 0)
        rule[0] = '\0';
    va_end(args);
    return report(EDHOC_ERR_TRUST_SYNTAX, "%s line %u: %s", at->file, at->line, rule);
}
