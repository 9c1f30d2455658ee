/* Editing a trust file as a whole: nobody else edits it meanwhile, what is added is understood before
 * anything is written, and the new file replaces the old one in one step. Lines that are in it and
 * cannot be understood stay as they are. */
#ifndef COMMAND_TRUST_EDIT_H
#define COMMAND_TRUST_EDIT_H

#include "file_edit.h"

#include "peer/trust.h"

struct edit {
    struct file_edit file;
    struct trust *trust; /* the lines in its text */
    unsigned lines;      /* how many lines it has, with those that pin nothing */
};

/* Locks and reads. A file that does not exist is an error unless it is to be made. EDHOC_ERR_FILE,
 * EDHOC_ERR_PERMISSIONS, and EDHOC_ERR_TRUST_SYNTAX for a text that is no trust file: then nothing
 * is edited. To be closed in any case. */
edhoc_err edit_open(const char *path, bool create, struct edit *e) EDHOC_MUST_USE;
void edit_close(struct edit *e);
/* Appends a line. If there is one already that says the same of the key, *already is that one
 * and nothing is appended; else it is NULL, and "FILE line N: " with what the line says goes to `said`.
 */
edhoc_err edit_append(struct edit *e, struct bytes line, const struct trust_line **already,
                      struct buf *said) EDHOC_MUST_USE;
/* Replaces the text, which must be a valid one. Like what is appended, it is saved by
 * file_edit_save(). */
edhoc_err edit_replace(struct edit *e, struct bytes text) EDHOC_MUST_USE;

#endif
