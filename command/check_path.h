/* Why a file cannot be used: what its path leads to. */
#ifndef COMMAND_CHECK_PATH_H
#define COMMAND_CHECK_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* What to do, from the details of an error "PATH: what". False where the path does not tell: a folder
 * that this user may not enter, or that is where a file is wanted; then a file in it is `usual`. */
bool check_path_advice(const char *details, const char *usual, char *advice, size_t len);

#endif
