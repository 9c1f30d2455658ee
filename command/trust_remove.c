/* gss-edhoc trust remove: unpins keys by name, key file or fingerprint. */
#include "trust_remove.h"

#include "file_edit.h"
#include "files.h"
#include "line_key.h"
#include "tool.h"
#include "trust_command.h"
#include "trust_edit.h"
#include "trust_notes.h"
#include "trust_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/hash.h"
#include "crypto/openssh_type.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/ssh_ca.h"
#include "peer/trust.h"
#include "base/lines.h"
#include "load/trust_file.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"

#define TARGETS_MAX 64

/* One thing to remove. */
struct target {
    const char *text;        /* as given */
    char *name;              /* canonical; NULL where a key is meant */
    uint8_t hash[32];        /* the key's thumbprint, or its beginning */
    size_t hash_len;         /* 0: not by thumbprint */
    bool openssh;            /* by fingerprint: */
    uint8_t fingerprint[32]; /* the hash of the SSH blob, as ssh-keygen -l has it */
    bool matched;
};

struct removal {
    struct target target[TARGETS_MAX];
    size_t len;
    struct buf text; /* what stays */
    struct buf said;
};

/* ---- what is meant ---- */

/* A key id (16 digits) or a whole thumbprint (64). */
static bool read_hex(const char *text, struct target *t)
{
    size_t len = strlen(text);

    if (len != 16 && len != 64)
        return false;
    for (size_t i = 0; i < len / 2; i++) {
        int high = ascii_hex_digit(text[2 * i]), low = ascii_hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        t->hash[i] = (uint8_t)(16 * high + low);
    }
    t->hash_len = len / 2;
    return true;
}

/* Any key's fingerprint is read off its blob: a CA may have one that no peer has. */
static edhoc_err read_fingerprint(struct bytes line, struct target *t)
{
    struct line_fields fields = line_split(line);
    struct buf blob = buf_new(TRUST_LINE_MAX);
    edhoc_err err = EDHOC_OK;

    t->openssh = base64_read(fields.key, &blob);
    if (t->openssh)
        err = crypto_sha256(buf_bytes(&blob), t->fingerprint);
    buf_free(&blob);
    return err;
}

/* By thumbprint, too, where a peer can have such a key: it is then the same for either use. */
static edhoc_err read_key_line(struct bytes line, const struct trust_place *at, struct target *t)
{
    struct line_fields fields = line_split(line);
    struct trust_line *read = NULL;
    edhoc_err err = EDHOC_OK;

    if (!line_is_key_type(fields.type) || keytype_by_ssh_name(fields.type) != NULL)
        err = trust_pub_line_parse(line, at->file, at->line, &read);
    if (err == EDHOC_OK && read != NULL) {
        memcpy(t->hash, cred_thumbprint(read->cred), 32);
        t->hash_len = 32;
    }
    trust_line_free(read);
    return err == EDHOC_OK ? read_fingerprint(line, t) : err;
}

/* The one key of a .pub file. */
static edhoc_err read_key_file(const char *path, struct target *t)
{
    struct trust_place at = {path, 0};
    struct buf text;
    struct bytes rest, line;
    edhoc_err err = tool_read_source(path, PUB_FILE_MAX, &text);

    rest = buf_bytes(&text);
    while (err == EDHOC_OK && !t->openssh && lines_next(&rest, &line)) {
        at.line++;
        if (!lines_is_idle(line))
            err = read_key_line(line, &at, t);
    }
    if (err == EDHOC_OK && !t->openssh)
        err = report(EDHOC_ERR_TRUST_SYNTAX, "%s: no key in it", path);
    buf_free(&text);
    return err;
}

static edhoc_err read_target(const char *text, struct target *t)
{
    *t = (struct target){.text = text};
    if (bytes_end_with(bytes_of_text(text), BYTES_LITERAL(".pub")))
        return read_key_file(text, t);
    if (read_hex(text, t))
        return EDHOC_OK;
    t->openssh = openssh_fingerprint_read(text, t->fingerprint);
    if (t->openssh)
        return EDHOC_OK;
    t->name = strdup(text);
    if (t->name == NULL)
        return EDHOC_ERR_NOMEM;
    name_fold_host(t->name);
    return EDHOC_OK;
}

/* ---- does a line match? ---- */

