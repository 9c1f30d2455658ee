/* Whom this side believes, and whether that includes the one it wants to talk to. */
#ifndef COMMAND_CHECK_TRUST_H
#define COMMAND_CHECK_TRUST_H

#include "peer/trust.h"
#include "check_say.h"

void check_trust(struct check *c);

/* Does this line concern what is checked: the peer's role, and the target? */
bool check_trust_concerns(const struct check *c, const struct trust_line *line);
bool check_trust_is_valid(const struct check *c, const struct trust_line *line);
/* How many lines that concern what is checked are valid now. */
size_t check_trust_count(const struct check *c);

#endif
