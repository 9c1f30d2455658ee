/* gss-edhoc trust import: OpenSSH's public keys, authorized_keys, known_hosts and allowed_signers as
 * trust lines. */
#include "trust_import.h"

#include "file_edit.h"
#include "files.h"
#include "line_key.h"
#include "revoke_list.h"
#include "ssh_line.h"
#include "ssh_names.h"
#include "ssh_option.h"
#include "tool.h"
#include "trust_command.h"
#include "trust_edit.h"
#include "trust_notes.h"
#include "trust_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/keytype.h"
#include "crypto/openssh_type.h"
#include "peer/trust.h"
#include "base/lines.h"
#include "load/trust_file.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"

/* Everything about one import. */
struct import {
    const struct trust_command *command;
    struct edit edit;
    struct buf said;                /* for stdout, once the file is saved */
    unsigned added, refused, other; /* lines; the last are those of others than are wanted */
    unsigned hashed;                /* of them, those whose name no pattern can match */
    struct file_edit list;          /* of keys that are revoked, where one is named */
    unsigned revoked;               /* keys that were added to it */
};

/* A file that is imported. */
struct source {
    struct trust_place at;
    struct buf text;
};

/* One line on its way: what it says, and what becomes of it. */
struct passage {
    struct ssh_line line;
    struct trust_place at;
    bool is_ca;
    struct line_wish wish;
    struct ssh_names names; /* of hosts and signers */
    struct buf principals;  /* with a NUL: what the wish points to */
};

/* ---- authorized_keys and .pub ---- */

static const char *const of_peer[] = {NULL}, *const of_ca[] = {"cert-authority", "principals",
                                                               NULL};

static edhoc_err check_options(const struct import *in, const struct passage *p)
{
    struct buf names = buf_new(256);
    edhoc_err err = EDHOC_OK;

    ssh_option_put_others(p->line.options, p->is_ca ? of_ca : of_peer, &names);
    if (names.len > 0 && !in->command->ignore_options)
        err = trust_bad(&p->at,
                        "a trust line cannot say what these options say: %.*s; drop them with "
                        "--ignore-options",
                        (int)names.len, (const char *)names.p);
    buf_free(&names);
    return err;
}

/* A CA's principals="..." are names, and never patterns as they would be here. */
static edhoc_err take_principals(struct passage *p)
{
    if (p->wish.principals != NULL)
        return EDHOC_OK;
    if (!ssh_option_value(p->line.options, "principals", &p->principals) || p->principals.len == 0)
        return trust_bad(&p->at, "a CA for whom? name them with -n PRINCIPALS");
    if (memchr(p->principals.p, '*', p->principals.len) != NULL ||
        memchr(p->principals.p, '?', p->principals.len) != NULL ||
        memchr(p->principals.p, '!', p->principals.len) != NULL)
        return trust_bad(&p->at, "principals=: a name with *, ? or ! would be a pattern here; name "
                                 "them with -n PRINCIPALS");
    buf_put_byte(&p->principals, '\0');
    p->wish.principals = (const char *)p->principals.p;
    return EDHOC_OK;
}

static edhoc_err plan_key(const struct import *in, struct passage *p)
{
    edhoc_err err;

    p->is_ca = ssh_option_has(p->line.options, "cert-authority");
    err = check_options(in, p);
    if (err != EDHOC_OK || !p->is_ca)
        return err;
    if (p->wish.roles == 0)
        p->wish.roles = TRUST_CLIENT;
    return take_principals(p);
}

/* ---- known_hosts and allowed_signers ---- */

/* A line that says a role itself is no OpenSSH's. */
static bool says_role(const struct ssh_line *line)
{
    return ssh_option_has(line->options, "client") || ssh_option_has(line->options, "server");
}

