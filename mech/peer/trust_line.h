/* One line of a trust file: OpenSSH's allowed_signers shape (doc/design.md, README). A line pins one
 * key or, with the option cert-authority, has the key of an OpenSSH CA:
 *
 *     principals [options] type base64 [comment]
 *
 * Blanks (spaces, tabs) separate; empty lines and lines whose first character is # are skipped.
 * Everything that is not understood is an error that names file and line. */
#ifndef MECH_TRUST_LINE_H
#define MECH_TRUST_LINE_H

#include "peer/trust.h"

#define TRUST_LINE_MAX 8192 /* bytes of a line, without its end */

/* Reads one line (no newline). *out is NULL for a blank line or a comment. `file` and `number` go
 * into errors and into the line. EDHOC_ERR_TRUST_SYNTAX with the file, the line, the rule. */
edhoc_err trust_line_parse(struct bytes text, const char *file, unsigned number,
                           struct trust_line **out) EDHOC_MUST_USE;
/* What is known of a line that is refused. It grants nothing; where its names can be told they stay
 * taken, unless it is a line for somebody else. */
struct trust_fault {
    bool named;              /* whose line it is can be told */
    struct bytes principals; /* then: a view into the line */
    unsigned roles;          /* then: both where its options cannot be read */
    bool passed; /* well-formed, but of another namespace or with a type of key that we do not have:
                    it takes nothing */
};
/* The same, and *fault says what EDHOC_ERR_TRUST_SYNTAX means for the rest of the file. */
edhoc_err trust_line_read(struct bytes text, const char *file, unsigned number,
                          struct trust_line **out, struct trust_fault *fault) EDHOC_MUST_USE;
/* The same for a FILE.pub: principals may be left out, as OpenSSH does (they are then NULL in the
 * line), and the first of them is a name, without wildcard or !. */
edhoc_err trust_pub_line_parse(struct bytes text, const char *file, unsigned number,
                               struct trust_line **out) EDHOC_MUST_USE;
/* The line for a key, appended: `principals` and `options` may be NULL (then left out, as in an
 * OpenSSH .pub file), `comment` too. No newline. */
void trust_line_format(const char *principals, const char *options, const struct key *key,
                       const char *comment, struct buf *out);

#endif
