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
#include "base/report.h"
#include "load/file.h"
#include "load/identity_file.h"
#include "load/place.h"
#include "peer/identity.h"

/* The paths found so far. */
struct paths {
    char *path[IDENTITIES_MAX];
    size_t len;
};

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

    if (err == EDHOC_OK && fd >= 0)
        return list_directory(fd, path, loading, out);
    if (fd >= 0)
        close(fd);
    return err != EDHOC_OK ? err : one_path(path, out);
}

/* Loads every path; `certificate` can be the chain of one key only. */
static edhoc_err load_paths(const struct paths *paths, const char *certificate,
                            struct loading *loading, struct identity **ids, size_t *loaded)
{
    edhoc_err err = EDHOC_OK;

    if (certificate != NULL && paths->len > 1)
        return report(EDHOC_ERR_SETTING,
                      "the setting certificate (%s) is for one key, and there are %zu; put each "
                      "key's chain into its own PEM file, after the key",
                      certificate, paths->len);
    while (err == EDHOC_OK && *loaded < paths->len) {
        err = load_identity_at(paths->path[*loaded], certificate, loading, &ids[*loaded]);
        *loaded += err == EDHOC_OK;
    }
    return err;
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

edhoc_err load_identity_files(const char *where, const char *certificate, struct loading *loading,
                              struct identity_set **out)
{
    struct identity *ids[IDENTITIES_MAX];
    struct paths paths = {.len = 0};
    size_t loaded = 0;
    edhoc_err err = find_all(where, loading, &paths);

    *out = NULL;
    if (err == EDHOC_OK)
        err = load_paths(&paths, certificate, loading, ids, &loaded);
    paths_clear(&paths);
    if (err == EDHOC_OK)
        return identity_set_new(ids, loaded, out); /* which takes them over */
    while (loaded > 0)
        identity_free(ids[--loaded]);
    return err;
}
