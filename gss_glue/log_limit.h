/* How many refusals are told: as many as happen, until there are many. Without locks, since a forked
 * child inherits it in whatever state it is. */
#ifndef GSS_GLUE_LOG_LIMIT_H
#define GSS_GLUE_LOG_LIMIT_H

#include <stdbool.h>

/* Each kind of peer has a limit of its own: strangers cannot make those that are known unheard of. */
enum log_peer {
    LOG_STRANGER, /* 20 at once, then one each ten seconds */
    LOG_KNOWN /* its key is pinned or was believed, or it is our own fault: 100, then one a second */
};

/* May another refusal be told? Counted where not. */
bool log_limit_allows(enum log_peer peer);
/* How many were not told since this was last asked. */
unsigned log_limit_suppressed(void);

#endif
