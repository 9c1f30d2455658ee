/* Reading what a command is given, and writing files so that they last. */
#ifndef COMMAND_FILES_H
#define COMMAND_FILES_H

#include <sys/types.h>

#include "base/report.h"

edhoc_err tool_file_failed(const char *path, const char *what) EDHOC_MUST_USE; /* with errno */
bool tool_write_fully(int fd, struct bytes text) EDHOC_MUST_USE;
/* Makes the names of new files last. What cannot be synced (some network file systems) is no error:
 * the files are there. */
void tool_sync_directory_of(const char *path);
/* Makes the directories above `path` where they are missing, with this mode under any umask. */
edhoc_err tool_make_directories(char *path, mode_t mode) EDHOC_MUST_USE;
/* What is at a path, or for "-" on standard input. */
edhoc_err tool_read_source(const char *path, size_t max, struct buf *out) EDHOC_MUST_USE;

#endif
