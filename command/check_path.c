#include "check_path.h"

#include "check_say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first name on the way that this user may not enter, or that is no folder; cuts the path there. */
static bool find_obstacle(char *path, bool *folder)
{
    struct stat st;

    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        *folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
        if (euidaccess(path, X_OK) != 0)
            return errno == EACCES;
        if (!*folder)
            return true;
        *slash = '/';
    }
    return false;
}

static void advise(const char *path, bool folder, char *advice, size_t len)
{
    if (folder)
        (void)snprintf(advice, len,
                       "user %s may not enter the folder %s; run: chmod a+x %s (who may only enter "
                       "it cannot list or read what is closed in it)",
                       check_user(), path, path);
    else
        (void)snprintf(advice, len, "%s is a file: leave out what follows it", path);
}

static bool ends_with_slash(const char *path)
{
    return path[strlen(path) - 1] == '/';
}

bool check_path_advice(const char *details, const char *usual, char *advice, size_t len)
{
    const char *end = strstr(details, ": ");
    char *path = end != NULL ? strndup(details, (size_t)(end - details)) : NULL;
    bool known = false, folder;

    if (path == NULL || path[0] != '/') {
        free(path);
        return false;
    }
    if (strstr(end, "not a regular file but a directory") != NULL) {
        (void)snprintf(advice, len, "name the file in that folder, like %s%s%s", path,
                       ends_with_slash(path) ? "" : "/", usual);
        known = true;
    } else if (find_obstacle(path, &folder)) {
        advise(path, folder, advice, len);
        known = true;
    }
    free(path);
    return known;
}
