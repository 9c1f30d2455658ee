/* gss-edhoc trust list: the lines of a trust file as a table. */
#include "trust_list.h"

#include "line_key.h"
#include "text.h"
#include "tool.h"
#include "trust_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/err.h"
#include "load/load.h"
#include "load/trust_file.h"
#include "peer/trust.h"

#define COLUMNS  7
#define VALIDITY 4 /* the column that may be marked */

struct row {
    char *cell[COLUMNS];
    bool expired;
};

struct table {
    struct row *rows;
    size_t len;
    size_t width[COLUMNS];
    bool failed;
};

static const char *const headings[COLUMNS] = {"ROLE",     "PRINCIPALS", "TYPE", "KEY ID",
                                              "VALIDITY", "COMMENT",    "LINE"};

/* Characters, for what a terminal shows: bytes that do not continue one of UTF-8. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* ---- one line ---- */

static char *validity(const struct trust_line *line, int64_t now)
{
    char from[TOOL_TIME] = "", to[TOOL_TIME] = "", *text = NULL;
    const char *mark = now >= line->valid_before ? "expired "
                       : now < line->valid_after ? "not yet "
                                                 : "";
    int n;

    if (line->valid_after != INT64_MIN)
        tool_date(line->valid_after, from);
    if (line->valid_before != INT64_MAX) /* of a CA line, the last second at which it is valid */
        tool_date(line->valid_before - line->is_ca, to);
    if (from[0] == '\0' && to[0] == '\0')
        n = asprintf(&text, "-");
    else
        n = asprintf(&text, "%s%s..%s", mark, from, to);
    return n < 0 ? NULL : text;
}

static char *place(const struct trust_line *line)
{
    char *text;

    return asprintf(&text, "%s:%u", line->file, line->line) < 0 ? NULL : text;
}

/* A CA's has no blank in it either, so that columns can be counted. */
static char *type(const struct trust_line *line)
{
    struct bytes name = line_key_type(line);
    char *text;

    return asprintf(&text, "%s%.*s", line->is_ca ? "CA:" : "", (int)name.len,
                    (const char *)name.p) < 0
               ? NULL
               : text;
}

static bool fill_row(const struct trust_line *line, int64_t now, struct row *row)
{
    static const char *const roles[] = {"-", "client", "server", "both"};
    char id[LINE_KEY_ID];

    if (line_key_id(line, id) != EDHOC_OK)
        return false;
    *row = (struct row){.cell = {strdup(roles[line->roles & 3]), strdup(line->principals),
                                 type(line), strdup(id), validity(line, now),
                                 strdup(line->comment != NULL ? line->comment : "-"), place(line)},
                        .expired = now >= line->valid_before};
    for (size_t i = 0; i < COLUMNS; i++)
        if (row->cell[i] == NULL)
            return false;
    return true;
}

/* ---- the table ---- */

static edhoc_err fill_table(const struct trust *t, struct table *table)
{
    int64_t now = (int64_t)time(NULL);
    struct trust_cursor at = {.part = 0};
    const struct trust_line *line;

    table->rows = calloc(trust_count(t) + trust_ca_count(t) + 1, sizeof(*table->rows));
    if (table->rows == NULL)
        return EDHOC_ERR_NOMEM;
    for (size_t c = 0; c < COLUMNS; c++)
        table->width[c] = width_of(headings[c]);
    while ((line = trust_next(t, &at)) != NULL) {
        struct row *row = &table->rows[table->len];

        table->len++;
        if (!fill_row(line, now, row))
            return EDHOC_ERR_NOMEM;
        for (size_t c = 0; c < COLUMNS; c++)
            if (width_of(row->cell[c]) > table->width[c])
                table->width[c] = width_of(row->cell[c]);
    }
    return EDHOC_OK;
}

static void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->len; i++)
        for (size_t c = 0; c < COLUMNS; c++)
            free(table->rows[i].cell[c]);
    free(table->rows);
}

static void print_row(const struct table *table, const char *const *cell, bool mark)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        bool last = c + 1 == COLUMNS, coloured = mark && c == VALIDITY;

        printf("%s%s%s", coloured ? "\033[31m" : "", cell[c], coloured ? "\033[0m" : "");
        if (!last)
            printf("%*s", (int)(table->width[c] - width_of(cell[c]) + 2), "");
    }
    putchar('\n');
}

static edhoc_err print_table(const struct trust *t)
{
    struct table table = {.len = 0};
    edhoc_err err = fill_table(t, &table);
    bool colours = tool_colours();

    if (err == EDHOC_OK) {
        print_row(&table, headings, false);
        for (size_t i = 0; i < table.len; i++)
            print_row(&table, (const char *const *)table.rows[i].cell,
                      colours && table.rows[i].expired);
    }
    table_clear(&table);
    return err;
}

/* ---- which files ---- */

/* Without a file, those that this user's clients look at. */
static edhoc_err load(const struct trust_command *c, struct trust **t)
{
    const struct settings none = {.trust = NULL};
    edhoc_err err;

    if (c->file == NULL)
        return load_trust(&none, true, NULL, t);
    err = trust_new(t);
    if (err == EDHOC_OK)
        err = trust_file_read(c->file, false, NULL, *t);
    return err == EDHOC_OK ? trust_examine(*t) : err;
}

int trust_list_lines(const struct trust_command *c)
{
    struct trust *t = NULL;
    edhoc_err err = load(c, &t);
    size_t broken = 0;

    if (err == EDHOC_OK && trust_count(t) + trust_ca_count(t) == 0)
        printf("no trust line in %s\n", trust_places(t));
    else if (err == EDHOC_OK)
        err = print_table(t);
    if (err == EDHOC_OK)
        broken = trust_tell_notes(t);
    trust_free(t);
    if (err != EDHOC_OK)
        return tool_fail(err);
    return broken > 0 ? TOOL_FAILED : TOOL_OK;
}
