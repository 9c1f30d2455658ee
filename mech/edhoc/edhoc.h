/* The engine's public face: one EDHOC session (RFC 9528), bytes in, bytes out.
 *
 *     struct edhoc *s;
 *     edhoc_new(&config, &s);
 *     do {
 *         ...receive `in` (nothing, for an initiator's first step)...
 *         err = edhoc_step(s, in, &out);
 *         ...send `out` if it is not empty, whatever `err` says...
 *     } while (err == EDHOC_OK && !edhoc_done(s));
 *
 * The engine does no I/O, knows no GSS-API type and keeps no global state but libcrypto's. A
 * session belongs to one thread at a time; the objects in its configuration are immutable and
 * shared. */
#ifndef MECH_EDHOC_H
#define MECH_EDHOC_H

#include "base/bytes.h"
#include "peer/identity.h"
#include "base/report.h"
#include "edhoc/suite.h"
#include "peer/judge.h"

enum edhoc_role { EDHOC_INITIATOR, EDHOC_RESPONDER };

/* Options; the first two are bits of one's own settings, see doc/mechanism.md section on settings.
 */
enum {
    EDHOC_CONFIRM = 1,           /* initiator: ask for message_4 */
    EDHOC_HIDE_TARGET = 2,       /* initiator: name the target in message_3, not in message_1 */
    EDHOC_CRED_BY_REFERENCE = 4, /* send a kid instead of the key */
    EDHOC_PLAIN = 8 /* RFC 9528 alone, without the GSS-API profile: EAD items are let through
                       unread, any C_x, x5t; used by the tests that follow RFC 9529 */
};

/* Flags that travel in message_3 and message_4 (the values are GSS-API's, RFC 2744). */
#define EDHOC_FLAGS_MASK    0x783Eu
#define EDHOC_FLAG_MUTUAL   0x02u
#define EDHOC_FLAG_REPLAY   0x04u
#define EDHOC_FLAG_SEQUENCE 0x08u
#define EDHOC_FLAG_CONF     0x10u
#define EDHOC_FLAG_INTEG    0x20u
#define EDHOC_FLAG_BOUND    0x800u /* CHANNEL_BOUND */

#define EDHOC_TOKEN_MAX 65536 /* bytes of one message */

struct edhoc_config {
    enum edhoc_role role;
    unsigned options;
    struct identity_set *identities; /* an initiator uses the first */
    struct trust *trust;
    struct suite_list
        suites;         /* in order of preference; those without key or algorithm are dropped */
    const char *target; /* initiator: whom it wants. Responder: its own name, or NULL for any;
                           "service" without host stands for that service on any host */
    uint32_t flags;     /* initiator: to send in message_3 */
    bool have_bindings;
    struct bytes bindings; /* the serialised channel bindings that doc/mechanism.md hashes */
    int64_t now;           /* seconds since 1970; 0 = ask the clock */

    /* The rest is for EDHOC_PLAIN and for tests that need a fixed course. */
    int method;             /* EDHOC_PLAIN initiator: METHOD's responder half: 1 = static DH */
    struct bytes c_x;       /* own connection identifier */
    struct bytes ephemeral; /* own ephemeral private key instead of a fresh one */
    struct bytes ead[5];    /* EAD_1 .. EAD_4 to send, at their numbers */
    size_t suite_at;        /* plain initiator: index in `suites` of the suite to select */
};

struct edhoc;

/* Copies what it needs from the configuration (references, texts, bytes). Initiator: decides METHOD
 * and the offer, so every reason not to begin at all is reported here. */
edhoc_err edhoc_new(const struct edhoc_config *config, struct edhoc **out) EDHOC_MUST_USE;
void edhoc_free(struct edhoc *s); /* wipes; NULL is fine */

/* Consumes the message that is awaited and appends the answer, if there is one, to `out` (which the
 * caller made with buf_new(EDHOC_TOKEN_MAX)). On failure the session is dead and wiped, and `out`
 * holds an EDHOC error message to send to the peer, or nothing. A session that is complete awaits
 * nothing: a further step is EDHOC_ERR_STATE and leaves it as it is. */
edhoc_err edhoc_step(struct edhoc *s, struct bytes in, struct buf *out) EDHOC_MUST_USE;
bool edhoc_done(const struct edhoc *s);
/* The error message of a session that the caller cannot accept after all, with the words that every
 * refused peer gets. */
void edhoc_refuse(struct buf *out);
/* Replaces the responder's channel bindings before a step. */
edhoc_err edhoc_set_bindings(struct edhoc *s, bool have, struct bytes bindings) EDHOC_MUST_USE;

/* After edhoc_done(); all views are valid as long as the session. */
const struct peer *edhoc_peer(const struct edhoc *s);
const struct suite *
edhoc_suite(const struct edhoc *s); /* also once message_1 was composed/accepted */
int edhoc_method(const struct edhoc *s);
const struct identity *edhoc_identity(const struct edhoc *s); /* the one used; NULL before */
/* Initiator: the flags it sent, EDHOC_FLAG_BOUND replaced by what message_4 said.
 * Responder: the flags it received, EDHOC_FLAG_BOUND replaced by "both gave equal bindings". */
uint32_t edhoc_flags(const struct edhoc *s);
const char *
edhoc_target(const struct edhoc *s);          /* what the initiator asked for; NULL when hidden */
int64_t edhoc_expires(const struct edhoc *s); /* earliest of both credentials; INT64_MAX = never */
struct bytes edhoc_peer_c(const struct edhoc *s); /* the peer's connection identifier */

/* EDHOC_Exporter( label, context, len ), RFC 9528 section 4.2.1. */
edhoc_err edhoc_exporter(const struct edhoc *s, uint64_t label, struct bytes context, uint8_t *out,
                         size_t len) EDHOC_MUST_USE;
/* EDHOC_KeyUpdate( context ), RFC 9528 appendix H. */
edhoc_err edhoc_key_update(struct edhoc *s, struct bytes context) EDHOC_MUST_USE;
/* PRK_exporter, for the object that protects messages and outlives the session. */
struct bytes edhoc_prk_exporter(const struct edhoc *s);

#endif
