/* The key of a trust line, be it a peer's or a CA's, as people are told of it. */
#ifndef COMMAND_LINE_KEY_H
#define COMMAND_LINE_KEY_H

#include "peer/trust.h"

#define LINE_KEY_ID 64 /* with its NUL */

/* As ssh has it: "ssh-ed25519". A view of the line or a constant. */
struct bytes line_key_type(const struct trust_line *line);
/* SSH's blob of it, appended. */
void line_key_blob(const struct trust_line *line, struct buf *out);
/* What it is found by: a peer's key id, 16 digits; a CA's fingerprint, "SHA256:...". */
edhoc_err line_key_id(const struct trust_line *line, char text[LINE_KEY_ID]) EDHOC_MUST_USE;
/* The same key, for the same use? */
bool line_same_key(const struct trust_line *a, const struct trust_line *b);

#endif
