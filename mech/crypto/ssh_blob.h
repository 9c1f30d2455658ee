/* Public keys in SSH's wire form, the blob of RFC 4253 section 6.6 (doc/design.md lists the
 * types). */
#ifndef MECH_SSH_BLOB_H
#define MECH_SSH_BLOB_H

#include "crypto/key.h"

/* The SSH public key blob of a key, appended. */
void ssh_blob_put(const struct key *key, struct buf *out);
/* The same for another type on the same curve: a P-256 or P-384 point has a blob for either use. */
void ssh_blob_put_as(const struct key *key, const struct keytype *type, struct buf *out);
/* The coordinates of a public key, in a blob. */
struct ssh_point {
    const struct keytype *type;
    struct bytes x, y; /* views */
};
/* Reads a blob: consumed whole, of a known type, the lengths those of the type.
 * EDHOC_ERR_KEY_FORMAT with details. Whether the point is on its curve is not looked at. */
edhoc_err ssh_blob_point(struct bytes blob, struct ssh_point *out) EDHOC_MUST_USE;
/* The key of a point. EDHOC_ERR_KEY_FORMAT where it is none on its curve. */
edhoc_err ssh_point_key(const struct ssh_point *point, struct key **out) EDHOC_MUST_USE;
/* And back: consumed whole, the point checked. EDHOC_ERR_KEY_FORMAT with details. */
edhoc_err ssh_blob_read(struct bytes blob, struct key **out) EDHOC_MUST_USE;

#define SSH_CERTIFICATE_MAX 16384 /* bytes of an OpenSSH certificate (doc/mechanism.md 6.8) */

/* The public key of an OpenSSH certificate, as a signature key (`out` may be NULL: it is then passed
 * over); what stands behind it, still to be read, in *rest. EDHOC_ERR_KEY_FORMAT: no certificate, or one whose key no suite signs with. */
edhoc_err ssh_certificate_key(struct bytes certificate, struct key **out,
                              struct bytes *rest) EDHOC_MUST_USE;

#endif
