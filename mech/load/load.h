/* From settings to the objects that the engine works with. The only I/O of mech/; never prompts,
 * never blocks on the network, never follows a setting half-way: all or nothing, but for anchors
 * that cannot be read, without which certificates are refused and pinned keys are not. */
#ifndef MECH_LOAD_LOAD_H
#define MECH_LOAD_LOAD_H

#include "peer/trust.h"
#include "peer/identity.h"
#include "load/loading.h"
#include "load/settings.h"

/* The initiator's identity. EDHOC_ERR_NO_IDENTITY, with the path and what to do, when there is no
 * file; EDHOC_ERR_PERMISSIONS, EDHOC_ERR_KEY_FORMAT, EDHOC_ERR_FILE, EDHOC_ERR_TRUST_SYNTAX for its
 * .pub file. */
edhoc_err load_identity(const struct settings *s, struct loading *loading,
                        struct identity_set **out) EDHOC_MUST_USE;
/* The acceptor's: one file, or every *.pem of a directory in byte order of names, at most
 * IDENTITIES_MAX. In a directory, files that this user may not read, and those without a key, are
 * passed over and noted in the set; another that cannot be loaded is an error. The same errors. */
edhoc_err load_service_identities(const struct settings *s, struct loading *loading,
                                  struct identity_set **out) EDHOC_MUST_USE;
/* The trust files: the configured one, which must exist; else, for an initiator,
 * ~/.config/gss-edhoc/trust and then GSSCONFDIR/edhoc/trust, for an acceptor the latter alone,
 * where a file that does not exist is empty. EDHOC_ERR_TRUST_SYNTAX names file and line. What
 * the setting revoked names comes with it, or its error; anchors and CRLs, too, or the reason why
 * there are none (trust_check_anchors). */
edhoc_err load_trust(const struct settings *s, bool initiator, struct loading *loading,
                     struct trust **out) EDHOC_MUST_USE;

#endif
