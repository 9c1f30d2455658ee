/* Editing a trust file as a whole: nobody else edits it meanwhile, every line is understood before
 * anything is written, and the new file replaces the old one in one step. */
#ifndef TOOLS_TRUST_EDIT_H
#define TOOLS_TRUST_EDIT_H

#include "tool.h"

#include "load/trust_file.h"
#include "load/trust_line.h"
#include "load/trust_place.h"

/* ---- the file ---- */

struct edit {
    const char *shown; /* the path as it was given, for messages; borrowed */
    char *path;        /* without symbolic links */
    char *lock_path;
    int lock;
    bool exists;
    struct buf text;
    struct trust *trust; /* the lines in `text` */
    unsigned lines;      /* how many lines it has, with those that pin nothing */
};

/* Locks and reads. A file that does not exist is an error unless it is to be made. EDHOC_ERR_FILE,
 * EDHOC_ERR_PERMISSIONS, and EDHOC_ERR_TRUST_SYNTAX with file and line: then nothing is edited. To
 * be closed in any case. */
edhoc_err edit_open(const char *path, bool create, struct edit *e) EDHOC_MUST_USE;
void edit_close(struct edit *e);
/* Appends a line. If there is one already that pins the key to the same names, *already is that one
 * and nothing is appended; else it is NULL. */
edhoc_err edit_append(struct edit *e, struct bytes line,
                      const struct trust_line **already) EDHOC_MUST_USE;
/* Replaces the text, which must be a valid one. */
edhoc_err edit_replace(struct edit *e, struct bytes text) EDHOC_MUST_USE;
/* Writes the text beside the file, with the same owner, group and mode, and renames it. */
edhoc_err edit_save(struct edit *e) EDHOC_MUST_USE;

/* ---- one line as text ---- */

/* The next word, up to a blank that is not between quotes. */
struct bytes line_word(struct bytes *rest);
/* A type that OpenSSH or this mechanism gives to keys, whether or not it is of use here? */
bool line_is_key_type(struct bytes word);

/* The fields; those that a line leaves out are empty. */
struct line_fields {
    struct bytes principals, options, type, key, comment;
};

/* What the user wants on a new line: NULL or 0 for what the line itself says. */
struct line_wish {
    const char *principals;
    unsigned roles;
    const char *valid_after, *valid_before, *local_user;
};

/* Takes a trust line or a .pub line apart, without judging it. */
struct line_fields line_split(struct bytes text);
/* Puts the trust line together, checks it and appends it to `out`; `at` is for errors. */
edhoc_err line_compose(const struct line_fields *f, const struct line_wish *wish,
                       const struct trust_place *at, struct buf *out) EDHOC_MUST_USE;
/* "HTTP@web.example.org ecdh-x25519, key id 0123456789abcdef", appended. */
void line_describe(const struct trust_line *line, struct buf *out);

/* ---- the subcommands ---- */

struct trust_command {
    const char *file; /* NULL: the default */
    struct line_wish wish;
    bool ignore_options, skip_unusable;
    int argc; /* what is left */
    char **argv;
};

int trust_add_lines(const struct trust_command *c);
int trust_remove_lines(const struct trust_command *c);
int trust_list_lines(const struct trust_command *c);
int trust_import_lines(const struct trust_command *c);

/* The file that is edited when none is named: root's is the machine's. For free(). */
edhoc_err trust_default_file(char **path) EDHOC_MUST_USE;
/* Opens the file of the command for editing, and makes the directories of the default one. */
edhoc_err trust_open(const struct trust_command *c, bool create, char **path,
                     struct edit *e) EDHOC_MUST_USE;

#endif
