/* Trust files and FILE.pub files: their lines (trust_line.h), each of which may end in CR LF. */
#ifndef MECH_LOAD_TRUST_FILE_H
#define MECH_LOAD_TRUST_FILE_H

#include "load/loading.h"
#include "peer/trust.h"

#define TRUST_FILE_MAX (256u << 20) /* bytes of a trust file */
#define PUB_FILE_MAX   16384        /* bytes of a FILE.pub */

/* Reads the text of a file into `t` (trust_read); it is no text where it begins with a byte order
 * mark. `file` is for errors and for the lines. Copies the text. */
edhoc_err trust_text_read(struct bytes text, const char *file, struct trust *t) EDHOC_MUST_USE;
/* Reads a whole file into `t` and remembers it as a place. A file that does not exist is
 * EDHOC_ERR_FILE, or nothing where it `may_be_missing`; EDHOC_ERR_PERMISSIONS when others can write
 * it. */
edhoc_err trust_file_read(const char *path, bool may_be_missing, struct loading *loading,
                          struct trust *t) EDHOC_MUST_USE;
/* The one line of a FILE.pub; *out is NULL when there is no such file. */
edhoc_err trust_pub_read(const char *path, struct loading *loading,
                         struct trust_line **out) EDHOC_MUST_USE;

#endif
