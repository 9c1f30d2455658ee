#include "trust_add.h"

#include "file_edit.h"
#include "files.h"
#include "tool.h"
#include "trust_command.h"
#include "trust_edit.h"
#include "trust_notes.h"
#include "trust_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "base/lines.h"
#include "load/trust_file.h"
#include "peer/trust_line.h"
#include "peer/trust.h"

static edhoc_err refuse_duplicate(const struct trust_place *at, const struct trust_line *already)
{
    return report(EDHOC_ERR_TRUST_SYNTAX,
                  "%s line %u: this key is pinned to the same names on %s line %u; to change what "
                  "that line says, remove it first",
                  at->file, at->line, already->file, already->line);
}

static edhoc_err add_line(const struct trust_command *c, struct bytes text,
                          const struct trust_place *at, struct edit *e, struct buf *said)
{
    struct line_fields fields = line_split(text);
    const struct trust_line *already = NULL;
    struct buf line = buf_new(TRUST_LINE_MAX), added = buf_new(SIZE_MAX);
    edhoc_err err = line_compose(&fields, &c->wish, at, &line);

    if (err == EDHOC_OK)
        err = edit_append(e, buf_bytes(&line), &already, &added);
    if (err == EDHOC_OK && already != NULL)
        err = refuse_duplicate(at, already);
    if (err == EDHOC_OK) {
        buf_put_text(said, "added to ");
        buf_put_buf(said, &added);
        buf_put_byte(said, '\n');
    }
    buf_free(&added);
    buf_free(&line);
    return err;
}

static edhoc_err add_text(const struct trust_command *c, struct bytes text, const char *source,
                          struct edit *e, struct buf *said)
{
    struct trust_place at = {strcmp(source, "-") == 0 ? "standard input" : source, 0};
    edhoc_err err = trust_refuse_private(text, source);
    struct bytes line;

    while (err == EDHOC_OK && lines_next(&text, &line)) {
        at.line++;
        if (!lines_is_idle(line))
            err = add_line(c, line, &at, e, said);
    }
    if (err == EDHOC_OK && said->len == 0)
        err = report(EDHOC_ERR_TRUST_SYNTAX, "%s: no key in it", at.file);
    return err;
}

/* A line in several arguments, or in one that has blanks and is no file's name. */
static bool is_line(const struct trust_command *c)
{
    return c->argc > 1 || (strpbrk(c->argv[0], " \t") != NULL && access(c->argv[0], F_OK) != 0);
}

static void join_arguments(const struct trust_command *c, struct buf *text)
{
    for (int i = 0; i < c->argc; i++) {
        if (i > 0)
            buf_put_byte(text, ' ');
        buf_put_text(text, c->argv[i]);
    }
}

static edhoc_err read_arguments(const struct trust_command *c, const char **source,
                                struct buf *text)
{
    *source = is_line(c) ? "the arguments" : c->argv[0];
    if (!is_line(c))
        return tool_read_source(c->argv[0], TRUST_FILE_MAX, text);
    *text = buf_new(TRUST_LINE_MAX);
    join_arguments(c, text);
    if (buf_err(text) != EDHOC_OK || memchr(text->p, '\n', text->len) != NULL)
        return report(EDHOC_ERR_TRUST_SYNTAX, "the arguments are not one line");
    return EDHOC_OK;
}

int trust_add_lines(const struct trust_command *c)
{
    struct buf text = buf_new(0), said = buf_new(SIZE_MAX);
    const char *source;
    struct edit e = {.file = {.lock = -1}};
    char *path = NULL;
    edhoc_err err = read_arguments(c, &source, &text);

    if (err == EDHOC_OK)
        err = trust_open(c, true, &path, &e);
    if (err == EDHOC_OK)
        err = add_text(c, buf_bytes(&text), source, &e, &said);
    if (err == EDHOC_OK)
        err = file_edit_save(&e.file);
    if (err == EDHOC_OK)
        (void)fwrite(said.p, 1, said.len, stdout);
    if (err == EDHOC_OK)
        (void)trust_tell_notes(e.trust);
    edit_close(&e);
    free(path);
    buf_free(&text);
    buf_free(&said);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}
