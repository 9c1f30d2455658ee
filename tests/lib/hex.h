/* Bytes as vectors and messages write them. */
#ifndef TESTS_LIB_HEX_H
#define TESTS_LIB_HEX_H

#include <check.h>

#include "base/bytes.h"

/* Lower-case digits; blanks between bytes are passed over. Kept until the end of the test. */
struct bytes unhex(const char *text);
/* Kept as long as that. */
const char *hex(struct bytes in);

/* These bytes are what this text says. */
#define ck_assert_hex(got, text)                                                                   \
    do {                                                                                           \
        struct bytes got_ = (got);                                                                 \
        if (!bytes_equal(got_, unhex(text)))                                                       \
            ck_abort_msg("%s is %s, not %s", #got, hex(got_), text);                               \
    } while (0)

#endif
