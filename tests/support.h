/* What the tests of the engine share: keys, identities, trust, a handshake between two sessions,
 * and what must hold of a session that failed. Everything that can fail here ends the test. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include "edhoc/edhoc.h"
#include "edhoc/message_error.h"
#include "edhoc/session.h"
#include "side.h"

#include <check.h>

#define SUPPORT_NOW    1800000000 /* the time of every session, unless its test says otherwise */
#define SUPPORT_TARGET "HTTP@web.example.org"
#define SUPPORT_FILE   "the-trust-file"

/* What everybody hears from whoever fails after decrypting: error code 1. */
#define SUPPORT_REFUSAL "authentication failed"

/* A set of errors, for where several are right. */
#define ERR_SET(name) (UINT64_C(1) << EDHOC_ERR_##name)
uint64_t support_err_set(edhoc_err err);

extern const int support_suites[SUITES_COUNT];
struct suite_list support_suite_list(const int *ids, size_t len);
struct suite_list support_one_suite(int id);
struct suite_list support_all_suites(void);

/* The `n`th key of a type (its name in keytypes[], n < SUPPORT_KEYS). The same one whenever it is
 * asked for; borrowed. */
#define SUPPORT_KEYS 4
struct key *support_key(const char *type, size_t n);
/* Makes all of them now, so that test processes share them. */
void support_make_keys(void);
/* The same numbers for the other use: P-256 and P-384 only. To be freed. */
struct key *support_key_for(struct key *key, bool dh);

/* `source` is what an identity is recognised by. */
struct identity *support_identity(struct key *key, const char *principals, const char *source);
/* Takes over the identities; ends with NULL. */
struct identity_set *support_set(struct identity *first, ...) __attribute__((sentinel));
struct identity_set *support_set_of(struct key *key, const char *principals);

struct trust *support_trust(void);
struct support_pin {
    struct key *key;
    const char *principals;
    unsigned roles;        /* 0: both */
    int64_t after, before; /* 0: not given */
    const char *local_user;
};
/* Appends a line; answers its number in SUPPORT_FILE. */
unsigned support_pin(struct trust *t, struct support_pin pin);
/* A trust with one line for the key, good for both roles. */
struct trust *support_trust_of(struct key *key, const char *principals);

/* ---- a handshake ---- */

#define SUPPORT_TOKENS 8 /* more is an endless exchange */

/* Two sessions and what went between them. Tokens count from 1 and go from the initiator to the
 * responder when their number is odd. */
struct pair {
    struct side_config config[2]; /* by role; owns identities and trust */
    struct edhoc *side[2];        /* NULL where edhoc_new failed */
    edhoc_err err[2];             /* of edhoc_new or of the last step */
    char details[2][512];         /* of that */
    struct buf token[SUPPORT_TOKENS + 1];
    unsigned tokens; /* made so far */
};

/* The side that gets, and the side that sends, a token of this number. */
enum edhoc_role pair_receiver(unsigned number);
enum edhoc_role pair_sender(unsigned number);

/* Configurations with keys: both pin each other, all suites, SUPPORT_TARGET, "alice", SUPPORT_NOW.
 * Either key may be NULL; its identities and the other's trust are then to be filled in. */
void pair_init(struct pair *p, struct key *initiator, struct key *responder);
/* Replaces one side's identities or trust; takes over. */
void pair_identities(struct pair *p, enum edhoc_role role, struct identity_set *set);
void pair_trust(struct pair *p, enum edhoc_role role, struct trust *trust);
/* Makes both sessions; false when one could not be made (see err and details). */
bool pair_new(struct pair *p);
/* Ends both sessions, keeps the configurations: ready for pair_new. */
void pair_reset(struct pair *p);
void pair_free(struct pair *p);

/* One step of one side, its error and details noted. After a failure, support_check_dead. */
edhoc_err pair_step(struct pair *p, enum edhoc_role role, struct bytes in, struct buf *out);
/* Goes on, honestly, until token `number` was made (and not delivered). */
void pair_advance(struct pair *p, unsigned number);
/* Goes on to the end, both sides' errors noted: each token is delivered, until there is none. The
 * hook, which may be NULL, sees (and may change) each token on its way. */
typedef void (*pair_hook)(void *arg, struct pair *p, unsigned number, struct buf *token);
void pair_run(struct pair *p, pair_hook hook, void *arg);
/* A hook that makes one bit of one token wrong, in this byte from its end. */
struct pair_flip {
    unsigned number;
    size_t back;
};
void pair_flip(void *flip, struct pair *p, unsigned number, struct buf *token);

/* ---- what must hold ---- */

/* Both are done, after `tokens` tokens, with the same keys, suite and METHOD, and each knows the
 * other's key. */
void support_check_complete(const struct pair *p, unsigned tokens, int method, int suite);
/* A session that failed: wiped, mute, without results. */
void support_check_dead(struct edhoc *s);
/* Error code 1 with printable words, and those if `words` is not NULL. */
void support_check_error(struct bytes message, const char *words);
/* This side failed so, and the other one, which was told no more than "authentication failed",
 * too. */
void support_check_refused(const struct pair *p, enum edhoc_role role, edhoc_err err);

/* ---- messages by hand ---- */

/* message_1: with a list of suites if there is more than one; `ead` as it stands. */
void support_put_message_1(struct buf *out, int64_t method, const int *suites, size_t count,
                           struct bytes g_x, struct bytes ead);
/* EAD_1 with the mechanism's item; `target` may be NULL. To be freed. */
struct buf support_ead_1(const char *target, uint64_t options);
/* EAD_3, without bindings. */
struct buf support_ead_3(uint64_t flags, const char *target);

#endif
