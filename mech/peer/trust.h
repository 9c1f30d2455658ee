/* Whom we believe: pinned keys, anchors and CRLs, loaded beforehand, then read-only and
 * shared. Says what to expect of a target, and turns an ID_CRED_x into candidates. */
#ifndef MECH_TRUST_H
#define MECH_TRUST_H

#include "edhoc/cred.h"
#include "edhoc/suite.h"
#include "peer/revoked.h"
#include "peer/trust_line.h"
#include "peer/trust_terms.h"
#include "peer/x509_store.h"

struct trust;

#define TRUST_PARTS_MAX 2 /* a user's own lines and the machine's */

edhoc_err trust_new(struct trust **out) EDHOC_MUST_USE;
struct trust *trust_ref(struct trust *t);
void trust_free(struct trust *t);
/* Takes over the line (by trust_line_free's rules), on failure too. A key has one use, that of the
 * first line with it: a line that pins it for the other is EDHOC_ERR_TRUST_SYNTAX, naming both. */
edhoc_err trust_add(struct trust *t, struct trust_line *line) EDHOC_MUST_USE;
/* A line that cannot be understood: it grants nothing, and its names stay taken. Its literal names
 * are refused to certificates of clients, and what its patterns match to those of servers where
 * `roles` says so (both, where its options cannot be read); raw keys on other lines are as good as
 * before. `story` says where it is and what is wrong, for whoever is refused. Copies. */
edhoc_err trust_add_taken(struct trust *t, struct bytes principals, unsigned roles,
                          const char *story) EDHOC_MUST_USE;
/* A line that is well-formed but for somebody else: it takes nothing, and is only told. Copies. */
edhoc_err trust_add_passed(struct trust *t, const char *story) EDHOC_MUST_USE;
/* Remembers a file that was consulted, so that errors can say where to add a line. Copies. */
edhoc_err trust_add_file(struct trust *t, const char *path) EDHOC_MUST_USE;
/* A trust of others: their lines in their order, and these anchors (NULL for none). The others are
 * shared, not copied, and get no lines any more. Lines of one that pin a key for the other use than
 * those of one before it become lines that cannot be understood. */
edhoc_err trust_join(struct trust *const *parts, size_t count, struct x509_store *anchors,
                     struct trust **out) EDHOC_MUST_USE;
/* Anchors and CRLs, for peers with certificates. Takes its own reference; NULL for none. */
void trust_set_anchors(struct trust *t, struct x509_store *anchors);
struct x509_store *trust_anchors(const struct trust *t);
/* Anchors are configured, and they or their CRLs cannot be believed now: certificates are refused
 * with this error and story, which trust_check_anchors() reports. Copies the story. */
edhoc_err trust_set_no_anchors(struct trust *t, edhoc_err err, const char *story) EDHOC_MUST_USE;
edhoc_err trust_check_anchors(const struct trust *t) EDHOC_MUST_USE;
/* The lines that pin a key, and nothing else. */
size_t trust_count(const struct trust *t);
const struct trust_line *trust_at(const struct trust *t, size_t i);
/* The CA lines. */
size_t trust_ca_count(const struct trust *t);
const struct trust_line *trust_ca_at(const struct trust *t, size_t i);
/* All lines in their order: from a cursor of zeros to NULL. */
struct trust_cursor {
    size_t part, line, ca;
};
const struct trust_line *trust_next(const struct trust *t, struct trust_cursor *at);
/* The lines that pin this key, in whatever use and with either sign of y, in their order: from a
 * cursor of zeros to NULL. */
const struct trust_line *trust_next_of_key(const struct trust *t, const struct cred *c,
                                           struct trust_cursor *at);
/* What is revoked by key: takes its own reference; NULL for nothing. */
void trust_set_revoked(struct trust *t, struct revoked *revoked);
const struct revoked *trust_revoked(const struct trust *t);
/* What there is to tell of lines that do not count, in their order: "FILE line N: RULE". *taken:
 * it cannot be understood, and its names are taken; else it is passed over. Valid as long as `t`. */
size_t trust_note_count(const struct trust *t);
const char *trust_note(const struct trust *t, size_t i, bool *taken);
/* The story of the first line that cannot be understood and takes this name from certificates of
 * peers in that role; NULL when none does. */
const char *trust_taken_by(const struct trust *t, unsigned role, struct bytes name);
/* For the end of an error about the peer that claims this name (it may be empty): the line that
 * names it and cannot be understood, "" where there is none. With `any`, such a line of whomever. */
const char *trust_hint(const struct trust *t, unsigned role, struct bytes name, bool any);
/* "FILE" or "FILE or FILE2", the places to add a line to; never NULL. */
const char *trust_places(const struct trust *t);

/* EDHOC_OK, EDHOC_ERR_TRUST_NOT_YET or EDHOC_ERR_TRUST_EXPIRED, unreported. */
edhoc_err trust_line_time(const struct trust_line *line, int64_t now) EDHOC_MUST_USE;
/* Reports either of them, saying which line. */
edhoc_err trust_report_time(edhoc_err err, const struct trust_line *line) EDHOC_MUST_USE;
/* Do these principals, for these roles, take a name from certificates of peers in `role`? For a
 * server by a pattern that matches, as it is asked for; for a client literally (in any spelling,
 * name_same_folded), or a pattern for everybody would leave no name to any CA. */
bool trust_takes(struct bytes principals, unsigned roles, unsigned role, struct bytes name);

/* What an initiator may expect of `target`. */
struct trust_plan {
    bool dh;                  /* the responder's half of METHOD */
    struct suite_list suites; /* those of `offer` under which a pinned key can be used */
};
/* By the trust lines that name the target (a CA line means a signature, by any key that a certificate
 * of OpenSSH can have); where none does, by the anchors: a signature, under any
 * suite. EDHOC_ERR_NO_TRUST when there is neither (TRUST_EXPIRED, TRUST_NOT_YET when all lines that
 * name it are out of date, TRUST_SYNTAX when none of them can be understood: certificates do not
 * make up for that), EDHOC_ERR_NO_SUITE when no suite
 * of `offer` fits its keys. */
edhoc_err trust_plan(const struct trust *t, const char *target, int64_t now,
                     const struct suite_list *offer, struct trust_plan *out) EDHOC_MUST_USE;

/* The pinned credentials that an ID_CRED_x by reference may mean, of the kind METHOD says:
 * call with *at = 0 first; NULL at the end. */
struct cred *trust_candidate(const struct trust *t, const struct cred_id *id, bool dh, size_t *at);
/* Why there is none: EDHOC_ERR_WRONG_KIND where the key is pinned for the other use, else
 * EDHOC_ERR_UNKNOWN_KEY. */
edhoc_err trust_no_candidate(const struct trust *t, const struct cred_id *id,
                             bool dh) EDHOC_MUST_USE;
/* The credential of a line that pins the very key, in this use, that an ID_CRED_x by value brings
 * along; NULL where there is none. */
const struct cred *trust_known(const struct trust *t, const struct cred_id *id, bool dh);

#endif