/* Hosts are servers, and whoever signs is a person. *mine: is the line one of those that are wanted? */
static edhoc_err plan_named(struct import *in, struct passage *p, bool *mine)
{
    bool host = p->line.form == SSH_LINE_HOST;
    edhoc_err err = ssh_names_take(&p->line, p->wish.principals, &p->at, &p->names);

    p->is_ca = host ? p->line.is_ca : ssh_option_has(p->line.options, "cert-authority");
    if (p->wish.roles == 0 && !says_role(&p->line))
        p->wish.roles = host ? TRUST_SERVER : TRUST_CLIENT;
    *mine = p->names.principals.len > 0;
    in->other += err == EDHOC_OK && !*mine;
    in->hashed += err == EDHOC_OK && !*mine && p->names.hashed;
    buf_put_buf(&p->principals, &p->names.principals);
    buf_put_byte(&p->principals, '\0');
    p->wish.principals = (const char *)p->principals.p;
    return err == EDHOC_OK ? buf_err(&p->principals) : err;
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

static struct line_fields fields_of(const struct passage *p)
{
    struct line_fields fields = {.type = p->line.type, .key = p->line.key};

    if (cbor_clean_text(p->line.comment))
        fields.comment = p->line.comment;
    if (p->line.form == SSH_LINE_SIGNER)
        fields.options = p->line.options;
    else if (p->is_ca)
        fields.options = BYTES_LITERAL("cert-authority");
    return fields;
}

static edhoc_err append(struct import *in, const struct passage *p)
{
    struct line_fields fields = fields_of(p);
    struct buf text = buf_new(TRUST_LINE_MAX), where = buf_new(SIZE_MAX);
    const struct trust_line *already = NULL;
    edhoc_err err = line_compose(&fields, &p->wish, &p->at, &text);

    if (err == EDHOC_OK)
        err = edit_append(&in->edit, buf_bytes(&text), &already, &where);
    if (err == EDHOC_OK && already != NULL)
        line_describe_at(already, &where);
    if (err == EDHOC_OK) {
        say(in, &p->at, already != NULL ? "there already: " : "added to ", &where);
        in->added += already == NULL;
    }
    buf_free(&where);
    buf_free(&text);
    return err;
}

/* What OpenSSH did not make. */
static edhoc_err check_origin(const struct passage *p)
{
    if (openssh_type(p->line.type) != NULL || keytype_by_ssh_name(p->line.type) == NULL)
        return EDHOC_OK;
    return trust_bad(&p->at, "a key of this mechanism's own type, not OpenSSH's; use: gss-edhoc "
                             "trust add");
}

/* Of a CA, whatever its key; of a peer, a key that it can use here. */
static edhoc_err check_type(const struct passage *p)
{
    return p->is_ca || openssh_type(p->line.type) != NULL
               ? EDHOC_OK
               : trust_bad(&p->at, "%s", openssh_type_fault(p->line.type));
}

/* ---- what is revoked ---- */

static edhoc_err say_key(struct import *in, const struct passage *p, const char *what,
                         const char *where)
{
    struct buf blob = buf_new(TRUST_LINE_MAX), key = buf_new(TRUST_LINE_MAX);
    edhoc_err err = EDHOC_OK;

    if (!base64_read(p->line.key, &blob))
        err = trust_bad(&p->at, "the key is not base64");
    buf_put_text(&key, where);
    buf_put_text(&key, ": ");
    buf_put(&key, p->line.type);
    buf_put_text(&key, ", fingerprint ");
    if (err == EDHOC_OK)
        err = openssh_fingerprint(buf_bytes(&blob), &key);
    if (err == EDHOC_OK)
        say(in, &p->at, what, &key);
    buf_free(&blob);
    buf_free(&key);
    return err;
}

/* The hosts of such a line tell whether it is one of those that are wanted; the key is then revoked for
 * all. A name that is hashed counts, where none is wanted. */
static edhoc_err revoke(struct import *in, const struct passage *p)
{
    struct ssh_names names = {.hashed = false};
    const char *wanted = in->command->wish.principals;
    bool already = false, mine = wanted == NULL;
    edhoc_err err = EDHOC_OK;

    if (in->command->revoked == NULL)
        return trust_bad(&p->at,
                         "@revoked: a trust file cannot say that; add such keys to the list "
                         "that the setting revoked names, with --revoked=LIST");
    if (wanted != NULL) {
        err = ssh_names_take(&p->line, wanted, &p->at, &names);
        mine = names.principals.len > 0;
        in->other += err == EDHOC_OK && !mine;
        in->hashed += err == EDHOC_OK && !mine && names.hashed;
    }
    buf_free(&names.principals);
    if (err == EDHOC_OK && mine)
        err = revoke_list_add(&in->list, p->line.type, p->line.key, p->line.comment, &already);
    if (err == EDHOC_ERR_KEY_FORMAT)
        return trust_bad(&p->at, "no public key");
    in->revoked += err == EDHOC_OK && mine && !already;
    return err == EDHOC_OK && mine
               ? say_key(in, p, already ? "there already: " : "added to ", in->list.shown)
               : err;
}

/* Lines that pin a key which is revoked now are of no more use. */
static edhoc_err tell_pins(const struct import *in)
{
    struct buf blob = buf_new(TRUST_LINE_MAX), key = buf_new(2 * TRUST_LINE_MAX);
    struct trust_cursor at = {0};
    const struct trust_line *line;
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && (line = trust_next(in->edit.trust, &at)) != NULL) {
        buf_reset(&blob);
        buf_reset(&key);
        line_key_blob(line, &blob);
        base64_put(buf_bytes(&blob), &key);
        err = buf_err(&blob) != EDHOC_OK ? buf_err(&blob) : buf_err(&key);
        if (err == EDHOC_OK && revoke_list_has(&in->list, buf_bytes(&key)))
            printf("note: %s line %u (%s) is about a key that is revoked\n", line->file, line->line,
                   line->principals);
    }
    buf_free(&blob);
    buf_free(&key);
    return err;
}

