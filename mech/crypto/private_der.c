#include "crypto/private_der.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/key.h"
#include "crypto/keytype.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

/* ---- DER ---- */

enum tag {
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OCTET_STRING = 0x04,
    TAG_OID = 0x06,
    TAG_SEQUENCE = 0x30,
    TAG_0 = 0xa0,
    TAG_1 = 0xa1,
    TAG_1_BITS = 0x81, /* [1] IMPLICIT BIT STRING */
};

/* Its contents' length; false if it is not in its shortest form or takes more than two bytes. */
static bool take_length(struct bytes *rest, size_t *len)
{
    size_t bytes = rest->len > 1 && rest->p[1] > 0x80 ? rest->p[1] & 0x7fu : 0;

    if (rest->len < 2 + bytes || bytes > 2 || rest->p[1] == 0x80)
        return false;
    *len = bytes == 0 ? rest->p[1] : 0;
    for (size_t i = 0; i < bytes; i++)
        *len = *len << 8 | rest->p[2 + i];
    *rest = bytes_of(rest->p + 2 + bytes, rest->len - 2 - bytes);
    return bytes == 0 || *len >= (bytes == 1 ? 0x80u : 0x100u);
}

/* The contents of the element that stands first in *rest, if it has this tag; *rest is then what
 * follows it. */
static bool take(struct bytes *rest, enum tag tag, struct bytes *contents)
{
    struct bytes after = *rest;
    size_t len;

    if (rest->len == 0 || rest->p[0] != tag || !take_length(&after, &len) || len > after.len)
        return false;
    *contents = bytes_of(after.p, len);
    *rest = bytes_of(after.p + len, after.len - len);
    return true;
}

/* The one element that it is. */
static bool take_whole(struct bytes der, enum tag tag, struct bytes *contents)
{
    return take(&der, tag, contents) && der.len == 0;
}

bool der_is_sequence(struct bytes der)
{
    struct bytes contents;

    return take_whole(der, TAG_SEQUENCE, &contents);
}

/* An element that may be missing. */
static struct bytes take_optional(struct bytes *rest, enum tag tag)
{
    struct bytes contents = BYTES_NONE;

    (void)take(rest, tag, &contents);
    return contents;
}

/* ---- object identifiers ---- */

#define EC_PUBLIC_KEY BYTES_LITERAL("\x2a\x86\x48\xce\x3d\x02\x01")
#define PKCS_1        BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01") /* RSA, RSA-PSS, ... */

static const struct {
    uint8_t oid[8];
    size_t len;
    enum cose_curve curve;
} curves[] = {
    {{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}, 8, CRV_P256},
    {{0x2b, 0x81, 0x04, 0x00, 0x22}, 5, CRV_P384},
    {{0x2b, 0x65, 0x6e}, 3, CRV_X25519},
    {{0x2b, 0x65, 0x6f}, 3, CRV_X448},
    {{0x2b, 0x65, 0x70}, 3, CRV_ED25519},
    {{0x2b, 0x65, 0x71}, 3, CRV_ED448},
};

static const struct keytype *type_of(struct bytes oid, enum cose_kty kty, bool dh)
{
    const struct keytype *type = NULL;

    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
        if (bytes_equal(bytes_of(curves[i].oid, curves[i].len), oid)) {
            type = keytype_by_curve(curves[i].curve, dh);
            if (type == NULL)
                type = keytype_by_curve(curves[i].curve, !dh);
        }
    return type != NULL && type->kty == kty ? type : NULL;
}

