/* What a trust line says, as views into it. */
#ifndef MECH_TRUST_TERMS_H
#define MECH_TRUST_TERMS_H

#include "base/bytes.h"
#include "crypto/keytype.h"

#define TRUST_LINE_MAX 8192 /* bytes of a line, without its end */

/* The peer's role that a line is good for. */
enum { TRUST_CLIENT = 1, TRUST_SERVER = 2 };

struct trust_terms {
    struct bytes principals; /* comma-separated patterns with * ? and a leading ! */
    unsigned roles;          /* TRUST_CLIENT | TRUST_SERVER; 0 while nothing was said */
    int64_t valid_after;     /* seconds since 1970; INT64_MIN when not given */
    int64_t valid_before;    /* first second at which it is not valid; INT64_MAX when not given */
    struct bytes local_user; /* as it stands between its quotes; p is NULL when not given */
    bool is_ca;              /* cert-authority */
    bool elsewhere;          /* by its namespaces, for somebody else */
    const struct keytype *type; /* of the key; NULL on a CA line */
    struct bytes type_word, key_word, comment;
};

#endif
