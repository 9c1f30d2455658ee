/* Who the peer is, once it is known. */
#ifndef MECH_PEER_H
#define MECH_PEER_H

#include "edhoc/cred.h"
#include "peer/name.h"
#include "peer/trust.h"

/* A peer that has proven possession and is believed. Owned texts. */
struct peer {
    struct cred *cred;
    enum name_kind kind;
    char *name;
    char *comment;    /* of the trust line; NULL when none */
    char *local_user; /* that a client may log in as; NULL: nobody */
    int64_t expires;  /* seconds since 1970; INT64_MAX when it does not */
    const char *file; /* of the trust line, which is good as long as the trust; NULL: a CA's word */
    unsigned line;
    bool by_ca; /* it is the line of a CA */
};
/* By a trust line, or NULL for a peer with a certificate. Copies; takes its own reference. */
edhoc_err peer_fill(struct cred *cred, const struct trust_line *line, enum name_kind kind,
                    struct bytes name, struct peer *out) EDHOC_MUST_USE;
void peer_clear(struct peer *p);

#endif