/* `oid`: the contents of an element whose length takes one byte. */
static edhoc_err unknown_algorithm(struct bytes oid)
{
    const uint8_t *p = oid.p - 2;
    char name[80] = "unknown";
    ASN1_OBJECT *object;

    if (oid.len > PKCS_1.len && bytes_equal(bytes_of(oid.p, PKCS_1.len), PKCS_1))
        return key_of_no_use("RSA");
    (void)ERR_set_mark();
    object = oid.len < 0x80 ? d2i_ASN1_OBJECT(NULL, &p, (long)oid.len + 2) : NULL;
    if (object != NULL)
        (void)OBJ_obj2txt(name, sizeof(name), object, 0);
    ASN1_OBJECT_free(object);
    (void)ERR_pop_to_mark();
    return key_of_no_use(name);
}

static edhoc_err malformed(void)
{
    return report(EDHOC_ERR_KEY_FORMAT, "a private key that is damaged");
}

/* ---- keys ---- */

/* The BIT STRING with a SEC 1 point (or an OKP public key) that a file may have beside the private
 * key. */
static bool is_public_of(struct bytes bits, const struct key *k)
{
    size_t n = key_type(k)->coordinate;
    struct bytes x, y;

    if (bits.len < 2 || bits.p[0] != 0)
        return false;
    if (key_type(k)->kty == KTY_OKP)
        return bytes_equal(bytes_of(bits.p + 1, bits.len - 1), key_x(k));
    if (bits.len < 2 + n)
        return false;
    x = bytes_of(bits.p + 2, n);
    y = bytes_of(x.p + n, bits.len - 2 - n);
    if (!bytes_equal(x, key_x(k)))
        return false;
    return bits.p[1] == 4 ? bytes_equal(y, key_y(k))
                          : y.len == 0 && bits.p[1] == (2 | (key_y(k).p[n - 1] & 1));
}

/* `bits` may be empty. */
static edhoc_err make(const struct keytype *type, struct bytes raw, struct bytes bits,
                      struct key **out)
{
    edhoc_err err = raw.len == type->coordinate ? key_from_private(type, raw, out) : malformed();

    if (err == EDHOC_OK && bits.len > 0 && !is_public_of(bits, *out)) {
        key_free(*out);
        *out = NULL;
        err = report(EDHOC_ERR_KEY_FORMAT, "a private key beside a public one that is not its own");
    }
    return err;
}

/* `parameters`: an OBJECT IDENTIFIER. Spelled out they are a curve of somebody's choice, even where
 * they look like ours. */
static edhoc_err named_curve(struct bytes parameters, bool dh, const struct keytype **type)
{
    struct bytes oid;

    if (take_whole(parameters, TAG_OID, &oid)) {
        *type = type_of(oid, KTY_EC2, dh);
        return *type != NULL ? EDHOC_OK : key_of_no_use("EC");
    }
    if (der_is_sequence(parameters))
        return report(EDHOC_ERR_KEY_FORMAT, "an EC key with parameters instead of a curve's name");
    return malformed();
}

/* Files of old omit a scalar's leading zeros. */
static edhoc_err make_ec(const struct keytype *type, struct bytes scalar, struct bytes bits,
                         struct key **out)
{
    uint8_t raw[COORDINATE_MAX] = {0};
    edhoc_err err;

    if (scalar.len == 0 || scalar.len > type->coordinate)
        return malformed();
    memcpy(raw + type->coordinate - scalar.len, scalar.p, scalar.len);
    err = make(type, bytes_of(raw, type->coordinate), bits, out);
    bytes_wipe(raw, sizeof(raw));
    return err;
}

/* ECPrivateKey ::= SEQUENCE { version INTEGER (1), privateKey OCTET STRING,
 *                             parameters [0] ECParameters, publicKey [1] BIT STRING }
 * The last two may be missing. `outer`: the parameters in PKCS#8, else empty. */
