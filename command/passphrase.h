/* The passphrase of an encrypted key. Nothing here ever asks for it. */
#ifndef COMMAND_PASSPHRASE_H
#define COMMAND_PASSPHRASE_H

#include "base/bytes.h"
#include "base/report.h"

/* From a file that nobody else can read, or for "-" from standard input, which must be no terminal:
 * one line, 1 to 1024 bytes. With a NUL at its end, to be freed with buf_free(), which wipes, also
 * after a failure. EDHOC_ERR_FILE, EDHOC_ERR_PERMISSIONS. */
edhoc_err tool_read_passphrase(const char *path, struct buf *out) EDHOC_MUST_USE;

#endif
