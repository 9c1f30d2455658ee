/* GSS-API over EDHOC, as an application profile (doc/mechanism.md, "Context tokens"): what the two
 * ends of a context tell each other beside RFC 9528, and what follows from it. */
#ifndef MECH_PROFILE_GSS_API_H
#define MECH_PROFILE_GSS_API_H

#include "edhoc/profile.h"

/* Flags that travel in message_3 and message_4 (the values are GSS-API's, RFC 2744). */
#define EDHOC_FLAGS_MASK    0x783Eu
#define EDHOC_FLAG_MUTUAL   0x02u
#define EDHOC_FLAG_REPLAY   0x04u
#define EDHOC_FLAG_SEQUENCE 0x08u
#define EDHOC_FLAG_CONF     0x10u
#define EDHOC_FLAG_INTEG    0x20u
#define EDHOC_FLAG_BOUND    0x800u /* CHANNEL_BOUND */

/* The arg of profile_gss_api: what one side of one session says and has been told. */
struct profile;

/* What an initiator wants. */
struct profile_wish {
    const char *target; /* service@host, or a name without @; see item.h */
    bool hide_target;   /* until message_3 */
    bool confirm;       /* ask for message_4 */
    uint32_t flags;     /* to send in message_3; MUTUAL and INTEG are always sent */
};

/* EDHOC_ERR_NAME when the target may not travel. Copies. */
edhoc_err profile_new_initiator(const struct profile_wish *wish,
                                struct profile **out) EDHOC_MUST_USE;
edhoc_err profile_new_responder(struct profile **out) EDHOC_MUST_USE;
void profile_free(struct profile *g); /* NULL is fine */

/* Replaces one's own channel bindings: `have` none, or these (serialised as doc/mechanism.md says,
 * copied). Initiator: before message_3; responder: before the step that reads it. */
edhoc_err profile_set_bindings(struct profile *g, bool have, struct bytes bindings) EDHOC_MUST_USE;

/* What the initiator asked for; a responder's is NULL while it is hidden. */
const char *profile_target(const struct profile *g);
/* After the end. Initiator: the flags it sent, EDHOC_FLAG_BOUND replaced by what message_4 said.
 * Responder: the flags it received, EDHOC_FLAG_BOUND replaced by "both gave equal bindings". */
uint32_t profile_flags(const struct profile *g);

extern const struct edhoc_profile profile_gss_api;

#endif