static edhoc_err ec_private_key(struct bytes der, struct bytes outer, bool dh, struct key **out)
{
    struct bytes rest, version, scalar, inner, bits;
    const struct keytype *type;
    edhoc_err err;

    if (!take_whole(der, TAG_SEQUENCE, &rest) || !take(&rest, TAG_INTEGER, &version) ||
        version.len != 1 || version.p[0] != 1 || !take(&rest, TAG_OCTET_STRING, &scalar))
        return malformed();
    inner = take_optional(&rest, TAG_0);
    bits = take_optional(&rest, TAG_1);
    if (rest.len > 0 || (bits.len > 0 && !take_whole(bits, TAG_BIT_STRING, &bits)) ||
        (inner.len > 0 && outer.len > 0 && !bytes_equal(inner, outer)))
        return malformed();
    err = named_curve(outer.len > 0 ? outer : inner, dh, &type);
    return err == EDHOC_OK ? make_ec(type, scalar, bits, out) : err;
}

edhoc_err key_from_sec1(struct bytes der, bool dh, struct key **out)
{
    *out = NULL;
    return ec_private_key(der, BYTES_NONE, dh, out);
}

/* RFC 8410: CurvePrivateKey ::= OCTET STRING, and no parameters. */
static edhoc_err curve_private_key(struct bytes oid, struct bytes parameters, struct bytes der,
                                   struct bytes bits, struct key **out)
{
    const struct keytype *type = type_of(oid, KTY_OKP, true);
    struct bytes raw;

    if (type == NULL)
        return unknown_algorithm(oid);
    if (parameters.len > 0 || !take_whole(der, TAG_OCTET_STRING, &raw))
        return malformed();
    return make(type, raw, bits, out);
}

/* OneAsymmetricKey ::= SEQUENCE { version INTEGER (0 or 1),
 *                                 privateKeyAlgorithm SEQUENCE { OBJECT IDENTIFIER, parameters },
 *                                 privateKey OCTET STRING, attributes [0], publicKey [1] } */
edhoc_err key_from_pkcs8(struct bytes der, bool dh, struct key **out)
{
    struct bytes rest, version, algorithm, oid, key, bits;

    *out = NULL;
    if (!take_whole(der, TAG_SEQUENCE, &rest) || !take(&rest, TAG_INTEGER, &version) ||
        version.len != 1 || version.p[0] > 1 || !take(&rest, TAG_SEQUENCE, &algorithm) ||
        !take(&algorithm, TAG_OID, &oid) || !take(&rest, TAG_OCTET_STRING, &key))
        return malformed();
    (void)take_optional(&rest, TAG_0);
    bits = take_optional(&rest, TAG_1_BITS);
    if (rest.len > 0)
        return malformed();
    if (bytes_equal(oid, EC_PUBLIC_KEY))
        return ec_private_key(key, algorithm, dh, out);
    return curve_private_key(oid, algorithm, key, bits, out);
}

edhoc_err key_from_encrypted_pkcs8(struct bytes der, const char *passphrase, bool dh,
                                   struct key **out)
{
    PKCS8_PRIV_KEY_INFO *opened = NULL;
    const uint8_t *p = der.p;
    uint8_t *inner = NULL;
    X509_SIG *sealed;
    edhoc_err err;
    int len;

    *out = NULL;
    (void)ERR_set_mark();
    sealed = d2i_X509_SIG(NULL, &p, (long)der.len);
    if (sealed != NULL && p == der.p + der.len)
        opened = PKCS8_decrypt(sealed, passphrase, (int)strlen(passphrase));
    len = opened != NULL ? i2d_PKCS8_PRIV_KEY_INFO(opened, &inner) : 0;
    if (len > 0)
        err = key_from_pkcs8(bytes_of(inner, (size_t)len), dh, out);
    else
        err = crypto_lacked_memory()
                  ? EDHOC_ERR_NOMEM
                  : report(EDHOC_ERR_DECRYPT, "a private key that this passphrase does not open");
    OPENSSL_clear_free(inner, len > 0 ? (size_t)len : 0);
    PKCS8_PRIV_KEY_INFO_free(opened);
    X509_SIG_free(sealed);
    (void)ERR_pop_to_mark();
    return err;
}
