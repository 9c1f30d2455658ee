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
#include "crypto/key.h"
#include "crypto/keytype.h"

#define STRING_MAX 255 /* more than any part of a blob needs */

static void put_string(struct buf *out, struct bytes s)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_byte(out, (uint8_t)(s.len >> shift));
    buf_put(out, s);
}

static bool take_string(struct bytes *rest, struct bytes *s)
{
    size_t len;

    if (rest->len < 4 || rest->p[0] != 0 || rest->p[1] != 0 || rest->p[2] != 0)
        return false;
    len = rest->p[3];
    if (len > rest->len - 4)
        return false;
    *s = bytes_of(rest->p + 4, len);
    *rest = bytes_of(rest->p + 4 + len, rest->len - 4 - len);
    return true;
}

static void put_point(const struct key *key, struct buf *out)
{
    struct buf point = buf_new(STRING_MAX);

    buf_put_byte(&point, 4);
    buf_put(&point, key_x(key));
    buf_put(&point, key_y(key));
    put_string(out, buf_bytes(&point));
    buf_fail(out, buf_err(&point));
    buf_free(&point);
}

void ssh_blob_put(const struct key *key, struct buf *out)
{
    const struct keytype *type = key_type(key);

    put_string(out, bytes_of_text(type->ssh_name));
    if (type->kty == KTY_OKP) {
        put_string(out, key_x(key));
    } else {
        put_string(out, bytes_of_text(type->ssh_curve));
        put_point(key, out);
    }
}

static edhoc_err read_okp(const struct keytype *type, struct bytes rest, struct key **out)
{
    struct bytes x;

    if (!take_string(&rest, &x) || rest.len != 0 || x.len != type->coordinate)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "not the blob of an %s key: %zu bytes of public key "
                      "and nothing else belong in it",
                      type->ssh_name, type->coordinate);
    return key_from_public(type, x, BYTES_NONE, out);
}

static edhoc_err read_ec2(const struct keytype *type, struct bytes rest, struct key **out)
{
    size_t n = type->coordinate;
    struct bytes curve, point;

    if (!take_string(&rest, &curve) || !take_string(&rest, &point) || rest.len != 0 ||
        !bytes_equal(curve, bytes_of_text(type->ssh_curve)) || point.len != 1 + 2 * n ||
        point.p[0] != 4)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "not the blob of an %s key: the curve's name %s, an "
                      "uncompressed point of %zu bytes and nothing else belong in it",
                      type->ssh_name, type->ssh_curve, 1 + 2 * n);
    return key_from_public(type, bytes_of(point.p + 1, n), bytes_of(point.p + 1 + n, n), out);
}

edhoc_err ssh_blob_read(struct bytes blob, struct key **out)
{
    const struct keytype *type;
    struct bytes name;
    edhoc_err err;

    *out = NULL;
    if (!take_string(&blob, &name))
        return report(EDHOC_ERR_KEY_FORMAT, "not an SSH public key blob");
    type = keytype_by_ssh_name(name);
    if (type == NULL)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "a blob of type \"%.*s\", which no cipher suite can use",
                      (int)(name.len < 64 ? name.len : 64), (const char *)name.p);
    err = type->kty == KTY_OKP ? read_okp(type, blob, out) : read_ec2(type, blob, out);
    if (err == EDHOC_ERR_BAD_POINT)
        err = report(EDHOC_ERR_KEY_FORMAT, "the %s key is not a point on its curve",
                     type->ssh_name);
    return err;
}
