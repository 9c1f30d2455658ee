#include "ssh_line.h"

#include "ssh_option.h"
#include "trust_words.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "base/lines.h"
#include "peer/trust_place.h"

static edhoc_err take_marker(struct bytes *text, const struct trust_place *at,
                             struct ssh_line *line)
{
    struct bytes rest = *text, marker = lines_word(&rest);

    if (marker.len == 0 || marker.p[0] != '@')
        return EDHOC_OK;
    line->is_ca = bytes_equal(marker, BYTES_LITERAL("@cert-authority"));
    line->is_revoked = bytes_equal(marker, BYTES_LITERAL("@revoked"));
    *text = rest;
    return line->is_ca || line->is_revoked
               ? EDHOC_OK
               : trust_bad(at, "%.*s: known_hosts has @cert-authority and @revoked",
                           TRUST_SHOWN(marker));
}

/* By what only one kind of file has. */
static enum ssh_form form_of(const struct ssh_line *line)
{
    if (line->names.len == 0)
        return SSH_LINE_KEY;
    if (line->is_ca || line->is_revoked || line->names.p[0] == '|' ||
        memchr(line->names.p, '[', line->names.len) != NULL)
        return SSH_LINE_HOST;
    if (line->options.len > 0 || memchr(line->names.p, '@', line->names.len) != NULL)
        return SSH_LINE_SIGNER;
    return SSH_LINE_EITHER;
}

edhoc_err ssh_line_split(struct bytes text, const struct trust_place *at, struct ssh_line *line)
{
    edhoc_err err;

    *line = (struct ssh_line){.form = SSH_LINE_KEY};
    err = take_marker(&text, at, line);
    if (err != EDHOC_OK)
        return err;
    line->type = lines_word(&text);
    if (!line_is_key_type(line->type)) {
        *(ssh_option_are(line->type) ? &line->options : &line->names) = line->type;
        line->type = lines_word(&text);
    }
    if (line->names.len > 0 && !line_is_key_type(line->type)) {
        line->options = line->type;
        line->type = lines_word(&text);
    }
    if (!line_is_key_type(line->type))
        return trust_bad(at, "no public key as in OpenSSH's .pub, authorized_keys, known_hosts or "
                             "allowed_signers files");
    line->key = lines_word(&text);
    line->comment = lines_trim(text);
    line->form = form_of(line);
    return EDHOC_OK;
}

static bool is_called_signers(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strstr(slash != NULL ? slash : path, "allowed_signers") != NULL;
}

enum ssh_form ssh_lines_form(struct bytes text, const char *path)
{
    bool signers = is_called_signers(path), hosts = false;
    struct trust_place at = {path, 0};
    struct bytes line;

    while (lines_next(&text, &line)) {
        struct ssh_line read;

        if (lines_is_idle(line) || ssh_line_split(line, &at, &read) != EDHOC_OK)
            continue;
        signers |= read.form == SSH_LINE_SIGNER;
        hosts |= read.form == SSH_LINE_HOST;
    }
    report_clear();
    return !signers ? SSH_LINE_HOST : hosts ? SSH_LINE_EITHER : SSH_LINE_SIGNER;
}
