#include "file_edit.h"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/file.h"

#define LOCK_TRIES 100 /* with a tenth of a second between them */
#define NEW_MODE   0644

/* ---- where it is ---- */

/* Renaming over a symbolic link would replace the link, so the file that it means is edited. */
static edhoc_err resolve(struct file_edit *e, bool create)
{
    struct stat st;

    e->path = realpath(e->shown, NULL);
    e->exists = e->path != NULL;
    if (e->exists)
        return EDHOC_OK;
    if (errno != ENOENT)
        return tool_file_failed(e->shown, "cannot be opened");
    if (lstat(e->shown, &st) == 0)
        return report(EDHOC_ERR_FILE, "%s: a symbolic link to nothing", e->shown);
    if (!create)
        return report(EDHOC_ERR_FILE, "%s does not exist", e->shown);
    e->path = strdup(e->shown);
    return e->path != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

/* ---- the lock ---- */

/* The file itself cannot be locked, since it is replaced; and not the directory either, which NFS
 * does not lock. *busy: somebody else has it, or had it and has just removed its lock file. */
static edhoc_err try_lock(struct file_edit *e, bool *busy)
{
    struct stat held, there;

    *busy = false;
    e->lock = open(e->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (e->lock < 0)
        return tool_file_failed(e->lock_path, "cannot be made");
    if (flock(e->lock, LOCK_EX | LOCK_NB) != 0) {
        *busy = errno == EWOULDBLOCK || errno == EINTR;
        if (!*busy)
            return tool_file_failed(e->lock_path, "cannot be locked");
    } else {
        *busy = fstat(e->lock, &held) != 0 || stat(e->lock_path, &there) != 0 ||
                held.st_ino != there.st_ino || held.st_dev != there.st_dev;
    }
    if (*busy) {
        close(e->lock);
        e->lock = -1;
    }
    return EDHOC_OK;
}

static edhoc_err lock(struct file_edit *e)
{
    const struct timespec pause = {0, 100000000};
    bool busy = true;
    edhoc_err err = EDHOC_OK;

    if (asprintf(&e->lock_path, "%s.lock", e->path) < 0) {
        e->lock_path = NULL;
        return EDHOC_ERR_NOMEM;
    }
    for (int i = 0; i < LOCK_TRIES && busy && err == EDHOC_OK; i++) {
        if (i > 0)
            (void)nanosleep(&pause, NULL);
        err = try_lock(e, &busy);
    }
    if (err == EDHOC_OK && busy)
        err = report(EDHOC_ERR_FILE, "%s: another gss-edhoc is editing it; try again", e->shown);
    return err;
}

/* ---- open and close ---- */

edhoc_err file_edit_open(const char *path, bool create, size_t max, struct file_edit *e)
{
    bool missing = false;
    edhoc_err err;

    *e = (struct file_edit){.shown = path, .lock = -1, .text = buf_new(max), .max = max};
    err = resolve(e, create);
    if (err == EDHOC_OK)
        err = lock(e);
    if (err == EDHOC_OK)
        err = file_read(e->path, FILE_TRUSTED, max, NULL, create ? &missing : NULL, &e->text);
    e->exists = err == EDHOC_OK && !missing;
    return err;
}

void file_edit_close(struct file_edit *e)
{
    if (e->lock >= 0) {
        (void)unlink(e->lock_path); /* while it is ours */
        close(e->lock);
    }
    buf_free(&e->text);
    free(e->path);
    free(e->lock_path);
}

/* ---- changes ---- */

edhoc_err file_edit_append(struct file_edit *e, struct bytes line)
{
    if (e->text.len > 0 && e->text.p[e->text.len - 1] != '\n')
        buf_put_byte(&e->text, '\n');
    buf_put(&e->text, line);
    buf_put_byte(&e->text, '\n');
    if (buf_err(&e->text) == EDHOC_OK)
        return EDHOC_OK;
    return report(EDHOC_ERR_FILE, "%s: longer than %zu bytes", e->shown, e->max);
}

edhoc_err file_edit_replace(struct file_edit *e, struct bytes text)
{
    struct buf copy = buf_new(e->max);

    buf_put(&copy, text);
    if (buf_err(&copy) != EDHOC_OK) {
        edhoc_err err = buf_err(&copy);

        buf_free(&copy);
        return err;
    }
    buf_free(&e->text);
    e->text = copy;
    return EDHOC_OK;
}

/* ---- saving ---- */

/* Whoever could read the file can read it afterwards, and nobody else. */
static edhoc_err take_over_owner(const struct file_edit *e, int fd)
{
    struct stat old, new;

    if (!e->exists)
        return fchmod(fd, NEW_MODE) == 0 ? EDHOC_OK : tool_file_failed(e->shown, "cannot be made");
    if (stat(e->path, &old) != 0 || fstat(fd, &new) != 0)
        return tool_file_failed(e->shown, "cannot be examined");
    if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
        fchown(fd, old.st_uid, old.st_gid) != 0)
        return tool_file_failed(e->shown, "its owner and group cannot be kept");
    if (fchmod(fd, old.st_mode & 07777) != 0)
        return tool_file_failed(e->shown, "its mode cannot be kept");
    return EDHOC_OK;
}

static edhoc_err write_beside(const struct file_edit *e, char *name)
{
    int fd = mkostemp(name, O_CLOEXEC);
    edhoc_err err;

    if (fd < 0)
        return tool_file_failed(name, "cannot be made");
    err = take_over_owner(e, fd);
    if (err == EDHOC_OK && (!tool_write_fully(fd, buf_bytes(&e->text)) || fsync(fd) != 0))
        err = tool_file_failed(e->shown, "cannot be written");
    if (close(fd) != 0 && err == EDHOC_OK)
        err = tool_file_failed(e->shown, "cannot be written");
    if (err == EDHOC_OK && rename(name, e->path) != 0)
        err = tool_file_failed(e->shown, "cannot be replaced");
    if (err != EDHOC_OK)
        (void)unlink(name);
    return err;
}

edhoc_err file_edit_save(struct file_edit *e)
{
    sigset_t signals, before;
    char *name;
    edhoc_err err;

    if (asprintf(&name, "%s.XXXXXX", e->path) < 0)
        return EDHOC_ERR_NOMEM;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &signals, &before);
    err = write_beside(e, name);
    if (err == EDHOC_OK)
        tool_sync_directory_of(e->path);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    free(name);
    return err;
}
