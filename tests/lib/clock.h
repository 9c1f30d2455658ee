/* A clock of the test's own, so that seconds and minutes pass at once. The program is linked with
 * -Wl,--wrap=clock_gettime. */
#ifndef TESTS_LIB_CLOCK_H
#define TESTS_LIB_CLOCK_H

#include <stdint.h>

/* Lets time pass, for CLOCK_BOOTTIME and CLOCK_REALTIME. */
void clock_pass(int64_t ms);
/* Gives CLOCK_REALTIME, by which the age of files is told, what the file system says again. */
void clock_settle(void);

#endif
