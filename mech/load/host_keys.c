#include "load/host_keys.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/file.h"
#include "load/identity_file.h"
#include "peer/identity.h"
#include "peer/ssh_cert.h"

#define CERTIFIED "-cert.pub"

/* ---- which there are ---- */

struct names {
    char *name[HOST_KEYS_MAX]; /* of the keys */
    size_t len;
    bool failed; /* no memory */
};

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "ssh_host_ed25519_key-cert.pub" stands for the key of which it is the certificate. */
static void take_name(const char *file, struct names *out)
{
    struct bytes name = bytes_of_text(file);

    if (strncmp(file, "ssh_host_", 9) != 0 ||
        !bytes_end_with(name, BYTES_LITERAL("_key" CERTIFIED)) || out->len == HOST_KEYS_MAX)
        return;
    out->name[out->len] = strndup(file, name.len - (sizeof(CERTIFIED) - 1));
    out->failed |= out->name[out->len] == NULL;
    out->len += out->name[out->len] != NULL;
}

/* A folder that is not there, or is not to be believed, has none. */
static void find(const char *dir, struct loading *loading, struct names *out)
{
    struct dirent *entry;
    DIR *stream = NULL;
    bool missing;
    int fd = -1;
    edhoc_err err;

    *out = (struct names){.len = 0};
    err = file_open(dir, loading, &missing, &fd);
    if (loading != NULL)
        loading->again |= err != EDHOC_OK;
    if (err == EDHOC_OK && fd >= 0 && file_check(fd, dir, FILE_TRUSTED, loading) == EDHOC_OK)
        stream = fdopendir(fd);
    if (stream == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(stream)) != NULL)
        take_name(entry->d_name, out);
    closedir(stream);
    if (out->len > 1)
        qsort(out->name, out->len, sizeof(out->name[0]), by_bytes);
}

/* ---- which can be used ---- */

static edhoc_err load_one(const char *dir, const char *name, struct loading *loading,
                          struct identity **out)
{
    char *path;
    edhoc_err err;

    *out = NULL;
    if (asprintf(&path, "%s/%s", dir, name) < 0)
        return EDHOC_ERR_NOMEM;
    err = load_identity_at(path, NULL, loading, out);
    if (err == EDHOC_OK && ((*out)->ssh_cert == NULL || (*out)->ssh_type != SSH_CERT_HOST)) {
        err = report(EDHOC_ERR_KEY_FORMAT, "%s" CERTIFIED " is not a host's", path);
        identity_free(*out);
        *out = NULL;
    }
    free(path);
    return err;
}

static edhoc_err load_all(const char *dir, const struct names *names, struct loading *loading,
                          struct identity **ids, size_t *count, char *why, size_t size)
{
    for (size_t i = 0; i < names->len; i++) {
        edhoc_err err = load_one(dir, names->name[i], loading, &ids[*count]);

        if (err == EDHOC_ERR_NOMEM || err == EDHOC_ERR_CRYPTO)
            return err;
        if (loading != NULL)
            loading->again |= err == EDHOC_ERR_FILE;
        if (err == EDHOC_OK)
            ++*count;
        else
            (void)snprintf(why, size, "%s", report_details(err));
    }
    return names->failed ? EDHOC_ERR_NOMEM : EDHOC_OK;
}

edhoc_err load_host_keys(const char *dir, struct loading *loading, struct identity_set **out,
                         char *why, size_t size)
{
    struct identity *ids[HOST_KEYS_MAX];
    struct names names;
    size_t count = 0;
    edhoc_err err;

    *out = NULL;
    why[0] = '\0';
    find(dir, loading, &names);
    err = load_all(dir, &names, loading, ids, &count, why, size);
    for (size_t i = 0; i < names.len; i++)
        free(names.name[i]);
    if (err == EDHOC_OK && count > 0)
        return identity_set_new(ids, count, out); /* which takes them over */
    while (count > 0)
        identity_free(ids[--count]);
    return err == EDHOC_OK ? EDHOC_ERR_NO_IDENTITY : err;
}
