/* The state of one EDHOC session, shared by the files that process its messages and by nobody else
 * (tests read the intermediate values here). Everything in it is wiped when the session ends. */
#ifndef MECH_SESSION_H
#define MECH_SESSION_H

#include "edhoc/edhoc.h"
#include "edhoc/keysched.h"
#include "profile/profile.h"

/* What authenticates message_2 and message_3 (RFC 9528 sections 5.3 and 5.4), by RFC name; x is 2
 * or
 * 3. Kept apart for both messages, so that each intermediate value can be looked at. */
struct auth {
    struct buf id_cred;          /* ID_CRED_x, the header map, never compact */
    struct buf ead;              /* EAD_x */
    struct buf context;          /* context_x */
    struct fixed mac;            /* MAC_x */
    struct buf to_be_signed;     /* Sig_structure; empty where the sender uses static DH */
    struct buf signature_or_mac; /* Signature_or_MAC_x */
    struct buf plaintext;        /* PLAINTEXT_x */
};

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

struct edhoc {
    enum session_state state;

    /* from the configuration */
    enum edhoc_role role;
    unsigned options; /* EDHOC_CONFIRM: initiator, asks; responder, was asked */
    struct identity_set *identities;
    struct trust *trust;
    struct suite_list suites; /* initiator: the offer; responder: those allowed */
    struct buf target;        /* a text with its NUL, or empty: initiator, whom it wants; responder,
                                 its own name */
    uint32_t flags;
    bool have_bindings;
    struct buf bindings;
    int64_t fixed_now;
    struct buf fixed_ephemeral;
    struct buf fixed_ead[5];

    /* of the session */
    int method;
    const struct suite *suite;
    size_t suite_at; /* initiator: the selected suite's place in `suites` */
    bool retried;    /* error code 2 has been sent or received */
    bool
        answering_error; /* initiator: what it reads is an error message, which is never answered */
    struct identity *me;
    struct cred *my_cred; /* me->by_value or by_reference */
    struct buf c_i, c_r;
    struct key *ephemeral;      /* X or Y, with G_X or G_Y */
    struct key *peer_ephemeral; /* G_Y or G_X */
    struct buf ead_1;
    struct keysched ks;
    struct auth m2, m3;
    struct buf ead_4, plaintext_4;
    struct peer peer;
    uint32_t result_flags;
    struct buf asked; /* responder: the target that the initiator named, with its NUL; or empty */
};

/* METHOD in two predicates (RFC 9528 section 3.2). */
bool session_initiator_dh(const struct edhoc *s);
bool session_responder_dh(const struct edhoc *s);
bool session_plain(const struct edhoc *s);
int64_t session_now(const struct edhoc *s);
/* A fresh ephemeral key on the suite's curve (or the one the configuration fixes). */
edhoc_err session_new_ephemeral(struct edhoc *s) EDHOC_MUST_USE;
/* The peer's, from its G_X or G_Y. EDHOC_ERR_BAD_POINT. */
edhoc_err session_peer_ephemeral(struct edhoc *s, struct bytes g) EDHOC_MUST_USE;
/* Sets me and my_cred. */
void session_use_identity(struct edhoc *s, struct identity *id);
/* Does this name, a responder's own, allow the target asked for? */
bool session_name_allows(const struct edhoc *s, const char *target);
/* Copies `text` with a NUL into `to`. */
edhoc_err session_set_text(struct buf *to, struct bytes text) EDHOC_MUST_USE;

/* ---- auth.c: proving and checking, the same code for both messages and both roles ---- */

void auth_init(struct auth *a);
void auth_wipe(struct auth *a);
/* Our side of message_x (x = 2 as responder, 3 as initiator): PRK_3e2m or PRK_4e3m, context, MAC,
 * signature, plaintext. a->ead is filled by the caller before. */
edhoc_err auth_compose(struct edhoc *s, int x) EDHOC_MUST_USE;
/* The peer's side, from the decrypted a->plaintext: reads the fields, finds the credential, checks
 * the proof, and only then asks whether this is a peer that we trust; fills s->peer. */
edhoc_err auth_process(struct edhoc *s, int x) EDHOC_MUST_USE;

/* ---- message_1.c .. message_error.c: compose and process ---- */

edhoc_err message_1_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
/* EDHOC_ERR_NO_COMMON_SUITE when the answer is error code 2. */
edhoc_err message_1_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;
edhoc_err message_2_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
edhoc_err message_2_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;
edhoc_err message_3_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
edhoc_err message_3_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;
edhoc_err message_4_compose(struct edhoc *s, struct buf *out) EDHOC_MUST_USE;
edhoc_err message_4_process(struct edhoc *s, struct bytes in) EDHOC_MUST_USE;
/* A_3 and A_4: [ "Encrypt0", h'', TH_x ]. */
void message_put_aad(struct buf *out, const struct fixed *th);

/* Is this a sequence of an integer and one other item? */
bool message_is_error(struct bytes in);
/* Error code 1 with a text (printable ASCII). */
void message_error_put(struct buf *out, const char *text);
/* Error code 2 with SUITES_R: all that we support for METHOD. */
void message_error_put_suites(const struct edhoc *s, struct buf *out);
/* Reads an error message. Code 2 while message_2 is awaited: EDHOC_OK, and suites_r is what the
 * peer supports. All else: EDHOC_ERR_PEER_ERROR with the peer's words. */
edhoc_err message_error_read(const struct edhoc *s, struct bytes in,
                             struct suite_list *suites_r) EDHOC_MUST_USE;
/* The suites that a responder supports for METHOD with the identities that it has. */
struct suite_list message_suites_r(const struct edhoc *s);

#endif
