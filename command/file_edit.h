/* Editing a text file as a whole: nobody else edits it meanwhile, and the new one replaces the old one in
 * one step. */
#ifndef COMMAND_FILE_EDIT_H
#define COMMAND_FILE_EDIT_H

#include "base/report.h"

struct file_edit {
    const char *shown; /* the path as it was given, for messages; borrowed */
    char *path;        /* without symbolic links */
    char *lock_path;
    int lock;
    bool exists;
    size_t max; /* bytes */
    struct buf text;
};

/* Locks and reads. A file that does not exist is an error unless it is to be made. EDHOC_ERR_FILE,
 * EDHOC_ERR_PERMISSIONS. To be closed in any case. */
edhoc_err file_edit_open(const char *path, bool create, size_t max,
                         struct file_edit *e) EDHOC_MUST_USE;
void file_edit_close(struct file_edit *e);
/* Appends a line, which has no end yet. */
edhoc_err file_edit_append(struct file_edit *e, struct bytes line) EDHOC_MUST_USE;
edhoc_err file_edit_replace(struct file_edit *e, struct bytes text) EDHOC_MUST_USE;
/* Writes the text beside the file, with the same owner, group and mode, and renames it. */
edhoc_err file_edit_save(struct file_edit *e) EDHOC_MUST_USE;

#endif
