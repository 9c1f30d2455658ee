/* What is revoked by key (doc/mechanism.md 8.6): public keys, as such or by fingerprint, and OpenSSH
 * certificates by serial number and key id. Made once from one file; then immutable,
 * reference-counted, shared by threads. */
#ifndef MECH_REVOKED_H
#define MECH_REVOKED_H

#include "crypto/key.h"
#include "peer/ssh_cert.h"

struct revoked;

/* ---- asking ---- */

/* EDHOC_ERR_KEY_REVOKED when the key is listed, for whichever use; details say where. `r` may be
 * NULL: nothing is revoked. */
edhoc_err revoked_key(const struct revoked *r, const struct key *key) EDHOC_MUST_USE;
/* EDHOC_ERR_CERT_REVOKED when the CA's key, the serial number or the key id is listed. (The
 * certificate's own key is a matter of revoked_key.) */
edhoc_err revoked_certificate(const struct revoked *r, const struct ssh_cert *c) EDHOC_MUST_USE;

/* ---- making ---- */

/* An empty list. Copies the file's text, which stays as long: what is added may be a view into
 * revoked_text(). The path is for messages. */
edhoc_err revoked_new(struct bytes text, const char *path, struct revoked **out) EDHOC_MUST_USE;
struct bytes revoked_text(const struct revoked *r);
struct revoked *revoked_ref(struct revoked *r); /* NULL is fine */
void revoked_free(struct revoked *r);           /* drops a reference; NULL is fine */

/* Adding remembers lack of memory, which revoked_finish() answers. */
void revoked_add_key(struct revoked *r, struct bytes blob);
void revoked_add_sha256(struct revoked *r, const uint8_t hash[32]);
void revoked_add_sha1(struct revoked *r, const uint8_t hash[20]);
/* What follows, up to the next such call, is about the certificates of this CA; an empty blob means
 * those of all. */
void revoked_add_ca(struct revoked *r, struct bytes ca);
void revoked_add_serials(struct revoked *r, uint64_t first, uint64_t last);
/* Bit N, counted from the end, is serial number offset + N. `bits` is a view that stays. */
void revoked_add_bitmap(struct revoked *r, uint64_t offset, struct bytes bits);
void revoked_add_key_id(struct revoked *r, struct bytes key_id); /* a view that stays */
/* To be called once, before anything is asked. */
edhoc_err revoked_finish(struct revoked *r) EDHOC_MUST_USE;

#endif