static edhoc_err is_key(const struct target *t, const struct trust_line *line, bool *is)
{
    struct buf blob = buf_new(SSH_CA_MAX);
    uint8_t fingerprint[32];
    edhoc_err err = EDHOC_OK;

    *is = !line->is_ca && t->hash_len > 0 &&
          memcmp(cred_thumbprint(line->cred), t->hash, t->hash_len) == 0;
    if (*is || !t->openssh)
        return EDHOC_OK;
    line_key_blob(line, &blob);
    err = buf_err(&blob) != EDHOC_OK ? buf_err(&blob)
                                     : crypto_sha256(buf_bytes(&blob), fingerprint);
    *is = err == EDHOC_OK && memcmp(fingerprint, t->fingerprint, 32) == 0;
    buf_free(&blob);
    return err;
}

static bool is_name(const struct target *t, const char *principal)
{
    char *copy = t->name != NULL ? strdup(principal) : NULL;
    bool is = false;

    if (copy != NULL) {
        name_fold_host(copy);
        is = strcmp(copy, t->name) == 0;
    }
    free(copy);
    return is;
}

/* Drops the names that are to go: `kept` is the list of the others. */
static edhoc_err filter_names(struct removal *r, const struct trust_line *line, struct buf *kept,
                              struct buf *dropped)
{
    char *list = strdup(line->principals), *rest = list, *principal;

    while (list != NULL && (principal = strsep(&rest, ",")) != NULL) {
        struct buf *to = kept;

        for (size_t i = 0; i < r->len; i++)
            if (is_name(&r->target[i], principal)) {
                r->target[i].matched = true;
                to = dropped;
            }
        if (to->len > 0)
            buf_put_byte(to, ',');
        buf_put_text(to, principal);
    }
    free(list);
    buf_put_byte(kept, '\0');
    buf_put_byte(dropped, '\0');
    if (list == NULL)
        return EDHOC_ERR_NOMEM;
    return buf_err(kept) != EDHOC_OK ? buf_err(kept) : buf_err(dropped);
}

/* Is a name left that the line lets in? With nothing but ! there is none. */
static bool lets_anyone_in(const char *principals)
{
    while (*principals != '\0') {
        if (*principals != '!')
            return true;
        principals += strcspn(principals, ",");
        principals += *principals == ',';
    }
    return false;
}

/* ---- one line ---- */

static void say(struct removal *r, const struct trust_line *line, const char *dropped,
                const char *kept)
{
    char where[32];

    (void)snprintf(where, sizeof(where), " line %u: ", line->line);
    buf_put_text(&r->said, kept == NULL ? "removed " : "changed ");
    buf_put_text(&r->said, line->file);
    buf_put_text(&r->said, where);
    if (kept != NULL) {
        buf_put_text(&r->said, dropped);
        buf_put_text(&r->said, line->is_ca ? " removed; the CA stays believed for "
                                           : " removed; the key stays pinned to ");
        buf_put_text(&r->said, kept);
    } else {
        line_describe(line, &r->said);
    }
    buf_put_byte(&r->said, '\n');
}

/* `raw` is the line with its end. */
static void keep_names(struct removal *r, struct bytes raw, const char *kept)
{
    struct bytes rest = raw;
    struct bytes word = lines_word(&rest);

    buf_put(&r->text, bytes_of(raw.p, (size_t)(word.p - raw.p)));
    buf_put_text(&r->text, kept);
    buf_put(&r->text, bytes_of(word.p + word.len, raw.len - (size_t)(word.p + word.len - raw.p)));
}

static edhoc_err match_keys(struct removal *r, const struct trust_line *line, bool *matched)
{
    edhoc_err err = EDHOC_OK;

    *matched = false;
    for (size_t i = 0; i < r->len && err == EDHOC_OK; i++) {
        bool is;

        err = is_key(&r->target[i], line, &is);
        if (is)
            *matched = r->target[i].matched = true;
    }
    return err;
}

static edhoc_err treat_line(struct removal *r, const struct trust_line *line, struct bytes raw)
{
    struct buf kept = buf_new(TRUST_LINE_MAX + 1), dropped = buf_new(TRUST_LINE_MAX + 1);
    edhoc_err err = filter_names(r, line, &kept, &dropped);
    bool whole = false;

    if (err == EDHOC_OK)
        err = match_keys(r, line, &whole);
    if (err == EDHOC_OK) {
        const char *left = (const char *)kept.p, *gone = (const char *)dropped.p;

        if (whole || !lets_anyone_in(left)) {
            say(r, line, gone, NULL);
        } else if (gone[0] != '\0') {
            say(r, line, gone, left);
            keep_names(r, raw, left);
        } else {
            buf_put(&r->text, raw);
        }
    }
    buf_free(&kept);
    buf_free(&dropped);
    return err;
}

