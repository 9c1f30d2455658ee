/* Names: a kind and a text (doc/mechanism.md, "Names"), and what is known of a peer that proved
 * one. */
#ifndef GSS_GLUE_NAMES_H
#define GSS_GLUE_NAMES_H

#include <gssapi/gssapi.h>

#include <stdatomic.h>

#include "base/bytes.h"
#include "peer/identity.h"
#include "peer/judge.h"
#include "peer/name.h"

/* An immutable, reference-counted name. The mechglue must not find its own address in the first
 * word, hence the order of the members. */
struct glue_name {
    atomic_uint refs;
    enum name_kind kind;
    char *text;
    struct cred *cred; /* what the peer proved; NULL: somebody only said this name */
    char *comment;     /* of the trust line that vouches for it, or NULL */
    char *local_user;  /* the local user that it may log in as, or NULL */
    bool hearsay; /* the rest is what a composite export says: authenticated to somebody else */
};

/* Canonical text or EDHOC_ERR_NAME. */
edhoc_err glue_name_new(enum name_kind kind, struct bytes text,
                        struct glue_name **out) EDHOC_MUST_USE;
/* What we call ourselves: by the name that a credential was acquired for (`desired`), which its
 * identity goes by. Where that is NULL, `id` as initiator is a user, as acceptor a service if it has
 * a host. An identity without a name is called by its key's fingerprint. */
edhoc_err glue_name_of_own(const struct identity *id, bool initiator, struct glue_name *desired,
                           struct glue_name **out) EDHOC_MUST_USE;
/* The name of an authenticated peer. A client's may map to a local user, a server's never does. */
edhoc_err glue_name_of_peer(const struct peer *peer, enum name_kind kind, bool client,
                            struct glue_name **out) EDHOC_MUST_USE;
/* A target as a text that came from elsewhere: a service where it has a host, else a user. */
edhoc_err glue_name_of_target(const char *text, struct glue_name **out) EDHOC_MUST_USE;
struct glue_name *glue_name_ref(struct glue_name *name);
void glue_name_free(struct glue_name *name);
/* The type under which it is displayed: a static object. */
gss_OID glue_name_type(const struct glue_name *name);

#endif
