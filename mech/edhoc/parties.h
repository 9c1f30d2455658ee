/* What the engine must be told of credentials and peers: who we are, and whom we believe. RFC 9528
 * leaves that to the application (section 3.5), so the engine asks for it through this one table;
 * mech/peer/party.h answers for GSS-API. What a peer is called, the engine never learns.
 *
 * Every function words its own errors, which the engine passes on. `arg` is what the session's
 * configuration gave. */
#ifndef MECH_EDHOC_PARTIES_H
#define MECH_EDHOC_PARTIES_H

#include "edhoc/cred.h"
#include "edhoc/suite.h"

/* What we authenticate with. */
struct edhoc_own {
    struct key *key;   /* private, or with a signer */
    struct cred *cred; /* CRED_x and ID_CRED_x, as they are to be sent */
};

/* What message_1 proposes. */
struct edhoc_plan {
    int method;               /* METHOD */
    struct suite_list suites; /* those that may be offered, in order of preference */
    size_t selected;          /* index of the one to begin with */
    struct edhoc_own own;
};

struct edhoc_parties {
    /* A message that asks for credentials is about to be read or written: what follows, up to the
     * next call, is to be answered from one and the same knowledge. */
    edhoc_err (*renew)(void *arg);

    /* Initiator: how to begin. References in `own` become the session's. */
    edhoc_err (*plan)(void *arg, struct edhoc_plan *out);
    /* Responder: the suites that it supports under METHOD, with the keys that it has, in its order
     * of preference: SUITES_R. An empty list is an error of its own. */
    edhoc_err (*suites_r)(void *arg, int method, struct suite_list *out);
    /* Responder: what to authenticate with under METHOD and suite, to an initiator that asks for
     * `target` (NULL: it has not said so yet). References become the session's. */
    edhoc_err (*choose)(void *arg, int method, const struct suite *suite, const char *target,
                        struct edhoc_own *out);
    /* Responder: may the one that was chosen answer for a target that is named only now? */
    edhoc_err (*answers)(void *arg, const char *target);

    /* The credentials agreed on beforehand that an ID_CRED_x by reference may mean, for static
     * Diffie-Hellman or for signing: first with *at = 0; NULL at the end. Borrowed until the next
     * renew. */
    struct cred *(*candidate)(void *arg, const struct cred_id *id, bool dh, size_t *at);
    /* Why there is none: always an error. */
    edhoc_err (*no_candidate)(void *arg, const struct cred_id *id, bool dh);
    /* One agreed on beforehand with the very key, in the same use, that an ID_CRED_x brings along; NULL
     * where there is none. Borrowed until the next renew. */
    const struct cred *(*known)(void *arg, const struct cred_id *id, bool dh);
    /* Whoever has proven to hold this credential's key: is it a peer that we want to talk to? */
    edhoc_err (*judge)(void *arg, struct cred *proven);

    /* The session has failed: who was judged is nobody. */
    void (*forget)(void *arg);
};

#endif
