/* What every test program begins and ends with. */
#ifndef TESTS_LIB_SUITE_H
#define TESTS_LIB_SUITE_H

#include <check.h>
#include <stdbool.h>

/* Rows of a table, for loop tests and for loops alike. */
#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Runs what `add` puts into a suite of this name, as Check's environment variables say (CK_FORK,
 * CK_RUN_CASE, CK_TAP_LOG_FILE_NAME, ...); the exit status of the program. */
int suite_main(const char *name, void (*add)(Suite *suite));

/* A new case of the suite. Its tests may take this long each, under valgrind on a busy machine, and
 * what they keep() is freed after each. */
TCase *suite_case(Suite *suite, const char *name, int seconds);

/* Is this root, who can become others and give files away? Where not, the log says that `what` is
 * skipped. */
bool suite_is_root(const char *what);

#endif
