#include "peer/ssh_ca.h"

#include "base/bytes.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "crypto/verifier.h"

#define COORDINATE_LONGEST 66 /* P-521's */

/* ---- the key ---- */

static edhoc_err read_ed25519(struct ssh_reader *r, struct verifier **out)
{
    struct bytes x = ssh_read_string(r);

    if (!ssh_read_done(r) || x.len != 32)
        return report(EDHOC_ERR_KEY_FORMAT, "not the blob of an ssh-ed25519 key");
    return verifier_ed25519(x, out);
}

static edhoc_err read_rsa(struct ssh_reader *r, struct verifier **out)
{
    struct bytes e = ssh_read_magnitude(r), n = ssh_read_magnitude(r);

    if (!ssh_read_done(r))
        return report(EDHOC_ERR_KEY_FORMAT, "not the blob of an ssh-rsa key");
    return verifier_rsa(e, n, out);
}

static const struct {
    const char *name, *curve;
    enum verifier_curve number;
} ecdsa_types[] = {
    {"ecdsa-sha2-nistp256", "nistp256", VERIFIER_P256},
    {"ecdsa-sha2-nistp384", "nistp384", VERIFIER_P384},
    {"ecdsa-sha2-nistp521", "nistp521", VERIFIER_P521},
};

#define ECDSA_TYPES (sizeof(ecdsa_types) / sizeof(ecdsa_types[0]))

/* The row of a type; ECDSA_TYPES where it has none. */
static size_t find_ecdsa(struct bytes name)
{
    size_t i = 0;

    while (i < ECDSA_TYPES && !bytes_equal(name, bytes_of_text(ecdsa_types[i].name)))
        i++;
    return i;
}

bool ssh_ca_has_type(struct bytes name)
{
    return find_ecdsa(name) < ECDSA_TYPES || bytes_equal(name, BYTES_LITERAL("ssh-ed25519")) ||
           bytes_equal(name, BYTES_LITERAL("ssh-rsa"));
}

static edhoc_err read_ecdsa(struct ssh_reader *r, struct bytes name, struct verifier **out)
{
    struct bytes curve = ssh_read_string(r), point = ssh_read_string(r);
    size_t i = find_ecdsa(name);

    if (i == ECDSA_TYPES)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "a key of type \"%.*s\" cannot be a CA's here: ssh-ed25519, "
                      "ecdsa-sha2-nistp256, -nistp384, -nistp521 and ssh-rsa can",
                      (int)(name.len < 64 ? name.len : 64), (const char *)name.p);
    if (!ssh_read_done(r) || !bytes_equal(curve, bytes_of_text(ecdsa_types[i].curve)))
        return report(EDHOC_ERR_KEY_FORMAT, "not the blob of an %s key", ecdsa_types[i].name);
    return verifier_ecdsa(ecdsa_types[i].number, point, out);
}

static edhoc_err read_key(struct bytes ca, struct bytes *name, struct verifier **out)
{
    struct ssh_reader r = ssh_reader_of(ca);

    *out = NULL;
    *name = ssh_read_string(&r);
    if (r.failed || ca.len > SSH_CA_MAX)
        return report(EDHOC_ERR_KEY_FORMAT, "not the blob of a CA's key");
    if (bytes_equal(*name, BYTES_LITERAL("ssh-ed25519")))
        return read_ed25519(&r, out);
    if (bytes_equal(*name, BYTES_LITERAL("ssh-rsa")))
        return read_rsa(&r, out);
    return read_ecdsa(&r, *name, out);
}

edhoc_err ssh_ca_check(struct bytes ca)
{
    struct verifier *v;
    struct bytes name;
    edhoc_err err = read_key(ca, &name, &v);

    verifier_free(v);
    return err;
}

/* ---- the signature ---- */

/* The formats of RSA name the hash (RFC 8332); "ssh-rsa" is SHA-1. Those of other keys are called as
 * the key is. */
static bool read_format(struct bytes format, struct bytes key_name, enum verifier_hash *hash)
{
    bool rsa = bytes_equal(key_name, BYTES_LITERAL("ssh-rsa"));

    *hash = VERIFIER_SHA512;
    if (!rsa)
        return bytes_equal(format, key_name);
    if (bytes_equal(format, BYTES_LITERAL("rsa-sha2-512")))
        return true;
    *hash = VERIFIER_SHA256;
    return bytes_equal(format, BYTES_LITERAL("rsa-sha2-256"));
}

static bool is_ecdsa(struct bytes key_name)
{
    return key_name.len > 0 && key_name.p[0] == 'e';
}

/* mpint r, mpint s (RFC 5656 section 3.1.2) to r || s, each as long as a coordinate. */
static bool to_r_s(struct bytes value, size_t coordinate, uint8_t *out)
{
    struct ssh_reader r = ssh_reader_of(value);

    ssh_read_mpint(&r, out, coordinate);
    ssh_read_mpint(&r, out + coordinate, coordinate);
    return ssh_read_done(&r);
}

static edhoc_err check_value(const struct verifier *v, bool ecdsa, enum verifier_hash hash,
                             struct bytes text, struct bytes value)
{
    uint8_t r_s[2 * COORDINATE_LONGEST];
    size_t len = verifier_length(v);

    if (!ecdsa)
        return verifier_check(v, hash, text, value);
    if (!to_r_s(value, len / 2, r_s))
        return EDHOC_ERR_PROOF;
    return verifier_check(v, hash, text, bytes_of(r_s, len));
}

edhoc_err ssh_ca_verify(struct bytes ca, struct bytes text, struct bytes signature)
{
    struct ssh_reader r = ssh_reader_of(signature);
    struct bytes format = ssh_read_string(&r), value = ssh_read_string(&r), name;
    enum verifier_hash hash;
    struct verifier *v;
    edhoc_err err = read_key(ca, &name, &v);

    if (err == EDHOC_OK && !ssh_read_done(&r))
        err = report(EDHOC_ERR_CERT_BAD, "the CA's signature in it is malformed");
    else if (err == EDHOC_OK && !read_format(format, name, &hash))
        err = report(EDHOC_ERR_CERT_BAD,
                     "a signature of format \"%.*s\" by a CA's %.*s key; RSA keys are to sign with "
                     "rsa-sha2-256 or rsa-sha2-512 (ssh-keygen -t)",
                     (int)(format.len < 64 ? format.len : 64), (const char *)format.p,
                     (int)name.len, (const char *)name.p);
    else if (err == EDHOC_OK)
        err = check_value(v, is_ecdsa(name), hash, text, value);
    if (err == EDHOC_ERR_PROOF)
        err = report(EDHOC_ERR_CERT_BAD, "the CA's signature in it does not verify");
    verifier_free(v);
    return err;
}
