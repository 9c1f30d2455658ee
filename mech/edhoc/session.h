/* The state of one EDHOC session, shared by the files that process its messages and by nobody else
 * (tests read the intermediate values here), and what these files ask of it. Everything in it is
 * wiped when the session ends. */
#ifndef MECH_SESSION_H
#define MECH_SESSION_H

#include "edhoc/auth.h"
#include "edhoc/edhoc.h"
#include "edhoc/keysched.h"

enum session_state {
    INITIATOR_START,
    INITIATOR_WAIT_2,
    INITIATOR_WAIT_4,
    RESPONDER_WAIT_1,
    RESPONDER_WAIT_3,
    SESSION_DONE,
    SESSION_FAILED,
    SESSION_STATES
};

/* What messages are made of and read into: large, and wiped and freed while a responder waits for the
 * next one. */
struct work {
    struct key *peer_ephemeral; /* G_Y or G_X */
    struct buf ead_1;
    struct keysched ks;
    struct auth m2, m3;
    struct cred *peer; /* proven and judged */
    struct buf ead_4, plaintext_4;
};

struct edhoc {
    enum session_state state;

    /* from the configuration */
    enum edhoc_role role;
    const struct edhoc_parties *parties;
    void *parties_arg;
    const struct edhoc_profile *profile;
    void *profile_arg;
    struct buf fixed_ephemeral;
    bool keep;

    /* of the session */
    int method;
    struct suite_list suites; /* initiator: the offer */
    size_t suite_at;          /* initiator: the selected suite's place in the offer */
    const struct suite *suite;
    bool retried;         /* error code 2 has been sent or received */
    bool answering_error; /* initiator: what it reads is an error message, never answered */
    const char *target;   /* responder: what message_1 asked for, the profile's; or NULL */
    struct edhoc_own me;  /* references */
    struct buf c_i, c_r;
    struct key *ephemeral; /* X or Y, with G_X or G_Y */
    struct work *work;     /* NULL between messages, and in a dead session */
    /* Responder that waits for message_3: all that this takes of the key schedule. */
    struct fixed th_3, prk_3e2m;
};

void session_init(struct edhoc *s, const struct edhoc_config *config);
/* A message is about to be read or written: s->work is there. EDHOC_ERR_NOMEM. */
edhoc_err session_resume(struct edhoc *s) EDHOC_MUST_USE;
/* A responder is about to wait, perhaps for one that never comes, and keeps no more than it needs: the
 * ECDH that it began with its ephemeral key only where there is another one to come, G_IY. */
void session_rest(struct edhoc *s);
/* Everything secret, and everything that a dead session must not show. What is left is the state. */
void session_wipe(struct edhoc *s);

/* METHOD in two predicates (RFC 9528 section 3.2). */
bool session_initiator_dh(const struct edhoc *s);
bool session_responder_dh(const struct edhoc *s);

/* A fresh ephemeral key on the suite's curve (or the one the configuration fixes). */
edhoc_err session_new_ephemeral(struct edhoc *s) EDHOC_MUST_USE;
/* The peer's, from its G_X or G_Y. EDHOC_ERR_BAD_POINT. */
edhoc_err session_peer_ephemeral(struct edhoc *s, struct bytes g) EDHOC_MUST_USE;
/* Takes over the references of what we authenticate with from now on. */
void session_use(struct edhoc *s, struct edhoc_own own);
/* The peer's connection identifier. EDHOC_ERR_CONNECTION_ID where the profile has no such. */
edhoc_err session_peer_c(struct edhoc *s, struct buf *c, struct bytes received) EDHOC_MUST_USE;
/* The proof in a received PLAINTEXT_x: is it one, do the parties want whoever gave it, and the
 * profile its EAD? Fills s->work->peer. */
edhoc_err session_authenticate(struct edhoc *s, struct auth *a,
                               const struct cred_id *id) EDHOC_MUST_USE;

#endif
