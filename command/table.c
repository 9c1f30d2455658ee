#include "table.h"

#include "json.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"

/* ---- filling ---- */

void table_open(struct table *t, const struct column *columns, size_t width)
{
    *t = (struct table){.columns = columns, .width = width};
}

void table_close(struct table *t)
{
    for (size_t i = 0; i < t->rows * t->width; i++)
        free(t->cell[i]);
    free(t->cell);
    free(t->over);
    *t = (struct table){.columns = NULL};
}

void table_row(struct table *t, bool over)
{
    char **cell = reallocarray(t->cell, (t->rows + 1) * t->width, sizeof(*cell));
    bool *marks = cell != NULL ? reallocarray(t->over, t->rows + 1, sizeof(*marks)) : NULL;

    if (cell != NULL)
        t->cell = cell;
    if (marks == NULL) {
        t->failed = true;
        return;
    }
    t->over = marks;
    for (size_t c = 0; c < t->width; c++)
        cell[t->rows * t->width + c] = NULL;
    marks[t->rows++] = over;
}

static void set(struct table *t, size_t column, char *text)
{
    if (text == NULL)
        t->failed = true;
    if (t->failed) {
        free(text);
        return;
    }
    free(t->cell[(t->rows - 1) * t->width + column]);
    t->cell[(t->rows - 1) * t->width + column] = text;
}

void table_set(struct table *t, size_t column, const char *text)
{
    if (text != NULL && text[0] != '\0')
        set(t, column, strdup(text));
}

void table_format(struct table *t, size_t column, const char *format, ...)
{
    char *text;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    set(t, column, n >= 0 ? text : NULL);
}

/* ---- for people ---- */

/* Puts the word, or counts its characters where `to` is NULL. */
static size_t put_word(FILE *to, const char *text)
{
    bool clean = text != NULL && cbor_clean_text(bytes_of_text(text));
    size_t width = 0;

    if (text == NULL)
        text = "-";
    for (; *text != '\0'; text++) {
        unsigned char c = *text == ' ' ? '_' : (unsigned char)*text;
        bool escaped = !clean && (c < 0x20 || c > 0x7e);

        width += escaped ? 4 : (c & 0xc0) != 0x80;
        if (to != NULL)
            (void)fprintf(to, escaped ? "\\x%02x" : "%c", c);
    }
    return width;
}

static size_t column_width(const struct table *t, size_t column)
{
    size_t most = put_word(NULL, t->columns[column].heading);

    for (size_t r = 0; r < t->rows; r++) {
        size_t width = put_word(NULL, t->cell[r * t->width + column]);

        if (width > most)
            most = width;
    }
    return most;
}

static void print_row(const struct table *t, const size_t *widths, char *const *cell, bool marked)
{
    size_t pad = 0;

    for (size_t c = 0; c < t->width; c++) {
        const char *word = cell != NULL ? cell[c] : t->columns[c].heading;
        bool coloured = marked && t->columns[c].marked;

        if (t->columns[c].heading == NULL)
            continue;
        printf("%*s%s", (int)pad, "", coloured ? "\033[31m" : "");
        pad = widths[c] + 2 - put_word(stdout, word);
        fputs(coloured ? "\033[0m" : "", stdout);
    }
    putchar('\n');
}

edhoc_err table_print(const struct table *t)
{
    size_t *widths = calloc(t->width, sizeof(*widths));
    bool colours = tool_colours();

    if (widths == NULL || t->failed) {
        free(widths);
        return EDHOC_ERR_NOMEM;
    }
    for (size_t c = 0; c < t->width; c++)
        if (t->columns[c].heading != NULL)
            widths[c] = column_width(t, c);
    print_row(t, widths, NULL, false);
    for (size_t r = 0; r < t->rows; r++)
        print_row(t, widths, &t->cell[r * t->width], colours && t->over[r]);
    free(widths);
    return EDHOC_OK;
}

/* ---- for programs ---- */

static void print_object(const struct table *t, char *const *cell)
{
    const char *between = "";

    putchar('{');
    for (size_t c = 0; c < t->width; c++) {
        if (t->columns[c].key == NULL)
            continue;
        fputs(between, stdout);
        json_put(stdout, t->columns[c].key);
        fputs(": ", stdout);
        json_put(stdout, cell[c]);
        between = ", ";
    }
    putchar('}');
}

edhoc_err table_print_json(const struct table *t, unsigned indent)
{
    if (t->failed)
        return EDHOC_ERR_NOMEM;
    putchar('[');
    for (size_t r = 0; r < t->rows; r++) {
        printf("%s\n%*s", r > 0 ? "," : "", (int)indent + 2, "");
        print_object(t, &t->cell[r * t->width]);
    }
    if (t->rows > 0)
        printf("\n%*s", (int)indent, "");
    putchar(']');
    return EDHOC_OK;
}
