/* Which parts (part_spec.h) the settings of a role name, with their places made absolute: by the
 * current folder, HOME and XDG_CONFIG_HOME as they are now. */
#ifndef MECH_LOAD_WANTED_H
#define MECH_LOAD_WANTED_H

#include "load/part_spec.h"
#include "load/settings.h"
#include "peer/trust.h"

struct wanted {
    struct part_spec spec;   /* without a kind: nothing is wanted */
    char *path[PART_PLACES]; /* what the spec's places point to */
    bool from_files;         /* else an agent or OpenSSL's store has it */
};

/* All return EDHOC_ERR_NOMEM, EDHOC_ERR_FILE where the current folder is needed and has no name,
 * and EDHOC_ERR_KEY_FORMAT for a place that can be none. The caller clears what it got. */

/* The initiator's key, or the acceptor's keys. EDHOC_ERR_NO_IDENTITY where there is no home. */
edhoc_err wanted_identities(const struct settings *s, bool initiator,
                            struct wanted *out) EDHOC_MUST_USE;
/* The trust files: the configured one, which must exist; else, for an initiator,
 * ~/.config/gss-edhoc/trust and then GSSCONFDIR/edhoc/trust, for an acceptor the latter alone. */
edhoc_err wanted_trust(const struct settings *s, bool initiator,
                       struct wanted out[TRUST_PARTS_MAX]) EDHOC_MUST_USE;
/* Anchors and CRLs. EDHOC_ERR_SETTING for CRLs alone. */
edhoc_err wanted_anchors(const struct settings *s, struct wanted *out) EDHOC_MUST_USE;
/* What is revoked by key. */
edhoc_err wanted_revoked(const struct settings *s, struct wanted *out) EDHOC_MUST_USE;
/* Which identity is for which target. */
edhoc_err wanted_choices(const struct settings *s, struct wanted *out) EDHOC_MUST_USE;
/* The registration line. */
edhoc_err wanted_conf(struct wanted *out) EDHOC_MUST_USE;
void wanted_clear(struct wanted *w);

#endif
