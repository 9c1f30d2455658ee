#include "base/report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct {
    edhoc_err err;
    char text[1024];
} last;

#define SENTENCE(name, sentence)                                                                   \
    [EDHOC_ERR_##name] = sentence, // NOLINT(bugprone-macro-parentheses)
static const char *const sentences[EDHOC_ERR_END] = {EDHOC_ERRORS(SENTENCE)};
#undef SENTENCE

/* Text from a peer or a file may end up in a terminal: no control characters, C1 neither. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        bool c1 = (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;

        if ((unsigned char)*text < 0x20 || *text == 0x7f || c1)
            *text = '?';
    }
}

edhoc_err(report)(edhoc_err err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (vsnprintf(last.text, sizeof(last.text), format, args) < 0)
        last.text[0] = '\0';
    va_end(args);
    make_printable(last.text);
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