/* ---- the file ---- */

static edhoc_err treat_file(struct removal *r, const struct edit *e)
{
    struct bytes rest = buf_bytes(&e->file.text), line;
    struct trust_cursor at = {.part = 0};
    const struct trust_line *next = trust_next(e->trust, &at);
    edhoc_err err = EDHOC_OK;

    for (unsigned number = 1; err == EDHOC_OK; number++) {
        struct bytes raw = rest;

        if (!lines_next(&rest, &line))
            break;
        raw.len -= rest.len;
        if (next != NULL && next->line == number) {
            err = treat_line(r, next, raw);
            next = trust_next(e->trust, &at);
        } else {
            buf_put(&r->text, raw);
        }
    }
    if (err == EDHOC_OK)
        err = buf_err(&r->text) != EDHOC_OK ? buf_err(&r->text) : buf_err(&r->said);
    return err;
}

/* The line whose pattern still lets a name in. */
static const struct trust_line *find_pattern(const struct trust *t, const struct target *target)
{
    struct trust_cursor at = {.part = 0};
    const struct trust_line *line;

    while (target->name != NULL && (line = trust_next(t, &at)) != NULL)
        if (match_target(bytes_of_text(line->principals), bytes_of_text(target->name)))
            return line;
    return NULL;
}

static edhoc_err check_matched(const struct removal *r, const struct edit *e)
{
    for (size_t i = 0; i < r->len; i++) {
        const struct target *t = &r->target[i];
        const struct trust_line *line = find_pattern(e->trust, t);
        struct trust_story story;

        if (t->matched)
            continue;
        if (line != NULL)
            return report(EDHOC_ERR_NO_TRUST,
                          "%s: no line names %s; line %u lets it in by \"%s\": remove that",
                          e->file.shown, t->text, line->line, line->principals);
        return report(EDHOC_ERR_NO_TRUST, "%s: nothing in it matches %s%s", e->file.shown, t->text,
                      t->name != NULL ? trust_hint(e->trust, TRUST_CLIENT, bytes_of_text(t->name),
                                                   false, &story)
                                      : "");
    }
    return EDHOC_OK;
}

/* After the removal: a name that patterns still let in is not gone. */
static void print_remaining(const struct removal *r, const struct edit *e)
{
    for (size_t i = 0; i < r->len; i++) {
        const struct trust_line *line = find_pattern(e->trust, &r->target[i]);

        if (line != NULL)
            printf("note: %s line %u still lets %s in by \"%s\"\n", line->file, line->line,
                   r->target[i].text, line->principals);
    }
}

static edhoc_err read_targets(const struct trust_command *c, struct removal *r)
{
    edhoc_err err = EDHOC_OK;

    for (int i = 0; i < c->argc && err == EDHOC_OK; i++) {
        err = read_target(c->argv[i], &r->target[r->len]);
        r->len++;
    }
    return err;
}

static edhoc_err remove_all(const struct trust_command *c, struct removal *r, struct edit *e)
{
    edhoc_err err = read_targets(c, r);

    if (err == EDHOC_OK)
        err = treat_file(r, e);
    if (err == EDHOC_OK)
        err = check_matched(r, e);
    if (err == EDHOC_OK)
        err = edit_replace(e, buf_bytes(&r->text));
    return err == EDHOC_OK ? file_edit_save(&e->file) : err;
}

int trust_remove_lines(const struct trust_command *c)
{
    struct removal r = {.text = buf_new(TRUST_FILE_MAX), .said = buf_new(SIZE_MAX)};
    struct edit e;
    char *path;
    edhoc_err err = trust_open(c, false, &path, &e);

    if (err == EDHOC_OK)
        err = remove_all(c, &r, &e);
    if (err == EDHOC_OK) {
        (void)fwrite(r.said.p, 1, r.said.len, stdout);
        print_remaining(&r, &e);
        (void)trust_tell_notes(e.trust);
    }
    for (size_t i = 0; i < r.len; i++)
        free(r.target[i].name);
    buf_free(&r.text);
    buf_free(&r.said);
    edit_close(&e);
    free(path);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}
