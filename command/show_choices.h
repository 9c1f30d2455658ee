/* The file `identities`, and what it says of a key. */
#ifndef COMMAND_SHOW_CHOICES_H
#define COMMAND_SHOW_CHOICES_H

#include <stdbool.h>

/* By its name. */
bool show_is_choices(const char *path);
/* Each line with its key; what is wrong goes to stderr. An exit status. */
int show_choices(const char *path);
/* For which targets the user's own file has this key; nothing where it has none. */
void show_targets(const char *key);

#endif
