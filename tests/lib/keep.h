/* Memory that lives until the end of the test. For the test's own thread alone. */
#ifndef TESTS_LIB_KEEP_H
#define TESTS_LIB_KEEP_H

#include "base/bytes.h"

/* Of exactly `len` bytes, so that AddressSanitizer and valgrind see a read past the end. Zeroed. */
void *keep_new(size_t len);
/* The same, as a copy. */
struct bytes keep(const void *p, size_t len);
/* Frees all of it; suite_case() does so after each test. */
void keep_release(void);

#endif
