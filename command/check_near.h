/* Where no trust line is for a target: the line that may have been meant. */
#ifndef COMMAND_CHECK_NEAR_H
#define COMMAND_CHECK_NEAR_H

#include "check_say.h"

#include "peer/trust.h"

/* Does the line pin a key of this side's? Nobody who has it is accepted. */
bool check_near_is_own(const struct check *c, const struct trust_line *line);
/* Says that no line pins the target, and which line nearly does, or whose key stands there. */
void check_near(struct check *c);

#endif
