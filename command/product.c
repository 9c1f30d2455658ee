#include "product.h"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "peer/identity.h"
#include "load/identity_file.h"
#include "load/loading.h"
#include "peer/trust_line.h"

/* ---- files ---- */

/* Makes a file that was not there, on the disk; on failure it is not there again. */
static edhoc_err write_new(const char *path, mode_t mode, struct bytes text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode);
    edhoc_err err = EDHOC_OK;

    if (fd < 0 && errno == EEXIST)
        return report(EDHOC_ERR_FILE,
                      "%s exists and is not overwritten; remove it, or name another file with -o",
                      path);
    if (fd < 0)
        return tool_file_failed(path, "cannot be made");
    if (fchmod(fd, mode) != 0 || !tool_write_fully(fd, text) || fsync(fd) != 0)
        err = tool_file_failed(path, "cannot be written");
    if (close(fd) != 0 && err == EDHOC_OK)
        err = tool_file_failed(path, "cannot be written");
    if (err != EDHOC_OK)
        (void)unlink(path);
    return err;
}

/* ---- the key ---- */

void product_clear(struct product *p)
{
    free(p->file);
    free(p->pub);
    buf_free(&p->pem);
    buf_free(&p->line);
}

edhoc_err product_new(const char *file, struct product *p)
{
    *p = (struct product){strdup(file), NULL, buf_new(IDENTITY_FILE_MAX), buf_new(TRUST_LINE_MAX)};
    if (p->file != NULL && asprintf(&p->pub, "%s.pub", file) >= 0)
        return EDHOC_OK;
    p->pub = NULL;
    return EDHOC_ERR_NOMEM;
}

edhoc_err product_make(const struct keytype *type, const char *principals, const char *passphrase,
                       struct product *p)
{
    struct key *key;
    edhoc_err err = key_generate(type, &key);

    if (err != EDHOC_OK)
        return err;
    err = key_to_pem(key, passphrase, &p->pem);
    trust_line_format(principals, NULL, key, NULL, &p->line);
    buf_put_byte(&p->line, '\n');
    if (err == EDHOC_OK)
        err = buf_err(&p->line);
    key_free(key);
    return err;
}

/* What was written must be what the mechanism will read (and on a file system without modes, for
 * one, it would refuse to). */
static edhoc_err try_out(const struct product *p, const char *passphrase)
{
    struct loading loading = {.passphrase = passphrase};
    struct identity *id;
    edhoc_err err = load_identity_at(p->file, NULL, &loading, &id);

    if (err == EDHOC_OK)
        identity_free(id);
    return err;
}

edhoc_err product_write(const struct product *p, const char *passphrase)
{
    edhoc_err err = write_new(p->file, 0600, buf_bytes(&p->pem));

    if (err != EDHOC_OK)
        return err;
    err = write_new(p->pub, 0644, buf_bytes(&p->line));
    if (err == EDHOC_OK) {
        err = try_out(p, passphrase);
        if (err != EDHOC_OK)
            (void)unlink(p->pub);
    }
    if (err != EDHOC_OK)
        (void)unlink(p->file);
    tool_sync_directory_of(p->file);
    return err;
}