static edhoc_err import_passage(struct import *in, struct passage *p)
{
    bool mine = true;
    edhoc_err err = check_origin(p);

    if (err != EDHOC_OK)
        return err;
    if (p->line.is_revoked)
        return revoke(in, p);
    if (in->command->revoked != NULL && revoke_list_has(&in->list, p->line.key))
        return say_key(in, p, "passed over, revoked in ", in->list.shown);
    if (p->line.form == SSH_LINE_EITHER)
        return trust_bad(&p->at,
                         "a host's key or a person's? there are lines of known_hosts and of "
                         "allowed_signers here; import them from files of their own");
    err = p->line.form == SSH_LINE_KEY ? plan_key(in, p) : plan_named(in, p, &mine);
    if (err != EDHOC_OK || !mine)
        return err;
    err = check_type(p);
    return err == EDHOC_OK ? append(in, p) : err;
}

static edhoc_err import_line(struct import *in, struct bytes text, const struct trust_place *at,
                             enum ssh_form either)
{
    struct passage p = {
        .at = *at, .wish = in->command->wish, .principals = buf_new(TRUST_LINE_MAX)};
    edhoc_err err = ssh_line_split(text, at, &p.line);

    if (p.line.form == SSH_LINE_EITHER)
        p.line.form = either;
    if (err == EDHOC_OK)
        err = import_passage(in, &p);
    buf_free(&p.names.principals);
    buf_free(&p.principals);
    return err;
}

/* ---- files ---- */

/* One line, where it is one of these. Every line that cannot be imported is told at once. */
static edhoc_err import_if(struct import *in, bool revoked, struct bytes line,
                           const struct trust_place *at, enum ssh_form either)
{
    struct bytes rest = line;
    edhoc_err err;

    if (lines_is_idle(line) || bytes_equal(lines_word(&rest), BYTES_LITERAL("@revoked")) != revoked)
        return EDHOC_OK;
    err = line.len > TRUST_LINE_MAX ? trust_bad(at, "longer than %d bytes", TRUST_LINE_MAX)
                                    : import_line(in, line, at, either);
    if (err != EDHOC_ERR_TRUST_SYNTAX)
        return err;
    (void)tool_fail(err);
    in->refused++;
    return EDHOC_OK;
}

