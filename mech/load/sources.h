/* Where one role of a credential has its keys and its trust from: parts that it shares with every
 * credential to which the same applies (part.h), and a key in an agent, which is its own. The
 * places are made absolute when the credential is acquired, and stay. Thread-safe. */
#ifndef MECH_LOAD_SOURCES_H
#define MECH_LOAD_SOURCES_H

#include "load/settings.h"
#include "peer/identity.h"
#include "peer/trust.h"

struct sources;

/* The settings of the environment and of a store (settings.h), and of the registration line as it
 * is known to this process. */
edhoc_err sources_settings(const struct setting_pair *store, size_t count,
                           struct settings *out) EDHOC_MUST_USE;
/* Does the environment or the registration line ask for NegoEx? Read anew each time, as settings are:
 * a process may change its environment. False where they cannot be read. */
bool sources_want_negoex(void);

/* An initiator's, whose settings have a file of choices (choices.h), needs no identity beside those in
 * it: where the usual one does not exist, that of the file's first line stands for it, for no
 * handshake.
 *
 * With the errors of load.h, where nothing was loaded that could be gone on with. An agent is asked
 * now. `passphrase` may be NULL. */
edhoc_err sources_new(const struct settings *settings, bool initiator, const char *passphrase,
                      struct sources **out) EDHOC_MUST_USE;
void sources_free(struct sources *s); /* NULL is fine */
/* An initiator's for this target: with the identity that the file of choices has for it, and the trust
 * of `s`, which must outlive it; NULL where it is `s` itself. EDHOC_ERR_NO_IDENTITY where no line of
 * the file is for the target and there is no usual identity. *line of the file was it (0: none);
 * *stale as below. */
edhoc_err sources_choose(struct sources *s, const char *target, struct sources **out,
                         unsigned *line, edhoc_err *stale) EDHOC_MUST_USE;
/* What is current: references that the caller frees, after an error too. Trust lines and what is
 * revoked that count no more (part_is_over) are an error; anchors that do make a trust that refuses
 * certificates; keys always count. *stale tells, with its story, age and consequence, what in it is
 * not as its file is now, else it is EDHOC_OK. */
edhoc_err sources_get(struct sources *s, struct identity_set **identities, struct trust **trust,
                      edhoc_err *stale) EDHOC_MUST_USE;
/* The keys alone, for the caller to free; NULL where there is no memory. */
struct identity_set *sources_identities(struct sources *s);

#endif
