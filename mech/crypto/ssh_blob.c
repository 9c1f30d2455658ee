/* SSH public key blobs (RFC 4253 section 6.6): string type, then
 *
 *     ssh-ed25519, ssh-ed448, ecdh-x25519, ecdh-x448      string x            (RFC 8709)
 *     ecdsa-sha2-nistp*, ecdh-nistp*                      string curve, string 04 || x || y
 *                                                                             (RFC 5656)
 *
 * The ecdh-* types are this project's own, made in the same shape. */
#include "crypto/ssh_blob.h"

#include "base/bytes.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/keytype.h"

/* ---- writing ---- */

void ssh_blob_put(const struct key *key, struct buf *out)
{
    ssh_blob_put_as(key, key_type(key), out);
}

void ssh_blob_put_as(const struct key *key, const struct keytype *type, struct buf *out)
{
    ssh_put_string(out, bytes_of_text(type->ssh_name));
    if (type->kty == KTY_OKP) {
        ssh_put_string(out, key_x(key));
    } else {
        ssh_put_string(out, bytes_of_text(type->ssh_curve));
        ssh_put_uint32(out, (uint32_t)(1 + 2 * type->coordinate));
        buf_put_byte(out, 4);
        buf_put(out, key_x(key));
        buf_put(out, key_y(key));
    }
}

/* ---- reading ---- */

/* What follows the type. */
static void read_public(struct ssh_reader *r, struct ssh_point *out)
{
    size_t n = out->type->coordinate;
    struct bytes s;

    if (out->type->kty == KTY_EC2 &&
        !bytes_equal(ssh_read_string(r), bytes_of_text(out->type->ssh_curve)))
        r->failed = true;
    s = ssh_read_string(r);
    if (out->type->kty == KTY_OKP && s.len == n) {
        out->x = s;
    } else if (out->type->kty == KTY_EC2 && s.len == 1 + 2 * n && s.p[0] == 4) {
        out->x = bytes_of(s.p + 1, n);
        out->y = bytes_of(s.p + 1 + n, n);
    } else {
        r->failed = true;
    }
}

static edhoc_err not_of_type(const struct keytype *type)
{
    if (type->kty == KTY_OKP)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "not the blob of an %s key: %zu bytes of public key "
                      "and nothing else belong in it",
                      type->ssh_name, type->coordinate);
    return report(EDHOC_ERR_KEY_FORMAT,
                  "not the blob of an %s key: the curve's name %s, an "
                  "uncompressed point of %zu bytes and nothing else belong in it",
                  type->ssh_name, type->ssh_curve, 1 + 2 * type->coordinate);
}

edhoc_err ssh_point_key(const struct ssh_point *point, struct key **out)
{
    edhoc_err err = key_from_public(point->type, point->x, point->y, out);

    if (err == EDHOC_ERR_BAD_POINT)
        err = report(EDHOC_ERR_KEY_FORMAT, "the %s key is not a point on its curve",
                     point->type->ssh_name);
    return err;
}

edhoc_err ssh_blob_point(struct bytes blob, struct ssh_point *out)
{
    struct ssh_reader r = ssh_reader_of(blob);
    struct bytes name = ssh_read_string(&r);

    *out = (struct ssh_point){keytype_by_ssh_name(name), BYTES_NONE, BYTES_NONE};
    if (r.failed)
        return report(EDHOC_ERR_KEY_FORMAT, "not an SSH public key blob");
    if (out->type == NULL)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "a blob of type \"%.*s\", which no cipher suite can use",
                      (int)(name.len < 64 ? name.len : 64), (const char *)name.p);
    read_public(&r, out);
    return ssh_read_done(&r) ? EDHOC_OK : not_of_type(out->type);
}

edhoc_err ssh_blob_read(struct bytes blob, struct key **out)
{
    struct ssh_point point;
    edhoc_err err = ssh_blob_point(blob, &point);

    *out = NULL;
    return err == EDHOC_OK ? ssh_point_key(&point, out) : err;
}

/* ---- certificates ---- */

#define CERTIFIED "-cert-v01@openssh.com"

/* The row of the key in a certificate of this type; NULL where OpenSSH or EDHOC has no such. */
static const struct keytype *certified_type(struct bytes name)
{
    size_t suffix = sizeof(CERTIFIED) - 1;
    const struct keytype *type;

    if (name.len < suffix ||
        !bytes_equal(bytes_of(name.p + name.len - suffix, suffix), BYTES_LITERAL(CERTIFIED)))
        return NULL;
    type = keytype_by_ssh_name(bytes_of(name.p, name.len - suffix));
    return type == NULL || type->dh || type->curve == CRV_ED448 ? NULL : type;
}

edhoc_err ssh_certificate_key(struct bytes certificate, struct key **out, struct bytes *rest)
{
    struct ssh_reader r = ssh_reader_of(certificate);
    struct bytes name = ssh_read_string(&r);
    struct ssh_point point = {certified_type(name), BYTES_NONE, BYTES_NONE};

    if (out != NULL)
        *out = NULL;
    *rest = BYTES_NONE;
    if (r.failed || certificate.len > SSH_CERTIFICATE_MAX)
        return report(EDHOC_ERR_KEY_FORMAT, "not an OpenSSH certificate of at most %d bytes",
                      SSH_CERTIFICATE_MAX);
    if (point.type == NULL)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "an OpenSSH certificate of type \"%.*s\"; EDHOC's suites sign with "
                      "ssh-ed25519, ecdsa-sha2-nistp256 and ecdsa-sha2-nistp384 keys",
                      (int)(name.len < 64 ? name.len : 64), (const char *)name.p);
    (void)ssh_read_string(&r); /* nonce */
    read_public(&r, &point);
    if (r.failed)
        return report(EDHOC_ERR_KEY_FORMAT, "the OpenSSH certificate's public key is malformed");
    *rest = r.rest;
    return out != NULL ? ssh_point_key(&point, out) : EDHOC_OK;
}