static edhoc_err import_text(struct import *in, bool revoked, const struct source *source)
{
    struct bytes text = buf_bytes(&source->text), line;
    struct trust_place at = source->at;
    enum ssh_form either = ssh_lines_form(text, at.file);
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && lines_next(&text, &line)) {
        at.line++;
        err = import_if(in, revoked, line, &at, either);
    }
    return err;
}

/* What is revoked in one file is pinned from none. */
static edhoc_err import_sources(struct import *in, struct source *sources)
{
    const struct trust_command *c = in->command;
    edhoc_err err = EDHOC_OK;

    for (int i = 0; i < c->argc && err == EDHOC_OK; i++) {
        sources[i].at.file = strcmp(c->argv[i], "-") == 0 ? "standard input" : c->argv[i];
        err = tool_read_source(c->argv[i], TRUST_FILE_MAX, &sources[i].text);
        if (err == EDHOC_OK)
            err = trust_refuse_private(buf_bytes(&sources[i].text), c->argv[i]);
    }
    for (int i = 0; i < c->argc && err == EDHOC_OK; i++)
        err = import_text(in, true, &sources[i]);
    for (int i = 0; i < c->argc && err == EDHOC_OK; i++)
        err = import_text(in, false, &sources[i]);
    return err;
}

/* "; 3 have a hashed name, which ..." */
static void put_hashed(const struct import *in, char *text, size_t size)
{
    text[0] = '\0';
    if (in->hashed > 0)
        (void)snprintf(
            text, size,
            "; of %u the name is hashed, which no pattern matches: name the host in full",
            in->hashed);
}

static edhoc_err nothing(const struct import *in)
{
    char hashed[128];

    put_hashed(in, hashed, sizeof(hashed));
    if (in->other == 0)
        return report(EDHOC_ERR_TRUST_SYNTAX, "no key to import");
    return report(EDHOC_ERR_TRUST_SYNTAX, "no line is of %s: all %u are of others%s",
                  in->command->wish.principals, in->other, hashed);
}

static edhoc_err finish(struct import *in)
{
    edhoc_err err = EDHOC_OK;

    if (in->refused > 0 && !in->command->skip_unusable)
        return report(EDHOC_ERR_TRUST_SYNTAX,
                      "nothing was imported; to leave out such lines, use --skip-unusable");
    if (in->said.len == 0)
        return nothing(in);
    if (in->revoked > 0)
        err = file_edit_save(&in->list);
    return err == EDHOC_OK && in->added > 0 ? file_edit_save(&in->edit.file) : err;
}

static void print_said(const struct import *in)
{
    char hashed[128];

    put_hashed(in, hashed, sizeof(hashed));
    (void)fwrite(in->said.p, 1, in->said.len, stdout);
    if (in->other > 0)
        printf("passed over: %u lines of others%s\n", in->other, hashed);
}

static edhoc_err import_all(struct import *in, struct source *sources)
{
    edhoc_err err = EDHOC_OK;

    if (in->command->revoked != NULL)
        err = revoke_list_open(in->command->revoked, &in->list);
    if (err == EDHOC_OK)
        err = import_sources(in, sources);
    if (err == EDHOC_OK)
        err = finish(in);
    if (err != EDHOC_OK)
        return err;
    print_said(in);
    (void)trust_tell_notes(in->edit.trust);
    return in->revoked > 0 ? tell_pins(in) : EDHOC_OK;
}

int trust_import_lines(const struct trust_command *c)
{
    struct import in = {.command = c, .said = buf_new(SIZE_MAX), .list = {.lock = -1}};
    struct source *sources = calloc((size_t)c->argc, sizeof(*sources));
    char *path;
    edhoc_err err = trust_open(c, true, &path, &in.edit);

    if (err == EDHOC_OK)
        err = sources != NULL ? import_all(&in, sources) : EDHOC_ERR_NOMEM;
    for (int i = 0; i < c->argc && sources != NULL; i++)
        buf_free(&sources[i].text);
    free(sources);
    file_edit_close(&in.list);
    edit_close(&in.edit);
    buf_free(&in.said);
    free(path);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}
