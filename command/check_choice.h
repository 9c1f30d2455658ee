/* Which identity a user's file `identities` has for the target. */
#ifndef COMMAND_CHECK_CHOICE_H
#define COMMAND_CHECK_CHOICE_H

#include "check_say.h"

/* Says it, and sets it in `c`; false where no key can be told, for the file cannot be understood. */
bool check_choice(struct check *c);

#endif
