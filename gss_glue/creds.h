/* Credentials: the keys and the trust of an initiator, of an acceptor, or of both. */
#ifndef GSS_GLUE_CREDS_H
#define GSS_GLUE_CREDS_H

#include <gssapi/gssapi.h>

#include "load/settings.h"
#include "load/sources.h"
#include "names.h"

/* A reference-counted credential; immutable, but that a default one which a single context has is
 * loaded when its keys are needed. */
struct glue_cred {
    atomic_uint refs;
    gss_cred_usage_t usage; /* of the sides that there are */
    struct settings settings;
    struct sources *initiator, *acceptor; /* keys and trust of a role; NULL: not for that role */
    struct glue_name *desired;            /* what gss_acquire_cred was asked for, or NULL */
};

/* All that usage names; for GSS_C_BOTH what there is, at least one side. `passphrase`, of an
 * initiator's encrypted key, may be NULL. */
edhoc_err glue_cred_acquire(struct glue_name *desired, gss_cred_usage_t usage,
                            const char *passphrase, const struct setting_pair *store, size_t count,
                            struct glue_cred **out) EDHOC_MUST_USE;
/* `cred`, or the default credential where it is NULL, as a new reference. */
edhoc_err glue_cred_or_default(struct glue_cred *cred, gss_cred_usage_t usage,
                               struct glue_cred **out) EDHOC_MUST_USE;
/* The same with settings that came from elsewhere, which are taken over, on failure too. */
edhoc_err glue_cred_load(struct glue_name *desired, gss_cred_usage_t usage, const char *passphrase,
                         struct settings *settings, struct glue_cred **out) EDHOC_MUST_USE;
/* An initiator's identity for this target, where it has one of its own, else NULL: sources that go
 * before the credential. */
edhoc_err glue_cred_choose(struct glue_cred *cred, const char *target,
                           struct sources **out) EDHOC_MUST_USE;
/* The keys and the trust as the files have them now, of the sources that were chosen (NULL: of the
 * credential): references for the caller, which it frees, on failure too. EDHOC_ERR_NO_IDENTITY when
 * no key fits the desired name any more. */
edhoc_err glue_cred_current(struct glue_cred *cred, bool initiator, struct sources *chosen,
                            struct identity_set **identities, struct trust **trust) EDHOC_MUST_USE;
/* The keys of a role as the files have them now, for identity_set_free(); NULL without that role, and
 * where there is no memory. */
struct identity_set *glue_cred_identities(const struct glue_cred *cred, bool initiator);
/* Seconds until the last of a role's keys expires, 0 without that role; of both, what is less. */
OM_uint32 glue_cred_lifetime(const struct glue_cred *cred, gss_cred_usage_t usage);
void glue_cred_free(struct glue_cred *cred);

#endif
