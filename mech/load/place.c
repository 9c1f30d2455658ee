#include "load/place.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/err.h"
#include "base/report.h"

/* ---- URIs ---- */

/* The length of the scheme (RFC 3986 section 3.1) without its colon, or 0. */
static size_t scheme_length(const char *where)
{
    size_t n = 0;

    while (ascii_is_letter(where[n]) || (n > 0 && (ascii_is_digit(where[n]) || where[n] == '+' ||
                                                   where[n] == '-' || where[n] == '.')))
        n++;
    return where[n] == ':' ? n : 0;
}

/* `scheme` in lower case. */
static bool has_this_scheme(const char *where, const char *scheme)
{
    size_t n = 0;

    while (scheme[n] != '\0' && ascii_lower(where[n]) == scheme[n])
        n++;
    return scheme[n] == '\0' && where[n] == ':';
}

bool place_is_file(const char *where)
{
    return scheme_length(where) == 0 || has_this_scheme(where, "file");
}

bool place_is_agent(const char *where)
{
    return has_this_scheme(where, "agent");
}

size_t place_told(const char *where)
{
    return place_is_file(where) ? strlen(where) : strcspn(where, "?");
}

edhoc_err place_path(const char *where, const char **path)
{
    size_t n = scheme_length(where);
    int told = (int)place_told(where);

    *path = where;
    if (n == 0)
        return EDHOC_OK;
    if (!place_is_file(where))
        return report(EDHOC_ERR_KEY_FORMAT, "%.*s is not a file (which can be written as ./%.*s)",
                      told < 200 ? told : 200, where, told < 60 ? told : 60, where);
    *path = where + n + 1;
    if (strncmp(*path, "//", 2) != 0)
        return EDHOC_OK;
    *path += strncmp(*path, "//localhost/", 12) == 0 ? 11 : 2;
    if (**path != '/')
        return report(EDHOC_ERR_KEY_FORMAT, "%.200s: a file on another machine; write file:/PATH",
                      where);
    return EDHOC_OK;
}

static edhoc_err join(const char *folder, const char *between, const char *leaf, char **path)
{
    const size_t lengths[] = {strlen(folder), strlen(between), strlen(leaf) + 1};
    char *to = malloc(lengths[0] + lengths[1] + lengths[2]);

    *path = to;
    if (to == NULL)
        return EDHOC_ERR_NOMEM;
    memcpy(to, folder, lengths[0]);
    memcpy(to + lengths[0], between, lengths[1]);
    memcpy(to + lengths[0] + lengths[1], leaf, lengths[2]);
    return EDHOC_OK;
}

edhoc_err place_absolute(const char *where, char **path)
{
    const char *named;
    char *folder;
    edhoc_err err = place_path(where, &named);

    *path = NULL;
    if (err != EDHOC_OK)
        return err;
    if (named[0] == '/') {
        *path = strdup(named);
        return *path != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
    }
    folder = getcwd(NULL, 0);
    if (folder == NULL)
        return report(EDHOC_ERR_FILE, "%.200s: the current folder cannot be found: %s", named,
                      strerror(errno));
    err = join(folder, "/", named, path);
    free(folder);
    return err;
}

/* ---- home ---- */

static char *home_from_database(void)
{
    struct passwd entry, *found = NULL;
    char *room = malloc(16384), *home = NULL;

    if (room != NULL && getpwuid_r(geteuid(), &entry, room, 16384, &found) == 0 && found != NULL &&
        found->pw_dir != NULL && found->pw_dir[0] == '/')
        home = strdup(found->pw_dir);
    free(room);
    return home;
}

/* The absolute path that a variable holds, or NULL: a relative one is to be ignored, as the XDG
 * specification says. */
static const char *absolute(const char *variable)
{
    const char *value = secure_getenv(variable);

    return value != NULL && value[0] == '/' ? value : NULL;
}

edhoc_err place_below_home(const char *leaf, char **path)
{
    const char *home = absolute("HOME");
    char *owned = NULL;
    edhoc_err err;

    *path = NULL;
    if (home == NULL)
        home = owned = home_from_database();
    if (home == NULL)
        return report(EDHOC_ERR_NO_IDENTITY, "no home directory is known; set HOME");
    err = join(home, "/", leaf, path);
    free(owned);
    return err;
}

edhoc_err place_home(const char *leaf, char **path)
{
    const char *config = absolute("XDG_CONFIG_HOME");
    const char *home = absolute("HOME");
    char *owned = NULL;
    edhoc_err err;

    *path = NULL;
    if (config != NULL)
        return join(config, "/gss-edhoc/", leaf, path);
    if (home == NULL)
        home = owned = home_from_database();
    if (home == NULL)
        return report(EDHOC_ERR_NO_IDENTITY,
                      "no home directory is known; set HOME or GSS_EDHOC_IDENTITY");
    err = join(home, "/.config/gss-edhoc/", leaf, path);
    free(owned);
    return err;
}
