/* The keys and the trust of one role, kept fresh: a long-running acceptor notices within a second
 * or so that a trust, anchors, CRL or identity file has changed, and goes on with the old ones
 * while the new ones are broken. Thread-safe; files are read under its lock, so a child that is
 * forked meanwhile can do no more than exec, as POSIX has it. */
#ifndef MECH_LOAD_LIVE_H
#define MECH_LOAD_LIVE_H

#include "load/load.h"

struct live;

/* Loads, with the errors of load.h. `settings` is borrowed and must live as long. */
edhoc_err live_new(const struct settings *settings, bool initiator, const char *passphrase,
                   struct live **out) EDHOC_MUST_USE;
void live_free(struct live *live); /* NULL is fine */
/* References to what is current: the caller frees both. If files have changed (looked at once per
 * second), they are read first, keys and trust each as a whole and each on its own. What fails is
 * tried again at every look while the old stays, and *stale says why as long as it lasts (report's
 * details are the looking thread's), else it is EDHOC_OK. */
void live_get(struct live *live, struct identity_set **identities, struct trust **trust,
              edhoc_err *stale);

#endif
