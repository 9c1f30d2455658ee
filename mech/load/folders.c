#include "load/folders.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/report.h"

#define LINKS_MAX 40 /* as in the kernel */

/* On the way. Each folder is looked at before what is in it, so that nobody but root and the user can
 * change a name that has been passed. */
struct walk {
    const char *path; /* for messages */
    uid_t uid;
    char done[PATH_MAX]; /* without symbolic links, and without a slash at its end; "": the root */
    char rest[PATH_MAX];
    unsigned links;
};

static bool is_ours(const struct walk *w, const struct stat *st)
{
    return st->st_uid == 0 || st->st_uid == w->uid;
}

static edhoc_err cannot(const struct walk *w, const char *at)
{
    return report(EDHOC_ERR_FILE, "%s: %s on the way to it cannot be looked at: %s", w->path, at,
                  strerror(errno));
}

static edhoc_err too_long(const struct walk *w)
{
    return report(EDHOC_ERR_FILE, "%.200s: the path is too long", w->path);
}

/* ---- the rules ---- */

static edhoc_err check_owner(const struct walk *w, const char *folder, const struct stat *st)
{
    if (is_ours(w, st))
        return EDHOC_OK;
    return report(EDHOC_ERR_PERMISSIONS,
                  "%s: user %lu owns the folder %s and could put another file there; use a folder "
                  "that is root's or our own (user %lu)",
                  w->path, (unsigned long)st->st_uid, folder, (unsigned long)w->uid);
}

static edhoc_err check_mode(const struct walk *w, const char *folder, const struct stat *st,
                            const char *name, const struct stat *next)
{
    if ((st->st_mode & 022) == 0)
        return EDHOC_OK;
    if ((st->st_mode & S_ISVTX) == 0)
        return report(EDHOC_ERR_PERMISSIONS,
                      "%s: mode %04o lets others write to the folder %s and put another file "
                      "there; run: chmod go-w %s",
                      w->path, (unsigned)(st->st_mode & 07777), folder, folder);
    if (is_ours(w, next))
        return EDHOC_OK;
    return report(EDHOC_ERR_PERMISSIONS,
                  "%s: everybody may write to the folder %s, and %s there is user %lu's; use a "
                  "folder that is root's or our own (user %lu)",
                  w->path, folder, name, (unsigned long)next->st_uid, (unsigned long)w->uid);
}

/* ---- the way ---- */

/* Takes the next name of the rest; "" at its end. */
static void take_name(struct walk *w, char name[NAME_MAX + 1])
{
    size_t slashes = strspn(w->rest, "/"), len = strcspn(w->rest + slashes, "/");

    name[0] = '\0';
    if (len <= NAME_MAX) {
        memcpy(name, w->rest + slashes, len);
        name[len] = '\0';
    }
    memmove(w->rest, w->rest + slashes + len, strlen(w->rest + slashes + len) + 1);
}

static bool append(char path[PATH_MAX], const char *name)
{
    size_t len = strlen(path), more = strlen(name);

    if (len + 1 + more >= PATH_MAX)
        return false;
    path[len] = '/';
    memcpy(path + len + 1, name, more + 1);
    return true;
}

static void go_up(struct walk *w)
{
    char *slash = strrchr(w->done, '/');

    if (slash != NULL)
        *slash = '\0';
}

/* The rest is what the link says, and then what came after it. */
static edhoc_err follow(struct walk *w, const char *link)
{
    char to[PATH_MAX];
    ssize_t len = readlink(link, to, sizeof(to) - 1);

    if (len < 0)
        return cannot(w, link);
    if (++w->links > LINKS_MAX)
        return report(EDHOC_ERR_FILE, "%s: too many symbolic links on the way to it", w->path);
    to[len] = '\0';
    if (!append(to, w->rest))
        return too_long(w);
    memcpy(w->rest, to, strlen(to) + 1);
    if (to[0] == '/')
        w->done[0] = '\0';
    return EDHOC_OK;
}

static const char *here(const struct walk *w)
{
    return w->done[0] != '\0' ? w->done : "/";
}

/* One name further. */
static edhoc_err step(struct walk *w, const char *name)
{
    const char *folder = here(w);
    char next[PATH_MAX];
    struct stat st, at;
    edhoc_err err;

    memcpy(next, w->done, strlen(w->done) + 1);
    if (!append(next, name))
        return too_long(w);
    if (lstat(folder, &st) != 0)
        return cannot(w, folder);
    err = check_owner(w, folder, &st);
    if (err == EDHOC_OK && lstat(next, &at) != 0)
        err = cannot(w, next);
    if (err == EDHOC_OK)
        err = check_mode(w, folder, &st, name, &at);
    if (err != EDHOC_OK)
        return err;
    if (S_ISLNK(at.st_mode))
        return follow(w, next);
    memcpy(w->done, next, strlen(next) + 1);
    return EDHOC_OK;
}

/* Where the path is not absolute, the current folder comes first. */
static edhoc_err begin(const char *path, uid_t uid, struct walk *w)
{
    *w = (struct walk){.path = path, .uid = uid};
    if (path[0] != '/' && getcwd(w->rest, sizeof(w->rest)) == NULL)
        return report(EDHOC_ERR_FILE, "%.200s: the current folder cannot be found: %s", path,
                      strerror(errno));
    return append(w->rest, path) ? EDHOC_OK : too_long(w);
}

edhoc_err folders_check(const char *path, const struct stat *file, uid_t uid)
{
    char name[NAME_MAX + 1];
    struct stat at;
    struct walk w;
    edhoc_err err = begin(path, uid, &w);

    while (err == EDHOC_OK && (take_name(&w, name), name[0] != '\0')) {
        if (strcmp(name, "..") == 0)
            go_up(&w);
        else if (strcmp(name, ".") != 0)
            err = step(&w, name);
    }
    if (err == EDHOC_OK && lstat(here(&w), &at) != 0)
        err = cannot(&w, here(&w));
    if (err == EDHOC_OK && (at.st_dev != file->st_dev || at.st_ino != file->st_ino))
        err = report(EDHOC_ERR_FILE, "%s: the file changed while it was looked for; try again",
                     path);
    return err;
}
