#include "load/mech_conf.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/file.h"
#include "load/stamps.h"

#define MIT_LINE 8191 /* what fgets() takes at a time there: BUFSIZ - 1 */

void mech_conf_clear(struct mech_conf *c)
{
    free(c->options);
    free(c->file);
    *c = (struct mech_conf){0};
}

/* ---- one line, cut up as MIT does ---- */

/* Ends the word at `s` and returns the start of the next. */
static char *end_word(char *s)
{
    while (*s != '\0' && !ascii_is_space(*s))
        s++;
    if (*s != '\0')
        *s++ = '\0';
    while (ascii_is_space(*s))
        s++;
    return s;
}

/* Takes a number and the dots after it. */
static bool take_arc(const char **s, unsigned long long *arc)
{
    char *end;

    if (!ascii_is_digit(**s))
        return false;
    *arc = strtoull(*s, &end, 10);
    *s = end + strspn(end, ".");
    return true;
}

/* MIT ignores what follows the last number. */
bool mech_conf_is_our_oid(const char *word)
{
    const char *ours = MECH_OID;
    unsigned long long a, b;
    bool brace = *word == '{';

    word += brace;
    while (take_arc(&ours, &b))
        if (!take_arc(&word, &a) || a != b)
            return false;
    return !take_arc(&word, &a) && (!brace || *word == '}');
}

static const char outside[] =
    "a setting outside the brackets counts for nothing; write all of them as [NAME=VALUE ...]";

/* What MIT skips, and so might we, while somebody believes that it counts. */
static bool has_setting(const char *text)
{
    return strpbrk(text, "=[") != NULL;
}

/* Finds the options of a line of ours, NULL without brackets, and what is wrong with it, or NULL; false
 * when the line is not ours. */
static bool parse_line(char *line, char **options, const char **fault)
{
    char *oid, *object, *kernel, *next;

    *options = NULL;
    *fault = NULL;
    if (*line == '#')
        return false;
    oid = end_word(line);
    object = end_word(oid);
    if (*oid == '\0' || *object == '\0' || !mech_conf_is_our_oid(oid))
        return false;
    next = kernel = end_word(object);
    if (*next != '\0' && *next != '[' && *next != '<')
        next = end_word(next); /* a kernel module, which Solaris has */
    if (next > kernel && has_setting(kernel))
        *fault = outside;
    if (*next == '[') {
        *options = next + 1;
        next += strcspn(next, "]");
        if (*next == '\0')
            *fault = "the options have no closing ]";
        else
            *next++ = '\0';
    }
    if (has_setting(next))
        *fault = outside;
    return true;
}

static edhoc_err keep(const char *options, const char *file, unsigned line, struct mech_conf *out)
{
    mech_conf_clear(out);
    out->file = strdup(file);
    out->line = line;
    if (options != NULL)
        out->options = strdup(options);
    if (out->file == NULL || (options != NULL && out->options == NULL))
        return EDHOC_ERR_NOMEM;
    return EDHOC_OK;
}

/* `line` has its newline, if there was room for it in what MIT reads at a time. */
static edhoc_err read_line(struct bytes line, const char *file, unsigned number,
                           struct mech_conf *out)
{
    char text[MIT_LINE + 1];
    const char *fault;
    char *options;

    memcpy(text, line.p, line.len);
    text[line.len] = '\0';
    if (!parse_line(text, &options, &fault))
        return EDHOC_OK;
    if (memchr(line.p, '\0', line.len) != NULL)
        return report(EDHOC_ERR_SETTING, "%s line %u: a NUL byte in it", file, number);
    if (line.len == MIT_LINE && line.p[line.len - 1] != '\n')
        return report(EDHOC_ERR_SETTING, "%s line %u: longer than %d bytes", file, number,
                      MIT_LINE - 1);
    if (fault != NULL)
        return report(EDHOC_ERR_SETTING, "%s line %u: %s", file, number, fault);
    return keep(options, file, number, out);
}

edhoc_err mech_conf_text(struct bytes text, const char *file, struct mech_conf *out)
{
    edhoc_err err = EDHOC_OK;
    unsigned number = 1;

    while (text.len > 0 && err == EDHOC_OK) {
        size_t most = text.len < MIT_LINE ? text.len : MIT_LINE;
        const uint8_t *newline = memchr(text.p, '\n', most);
        size_t len = newline != NULL ? (size_t)(newline - text.p) + 1 : most;

        err = read_line(bytes_of(text.p, len), file, number, out);
        number += newline != NULL;
        text = bytes_of(text.p + len, text.len - len);
    }
    return err;
}

/* ---- the files ---- */

edhoc_err mech_conf_read_file(const char *path, struct loading *loading, struct mech_conf *out)
{
    struct buf text;
    bool missing;
    edhoc_err err = file_read(path, FILE_ANY, MECH_CONF_MAX, loading, &missing, &text);

    if (err == EDHOC_OK)
        err = mech_conf_text(buf_bytes(&text), path, out);
    buf_free(&text);
    /* What we may not read, MIT has not read either: another mechanism's, not to be stumbled over.
     */
    if (err == EDHOC_ERR_FILE && euidaccess(path, R_OK) != 0) {
        report_clear();
        return EDHOC_OK;
    }
    return err;
}

static edhoc_err read_matching(const char *pattern, struct loading *loading, struct mech_conf *out)
{
    glob_t found = {0};
    edhoc_err err = EDHOC_OK;

    switch (glob(pattern, 0, NULL, &found)) {
    case 0:
        for (size_t i = 0; i < found.gl_pathc && err == EDHOC_OK; i++)
            err = mech_conf_read_file(found.gl_pathv[i], loading, out);
        break;
    case GLOB_NOMATCH:
        break;
    default:
        err = report(EDHOC_ERR_FILE, "%s: cannot be searched", pattern);
    }
    globfree(&found);
    return err;
}

edhoc_err mech_conf_read_dir(const char *dir, struct loading *loading, struct mech_conf *out)
{
    char *file = NULL, *folder = NULL, *pattern = NULL;
    edhoc_err err = EDHOC_ERR_NOMEM;

    if (asprintf(&file, "%s/mech", dir) < 0)
        file = NULL;
    else if (asprintf(&pattern, "%s/mech.d/*.conf", dir) < 0)
        pattern = NULL;
    else if (asprintf(&folder, "%s/mech.d", dir) < 0)
        folder = NULL;
    else
        err = mech_conf_read_file(file, loading, out);
    if (err == EDHOC_OK) {
        stamps_note(loading != NULL ? loading->stamps : NULL, folder);
        err = read_matching(pattern, loading, out);
    }
    free(file);
    free(folder);
    free(pattern);
    return err;
}

edhoc_err mech_conf_read(const char *dir, struct mech_conf *out)
{
    const char *instead = secure_getenv("GSS_MECH_CONFIG");

    *out = (struct mech_conf){0};
    return instead != NULL ? mech_conf_read_file(instead, NULL, out)
                           : mech_conf_read_dir(dir, NULL, out);
}
