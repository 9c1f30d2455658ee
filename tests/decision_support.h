/* What tests/check_decisions.c decides with: keys of every kind and certificates of every sort,
 * made by the real commands; credentials from a store; two contexts whose every status is kept. */
#ifndef TESTS_DECISION_SUPPORT_H
#define TESTS_DECISION_SUPPORT_H

#include "gss_support.h"

#define WEB     APP_SERVICE
#define ANCHORS "x/anchors.pem"

/* ---- keys and certificates ---- */

/* Makes them in app_main's folder:
 *     alice-TYPE, web-TYPE    raw keys of each type, named "alice" and WEB
 *     others                  see the table in decision_support.c
 *     alice-p256-dh, ...      the same key as alice-p256, its .pub says Diffie-Hellman
 *     svc/, renew/            directories with several identities
 *     ssh-...                 made by ssh-keygen, if there is one
 *     x/                      the certificates of x509_fixtures.sh and more; x/NAME.pem is a key
 * with its chain */
void decision_fixtures(void);
/* Was there an ssh-keygen? */
bool decision_has_ssh(void);

/* ---- one side ---- */

/* What a credential is made of. Files are in app_main's folder. In `trust`, the text of a trust
 * file, {FILE} stands for type and key in FILE.pub, {+N} and {-N} for a time N days from now. */
struct decision_side {
    const char *identity, *certificate, *trust, *anchors, *crls, *options, *suites;
    const char *desired; /* the name to acquire for; NULL: any */
};

struct decision_end {
    bool initiator;
    gss_cred_id_t cred;
    gss_ctx_id_t ctx;
    OM_uint32 major, minor, lifetime;
    char said[1280]; /* the text of `minor`, taken at once: the next failure replaces it */
    unsigned calls;
};

/* The trust file of the side, with its path as errors tell it. */
const char *decision_trust_path(bool initiator);
/* Sets `end`, with `option` beside the side's own (NULL: none). */
void decision_acquire(const struct decision_side *side, bool initiator, const char *option,
                      struct decision_end *end);

/* ---- two of them ---- */

struct decision_talk {
    struct decision_end initiator, acceptor;
    gss_name_t target, source;
    unsigned tokens;
};

/* A service where there is an @, else a user, as the mechanism has it for targets. */
gss_name_t decision_target(const char *text);
/* Until both are done, or one has failed and the other, where it waits, has been told. */
void decision_run(struct decision_talk *t);
/* Ends the contexts; the credentials stay. */
void decision_reset(struct decision_talk *t);
void decision_free(struct decision_talk *t);

/* ---- names ---- */

/* "user TEXT", "service TEXT" or "subject TEXT", by what gss_display_name says. */
const char *decision_shown(gss_name_t name);
/* The same name, imported by somebody who proves nothing, as the mechanism's own. */
gss_name_t decision_said(const char *shown);
/* All values, each followed by '\n'; "" where there are none. */
const char *decision_values(gss_name_t name, const char *urn, int *authenticated);
/* Value number `i` as it is, to be released. Empty where there is none. */
gss_buffer_desc decision_value(gss_name_t name, const char *urn, unsigned i);
/* May log in as `user` (NULL: as nobody), by every function that tells. */
void decision_check_login(gss_name_t name, const char *user);

#endif
