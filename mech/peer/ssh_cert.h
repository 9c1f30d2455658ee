/* OpenSSH certificates (PROTOCOL.certkeys, doc/mechanism.md 6.8), read strictly: every length within
 * its bounds, nothing left over. What they say is not believed here. */
#ifndef MECH_SSH_CERT_H
#define MECH_SSH_CERT_H

#include "base/bytes.h"
#include "base/report.h"

enum ssh_cert_type { SSH_CERT_USER = 1, SSH_CERT_HOST = 2 };

#define SSH_CERT_PRINCIPALS_MAX 256 /* as OpenSSH has it */

/* Everything is a view into the certificate, and as it stands there. */
struct ssh_cert {
    uint64_t serial; /* 0: not numbered */
    enum ssh_cert_type type;
    struct bytes key_id;       /* no NUL in it */
    struct bytes principals;   /* for ssh_cert_principal */
    uint64_t valid_after;      /* seconds since 1970 */
    uint64_t valid_before;     /* the first second at which it is not valid; UINT64_MAX: never */
    struct bytes critical;     /* for ssh_cert_option */
    struct bytes extensions;   /* the same */
    struct bytes ca;           /* the blob of the signature key */
    struct bytes to_be_signed; /* what the signature is over */
    struct bytes signature;
};

/* EDHOC_ERR_KEY_FORMAT with what is wrong. The signature is not looked at. */
edhoc_err ssh_cert_read(struct bytes certificate, struct ssh_cert *out) EDHOC_MUST_USE;
/* Seconds since 1970 at which it ends; INT64_MAX: never. */
int64_t ssh_cert_end(const struct ssh_cert *c);
/* Takes the next principal off a list that was read; false at its end. */
bool ssh_cert_principal(struct bytes *list, struct bytes *principal);
/* The same for critical options and extensions. */
bool ssh_cert_option(struct bytes *list, struct bytes *name, struct bytes *data);
/* Does one of the principals match this host? As OpenSSH has it, as a pattern, and as it stands. */
bool ssh_cert_names_host(struct bytes principals, const char *host);

#endif
