/* Test vectors: a JSON array of flat objects, or one flat object, all of whose values are strings.
 * Anything missing or malformed ends the test program with a message: a vector that is not there
 * must not look like one that passed. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct vectors;

/* `path` is relative to tests/vectors in the source tree, which `make check` names in $srcdir. */
struct vectors *vectors_load(const char *path);
void vectors_free(struct vectors *v);
size_t vectors_count(const struct vectors *v);
bool vectors_has(const struct vectors *v, size_t i, const char *field);
const char *vectors_text(const struct vectors *v, size_t i, const char *field);
/* The field's value, written in hex. Valid as long as `v`. */
struct bytes vectors_hex(const struct vectors *v, size_t i, const char *field);

#endif
