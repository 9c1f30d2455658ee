/* One side of a session for the tests of the engine: what GSS-API gives it (mech/peer/party,
 * mech/profile/gss_api), or the plain RFC 9528, for the traces of RFC 9529, the reference vectors,
 * and peers who do not keep to the profile. */
#ifndef TESTS_SIDE_H
#define TESTS_SIDE_H

#include "edhoc/edhoc.h"
#include "load/settings.h"
#include "peer/party.h"
#include "profile/gss_api.h"

/* Beside the options of load/settings.h. EAD items are sent as given and let through unread, any
 * C_x and x5t are accepted, and a chain stands for a credential agreed on beforehand. */
#define SIDE_PLAIN 8u
/* As in the product, a responder that waits keeps no more than it needs; else all values can be
 * looked at. */
#define SIDE_LETS_GO 16u

#define SIDE_AGREED_MAX 3

struct side_config {
    enum edhoc_role role;
    unsigned options;
    struct identity_set *identities; /* an initiator uses the first */
    struct trust *trust;
    /* Credentials agreed on beforehand, under any ID_CRED_x: what one by reference may mean, in place
     * of those that `trust` pins. The side takes references. */
    struct cred *agreed[SIDE_AGREED_MAX];
    struct suite_list suites;
    const char *target;
    uint32_t flags;
    bool have_bindings;
    struct bytes bindings;
    int64_t now;
    struct bytes c_x, ephemeral;

    /* SIDE_PLAIN only */
    int method;          /* METHOD's responder half: 1 = static DH */
    size_t suite_at;     /* initiator: index in `suites` of the suite to select */
    struct bytes ead[5]; /* EAD_1 .. EAD_4 to send, at their numbers */
};

struct side {
    struct side_config config; /* its views are borrowed */
    struct party_fixed current;
    struct party *party;
    struct profile *gss_api;
};

/* A session over a side of its own, to be ended with side_free(). */
edhoc_err side_new(const struct side_config *config, struct edhoc **out) EDHOC_MUST_USE;
void side_free(struct edhoc *s); /* NULL is fine */

/* Lets an identity send this CCS as its kccs. */
void side_replace_cred(struct identity *id, struct bytes ccs);
/* From now on it keeps to the plain RFC, and asks for message_4. */
void side_turn_plain(struct edhoc *s);

struct side *side_of(const struct edhoc *s);
const struct peer *side_peer(const struct edhoc *s);
const struct identity *side_identity(const struct edhoc *s);
int64_t side_expires(const struct edhoc *s);
const char *side_target(const struct edhoc *s);
uint32_t side_flags(const struct edhoc *s);

#endif
