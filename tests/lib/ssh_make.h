/* OpenSSH certificates made field by field, so that tests can make what no ssh-keygen would. */
#ifndef TESTS_LIB_SSH_MAKE_H
#define TESTS_LIB_SSH_MAKE_H

#include "base/bytes.h"
#include "crypto/key.h"

/* A recipe; what is NULL or empty is left out or empty. Texts of lists are separated by commas, and
 * "-" is an empty one. */
struct ssh_make {
    const struct key *key, *ca; /* the subject's; the CA's, which signs */
    uint32_t type;
    uint64_t serial, after, before;
    const char *key_id, *principals;
    const char *critical, *extensions; /* NAME=DATA */
    struct bytes key_id_bytes;         /* instead of key_id */
    struct bytes list;                 /* instead of principals */
    struct bytes critical_list, extension_list;
    struct bytes ca_blob;      /* instead of the CA's own */
    struct bytes signature;    /* instead of a good one */
    struct bytes after_public; /* more bytes behind the public key */
    struct bytes tail;         /* more bytes at the end */
    const char *type_name;     /* instead of the key's */
};

/* The certificate, kept until the end of the test. */
struct bytes ssh_make(const struct ssh_make *recipe);
/* string format, string value; as a CA with this key signs. Kept as long. */
struct bytes ssh_make_signature(const struct key *ca, struct bytes text);
/* mpint of a positive number, appended. */
void ssh_make_mpint(struct buf *out, struct bytes n);

#endif
