/* Fuzz targets (libFuzzer): each takes any bytes, and must neither crash, leak, nor believe them. One
 * program has them all; the environment variable FUZZ_TARGET says which one runs. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/bytes.h"

struct fuzz_target {
    const char *name;
    void (*run)(struct bytes in);
    void (*seed)(void (*add)(struct bytes seed)); /* hands out inputs to begin with; may be NULL */
};

/* Each ends with a target without a name. */
extern const struct fuzz_target fuzz_parsers[];
extern const struct fuzz_target fuzz_handshakes[];
extern const struct fuzz_target fuzz_certificates[];
extern const struct fuzz_target fuzz_messages[];
extern const struct fuzz_target fuzz_face[];

/* Ends the program, as a finding, if something does not hold. */
void fuzz_must(bool holds, const char *what);

#endif
