#include "load/identity_dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/lines.h"
#include "base/report.h"
#include "load/file.h"
#include "load/identity_file.h"
#include "load/place.h"
#include "peer/identity.h"

/* The paths found so far. */
struct paths {
    char *path[IDENTITIES_MAX];
    size_t len;
    bool in_folder; /* and not a file that was named */
};

#define PASSED_OVER_MAX (IDENTITIES_MAX * 1024 + 1) /* bytes of stories, and a NUL */

static void paths_clear(struct paths *p)
{
    for (size_t i = 0; i < p->len; i++)
        free(p->path[i]);
    p->len = 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* As the shell's *.pem: what begins with a dot is an editor's or a package manager's leftover. */
static bool is_key_name(const char *name)
{
    return name[0] != '.' && bytes_end_with(bytes_of_text(name), BYTES_LITERAL(".pem"));
}

static edhoc_err add_path(const char *dir, const char *name, struct paths *out)
{
    const char *slash = dir[strlen(dir) - 1] == '/' ? "" : "/";

    if (out->len == IDENTITIES_MAX)
        return report(EDHOC_ERR_FILE, "%s: more than %d keys (*.pem) in it", dir, IDENTITIES_MAX);
    if (asprintf(&out->path[out->len], "%s%s%s", dir, slash, name) < 0)
        return EDHOC_ERR_NOMEM;
    out->len++;
    return EDHOC_OK;
}

static edhoc_err list_entries(DIR *stream, const char *dir, struct paths *out)
{
    edhoc_err err = EDHOC_OK;
    struct dirent *entry;

    errno = 0;
    while (err == EDHOC_OK && (entry = readdir(stream)) != NULL) {
        if (is_key_name(entry->d_name))
            err = add_path(dir, entry->d_name, out);
        errno = 0;
    }
    if (err == EDHOC_OK && errno != 0)
        err = report(EDHOC_ERR_FILE, "%s: cannot be listed: %s", dir, strerror(errno));
    return err;
}

/* Takes over `fd`. */
static edhoc_err list_directory(int fd, const char *dir, struct loading *loading, struct paths *out)
{
    DIR *stream = fdopendir(fd);
    edhoc_err err;

    if (stream == NULL) {
        err = report(EDHOC_ERR_FILE, "%s: cannot be listed: %s", dir, strerror(errno));
        close(fd);
        return err;
    }
    err = list_entries(stream, dir, out);
    closedir(stream);
    file_is_gone(loading, err == EDHOC_OK && out->len == 0);
    if (err == EDHOC_OK && out->len == 0)
        err = report(EDHOC_ERR_NO_IDENTITY,
                     "%s has no key (*.pem) in it; make one with: gss-edhoc keygen -o %s/NAME.pem "
                     "SERVICE@HOST",
                     dir, dir);
    if (out->len > 0)
        qsort(out->path, out->len, sizeof(out->path[0]), by_bytes);
    return err;
}

/* Is this a directory, open and allowed as one? *fd is -1 if it is not a directory. */
static edhoc_err open_directory(const char *path, struct loading *loading, int *fd)
{
    struct stat st;
    bool missing;
    edhoc_err err = file_open(path, loading, &missing, fd);

    if (err != EDHOC_OK)
        return err;
    file_is_gone(loading, missing);
    if (missing)
        return report(EDHOC_ERR_NO_IDENTITY,
                      "%s does not exist; make a key with: mkdir -p %s && gss-edhoc keygen -o "
                      "%s/NAME.pem SERVICE@HOST",
                      path, path, path);
    if (fstat(*fd, &st) != 0 || !S_ISDIR(st.st_mode)) {
        close(*fd);
        *fd = -1;
        return EDHOC_OK;
    }
    return file_check(*fd, path, FILE_TRUSTED, loading);
}

static edhoc_err one_path(const char *path, struct paths *out)
{
    out->path[0] = strdup(path);
    out->len = out->path[0] != NULL;
    return out->len > 0 ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

static edhoc_err find_paths(const char *path, struct loading *loading, struct paths *out)
{
    int fd = -1;
    edhoc_err err = open_directory(path, loading, &fd);

    out->in_folder = fd >= 0;
    if (err == EDHOC_OK && fd >= 0)
        return list_directory(fd, path, loading, out);
    if (fd >= 0)
        close(fd);
    return err != EDHOC_OK ? err : one_path(path, out);
}

/* ---- loading ---- */

/* What comes of a folder. */
struct found {
    struct identity *id[IDENTITIES_MAX];
    size_t len;
    struct buf passed_over; /* stories, each with a newline */
};

/* Has the file something in it, but no private key? Whoever may read a certificate is no matter. */
static bool is_keyless(const char *path)
{
    struct buf text;
    bool keyless = file_read(path, FILE_ANY, IDENTITY_FILE_MAX, NULL, NULL, &text) == EDHOC_OK &&
                   text.len > 0 &&
                   !bytes_contain(buf_bytes(&text), BYTES_LITERAL("PRIVATE KEY-----"));

    buf_free(&text);
    return keyless;
}

/* Is it somebody else's, or nothing that can be read? */
static bool is_unreadable(const char *path)
{
    struct stat st;

    return euidaccess(path, R_OK) != 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* A file that this user may not read, and one without a key, stop no other. What may be otherwise in a
 * moment, as an empty file that is being written, is an error, and what was read before is kept. */
static edhoc_err pass_over(const char *path, edhoc_err err, struct loading *loading,
                           struct found *out)
{
    char story[1024];

    if (err == EDHOC_ERR_NOMEM || err == EDHOC_ERR_CRYPTO)
        return err;
    (void)snprintf(story, sizeof(story), "%s", report_details(err));
    if (is_keyless(path))
        (void)snprintf(story, sizeof(story), "%s: no PEM private key in it", path);
    else if (!is_unreadable(path))
        return report(err, "%s", story);
    buf_put_text(&out->passed_over, story);
    buf_put_byte(&out->passed_over, '\n');
    loading->gone = false;
    report_clear();
    return buf_err(&out->passed_over);
}

static edhoc_err load_path(const char *path, bool in_folder, const char *certificate,
                           struct loading *loading, struct found *out)
{
    edhoc_err err = load_identity_at(path, certificate, loading, &out->id[out->len]);

    if (err == EDHOC_OK)
        out->len++;
    return err != EDHOC_OK && in_folder ? pass_over(path, err, loading, out) : err;
}

/* The first story, without its newline, as the reason that there is nothing. */
static edhoc_err none_left(const struct found *found, const char *dir, struct loading *loading)
{
    struct bytes rest = buf_bytes(&found->passed_over), first;
    bool closed;

    (void)lines_next(&rest, &first);
    closed = bytes_contain(first, BYTES_LITERAL(": cannot be opened"));
    loading->gone = true;
    return report(EDHOC_ERR_NO_IDENTITY,
                  "%s has no key for this user: %.*s; %smake one with: gss-edhoc keygen -o "
                  "%s/NAME.pem SERVICE@HOST",
                  dir, (int)first.len, (const char *)first.p,
                  closed ? "let its group read the one that is meant (chgrp, chmod 640), or " : "",
                  dir);
}

/* Loads every path; `certificate` can be the chain of one key only. */
static edhoc_err load_paths(const struct paths *paths, const char *where, const char *certificate,
                            struct loading *loading, struct found *out)
{
    edhoc_err err = EDHOC_OK;

    if (certificate != NULL && paths->len > 1)
        return report(EDHOC_ERR_SETTING,
                      "the setting certificate (%s) is for one key, and there are %zu; put each "
                      "key's chain into its own PEM file, after the key",
                      certificate, paths->len);
    for (size_t i = 0; err == EDHOC_OK && i < paths->len; i++)
        err = load_path(paths->path[i], paths->in_folder, certificate, loading, out);
    if (err == EDHOC_OK)
        buf_put_byte(&out->passed_over, '\0');
    if (err == EDHOC_OK)
        err = buf_err(&out->passed_over);
    return err == EDHOC_OK && out->len == 0 ? none_left(out, where, loading) : err;
}

static edhoc_err find_all(const char *where, struct loading *loading, struct paths *paths)
{
    const char *path;
    edhoc_err err;

    if (place_is_agent(where))
        return report(
            EDHOC_ERR_SETTING,
            "%.200s: an agent signs for a person, not for a service, which would wait for "
            "it in every handshake; name a key file",
            where);
    if (!place_is_file(where))
        return one_path(where, paths);
    err = place_path(where, &path);
    return err == EDHOC_OK ? find_paths(path, loading, paths) : err;
}

static edhoc_err make_set(struct found *found, struct identity_set **out)
{
    edhoc_err err = identity_set_new(found->id, found->len, out); /* which takes them over */
    size_t len;

    found->len = 0;
    if (err == EDHOC_OK && found->passed_over.len > 1)
        identity_set_note(*out, (char *)buf_take(&found->passed_over, &len));
    return err;
}

edhoc_err load_identity_files(const char *where, const char *certificate, struct loading *loading,
                              struct identity_set **out)
{
    struct loading own = {.stamps = NULL};
    struct found found = {.passed_over = buf_new(PASSED_OVER_MAX)};
    struct paths paths = {.len = 0};
    edhoc_err err = find_all(where, loading, &paths);

    *out = NULL;
    if (err == EDHOC_OK)
        err = load_paths(&paths, where, certificate, loading != NULL ? loading : &own, &found);
    paths_clear(&paths);
    if (err == EDHOC_OK)
        err = make_set(&found, out);
    while (found.len > 0)
        identity_free(found.id[--found.len]);
    buf_free(&found.passed_over);
    return err;
}
