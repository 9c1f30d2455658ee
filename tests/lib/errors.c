#include "errors.h"

#include <stdio.h>
#include <string.h>

static const char *sentence(edhoc_err err)
{
    return err == EDHOC_OK ? "success" : report_sentence(err);
}

const char *errors_differ(edhoc_err got, edhoc_err want)
{
    static _Thread_local char text[2048];

    (void)snprintf(text, sizeof(text), "%s (%s) instead of %s", sentence(got), report_details(got),
                   sentence(want));
    return text;
}

bool errors_tell(edhoc_err err, const char *words)
{
    return words == NULL || strstr(report_details(err), words) != NULL;
}
