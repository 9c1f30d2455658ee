/* An application profile of EDHOC (RFC 9528 sections 3.8 and 3.9, appendix D): what RFC 9528 leaves
 * open and both ends must agree on. The engine asks through this table; mech/profile/gss_api.h is
 * that of GSS-API, and the tests have one for the plain RFC. `arg` is the profile's state for one
 * session, as its configuration gave it. */
#ifndef MECH_EDHOC_PROFILE_H
#define MECH_EDHOC_PROFILE_H

#include "edhoc/cred.h"
#include "edhoc/suite.h"

struct edhoc_profile {
    /* Appends EAD_1 .. EAD_4, by the number of the message. */
    edhoc_err (*put_ead)(void *arg, int message, const struct suite *suite, struct buf *ead);
    /* Reads it. EAD_2 and EAD_3 come here after their sender has been proven and judged. */
    edhoc_err (*read_ead)(void *arg, int message, const struct suite *suite, struct bytes ead);
    /* The target that the initiator has named in an EAD so far, or NULL. Kept by the profile. */
    const char *(*target)(const void *arg);
    /* Is message_4 part of this session? Asked after message_1. */
    bool (*confirm)(const void *arg);
    /* May this be the peer's connection identifier? */
    bool (*accepts_c_x)(struct bytes c_x);
    /* May credentials be identified in this form? */
    bool (*accepts_form)(enum cred_form form);
    /* Does an ID_CRED_x of this form bring CRED_x along, or refer to one agreed on beforehand? */
    bool (*by_value)(enum cred_form form);
    /* The session has failed: what was read is nothing. */
    void (*forget)(void *arg);
};

#endif
