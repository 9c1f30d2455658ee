/* A throwaway folder for the files of a test program, and texts to name them by. What fails here
 * ends the process: without its files no test tells anything. */
#ifndef TESTS_LIB_FOLDER_H
#define TESTS_LIB_FOLDER_H

#include "base/bytes.h"

/* Makes /tmp/check_NAME.XXXXXX, with umask 022, and makes it empty again or removes it, whatever
 * modes are in it. */
void folder_make(const char *name);
void folder_clear(void);
void folder_remove(void);

/* Lives until the thread has made 31 more. */
char *textf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The folder; the path of a file in it, which lives as long as a text. */
const char *folder(void);
char *folder_path(const char *file);

/* A file of mode 600; its path. */
const char *folder_write(const char *file, const char *text);
const char *folder_write_bytes(const char *file, struct bytes text, unsigned mode);
/* To be freed with buf_free. */
struct buf folder_read(const char *file);
/* The same, kept (keep.h). */
struct bytes folder_keep(const char *file);

/* A command of the shell, in the folder; it must succeed. */
void folder_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Puts the certificates of tests/x509_fixtures.sh into a folder there; the keys, certificates and
 * revocation lists of tests/ssh_fixtures.sh into the folder. */
void folder_certificates(const char *where);
void folder_openssh(void);

#endif
