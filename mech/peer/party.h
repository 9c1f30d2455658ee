/* One side of one session, as the engine asks about it (edhoc/parties.h): our identities, our trust,
 * and who the peer turned out to be. */
#ifndef MECH_PARTY_H
#define MECH_PARTY_H

#include "edhoc/parties.h"
#include "peer/identity.h"
#include "peer/judge.h"
#include "peer/trust.h"

struct party_config {
    bool initiator;
    /* What we are and believe now: references, which the party drops. Called whenever a message asks
     * about credentials, so that a trust that was withdrawn meanwhile counts no more. */
    edhoc_err (*current)(void *arg, struct identity_set **identities, struct trust **trust);
    void *arg;                /* borrowed, to outlive the party */
    const char *name;         /* initiator: whom it wants. Responder: its own name, or NULL for any;
                                 "service" without host stands for that service on any host */
    struct suite_list suites; /* allowed, in order of preference */
    bool by_reference;        /* send a kid instead of the key */
    int64_t now;              /* seconds since 1970, for tests; 0 = ask the clock */
};

/* A `current` for callers whose keys and trust do not change: `arg` is a struct party_fixed. */
struct party_fixed {
    struct identity_set *identities;
    struct trust *trust;
};
edhoc_err party_current_fixed(void *arg, struct identity_set **identities, struct trust **trust);

struct party;

/* Copies the name. */
edhoc_err party_new(const struct party_config *config, struct party **out) EDHOC_MUST_USE;
void party_free(struct party *p); /* NULL is fine */

/* The one that authenticates us, once it is chosen; NULL before and after a failure. */
const struct identity *party_identity(const struct party *p);
/* Who the peer is, once it is judged; all zero before and after a failure. */
const struct peer *party_peer(const struct party *p);
/* The credential whose key the peer has proven to hold, whatever was thought of it, after a failure
 * too; NULL where it did not come as far as that. */
const struct cred *party_proven(const struct party *p);
/* Was it believed, or does a line pin its key? Else whoever failed is a stranger. */
bool party_knows_peer(const struct party *p);
/* The earlier of both credentials' ends, seconds since 1970; INT64_MAX = never. */
int64_t party_expires(const struct party *p);

/* Takes a struct party as its arg. */
extern const struct edhoc_parties party_parties;

#endif
