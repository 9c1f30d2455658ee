/* gss-edhoc trust list: the lines of a trust file as a table. */
#include "trust_list.h"

#include "line_key.h"
#include "table.h"
#include "text.h"
#include "tool.h"
#include "trust_notes.h"

#include <stdio.h>
#include <time.h>

#include "base/bytes.h"
#include "base/err.h"
#include "load/load.h"
#include "load/trust_file.h"
#include "peer/trust.h"

enum {
    ROLE,
    PRINCIPALS,
    TYPE,
    KEY_ID,
    VALIDITY,
    AFTER,
    BEFORE,
    LOCAL_USER,
    COMMENT,
    LINE,
    PLACE,
    NUMBER
};

const struct column trust_list_columns[TRUST_LIST_COLUMNS] = {
    {"ROLE", "role", false},       {"PRINCIPALS", "principals", false},
    {"TYPE", "type", false},       {"KEY-ID", "key_id", false},
    {"VALIDITY", NULL, true},      {NULL, "valid_after", false},
    {NULL, "valid_before", false}, {NULL, "local_user", false},
    {"COMMENT", "comment", false}, {"LINE", NULL, false},
    {NULL, "file", false},         {NULL, "line", false}};

/* ---- one line ---- */

static void set_validity(struct table *table, const struct trust_line *line, int64_t now)
{
    const bool begins = line->valid_after != INT64_MIN, ends = line->valid_before != INT64_MAX;
    /* of a CA line, the last second at which it is valid */
    const int64_t last = ends ? line->valid_before - line->is_ca : INT64_MAX;
    const char *mark = now >= line->valid_before ? "expired:"
                       : now < line->valid_after ? "not-yet:"
                                                 : "";
    char from[TOOL_TIME] = "", to[TOOL_TIME] = "";

    if (begins)
        table_set(table, AFTER, tool_iso(line->valid_after, from));
    if (ends)
        table_set(table, BEFORE, tool_iso(last, to));
    if (begins || ends)
        table_format(table, VALIDITY, "%s%s..%s", mark,
                     begins ? tool_date(line->valid_after, from) : "",
                     ends ? tool_date(last, to) : "");
}

static edhoc_err add_line(const struct trust_line *line, int64_t now, struct table *table)
{
    static const char *const roles[] = {"-", "client", "server", "both"};
    struct bytes type = line_key_type(line);
    char id[LINE_KEY_ID];
    edhoc_err err = line_key_id(line, id);

    table_row(table, now >= line->valid_before);
    table_set(table, ROLE, roles[line->roles & 3]);
    table_set(table, PRINCIPALS, line->principals);
    table_format(table, TYPE, "%s%.*s", line->is_ca ? "CA:" : "", (int)type.len,
                 (const char *)type.p);
    table_set(table, KEY_ID, id);
    set_validity(table, line, now);
    table_set(table, LOCAL_USER, line->local_user);
    table_set(table, COMMENT, line->comment);
    table_format(table, LINE, "%s:%u", line->file, line->line);
    table_set(table, PLACE, line->file);
    table_format(table, NUMBER, "%u", line->line);
    return err;
}

edhoc_err trust_list_fill(const struct trust *t, struct table *table)
{
    int64_t now = (int64_t)time(NULL);
    struct trust_cursor at = {.part = 0};
    const struct trust_line *line;
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && (line = trust_next(t, &at)) != NULL)
        err = add_line(line, now, table);
    return err;
}

static edhoc_err print(const struct trust *t, bool json)
{
    struct table table;
    edhoc_err err;

    table_open(&table, trust_list_columns, TRUST_LIST_COLUMNS);
    err = trust_list_fill(t, &table);
    if (err == EDHOC_OK && json) {
        err = table_print_json(&table, 0);
        putchar('\n');
    } else if (err == EDHOC_OK) {
        err = table_print(&table);
    }
    table_close(&table);
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

    if (err == EDHOC_OK && !c->json && trust_count(t) + trust_ca_count(t) == 0)
        printf("no trust line in %s\n", trust_places(t));
    else if (err == EDHOC_OK)
        err = print(t, c->json);
    if (err == EDHOC_OK)
        broken = trust_tell_notes(t);
    trust_free(t);
    if (err != EDHOC_OK)
        return tool_fail(err);
    return broken > 0 ? TOOL_FAILED : TOOL_OK;
}
