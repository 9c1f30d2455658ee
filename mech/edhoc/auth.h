/* Proving and checking who is at the other end (RFC 9528 sections 5.3.2, 5.3.3, 5.4.2, 5.4.3):
 * message_2 authenticates the responder, message_3 the initiator, by the same steps and other
 * values. In each, the one who authenticates is "the prover". */
#ifndef MECH_AUTH_H
#define MECH_AUTH_H

#include "base/bytes.h"
#include "base/cbor.h"
#include "crypto/key.h"
#include "edhoc/cred.h"
#include "edhoc/keysched.h"
#include "edhoc/parties.h"
#include "edhoc/profile.h"

/* One authentication. The first part says whose proof it is; the message that it belongs to fills it
 * once. The second is what comes of it, by RFC name, so that each value can be looked at. */
struct auth {
    int message;            /* x: 2 or 3 */
    bool dh;                /* the prover authenticates with a static Diffie-Hellman key */
    const struct fixed *th; /* TH_x */
    /* keysched_3e2m, keysched_4e3m: from G_RX or G_IY, NULL where the prover signs */
    edhoc_err (*derive_prk)(struct keysched *ks, const struct fixed *g);
    /* keysched_mac_2, keysched_mac_3 */
    edhoc_err (*derive_mac)(struct keysched *ks, struct bytes context, size_t length,
                            struct fixed *mac);

    struct buf prefix;       /* what stands before ID_CRED_x in context_x and PLAINTEXT_x: C_R */
    struct buf id_cred;      /* ID_CRED_x, the header map, never compact */
    bool compact;            /* it was received in its compact form */
    struct buf ead;          /* EAD_x */
    struct buf context;      /* context_x */
    struct fixed mac;        /* MAC_x */
    struct buf to_be_signed; /* Sig_structure; empty where the prover uses static DH */
    struct buf signature_or_mac; /* Signature_or_MAC_x */
    struct buf plaintext;        /* PLAINTEXT_x */
};

void auth_init(struct auth *a);
void auth_wipe(struct auth *a);

/* PRK_3e2m from G_RX, PRK_4e3m from G_IY. The prover's `own` is its authentication key and `other`
 * the checker's ephemeral key; the checker's `own` is its ephemeral key and `other` the prover's
 * authentication key. Without static DH neither is looked at. EDHOC_ERR_BAD_POINT. */
edhoc_err auth_prk(struct auth *a, struct keysched *ks, const struct key *own,
                   const struct key *other) EDHOC_MUST_USE;
/* MAC_x over context_x; and where the prover signs, the Sig_structure that holds it. */
edhoc_err auth_mac(struct auth *a, struct keysched *ks, const struct cred *cred) EDHOC_MUST_USE;

/* ---- the prover ---- */

/* Signature_or_MAC_x. */
edhoc_err auth_sign(struct auth *a, const struct key *key) EDHOC_MUST_USE;
/* PLAINTEXT_x. */
edhoc_err auth_put_plaintext(struct auth *a, const struct cred *cred) EDHOC_MUST_USE;

/* ---- the checker ---- */

/* Reads what follows the prefix in PLAINTEXT_x, all of it, into the fields. EDHOC_ERR_MALFORMED. */
edhoc_err auth_read_plaintext(struct auth *a, struct cbor_reader *r) EDHOC_MUST_USE;
/* What a->id_cred says: views into it. EDHOC_ERR_MALFORMED, EDHOC_ERR_CRED_FORM (also one that the
 * profile does not accept), EDHOC_ERR_CRED_BAD. */
edhoc_err auth_read_id(const struct auth *a, const struct edhoc_profile *profile,
                       struct cred_id *id) EDHOC_MUST_USE;

/* Whom and what the checker asks. */
struct checker {
    const struct edhoc_parties *parties;
    void *arg;
    const struct edhoc_profile *profile;
    const struct key *ephemeral; /* its own */
};

/* Finds the credential that `id` means, and has its holder's proof checked: *proven is a reference.
 * EDHOC_ERR_PROOF, or why there is no such credential. */
edhoc_err auth_check(struct auth *a, struct keysched *ks, const struct checker *checker,
                     const struct cred_id *id, struct cred **proven) EDHOC_MUST_USE;

#endif
