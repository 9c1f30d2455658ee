/* gss-edhoc trust import: OpenSSH's public keys, authorized_keys and known_hosts as trust lines. */
#include "trust_import.h"

#include "files.h"
#include "ssh_option.h"
#include "tool.h"
#include "trust_command.h"
#include "trust_edit.h"
#include "trust_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/keytype.h"
#include "crypto/openssh_type.h"
#include "peer/trust.h"
#include "load/lines.h"
#include "load/trust_file.h"
#include "load/trust_line.h"
#include "load/trust_place.h"

/* Everything about one import. */
struct import {
    const struct trust_command *command;
    struct edit edit;
    struct buf said;         /* for stdout, once the file is saved */
    unsigned added, refused; /* lines */
};

/* One line of an OpenSSH file. */
struct ssh_line {
    struct bytes hosts;   /* known_hosts: names, or a hash */
    struct bytes options; /* authorized_keys */
    struct bytes type, key, comment;
};

/* ---- taking a line apart ---- */

static edhoc_err split(struct bytes text, const struct trust_place *at, struct ssh_line *line)
{
    struct bytes word = lines_word(&text);

    *line = (struct ssh_line){.type = word};
    if (word.p[0] == '@')
        return trust_bad(at,
                         "%.*s: such a line is not a peer's key, and there is nothing like it in a "
                         "trust file",
                         TRUST_SHOWN(word));
    if (!line_is_key_type(word)) {
        *(ssh_option_are(word) ? &line->options : &line->hosts) = word;
        line->type = lines_word(&text);
    }
    if (!line_is_key_type(line->type))
        return trust_bad(at, "no public key as in OpenSSH's .pub, authorized_keys or known_hosts "
                             "files");
    line->key = lines_word(&text);
    line->comment = text;
    return EDHOC_OK;
}

static edhoc_err check_options(const struct trust_command *c, const struct ssh_line *line,
                               const struct trust_place *at)
{
    struct buf names = buf_new(256);
    edhoc_err err = EDHOC_OK;

    if (ssh_option_has(line->options, "cert-authority"))
        return trust_bad(at, "cert-authority: a CA's key, not a peer's; OpenSSH certificates are "
                             "not used here");
    ssh_option_put_names(line->options, &names);
    if (line->options.len > 0 && !c->ignore_options)
        err = trust_bad(at,
                        "a trust line cannot say what these options say: %.*s; drop them with "
                        "--ignore-options",
                        (int)names.len, (const char *)names.p);
    buf_free(&names);
    return err;
}

/* ---- names ---- */

/* "web,10.0.0.1" to "host@web,host@10.0.0.1". */
static edhoc_err put_hosts(struct bytes hosts, const struct trust_place *at, struct buf *out)
{
    if (hosts.p[0] == '|')
        return trust_bad(at, "the host's name is hashed, so it cannot be read; say whose key it is "
                             "with -n host@NAME");
    for (size_t i = 0, start = 0; i <= hosts.len; i++) {
        struct bytes host = bytes_of(hosts.p + start, i - start);

        if (i < hosts.len && hosts.p[i] != ',')
            continue;
        if (host.len == 0 || memchr(host.p, '*', host.len) != NULL ||
            memchr(host.p, '?', host.len) != NULL || host.p[0] == '!')
            return trust_bad(at, "\"%.*s\" is a pattern; say whose key it is with -n PRINCIPALS",
                             TRUST_SHOWN(host));
        if (host.p[0] == '[')
            return trust_bad(at,
                             "%.*s: a server on a port of its own need not be the host's; say "
                             "whose key it is with -n PRINCIPALS",
                             TRUST_SHOWN(host));
        buf_put_text(out, start > 0 ? ",host@" : "host@");
        buf_put(out, host);
        start = i + 1;
    }
    buf_put_byte(out, '\0');
    if (buf_err(out) != EDHOC_OK)
        return trust_bad(at, "longer than %d bytes", TRUST_LINE_MAX);
    return EDHOC_OK;
}

/* What the user wishes, with what known_hosts tells by itself: names, and that it is a server. */
static edhoc_err complete_wish(const struct ssh_line *line, const struct trust_place *at,
                               struct line_wish *wish, struct buf *names)
{
    edhoc_err err = EDHOC_OK;

    if (line->hosts.len == 0)
        return EDHOC_OK;
    if (wish->roles == 0)
        wish->roles = TRUST_SERVER;
    if (wish->principals != NULL)
        return EDHOC_OK;
    err = put_hosts(line->hosts, at, names);
    for (size_t i = 0; i < names->len; i++) /* as GSS-API's names of services are */
        names->p[i] = (uint8_t)ascii_lower((char)names->p[i]);
    wish->principals = (const char *)names->p;
    return err;
}

