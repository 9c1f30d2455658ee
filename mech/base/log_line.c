#include "base/log_line.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/cbor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What does not fit is left out; there is always room for a newline. */
static void put(struct log_line *line, struct bytes text)
{
    size_t room = sizeof(line->text) - 1 - line->len;
    size_t n = text.len < room ? text.len : room;

    if (n > 0)
        memcpy(line->text + line->len, text.p, n);
    line->len += n;
}

void log_line_begin(struct log_line *line, const char *word)
{
    line->len = 0;
    put(line, bytes_of_text(word));
}

static void put_name(struct log_line *line, const char *name)
{
    put(line, BYTES_LITERAL(" "));
    put(line, bytes_of_text(name));
    put(line, BYTES_LITERAL("="));
}

void log_line_add(struct log_line *line, const char *name, const char *format, ...)
{
    char value[128];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    put_name(line, name);
    if (n > 0)
        put(line, bytes_of_text(value));
}

/* One byte of a text as it is shown, with a NUL. */
static void escape(uint8_t byte, bool clean, char code[8])
{
    if (byte == '"' || byte == '\\')
        (void)snprintf(code, 8, "\\%c", byte);
    else if (clean || ascii_is_printable((char)byte))
        (void)snprintf(code, 8, "%c", byte);
    else
        (void)snprintf(code, 8, "\\x%02x", byte);
}

static bool begins_character(uint8_t byte)
{
    return (byte & 0xc0) != 0x80;
}

void log_line_add_text(struct log_line *line, const char *name, struct bytes text, size_t max)
{
    bool clean = cbor_clean_text(text);
    char code[8];
    size_t used = 0, i = 0;

    put_name(line, name);
    put(line, BYTES_LITERAL("\""));
    for (; i < text.len && (used < max || (clean && !begins_character(text.p[i]))); i++) {
        escape(text.p[i], clean, code);
        put(line, bytes_of_text(code));
        used += strlen(code);
    }
    put(line, i < text.len ? BYTES_LITERAL("...\"") : BYTES_LITERAL("\""));
}
