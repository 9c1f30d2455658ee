#include "passphrase.h"

#include "files.h"

#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/report.h"
#include "load/file.h"

#define PASSPHRASE_MAX 1024 /* as gss_acquire_cred_with_password has it */

static edhoc_err read_text(const char *path, struct buf *out)
{
    if (strcmp(path, "-") != 0)
        return file_read(path, FILE_SECRET, PASSPHRASE_MAX + 2, NULL, NULL, out);
    *out = buf_new(0);
    if (isatty(STDIN_FILENO))
        return report(
            EDHOC_ERR_FILE,
            "standard input is a terminal; nothing is asked for: name a file, or use a pipe");
    return tool_read_source("-", PASSPHRASE_MAX + 2, out);
}

edhoc_err tool_read_passphrase(const char *path, struct buf *out)
{
    const char *shown = strcmp(path, "-") == 0 ? "standard input" : path;
    struct bytes rest, line = BYTES_NONE;
    struct buf text;
    edhoc_err err = read_text(path, &text);

    *out = buf_new(PASSPHRASE_MAX + 1);
    rest = buf_bytes(&text);
    if (err == EDHOC_OK) {
        (void)lines_next(&rest, &line);
        if (line.len == 0 || line.len > PASSPHRASE_MAX || rest.len > 0 ||
            memchr(line.p, '\0', line.len) != NULL)
            err = report(EDHOC_ERR_FILE, "%s: a passphrase is one line of 1 to %d bytes", shown,
                         PASSPHRASE_MAX);
    }
    if (err == EDHOC_OK) {
        buf_put(out, line);
        buf_put_byte(out, 0);
        err = buf_err(out);
    }
    buf_free(&text);
    return err;
}
