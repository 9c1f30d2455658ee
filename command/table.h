/* A table for people, whose columns can be counted since no field has a blank in it, and the same as
 * JSON. */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct column {
    const char *heading; /* NULL: in JSON only */
    const char *key;     /* NULL: for people only */
    bool marked;         /* in colour where the row is over */
};

struct table {
    const struct column *columns;
    size_t width; /* columns */
    char **cell;  /* row by row; NULL: there is nothing to say */
    bool *over;   /* of each row */
    size_t rows;
    bool failed; /* for want of memory */
};

void table_open(struct table *t, const struct column *columns, size_t width);
void table_close(struct table *t);
/* A new row, of empty cells, which are then set: a copy of the text. For want of memory the table has
 * failed, and the rest does nothing. */
void table_row(struct table *t, bool over);
void table_set(struct table *t, size_t column, const char *text);
void table_format(struct table *t, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* On standard output. EDHOC_ERR_NOMEM where the table has failed. A field is one word: blanks in it
 * are _, what a terminal could obey is \xHH, an empty one is -. */
edhoc_err table_print(const struct table *t) EDHOC_MUST_USE;
/* A JSON array of objects; `indent` blanks before each line but the first. */
edhoc_err table_print_json(const struct table *t, unsigned indent) EDHOC_MUST_USE;

#endif
