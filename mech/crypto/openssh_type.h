/* Which of OpenSSH's kinds of key EDHOC can sign with, and what OpenSSH shows of a key. */
#ifndef MECH_OPENSSH_TYPE_H
#define MECH_OPENSSH_TYPE_H

#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"

#define OPENSSH_USABLE "ssh-ed25519, ecdsa-sha2-nistp256 and ecdsa-sha2-nistp384"

/* The row of a type that OpenSSH's tools make and EDHOC can sign with; NULL for all others. */
const struct keytype *openssh_type(struct bytes ssh_name);
/* Why a type that has no such row cannot be used: "an RSA key: no ..."; static. */
const char *openssh_type_fault(struct bytes ssh_name);
/* "SHA256:..." of a public key blob, as `ssh-keygen -l` prints it, appended. */
edhoc_err openssh_fingerprint(struct bytes blob, struct buf *out) EDHOC_MUST_USE;
/* The same of a public key. */
edhoc_err openssh_key_fingerprint(const struct key *key, struct buf *out) EDHOC_MUST_USE;
/* And back, to the 32 bytes of the hash; false for any other text. */
bool openssh_fingerprint_read(const char *text, uint8_t hash[32]) EDHOC_MUST_USE;
/* A key's comment as text for free(). *out is NULL where it is empty or not clean text (UTF-8
 * without control characters): a comment serves people only, and is no reason to refuse a key. */
edhoc_err openssh_comment(struct bytes comment, char **out) EDHOC_MUST_USE;

#endif
