/* What an endpoint authenticates with: a private key, its credential in both forms, and the names
 * it answers to. Immutable once made. */
#ifndef MECH_IDENTITY_H
#define MECH_IDENTITY_H

#include "edhoc/cred.h"
#include "edhoc/suite.h"
#include "peer/name.h"
#include "peer/ssh_cert.h"

#include <stdatomic.h>

struct identity {
    struct key *key;           /* private, or with a signer */
    struct cred *by_value;     /* kccs or x5chain */
    struct cred *by_reference; /* kid; NULL for a certificate */
    char *principals;          /* comma-separated patterns, canonical; NULL when it has no name */
    char *name;                /* the first principal, the default name; NULL when none */
    char *client_name; /* what an acceptor makes of the certificate (x509_client_name; the first
                          principal of a user's), or NULL */
    enum name_kind client_kind;
    struct x509_hosts *hosts; /* that the certificate is for; NULL without one */
    char *source;             /* where it comes from, for messages: a file or URI */
    char *uri;                /* that URI with what is not told of it; NULL: source is all */
    bool stale_pub;           /* its names are from SOURCE.pub, which is another key's */
    int64_t expires;          /* seconds since 1970; INT64_MAX when it does not */
    /* An OpenSSH certificate for the key, sent instead of it while it is good; NULL when none. */
    struct cred *ssh_cert;
    enum ssh_cert_type ssh_type;
    struct bytes ssh_principals; /* for ssh_cert_principal */
    int64_t ssh_from, ssh_until; /* good in from <= now < until */
};

/* Takes its own reference of `key`; copies the texts. `principals` may be NULL. */
edhoc_err identity_new_raw(struct key *key, const char *principals, const char *source,
                           struct identity **out) EDHOC_MUST_USE;
/* With a certificate chain (DER, leaf first) whose leaf is for `key`, else EDHOC_ERR_KEY_FORMAT.
 * Without `principals` it answers to the hosts in the leaf's subject alternative names. */
edhoc_err identity_new_x509(struct key *key, const struct bytes *chain, size_t count,
                            const char *principals, const char *source,
                            struct identity **out) EDHOC_MUST_USE;
/* Adds an OpenSSH certificate to a raw key. EDHOC_ERR_KEY_FORMAT when it is malformed, or for another
 * key. Its CA's signature is the peer's to check. */
edhoc_err identity_add_ssh_cert(struct identity *id, struct bytes certificate) EDHOC_MUST_USE;
/* Is there an OpenSSH certificate that is good for this role, at this time? */
bool identity_is_certified(const struct identity *id, bool initiator, int64_t now);
void identity_free(struct identity *id); /* NULL is fine */
bool identity_is_dh(const struct identity *id);
/* Does it answer to `target`? A raw key without names answers to all; one with a host certificate to
 * the hosts that this is for, at whatever time: its end must not make the key answer to more. */
bool identity_answers(const struct identity *id, const char *target);
/* Is it the one to use when a name was asked for? For an acceptor as above, and a service without
 * host stands for that service on any host; for an initiator with a certificate, the name that an
 * acceptor will find in it. */
bool identity_goes_by(const struct identity *id, bool initiator, enum name_kind kind,
                      const char *name);

/* An ordered set of identities: one for an initiator, any number for an acceptor.
 * Reference-counted, shared by threads. */
struct identity_set {
    atomic_uint refs;
    char *passed_over; /* files beside theirs that were of no use: a story each line; NULL: none */
    size_t len;
    struct identity *id[];
};

#define IDENTITIES_MAX 256

/* Takes over the identities, not the array; on failure too. */
edhoc_err identity_set_new(struct identity **ids, size_t len,
                           struct identity_set **out) EDHOC_MUST_USE;
/* Before it is shared: what was passed over when it was made. Takes over the text. */
void identity_set_note(struct identity_set *set, char *passed_over);
struct identity_set *identity_set_ref(struct identity_set *set);
void identity_set_free(struct identity_set *set);

#endif
