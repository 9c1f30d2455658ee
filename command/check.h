/* What the parts of `gss-edhoc check` share. Each looks at one thing and says what it found. */
#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

#include "tool.h"

#include "edhoc/edhoc.h"
#include "load/load.h"

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
/* CHECK_FAIL with the words of an error, after "WHAT: " and before advice. */
void check_error(struct check *c, edhoc_err err, const char *what, const char *advice);

/* The registration, the object, and whether MIT's library takes it. */
void check_plugin(struct check *c);
/* The keys of this side, their certificates, names and ends. */
void check_identities(struct check *c);
/* Whom this side believes, and whether there is somebody to talk to. */
void check_trust(struct check *c);
/* Is there a cipher suite for the keys of both sides? An initiator with a target composes its first
 * message. */
void check_handshake(struct check *c);

/* "6, 4, 1": the configured suites that fit a key of this type and that libcrypto has. */
struct suite_list check_suites(const struct check *c, const struct keytype *type);
void check_put_suites(const struct suite_list *list, struct buf *out);

#endif
