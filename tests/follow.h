/* Follows a published or generated EDHOC session with the engine in both roles, and compares every
 * intermediate value by its name. Shared by the RFC 9529 tests and the reference vectors. */
#ifndef TESTS_FOLLOW_H
#define TESTS_FOLLOW_H

#include "vectors.h"

/* Fails the running Check test at the first value that differs. The vector object's fields have the
 * names of tests/vectors/rfc9529-trace1.json. */
void follow_session(const struct vectors *v, size_t i);

#endif
