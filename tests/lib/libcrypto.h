/* What differs between libcrypto's versions. */
#ifndef TESTS_LIB_LIBCRYPTO_H
#define TESTS_LIB_LIBCRYPTO_H

#include <stdbool.h>

/* Is the one that was loaded 3.`minor`, or later? */
bool libcrypto_since_3(unsigned minor);

#endif
