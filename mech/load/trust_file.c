#include "load/trust_file.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "load/file.h"
#include "base/lines.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"
#include "peer/trust.h"

/* An editor's byte order mark would otherwise become part of the first name. */
static edhoc_err check_start(struct bytes text, const char *file)
{
    struct trust_place at = {file, 1};

    if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        return trust_bad(&at, "starts with a byte order mark; save the file without one");
    return EDHOC_OK;
}

edhoc_err trust_text_read(struct bytes text, const char *file, struct trust *t)
{
    struct buf copy = buf_new(text.len);
    edhoc_err err = check_start(text, file);

    buf_put(&copy, text);
    if (err == EDHOC_OK)
        err = buf_err(&copy);
    if (err == EDHOC_OK)
        err = trust_read(t, &copy, file, 1);
    buf_free(&copy);
    return err;
}

edhoc_err trust_file_read(const char *path, bool may_be_missing, struct loading *loading,
                          struct trust *t)
{
    struct buf text;
    bool missing;
    edhoc_err err = file_read(path, FILE_TRUSTED, TRUST_FILE_MAX, loading,
                              may_be_missing ? &missing : NULL, &text);

    if (err == EDHOC_OK)
        err = trust_add_file(t, path);
    if (err == EDHOC_OK)
        err = check_start(buf_bytes(&text), path);
    if (err == EDHOC_OK)
        err = trust_read(t, &text, path, 1);
    buf_free(&text);
    return err;
}

/* The one line that says something; more or less is an error. */
static edhoc_err read_pub_text(struct bytes text, const char *path, struct trust_line **out)
{
    edhoc_err err = check_start(text, path);
    struct trust_place at = {path, 0};
    struct bytes line;

    while (err == EDHOC_OK && lines_next(&text, &line)) {
        struct trust_line *read;

        at.line++;
        err = trust_pub_line_parse(line, path, at.line, &read);
        if (err != EDHOC_OK || read == NULL)
            continue;
        if (*out == NULL) {
            *out = read;
        } else {
            trust_line_free(read);
            err = trust_bad(&at, "a second key; the .pub file of a key has one line");
        }
    }
    if (err == EDHOC_OK && *out == NULL)
        err = trust_bad(&at, "no key in it; the .pub file of a key has one line");
    return err;
}

edhoc_err trust_pub_read(const char *path, struct loading *loading, struct trust_line **out)
{
    struct buf text;
    bool missing;
    edhoc_err err = file_read(path, FILE_TRUSTED, PUB_FILE_MAX, loading, &missing, &text);

    *out = NULL;
    if (err == EDHOC_OK && !missing)
        err = read_pub_text(buf_bytes(&text), path, out);
    if (err != EDHOC_OK) {
        trust_line_free(*out);
        *out = NULL;
    }
    buf_free(&text);
    return err;
}
