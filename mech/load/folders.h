/* The folders on the way to a file that is believed: whoever can write to one of them can put
 * another file in its place. */
#ifndef MECH_LOAD_FOLDERS_H
#define MECH_LOAD_FOLDERS_H

#include <sys/stat.h>

#include "base/report.h"

/* Every folder from the root to the file, and to whatever symbolic links on the way lead through,
 * must be root's or the user's, and writable by nobody else; but in a folder with the sticky bit,
 * as /tmp is, others may write, where what comes next on the way is root's or the user's.
 *
 * `file` is what is open under this path: the way must lead to it. A path that is not absolute
 * begins in the current folder. EDHOC_ERR_PERMISSIONS tells the folder and the remedy, EDHOC_ERR_FILE
 * what could not be looked at. */
edhoc_err folders_check(const char *path, const struct stat *file, uid_t uid) EDHOC_MUST_USE;

#endif
