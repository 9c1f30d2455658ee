#include "base/report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cbor.h"

static _Thread_local struct {
    edhoc_err err;
    char text[1024];
} last;

#define SENTENCE(name, sentence)                                                                   \
    [EDHOC_ERR_##name] = sentence, // NOLINT(bugprone-macro-parentheses)
static const char *const sentences[EDHOC_ERR_END] = {EDHOC_ERRORS(SENTENCE)};
#undef SENTENCE

edhoc_err(report)(edhoc_err err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (vsnprintf(last.text, sizeof(last.text), format, args) < 0)
        last.text[0] = '\0';
    va_end(args);
    cbor_make_clean(last.text); /* some of it may be a peer's or a file's */
    last.err = err;
    return err;
}

const char *report_sentence(edhoc_err err)
{
    if (err <= EDHOC_OK || err >= EDHOC_ERR_END)
        return NULL;
    return sentences[err];
}

const char *report_details(edhoc_err err)
{
    return last.err == err ? last.text : "";
}

void report_clear(void)
{
    last.err = EDHOC_OK;
    last.text[0] = '\0';
}
