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
 * The engine does no I/O, reads no clock and knows neither GSS-API nor anybody's name: of credentials
 * and peers it asks the `parties`, of what RFC 9528 leaves to applications the `profile`. A session
 * belongs to one thread at a time. */
#ifndef MECH_EDHOC_H
#define MECH_EDHOC_H

#include "base/bytes.h"
#include "base/report.h"
#include "edhoc/parties.h"
#include "edhoc/profile.h"
#include "edhoc/suite.h"

enum edhoc_role { EDHOC_INITIATOR, EDHOC_RESPONDER };

#define EDHOC_TOKEN_MAX 65536 /* bytes of one message */

struct edhoc_config {
    enum edhoc_role role;
    const struct edhoc_parties *parties; /* with its arg: borrowed, to outlive the session */
    void *parties_arg;
    const struct edhoc_profile *profile;
    void *profile_arg;
    struct bytes c_x;       /* own connection identifier; the empty one is as good as any */
    struct bytes ephemeral; /* for tests: own ephemeral private key, instead of a fresh one */
    bool keep;              /* for tests: values stay until the session ends, to be looked at */
};

struct edhoc;

/* Copies what it needs from the configuration. Initiator: decides METHOD and the offer, so every
 * reason not to begin at all is reported here. */
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

/* Once message_1 was composed or accepted; valid as long as the session. */
const struct suite *edhoc_suite(const struct edhoc *s);
int edhoc_method(const struct edhoc *s);

/* EDHOC_Exporter( label, context, len ), RFC 9528 section 4.2.1. */
edhoc_err edhoc_exporter(const struct edhoc *s, uint64_t label, struct bytes context, uint8_t *out,
                         size_t len) EDHOC_MUST_USE;
/* EDHOC_KeyUpdate( context ), RFC 9528 appendix H. */
edhoc_err edhoc_key_update(struct edhoc *s, struct bytes context) EDHOC_MUST_USE;
/* PRK_exporter, for the object that protects messages and outlives the session. */
struct bytes edhoc_prk_exporter(const struct edhoc *s);

#endif
