/* What a half-open context works with: the engine's session, and what answers its questions. */
#ifndef GSS_GLUE_SESSION_H
#define GSS_GLUE_SESSION_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include "bindings.h"
#include "creds.h"
#include "edhoc/edhoc.h"
#include "load/sources.h"
#include "names.h"
#include "peer/party.h"
#include "profile/gss_api.h"

struct glue_session {
    bool initiator;
    struct glue_cred *cred; /* a reference */
    struct sources *chosen; /* an initiator's for its target; NULL: the credential's */
    struct party *party;    /* who we are, whom we believe */
    struct profile *profile;
    struct edhoc *engine;
};

/* With the keys and the trust of the credential (NULL: the default one), as its files have them at
 * each message. The initiator's flags are GSS-API's request. */
edhoc_err glue_session_initiator(struct glue_cred *cred, const struct glue_name *target,
                                 OM_uint32 flags, const struct bindings *bindings,
                                 struct glue_session **out) EDHOC_MUST_USE;
edhoc_err glue_session_acceptor(struct glue_cred *cred, struct glue_session **out) EDHOC_MUST_USE;
void glue_session_free(struct glue_session *s); /* wipes; NULL is fine */

/* Once it is done: what both are called. New references. */
edhoc_err glue_session_names(const struct glue_session *s, const struct glue_name *target,
                             struct glue_name **source_name,
                             struct glue_name **target_name) EDHOC_MUST_USE;

#endif
