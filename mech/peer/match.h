/* Patterns for names: OpenSSH's comma-separated lists with * ? and a leading !. */
#ifndef MECH_MATCH_H
#define MECH_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Does a comma-separated list of patterns match a name? A matching pattern with a leading ! makes
 * the list not match. With `host`, what follows the last @ of a pattern is compared without regard
 * to ASCII case (the name is canonical, its host in lower case). */
bool match_list(const char *patterns, const char *name, bool host);
/* Is one principal of a list, `len` bytes long, this name, the host without regard to case? */
bool match_literal(const char *principal, size_t len, const char *name);

#endif
