/* Per-message tokens: MIC, Wrap without and Wrap with confidentiality (doc/mechanism.md,
 * "Per-message tokens"). One object protects both directions of an established context; it has
 * locks of its own and may be used by several threads, and by a forked child as well as its parent.
 * (A child that was forked while another thread was in here must not use it: POSIX leaves it no
 * more than exec.)
 *
 * Callers describe a message as pieces, so that one contiguous message and any GSS-API IOV layout
 * run through the same code. The 16-byte header and the 16-byte tag go wherever the caller's layout
 * puts them. */
#ifndef MECH_PROTECT_H
#define MECH_PROTECT_H

#include "edhoc/suite.h"
#include "token/window.h"

enum token_type { TOKEN_NONE = 0, TOKEN_MIC = 1, TOKEN_WRAP = 2, TOKEN_SEAL = 3 };

#define TOKEN_HEADER   16
#define TOKEN_TAG      16
#define TOKEN_OVERHEAD (TOKEN_HEADER + TOKEN_TAG)
#define MESSAGE_MAX    0x7fffffffu /* bytes of one message, all pieces together */

/* One piece of a message, in order. DATA is the message; SIGN_ONLY is covered and not carried.
 * `out` receives the DATA on seal and open (it may be `in`: in place); NULL for SIGN_ONLY and for a
 * MIC. */
struct piece {
    bool sign_only;
    const uint8_t *in;
    uint8_t *out;
    size_t len;
};

struct protect;

/* `initiator`: we are the initiator, so we send in direction 0. PRK_exporter is copied. */
edhoc_err protect_new(const struct suite *suite, struct bytes prk_exporter, bool initiator,
                      struct protect **out) EDHOC_MUST_USE;
void protect_free(struct protect *p); /* wipes; NULL is fine */

/* Makes a token. EDHOC_ERR_SEQUENCE_END after 2^48 messages, EDHOC_ERR_MESSAGE_LENGTH. On failure
 * no sequence number was used twice (one may have been skipped), and the `out`s hold nothing of
 * use. */
edhoc_err protect_seal(struct protect *p, enum token_type type, const struct piece *pieces,
                       size_t count, uint8_t header[TOKEN_HEADER],
                       uint8_t tag[TOKEN_TAG]) EDHOC_MUST_USE;
/* Reads only the type of a header, or of a token that begins with one: TOKEN_NONE when it is not
 * for us (too short, or its type, flags or direction). */
enum token_type protect_type(const struct protect *p, struct bytes header);
/* Verifies (and for TOKEN_SEAL decrypts) a token of the type that its header says. On failure
 * (EDHOC_ERR_TOKEN, EDHOC_ERR_TOKEN_MIC) nothing has changed, except that the `out`s of a
 * TOKEN_SEAL are wiped. On success `arrival` says how it stands in the order. */
edhoc_err protect_open(struct protect *p, const uint8_t header[TOKEN_HEADER],
                       const struct piece *pieces, size_t count, const uint8_t tag[TOKEN_TAG],
                       enum arrival *arrival) EDHOC_MUST_USE;

/* EDHOC_Exporter from the context's PRK_exporter. */
edhoc_err protect_exporter(const struct protect *p, uint64_t label, struct bytes context,
                           uint8_t *out, size_t len) EDHOC_MUST_USE;
const struct suite *protect_suite(const struct protect *p);
bool protect_initiator(const struct protect *p);

/* The state, to go on elsewhere: a versioned record, secret. Importing draws a fresh instance, so
 * the two holders never share a key. Deterministic CBOR: [ 1, suite, PRK_exporter : bstr, initiator
 * : 0 / 1, next sequence number to send, next one expected, window : bstr (window_save) ] */
void protect_export(struct protect *p, struct buf *out);
/* Reads what protect_export wrote, all of it; EDHOC_ERR_TOKEN when it is anything else. */
edhoc_err protect_import(struct bytes in, struct protect **out) EDHOC_MUST_USE;

#endif
