/* What the parts of `gss-edhoc check` share: what is checked, and how a finding is said. */
#ifndef COMMAND_CHECK_SAY_H
#define COMMAND_CHECK_SAY_H

#include "base/bytes.h"
#include "base/report.h"
#include "load/settings.h"

#define SOON (30 * 86400) /* seconds before an end that are worth a warning */

enum verdict { CHECK_OK, CHECK_WARN, CHECK_FAIL };

struct check {
    bool acceptor;
    const char *target; /* canonical; NULL when none was given */
    int64_t now;
    bool colours;
    bool failed; /* something was CHECK_FAIL */
    struct settings settings;
    struct identity_set *identities; /* NULL where they did not load */
    struct trust *trust;
    bool identity_good; /* one that could be used now */
};

/* Prints "ok: ...", "warn: ..." or "FAIL: ...", one line of printable text. */
void check_say(struct check *c, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The effective user's name. */
const char *check_user(void);
/* CHECK_FAIL with the words of an error, after "WHAT: " and before advice. */
void check_error(struct check *c, edhoc_err err, const char *what, const char *advice);

#endif
