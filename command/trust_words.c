#include "trust_words.h"

#include "line_key.h"
#include "ssh_option.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/keytype.h"
#include "crypto/openssh_type.h"
#include "peer/trust.h"
#include "base/lines.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"

static bool is_word(struct bytes word, const char *text)
{
    return bytes_equal(word, bytes_of_text(text));
}

bool line_is_key_type(struct bytes word)
{
    return keytype_by_ssh_name(word) != NULL || is_word(word, "ssh-rsa") ||
           is_word(word, "ssh-dss") || is_word(word, "ecdsa-sha2-nistp521") ||
           bytes_end_with(word, BYTES_LITERAL("@openssh.com"));
}

struct line_fields line_split(struct bytes text)
{
    struct line_fields f = {.type = lines_word(&text)};

    if (!line_is_key_type(f.type)) {
        f.principals = f.type;
        f.type = lines_word(&text);
    }
    if (f.principals.len > 0 && !line_is_key_type(f.type)) {
        f.options = f.type;
        f.type = lines_word(&text);
    }
    f.key = lines_word(&text);
    f.comment = lines_trim(text);
    return f;
}

/* ---- putting together ---- */

static void put_option(struct buf *out, const char *name, const char *value)
{
    if (out->len > 0)
        buf_put_byte(out, ',');
    buf_put_text(out, name);
    if (value == NULL)
        return;
    buf_put_text(out, "=\"");
    buf_put_text(out, value);
    buf_put_byte(out, '"');
}

/* The line's own options, then those that are wished. One that is there twice is the parser's to
 * refuse. */
static void put_options(struct bytes own, const struct line_wish *wish, struct buf *out)
{
    buf_put(out, own);
    if ((wish->roles & TRUST_CLIENT) != 0)
        put_option(out, "client", NULL);
    if ((wish->roles & TRUST_SERVER) != 0)
        put_option(out, "server", NULL);
    if (wish->valid_after != NULL)
        put_option(out, "valid-after", wish->valid_after);
    if (wish->valid_before != NULL)
        put_option(out, "valid-before", wish->valid_before);
    if (wish->local_user != NULL)
        put_option(out, "local-user", wish->local_user);
}

static void put_field(struct buf *out, struct bytes field)
{
    field = lines_trim(field);
    if (field.len == 0)
        return;
    if (out->len > 0)
        buf_put_byte(out, ' ');
    buf_put(out, field);
}

static void put_fields(const struct line_fields *f, const struct line_wish *wish, struct buf *out)
{
    struct buf options = buf_new(TRUST_LINE_MAX);

    put_options(f->options, wish, &options);
    put_field(out, wish->principals != NULL ? bytes_of_text(wish->principals) : f->principals);
    put_field(out, buf_bytes(&options));
    put_field(out, f->type);
    put_field(out, f->key);
    put_field(out, f->comment);
    buf_fail(out, buf_err(&options));
    buf_free(&options);
}

/* What can be told better than the parser does, which knows neither -n nor those types of OpenSSH's
 * that only a CA can have. */
static edhoc_err check_fields(const struct line_fields *f, const struct line_wish *wish,
                              const struct trust_place *at)
{
    if (line_is_key_type(f->type) && keytype_by_ssh_name(f->type) == NULL &&
        !ssh_option_has(f->options, "cert-authority"))
        return trust_bad(at, "%s", openssh_type_fault(f->type));
    if (f->principals.len == 0 && wish->principals == NULL)
        return trust_bad(at, "no principals before the key type; name them with -n PRINCIPALS");
    return EDHOC_OK;
}

edhoc_err line_compose(const struct line_fields *f, const struct line_wish *wish,
                       const struct trust_place *at, struct buf *out)
{
    struct trust_line *line = NULL;
    struct buf text = buf_new(TRUST_LINE_MAX);
    edhoc_err err = check_fields(f, wish, at);

    if (err == EDHOC_OK) {
        put_fields(f, wish, &text);
        if (buf_err(&text) != EDHOC_OK)
            err = trust_bad(at, "longer than %d bytes", TRUST_LINE_MAX);
    }
    if (err == EDHOC_OK)
        err = trust_line_parse(buf_bytes(&text), at->file, at->line, &line);
    if (err == EDHOC_OK && line == NULL)
        err = trust_bad(at, "a principal cannot begin with #: that is a comment");
    if (err == EDHOC_OK)
        buf_put(out, buf_bytes(&text));
    trust_line_free(line);
    buf_free(&text);
    return err == EDHOC_OK ? buf_err(out) : err;
}

void line_describe(const struct trust_line *line, struct buf *out)
{
    char id[LINE_KEY_ID];

    buf_put_text(out, line->principals);
    buf_put_text(out, line->is_ca ? " cert-authority " : " ");
    buf_put(out, line_key_type(line));
    buf_put_text(out, line->is_ca ? ", fingerprint " : ", key id ");
    buf_fail(out, line_key_id(line, id));
    buf_put_text(out, id);
}

void line_describe_at(const struct trust_line *line, struct buf *out)
{
    char number[32];

    (void)snprintf(number, sizeof(number), " line %u: ", line->line);
    buf_put_text(out, line->file);
    buf_put_text(out, number);
    line_describe(line, out);
}
