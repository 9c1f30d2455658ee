/* Trust lines as text: taking them apart and putting them together. What a line means is for
 * mech/load to say; here it is only kept as it was written. */
#ifndef COMMAND_TRUST_WORDS_H
#define COMMAND_TRUST_WORDS_H

#include "peer/trust_place.h"
#include "peer/trust.h"

/* A type that OpenSSH or this mechanism gives to keys, whether or not it is of use here? */
bool line_is_key_type(struct bytes word);

/* The fields; those that a line leaves out are empty. */
struct line_fields {
    struct bytes principals, options, type, key, comment;
};

/* What the user wants on a new line: NULL or 0 for what the line itself says. */
struct line_wish {
    const char *principals;
    unsigned roles;
    const char *valid_after, *valid_before, *local_user;
};

/* Takes a trust line or a .pub line apart, without judging it. */
struct line_fields line_split(struct bytes text);
/* Puts the trust line together, checks it and appends it to `out`; `at` is for errors. */
edhoc_err line_compose(const struct line_fields *f, const struct line_wish *wish,
                       const struct trust_place *at, struct buf *out) EDHOC_MUST_USE;
/* "HTTP@web.example.org ecdh-x25519, key id 0123456789abcdef", appended; of a CA line "*@example.org
 * cert-authority ssh-ed25519, fingerprint SHA256:...". */
void line_describe(const struct trust_line *line, struct buf *out);
/* The same after "FILE line N: ". */
void line_describe_at(const struct trust_line *line, struct buf *out);

#endif
