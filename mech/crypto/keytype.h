/* The eight kinds of authentication key, as one table.
 *
 * A row says what a key is called here, in OpenSSH's formats, in COSE (RFC 9053 section 7) and in
 * libcrypto, and whether it signs or does static Diffie-Hellman. P-256 and P-384 have two rows: the
 * numbers are the same, the use is not, and a key has one use (RFC 9528 section 9.2). */
#ifndef MECH_KEYTYPE_H
#define MECH_KEYTYPE_H

#include "base/bytes.h"

/* COSE elliptic curves, IANA "COSE Elliptic Curves". */
enum cose_curve {
    CRV_P256 = 1,
    CRV_P384 = 2,
    CRV_X25519 = 4,
    CRV_X448 = 5,
    CRV_ED25519 = 6,
    CRV_ED448 = 7
};

/* COSE key types. */
enum cose_kty { KTY_OKP = 1, KTY_EC2 = 2 };

#define COORDINATE_MAX 57 /* Ed448 */

struct keytype {
    const char *name;       /* as in `gss-edhoc keygen -t` */
    const char *ssh_name;   /* first string of the SSH public key blob, and the trust line's type */
    const char *ssh_curve;  /* second string of the blob for the NIST curves, else NULL */
    const char *ossl_name;  /* libcrypto's key type */
    const char *ossl_group; /* and group, for EC; else NULL */
    enum cose_kty kty;
    enum cose_curve curve;
    bool dh;           /* static Diffie-Hellman; else signature */
    size_t coordinate; /* length of x, and of y where there is one */
    size_t signature;  /* length of a COSE signature; 0 for DH */
};

/* All rows; ends with a row whose name is NULL. x25519 comes first: it is the default. */
extern const struct keytype keytypes[];

/* The row of that name, or NULL. */
const struct keytype *keytype_by_name(const char *name);
const struct keytype *keytype_by_ssh_name(struct bytes ssh_name);
/* The row for a curve and a use; NULL where the curve has no such use. */
const struct keytype *keytype_by_curve(enum cose_curve curve, bool dh);

#endif
