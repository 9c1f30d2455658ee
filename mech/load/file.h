/* Careful reading of files that decide about security.
 *
 * A file is opened once and everything is asked of the open descriptor, so that nothing can change
 * between the question and the reading. Only regular files, only up to a size that is known before
 * the first byte is read, never waiting (a FIFO, a terminal) and never leaking into a child. */
#ifndef MECH_LOAD_FILE_H
#define MECH_LOAD_FILE_H

#include "base/bytes.h"
#include "base/report.h"
#include "load/loading.h"

/* What the owner and the mode of a file or directory have to be. All but the first demand that of
 * the folders on the way, too (folders.h). */
enum file_rule {
    FILE_ANY,     /* anything */
    FILE_SECRET,  /* no access for the group and for others; where root owns it, its group, like a
                     daemon's, may read */
    FILE_TRUSTED, /* owned by root or by us, and writable by nobody else */
};

/* A whole file, in a buffer of its own that is to be freed with buf_free(), also after a failure.
 * EDHOC_ERR_FILE: not there, not readable, not a regular file, longer than `max` bytes, or changed
 * while it was read. EDHOC_ERR_PERMISSIONS: against the rule. Details name the file and the remedy.
 * With `missing`, a file that does not exist is no error: *missing becomes true, `out` is empty. */
edhoc_err file_read(const char *path, enum file_rule rule, size_t max, struct loading *loading,
                    bool *missing, struct buf *out) EDHOC_MUST_USE;

/* Opens a file or a directory for reading, without waiting. The caller closes *fd, which is -1
 * after a failure, and where `missing` (see above) became true. */
edhoc_err file_open(const char *path, struct loading *loading, bool *missing,
                    int *fd) EDHOC_MUST_USE;

/* Applies the rule to an open descriptor. EDHOC_ERR_PERMISSIONS, EDHOC_ERR_FILE. */
edhoc_err file_check(int fd, const char *path, enum file_rule rule,
                     const struct loading *loading) EDHOC_MUST_USE;
/* Notes, where it is so, that a file that had to be there was not. */
void file_is_gone(struct loading *loading, bool gone);

/* Reports `err` again with "PATH: " before its details, for errors of code that knows no files. */
edhoc_err file_blame(edhoc_err err, const char *path) EDHOC_MUST_USE;

#endif
