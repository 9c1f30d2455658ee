#include "load/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/folders.h"
#include "load/stamps.h"

static edhoc_err cannot(const char *path, const char *what, int error)
{
    if (path[0] == '\0')
        return report(EDHOC_ERR_FILE, "the name of a file is empty");
    return report(EDHOC_ERR_FILE, "%s: %s: %s", path, what, strerror(error));
}

static bool is_pub(const char *path)
{
    size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, ".pub") == 0;
}

static edhoc_err check_secret(const char *path, const struct stat *st)
{
    mode_t allowed = st->st_uid == 0 ? 0740 : 0700;

    if ((st->st_mode & 0777 & ~allowed) == 0)
        return EDHOC_OK;
    if (is_pub(path))
        return report(EDHOC_ERR_PERMISSIONS,
                      "%s: by its name and mode a public key; name the private one, without .pub",
                      path);
    return report(EDHOC_ERR_PERMISSIONS,
                  "%s: mode %04o lets others at this private key; run: chmod 600 %s (or 640, for "
                  "the group of a daemon, where root owns it)",
                  path, (unsigned)(st->st_mode & 07777), path);
}

static edhoc_err check_trusted(const char *path, const struct stat *st, uid_t uid)
{
    if (st->st_uid != 0 && st->st_uid != uid)
        return report(EDHOC_ERR_PERMISSIONS,
                      "%s: owned by user %lu, who could change whom we believe; it must be root's "
                      "or our own (user %lu): use a copy, or chown it",
                      path, (unsigned long)st->st_uid, (unsigned long)uid);
    if ((st->st_mode & 022) != 0)
        return report(EDHOC_ERR_PERMISSIONS,
                      "%s: mode %04o lets others write to it; run: chmod go-w %s", path,
                      (unsigned)(st->st_mode & 07777), path);
    return EDHOC_OK;
}

edhoc_err file_check(int fd, const char *path, enum file_rule rule, const struct loading *loading)
{
    uid_t uid = loading != NULL && loading->uid != NULL ? *loading->uid : geteuid();
    struct stat st;
    edhoc_err err;

    if (fstat(fd, &st) != 0)
        return cannot(path, "cannot be examined", errno);
    if (rule == FILE_ANY)
        return EDHOC_OK;
    err = rule == FILE_SECRET ? check_secret(path, &st) : check_trusted(path, &st, uid);
    return err == EDHOC_OK ? folders_check(path, &st, uid) : err;
}

void file_is_gone(struct loading *loading, bool gone)
{
    if (loading != NULL)
        loading->gone |= gone;
}

edhoc_err file_open(const char *path, struct loading *loading, bool *missing, int *fd)
{
    if (missing != NULL)
        *missing = false;
    stamps_note(loading != NULL ? loading->stamps : NULL, path);
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd >= 0)
        return EDHOC_OK;
    if (errno != ENOENT || missing == NULL) {
        file_is_gone(loading, errno == ENOENT);
        return cannot(path, "cannot be opened", errno);
    }
    *missing = true;
    return EDHOC_OK;
}

/* Reads until `len` bytes are there or the file ends; the number read, or -1. */
static ssize_t read_fully(int fd, uint8_t *to, size_t len)
{
    size_t have = 0;

    while (have < len) {
        ssize_t n = read(fd, to + have, len - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

/* Exactly the bytes that fstat() promised: fewer or more mean that somebody is writing. */
static edhoc_err read_exactly(const char *path, int fd, size_t size, struct buf *out)
{
    uint8_t more = 0;
    uint8_t *to = size > 0 ? buf_extend(out, size) : &more;
    ssize_t n;

    if (to == NULL)
        return EDHOC_ERR_NOMEM;
    n = read_fully(fd, to, size);
    if (n < 0)
        return cannot(path, "cannot be read", errno);
    if ((size_t)n != size || read_fully(fd, &more, 1) != 0)
        return report(EDHOC_ERR_FILE, "%s: changed while it was read; try again", path);
    return EDHOC_OK;
}

static edhoc_err read_open_file(const char *path, int fd, enum file_rule rule,
                                struct loading *loading, struct buf *out)
{
    struct stat st;
    edhoc_err err;

    if (fstat(fd, &st) != 0)
        return cannot(path, "cannot be examined", errno);
    if (!S_ISREG(st.st_mode))
        return report(EDHOC_ERR_FILE, "%s: not a regular file%s", path,
                      S_ISDIR(st.st_mode) ? " but a directory" : "");
    err = file_check(fd, path, rule, loading);
    if (err != EDHOC_OK)
        return err;
    if (st.st_size < 0 || (uintmax_t)st.st_size > out->max)
        return report(EDHOC_ERR_FILE, "%s: %jd bytes long; at most %zu are accepted", path,
                      (intmax_t)st.st_size, out->max);
    return read_exactly(path, fd, (size_t)st.st_size, out);
}

edhoc_err file_read(const char *path, enum file_rule rule, size_t max, struct loading *loading,
                    bool *missing, struct buf *out)
{
    edhoc_err err;
    int fd;

    *out = buf_new(max);
    err = file_open(path, loading, missing, &fd);
    if (err != EDHOC_OK || fd < 0)
        return err;
    err = read_open_file(path, fd, rule, loading, out);
    close(fd);
    if (loading != NULL)
        loading->bytes += out->len;
    return err;
}

edhoc_err file_blame(edhoc_err err, const char *path)
{
    char details[512];

    /* A copy, because the next report overwrites what report_details() points to. */
    (void)snprintf(details, sizeof(details), "%s", report_details(err));
    return report(err, "%s: %s", path, details[0] != '\0' ? details : report_sentence(err));
}
