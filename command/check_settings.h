/* The settings, and variables that look like one. */
#ifndef COMMAND_CHECK_SETTINGS_H
#define COMMAND_CHECK_SETTINGS_H

#include "check_say.h"

/* Reads them; false where they cannot be used. */
bool check_settings(struct check *c);

#endif
