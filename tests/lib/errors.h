/* Assertions about what functions answer that fail with an edhoc_err. */
#ifndef TESTS_LIB_ERRORS_H
#define TESTS_LIB_ERRORS_H

#include <check.h>
#include <stdbool.h>

#include "base/report.h"

/* For inner loops: Check's own assertions write to a pipe each time that they hold. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

/* It answered this error; a failure shows both sentences, and the story of the one that came. */
#define ck_assert_err(call, want)                                                                  \
    do {                                                                                           \
        edhoc_err got_ = (call);                                                                   \
        ck_assert_msg(got_ == (want), "%s: %s", #call, errors_differ(got_, want));                 \
    } while (0)
#define ck_assert_ok(call) ck_assert_err(call, EDHOC_OK)

/* It answered this error, and tells these words about it; NULL: whatever it tells. */
#define ck_assert_told(call, want, words)                                                          \
    do {                                                                                           \
        edhoc_err told_ = (call);                                                                  \
        ck_assert_msg(told_ == (want), "%s: %s", #call, errors_differ(told_, want));               \
        ck_assert_msg(errors_tell(told_, words), "\"%s\" lacks \"%s\"", report_details(told_),     \
                      words);                                                                      \
    } while (0)

/* "... instead of ...", good until the next call. */
const char *errors_differ(edhoc_err got, edhoc_err want);
/* The story has these words, or none are asked for. */
bool errors_tell(edhoc_err err, const char *words);

#endif
