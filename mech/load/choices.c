#include "load/choices.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/report.h"
#include "load/file.h"
#include "base/lines.h"
#include "load/place.h"
#include "peer/match.h"
#include "peer/name.h"

struct choices {
    atomic_uint refs;
    size_t count, room;
    struct choice *of;
};

/* The line that is being read. */
struct at {
    const char *file;
    unsigned line;
};

static edhoc_err bad(const struct at *at, const char *rule, struct bytes about)
{
    return report(EDHOC_ERR_SETTING, "%s line %u: %s%s%.*s%s", at->file, at->line, rule,
                  about.len > 0 ? " \"" : "", (int)(about.len < 60 ? about.len : 60),
                  about.len > 0 ? (const char *)about.p : "", about.len > 0 ? "\"" : "");
}

/* ---- patterns ---- */

static edhoc_err check_patterns(const struct at *at, struct bytes patterns)
{
    struct bytes rest = patterns;
    struct pattern p;
    bool positive = false;

    if (patterns.p[patterns.len - 1] == ',')
        return bad(at, "a comma at the end of the patterns", patterns);
    while (match_next(&rest, &p)) {
        const char *fault = name_principal_fault(p.text);

        if (fault != NULL)
            return report(EDHOC_ERR_SETTING, "%s line %u: a pattern %s", at->file, at->line, fault);
        positive |= !p.negated;
    }
    return positive ? EDHOC_OK : bad(at, "only patterns with !, which match nothing:", patterns);
}

/* ---- places ---- */

/* Takes the quotes off. */
static edhoc_err unquote(const struct at *at, struct bytes *word)
{
    bool quoted = word->p[0] == '"' && word->len > 2 && word->p[word->len - 1] == '"';
    struct bytes inner = quoted ? bytes_of(word->p + 1, word->len - 2) : *word;

    if (!cbor_clean_text(inner))
        return bad(at, "the place has control characters or is not UTF-8", BYTES_NONE);
    if (memchr(inner.p, '"', inner.len) != NULL || memchr(inner.p, '\\', inner.len) != NULL)
        return bad(at, "a quote or a backslash in the place", *word);
    *word = inner;
    return EDHOC_OK;
}

/* Relative to the folder of the file, or to home. */
static edhoc_err join(const char *file, const char *path, char **out)
{
    const char *slash = strrchr(file, '/');
    int folder = slash != NULL ? (int)(slash - file) + 1 : 0;

    if (strncmp(path, "~/", 2) == 0)
        return place_below_home(path + 2, out);
    if (asprintf(out, "%.*s%s", path[0] == '/' ? 0 : folder, file, path) >= 0)
        return EDHOC_OK;
    *out = NULL;
    return EDHOC_ERR_NOMEM;
}

static edhoc_err read_place(const struct at *at, struct bytes word, char **out)
{
    char *text = strndup((const char *)word.p, word.len);
    const char *path;
    edhoc_err err = text != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;

    *out = NULL;
    if (err == EDHOC_OK && !place_is_file(text)) {
        *out = text;
        return EDHOC_OK;
    }
    if (err == EDHOC_OK && place_path(text, &path) != EDHOC_OK)
        err = bad(at, "a file on another machine:", word);
    if (err == EDHOC_OK)
        err = join(at->file, path, out);
    free(text);
    return err;
}

/* ---- lines ---- */

static edhoc_err add(struct choices *c, struct bytes patterns, char *place, unsigned line)
{
    struct choice *of = c->of;
    char *copy = strndup((const char *)patterns.p, patterns.len);

    if (c->count == c->room) {
        of = reallocarray(of, 2 * c->room + 8, sizeof(*of));
        if (of != NULL) {
            c->of = of;
            c->room = 2 * c->room + 8;
        }
    }
    if (of == NULL || copy == NULL) {
        free(copy);
        free(place);
        return EDHOC_ERR_NOMEM;
    }
    c->of[c->count++] = (struct choice){copy, place, line};
    return EDHOC_OK;
}

static edhoc_err read_line(const struct at *at, struct bytes line, struct choices *c)
{
    struct bytes patterns = lines_word(&line), place = lines_word(&line);
    char *where = NULL;
    edhoc_err err = EDHOC_OK;

    if (place.len == 0)
        return bad(at, "patterns and no place; write: PATTERNS PLACE", BYTES_NONE);
    if (lines_trim(line).len > 0)
        return bad(
            at, "something after the place; put quotes around one with blanks:", lines_trim(line));
    if (c->count == CHOICES_MAX)
        return bad(at, "one line too many; at most 1024", BYTES_NONE);
    err = check_patterns(at, patterns);
    if (err == EDHOC_OK)
        err = unquote(at, &place);
    if (err == EDHOC_OK)
        err = read_place(at, place, &where);
    return err == EDHOC_OK ? add(c, patterns, where, at->line) : err;
}

static edhoc_err read_text(struct bytes text, const char *path, struct choices *c)
{
    struct at at = {path, 0};
    struct bytes line;
    edhoc_err err = EDHOC_OK;

    if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        return report(EDHOC_ERR_SETTING, "%s starts with a byte order mark; save it without", path);
    while (err == EDHOC_OK && lines_next(&text, &line)) {
        at.line++;
        if (!lines_is_idle(line))
            err = read_line(&at, line, c);
    }
    return err;
}

/* ---- all of it ---- */

edhoc_err choices_read(const char *path, struct loading *loading, struct choices **out)
{
    struct choices *c = calloc(1, sizeof(*c));
    struct buf text;
    bool missing;
    edhoc_err err;

    *out = NULL;
    if (c == NULL)
        return EDHOC_ERR_NOMEM;
    atomic_init(&c->refs, 1);
    err = file_read(path, FILE_TRUSTED, CHOICES_FILE_MAX, loading, &missing, &text);
    if (err == EDHOC_OK)
        err = read_text(buf_bytes(&text), path, c);
    buf_free(&text);
    if (err == EDHOC_OK)
        *out = c;
    else
        choices_free(c);
    return err;
}

struct choices *choices_ref(struct choices *c)
{
    if (c != NULL)
        atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void choices_free(struct choices *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    for (size_t i = 0; i < c->count; i++) {
        free((char *)(uintptr_t)c->of[i].patterns);
        free((char *)(uintptr_t)c->of[i].place);
    }
    free(c->of);
    free(c);
}

size_t choices_count(const struct choices *c)
{
    return c->count;
}

const struct choice *choices_at(const struct choices *c, size_t i)
{
    return &c->of[i];
}

const struct choice *choices_find(const struct choices *c, const char *target)
{
    for (size_t i = 0; i < c->count; i++)
        if (match_target(bytes_of_text(c->of[i].patterns), bytes_of_text(target)))
            return &c->of[i];
    return NULL;
}
