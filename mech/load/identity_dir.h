/* The identities of an acceptor: one file, or all the *.pem of a directory. */
#ifndef MECH_LOAD_IDENTITY_DIR_H
#define MECH_LOAD_IDENTITY_DIR_H

#include "load/loading.h"
#include "peer/identity.h"

/* load_identity_at() for every *.pem of a directory, or for what `where` is if it is no directory. In
 * a directory, what this user may not read, and what has no key in it, stops nothing: the set's
 * `passed_over` tells it. EDHOC_ERR_NO_IDENTITY where nothing is left. */
edhoc_err load_identity_files(const char *where, const char *certificate, struct loading *loading,
                              struct identity_set **out) EDHOC_MUST_USE;

#endif
