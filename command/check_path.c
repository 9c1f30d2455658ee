#include "check_path.h"

#include "check_say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first folder on the way that this user may not enter; cuts the path there. */
static bool find_closed_folder(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (euidaccess(path, X_OK) != 0)
            return errno == EACCES;
        *slash = '/';
    }
    return false;
}

bool check_path_advice(const char *details, const char *usual, char *advice, size_t len)
{
    const char *end = strstr(details, ": ");
    char *path = end != NULL ? strndup(details, (size_t)(end - details)) : NULL;
    struct stat st;
    bool known = false;

    if (path == NULL || path[0] != '/') {
        free(path);
        return false;
    }
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        (void)snprintf(advice, len, "name the file in that folder, like %s/%s", path, usual);
        known = true;
    } else if (find_closed_folder(path)) {
        (void)snprintf(advice, len,
                       "user %s may not enter the folder %s; run: chmod a+x %s (who may only enter "
                       "it cannot list or read what is closed in it)",
                       check_user(), path, path);
        known = true;
    }
    free(path);
    return known;
}
