/* Patterns for names: OpenSSH's comma-separated lists with * ? and a leading !. */
#ifndef MECH_MATCH_H
#define MECH_MATCH_H

#include "base/bytes.h"

/* One of a list. */
struct pattern {
    struct bytes text; /* without the ! */
    bool negated;
};

/* Takes the next pattern off a list; false at its end. */
bool match_next(struct bytes *list, struct pattern *out);
/* Is it a name, without wildcard and not negated? */
bool match_is_literal(const struct pattern *p);

/* Does one pattern match a name? `*` stands for any text, `?` for one character. */
bool match_one(struct bytes pattern, struct bytes name);
/* Does a list? A matching pattern with a leading ! makes the list not match. */
bool match_list(struct bytes patterns, struct bytes name);
/* Does a list match a target, whose host may be in any case? (The target is canonical, its host in
 * lower case; what follows the last @ of a pattern need not be.) */
bool match_target(struct bytes patterns, struct bytes target);

#endif
