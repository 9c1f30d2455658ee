/* What differs between libcrypto's versions. */
#ifndef TESTS_LIB_LIBCRYPTO_H
#define TESTS_LIB_LIBCRYPTO_H

#include <stdbool.h>

/* Is the one that was loaded this version, or a later one? */
bool libcrypto_since(unsigned major, unsigned minor);

#endif
