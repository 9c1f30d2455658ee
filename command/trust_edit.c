#include "trust_edit.h"

#include "file_edit.h"
#include "line_key.h"
#include "trust_words.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/lines.h"
#include "load/trust_file.h"
#include "peer/trust_line.h"
#include "peer/trust.h"

/* ---- open and close ---- */

static unsigned count_lines(struct bytes text)
{
    struct bytes line;
    unsigned n = 0;

    while (lines_next(&text, &line))
        n++;
    return n;
}

static edhoc_err understand(struct edit *e, struct bytes text)
{
    struct trust *trust = NULL;
    edhoc_err err = trust_new(&trust);

    if (err == EDHOC_OK)
        err = trust_text_read(text, e->file.shown, trust);
    if (err == EDHOC_OK)
        err = trust_examine(trust);
    if (err != EDHOC_OK) {
        trust_free(trust);
        return err;
    }
    trust_free(e->trust);
    e->trust = trust;
    e->lines = count_lines(text);
    return EDHOC_OK;
}

edhoc_err edit_open(const char *path, bool create, struct edit *e)
{
    edhoc_err err;

    *e = (struct edit){.trust = NULL};
    err = file_edit_open(path, create, TRUST_FILE_MAX, &e->file);
    return err == EDHOC_OK ? understand(e, buf_bytes(&e->file.text)) : err;
}

void edit_close(struct edit *e)
{
    trust_free(e->trust);
    file_edit_close(&e->file);
}

/* ---- changes ---- */

/* Is each of the comma-separated names on the line? */
static bool has_all(const struct trust_line *line, const char *principals)
{
    while (*principals != '\0') {
        size_t len = strcspn(principals, ",");
        const char *p = line->principals;
        bool found = false;

        while (*p != '\0' && !found) {
            size_t n = strcspn(p, ",");

            found = n == len && memcmp(p, principals, len) == 0;
            p += n;
            p += *p == ',';
        }
        if (!found)
            return false;
        principals += len;
        principals += *principals == ',';
    }
    return true;
}

/* The line that says this of this key already. */
static bool says_that(const struct trust_line *there, const struct trust_line *line)
{
    return line_same_key(there, line) && has_all(there, line->principals) &&
           (there->roles & line->roles) == line->roles;
}

static const struct trust_line *find_same(const struct trust *t, const struct trust_line *line)
{
    struct trust_cursor at = {.part = 0};
    const struct trust_line *there;

    while (!line->is_ca && trust_walk_key(t, line->cred, &at))
        if (trust_line(t, &at, &there) == EDHOC_OK && says_that(there, line))
            return there;
    for (size_t i = 0; line->is_ca && i < trust_ca_count(t); i++)
        if (says_that(trust_ca_at(t, i), line))
            return trust_ca_at(t, i);
    return NULL;
}

/* Adds it to the lines that are understood. */
static edhoc_err learn(struct edit *e, struct bytes text)
{
    struct buf copy = buf_new(TRUST_LINE_MAX);

    buf_put(&copy, text);
    if (buf_err(&copy) != EDHOC_OK)
        return buf_err(&copy);
    return trust_read(e->trust, &copy, e->file.shown, ++e->lines);
}

edhoc_err edit_append(struct edit *e, struct bytes text, const struct trust_line **already,
                      struct buf *said)
{
    struct trust_line *line;
    edhoc_err err = trust_line_parse(text, e->file.shown, e->lines + 1, &line);

    *already = NULL;
    if (err != EDHOC_OK || line == NULL)
        return err;
    *already = find_same(e->trust, line);
    if (*already != NULL) {
        trust_line_free(line);
        return EDHOC_OK;
    }
    err = trust_check_use(e->trust, line);
    if (err == EDHOC_OK) {
        line_describe_at(line, said);
        err = learn(e, text);
    }
    trust_line_free(line);
    return err == EDHOC_OK ? file_edit_append(&e->file, text) : err;
}

edhoc_err edit_replace(struct edit *e, struct bytes text)
{
    edhoc_err err = understand(e, text);

    return err == EDHOC_OK ? file_edit_replace(&e->file, text) : err;
}
