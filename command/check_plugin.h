/* Is the plugin registered, can it be loaded, does MIT's library know it? */
#ifndef COMMAND_CHECK_PLUGIN_H
#define COMMAND_CHECK_PLUGIN_H

#include "check_say.h"

void check_plugin(struct check *c);

#endif
