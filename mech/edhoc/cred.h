/* CRED_x and ID_CRED_x (RFC 9528 section 3.5, RFC 9360): who somebody claims to be, and how that is
 * named in a message. Immutable once made, reference-counted, shared by threads. */
#ifndef MECH_CRED_H
#define MECH_CRED_H

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/keytype.h"

/* COSE header parameters that identify a credential. The one of OpenSSH certificates is for private
 * use (doc/mechanism.md 6.8). */
enum cred_form {
    CRED_KID = 4,
    CRED_KCCS = 14,
    CRED_X5CHAIN = 33,
    CRED_X5T = 34,
    CRED_SSH_CERT = -65537
};

#define CRED_CHAIN_MAX 8     /* certificates in an x5chain */
#define CRED_BYTES_MAX 65536 /* of one ID_CRED_x */

struct cred;

struct cred *cred_ref(struct cred *c);
void cred_free(struct cred *c); /* drops a reference; NULL is fine */

enum cred_form cred_form(const struct cred *c);
/* ID_CRED_x as a COSE header map (one entry). Valid as long as the credential. */
struct bytes cred_id(const struct cred *c);
/* The kid, where that is what ID_CRED_x holds; else empty. */
struct bytes cred_kid(const struct cred *c);
/* CRED_x as the CBOR item that enters the transcript: a CCS map, or a certificate as bstr. */
struct bytes cred_item(const struct cred *c);
struct key *cred_key(const struct cred *c);
/* The CCS's `sub` (no NUL, valid UTF-8), or empty. */
struct bytes cred_sub(const struct cred *c);
/* The CCS's `exp`, seconds since 1970: the first at which it is not valid; INT64_MAX without. */
int64_t cred_expires(const struct cred *c);
/* SHA-256 over the deterministic COSE_Key: the key's thumbprint (RFC 9679); kid is its first 8. */
const uint8_t *cred_thumbprint(const struct cred *c);
#define CRED_KID_LENGTH 8 /* bytes of a kid of ours */
/* The same of a public key that is not made yet: its type and coordinates, of full length. */
edhoc_err cred_thumbprint_of(const struct keytype *type, struct bytes x, struct bytes y,
                             uint8_t out[32]) EDHOC_MUST_USE;
/* The certificates of an x5chain in DER, leaf first; 0 for raw keys. */
size_t cred_chain_length(const struct cred *c);
struct bytes cred_chain(const struct cred *c, size_t i);
/* The OpenSSH certificate; empty where there is none. */
struct bytes cred_ssh_cert(const struct cred *c);
/* Does its key do static Diffie-Hellman? Else it signs. */
bool cred_is_dh(const struct cred *c);
/* The same public key, y and all, whatever its use. */
bool cred_same_thumbprint(const struct cred *a, const struct cred *b);
/* Same curve and same x: the same private key answers for both, whatever use, form or sign of y.
 * For telling a reflected key; whether a key is the pinned one is told by its thumbprint. */
bool cred_same_secret(const struct cred *a, const struct cred *b);

/* The deterministic COSE_Key of a public key, appended. */
void cred_put_cose_key(const struct key *key, struct buf *out);

/* { 14 : { ? 2 : sub, 8 : { 1 : COSE_Key } } }; `sub` may be empty, at most 255 bytes. */
edhoc_err cred_new_kccs(struct key *key, struct bytes sub, struct cred **out) EDHOC_MUST_USE;
/* { 4 : kid } for CRED_x = { 8 : { 1 : COSE_Key } }. */
edhoc_err cred_new_kid(struct key *key, struct cred **out) EDHOC_MUST_USE;
/* { 33 : leaf / [ leaf, issuers... ] }; the key is the leaf's, which the caller has read. */
edhoc_err cred_new_x5chain(struct key *key, const struct bytes *chain, size_t count,
                           struct cred **out) EDHOC_MUST_USE;
/* { -65537 : certificate }; the key is the certificate's, which the caller has read. */
edhoc_err cred_new_ssh_cert(struct key *key, struct bytes certificate,
                            struct cred **out) EDHOC_MUST_USE;
/* A credential agreed on beforehand, as given: any single-entry ID_CRED_x for any CRED_x. Plain
 * RFC 9528, for applications of the engine other than the GSS-API mechanism. */
edhoc_err cred_new_agreed(struct key *key, struct bytes id_cred, struct bytes cred,
                          struct cred **out) EDHOC_MUST_USE;

/* ID_CRED_x as received in PLAINTEXT_2 or PLAINTEXT_3, read but not believed. Views into `map`. */
struct cred_id {
    enum cred_form form;
    struct bytes map;  /* the whole header map, never in the compact form of kid */
    struct bytes kid;  /* CRED_KID */
    struct bytes ccs;  /* CRED_KCCS: CRED_x, exactly as received */
    struct bytes sub;  /* its `sub`, or empty */
    int64_t exp;       /* its `exp`; INT64_MAX without */
    enum cose_kty kty; /* its COSE_Key */
    enum cose_curve curve;
    struct bytes x, y;
    size_t chain_length; /* CRED_X5CHAIN */
    struct bytes chain[CRED_CHAIN_MAX];
    struct bytes ssh_cert; /* CRED_SSH_CERT */
};

/* Reads an ID_CRED_x header map: exactly one entry, deterministic, nothing left over.
 * EDHOC_ERR_CRED_FORM when it is no map with one entry, or that is none of the five,
 * EDHOC_ERR_CRED_BAD when the entry is malformed. */
edhoc_err cred_id_read(struct bytes map, struct cred_id *out) EDHOC_MUST_USE;
/* The credential that a kccs carries, its key taken for `dh` or signing as METHOD says.
 * EDHOC_ERR_CRED_BAD when the key is no such key or not on its curve. */
edhoc_err cred_from_kccs(const struct cred_id *id, bool dh, struct cred **out) EDHOC_MUST_USE;
/* The same with the key of one that is known already, so that it need not be decoded. It must be the
 * same key in the same use: EDHOC_ERR_BUG. */
edhoc_err cred_from_known_kccs(const struct cred_id *id, const struct cred *known,
                               struct cred **out) EDHOC_MUST_USE;
/* The credential that an x5chain carries; its key is the leaf's. EDHOC_ERR_CRED_BAD. */
edhoc_err cred_from_x5chain(const struct cred_id *id, struct cred **out) EDHOC_MUST_USE;
/* The credential that an OpenSSH certificate is; its key is read, and nothing behind it.
 * EDHOC_ERR_CRED_BAD. */
edhoc_err cred_from_ssh_cert(const struct cred_id *id, struct cred **out) EDHOC_MUST_USE;

#endif
