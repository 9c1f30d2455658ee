/* Which identity a user's file `identities` has for the target. */
#ifndef COMMAND_CHECK_CHOICE_H
#define COMMAND_CHECK_CHOICE_H

#include "check_say.h"

/* Says it, and sets it in `c`. */
void check_choice(struct check *c);

#endif
