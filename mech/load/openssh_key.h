/* What OpenSSH users have: its private key files ("BEGIN OPENSSH PRIVATE KEY", OpenSSH's file
 * PROTOCOL.key), and which of its kinds of key EDHOC can sign with. */
#ifndef MECH_LOAD_OPENSSH_KEY_H
#define MECH_LOAD_OPENSSH_KEY_H

#include "crypto/keytype.h"
#include "base/report.h"

struct key;

/* ---- kinds of key ---- */

#define OPENSSH_USABLE "ssh-ed25519, ecdsa-sha2-nistp256 and ecdsa-sha2-nistp384"

/* The row of a type that OpenSSH's tools make and EDHOC can sign with; NULL for all others. */
const struct keytype *openssh_type(struct bytes ssh_name);
/* Why a type that has no such row cannot be used: "an RSA key: no ..."; static. */
const char *openssh_type_fault(struct bytes ssh_name);
/* "SHA256:..." of a public key blob, as `ssh-keygen -l` prints it, appended. */
edhoc_err openssh_fingerprint(struct bytes blob, struct buf *out) EDHOC_MUST_USE;
/* A key's comment as text for free(). *out is NULL where it is empty or not clean text (UTF-8
 * without control characters): a comment serves people only, and is no reason to refuse a key. */
edhoc_err openssh_comment(struct bytes comment, char **out) EDHOC_MUST_USE;

/* ---- private key files ---- */

/* Has the text such a key in it, whatever its state? */
bool openssh_key_is(struct bytes text);
/* Reads the one, unencrypted key that the text must be; `path` is for errors. The private half is
 * checked against the public one. *comment (may be NULL, see above) is for free().
 * EDHOC_ERR_KEY_FORMAT with the path, the rule and what to do. */
edhoc_err openssh_key_read(struct bytes text, const char *path, struct key **out,
                           char **comment) EDHOC_MUST_USE;

#endif
