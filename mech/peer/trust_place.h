/* Where in a trust file an error is. */
#ifndef MECH_TRUST_PLACE_H
#define MECH_TRUST_PLACE_H

#include "base/report.h"

struct trust_place {
    const char *file;
    unsigned line;
};

/* Reports EDHOC_ERR_TRUST_SYNTAX as "FILE line N: rule". */
edhoc_err trust_bad(const struct trust_place *at, const char *format, ...)
    __attribute__((format(printf, 2, 3))) EDHOC_MUST_USE;

/* A piece of the line as the two arguments of "%.*s", short enough for a message. */
#define TRUST_SHOWN(b) (int)((b).len < 60 ? (b).len : 60), (b).len > 0 ? (const char *)(b).p : ""

#endif