/* ---- one line ---- */

/* `where` is a line of the trust file, with what it says. */
static void say(struct import *in, const struct trust_place *at, const char *what,
                const struct buf *where)
{
    char place[64];

    buf_put_text(&in->said, what);
    buf_put_buf(&in->said, where);
    (void)snprintf(place, sizeof(place), " line %u)\n", at->line);
    buf_put_text(&in->said, " (from ");
    buf_put_text(&in->said, at->file);
    buf_put_text(&in->said, place);
}

static edhoc_err append(struct import *in, const struct ssh_line *line,
                        const struct line_wish *wish, const struct trust_place *at)
{
    bool clean = cbor_clean_text(line->comment);
    struct line_fields fields = {
        .type = line->type, .key = line->key, .comment = clean ? line->comment : BYTES_NONE};
    struct buf text = buf_new(TRUST_LINE_MAX), where = buf_new(SIZE_MAX);
    const struct trust_line *already = NULL;
    edhoc_err err = line_compose(&fields, wish, at, &text);

    if (err == EDHOC_OK)
        err = edit_append(&in->edit, buf_bytes(&text), &already, &where);
    if (err == EDHOC_OK && already != NULL)
        line_describe_at(already, &where);
    if (err == EDHOC_OK) {
        say(in, at, already != NULL ? "there already: " : "added to ", &where);
        in->added += already == NULL;
    }
    buf_free(&where);
    buf_free(&text);
    return err;
}

static edhoc_err import_line(struct import *in, struct bytes text, const struct trust_place *at)
{
    struct line_wish wish = in->command->wish;
    struct buf names = buf_new(TRUST_LINE_MAX);
    struct ssh_line line;
    edhoc_err err = split(text, at, &line);

    if (err == EDHOC_OK && openssh_type(line.type) == NULL)
        err = keytype_by_ssh_name(line.type) != NULL
                  ? trust_bad(at, "a key of this mechanism's own type, not OpenSSH's; use: "
                                  "gss-edhoc trust add")
                  : trust_bad(at, "%s", openssh_type_fault(line.type));
    if (err == EDHOC_OK)
        err = check_options(in->command, &line, at);
    if (err == EDHOC_OK)
        err = complete_wish(&line, at, &wish, &names);
    if (err == EDHOC_OK)
        err = append(in, &line, &wish, at);
    buf_free(&names);
    return err;
}

/* ---- files ---- */

/* Every line that cannot be imported is told at once. */
static edhoc_err import_text(struct import *in, struct bytes text, const char *source)
{
    struct trust_place at = {strcmp(source, "-") == 0 ? "standard input" : source, 0};
    struct bytes line;

    while (lines_next(&text, &line)) {
        edhoc_err err;

        at.line++;
        if (lines_is_idle(line))
            continue;
        err = line.len > TRUST_LINE_MAX ? trust_bad(&at, "longer than %d bytes", TRUST_LINE_MAX)
                                        : import_line(in, line, &at);
        if (err != EDHOC_OK && err != EDHOC_ERR_TRUST_SYNTAX)
            return err;
        if (err != EDHOC_OK) {
            (void)tool_fail(err);
            in->refused++;
        }
    }
    return EDHOC_OK;
}

static edhoc_err import_source(struct import *in, const char *source)
{
    struct buf text = buf_new(0);
    edhoc_err err = tool_read_source(source, TRUST_FILE_MAX, &text);

    if (err == EDHOC_OK)
        err = import_text(in, buf_bytes(&text), source);
    buf_free(&text);
    return err;
}

static edhoc_err finish(struct import *in)
{
    if (in->refused > 0 && !in->command->skip_unusable)
        return report(EDHOC_ERR_TRUST_SYNTAX,
                      "nothing was imported; to leave out such lines, use --skip-unusable");
    if (in->said.len == 0)
        return report(EDHOC_ERR_TRUST_SYNTAX, "no key to import");
    return in->added > 0 ? edit_save(&in->edit) : EDHOC_OK;
}

int trust_import_lines(const struct trust_command *c)
{
    struct import in = {.command = c, .said = buf_new(SIZE_MAX)};
    char *path;
    edhoc_err err = trust_open(c, true, &path, &in.edit);

    for (int i = 0; i < c->argc && err == EDHOC_OK; i++)
        err = import_source(&in, c->argv[i]);
    if (err == EDHOC_OK)
        err = finish(&in);
    if (err == EDHOC_OK)
        (void)fwrite(in.said.p, 1, in.said.len, stdout);
    edit_close(&in.edit);
    buf_free(&in.said);
    free(path);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}
