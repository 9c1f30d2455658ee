/* Whose keys there are here, until when, and by which names peers will know them. */
#ifndef COMMAND_CHECK_IDENTITY_H
#define COMMAND_CHECK_IDENTITY_H

#include "check_say.h"

void check_identities(struct check *c);

#endif
