/* Whom we believe: pinned keys, anchors and CRLs, loaded beforehand, then read-only and
 * shared. Says what to expect of a target, and turns an ID_CRED_x into candidates. */
#ifndef MECH_TRUST_H
#define MECH_TRUST_H

#include "edhoc/cred.h"
#include "peer/pins_index.h"
#include "peer/revoked.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"
#include "peer/trust_terms.h"
#include "peer/x509_store.h"

struct trust;

#define TRUST_PARTS_MAX 2 /* a user's own lines and the machine's */

edhoc_err trust_new(struct trust **out) EDHOC_MUST_USE;
struct trust *trust_ref(struct trust *t);
void trust_free(struct trust *t);
/* Reads the text of a trust file, which is taken over, on failure too; its first line is number
 * `first` of `file`. A trust has the lines of one file.
 *
 * A line that cannot be understood grants nothing, and its names stay taken. Its literal names are
 * refused to certificates of clients, and what its patterns match to those of servers where its
 * roles say so (both, where its options cannot be read); raw keys on other lines are as good as
 * before. A key has one use, that of the first line with it: a line that pins it for the other is
 * one that cannot be understood, and so is one whose point is not on its curve, which shows when the
 * line is first needed (or in trust_examine). A line for somebody else takes nothing. Where it
 * cannot be told whom a line names, EDHOC_ERR_TRUST_SYNTAX. */
edhoc_err trust_read(struct trust *t, struct buf *text, const char *file,
                     unsigned first) EDHOC_MUST_USE;
/* Would a line pin its key for the other use than one that is there? EDHOC_ERR_TRUST_SYNTAX then,
 * naming both. */
edhoc_err trust_check_use(const struct trust *t, const struct trust_line *line) EDHOC_MUST_USE;
/* Makes the keys of all lines, for tools that look at each; before `t` is shared. */
edhoc_err trust_examine(struct trust *t) EDHOC_MUST_USE;
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

/* ---- for tools: lines as a whole, after trust_examine() ---- */

/* A place among the lines, zero at the beginning. */
struct trust_cursor {
    size_t part;
    uint32_t line, first;
    bool begun;
    struct pins_names names;
};

/* The lines that pin a key, and nothing else. */
size_t trust_count(const struct trust *t);
const struct trust_line *trust_at(const struct trust *t, size_t i);
/* The CA lines; they need no trust_examine(). */
size_t trust_ca_count(const struct trust *t);
const struct trust_line *trust_ca_at(const struct trust *t, size_t i);
/* All of both in their order; NULL at the end. */
const struct trust_line *trust_next(const struct trust *t, struct trust_cursor *at);

/* ---- for judges: lines that are found by the index and read where needed ---- */

/* The lines that pin this key, in whatever use and with either sign of y, in their order; not those
 * that say the same again. False at the end. */
bool trust_walk_key(const struct trust *t, const struct cred *c, struct trust_cursor *at);
/* The lines that may name somebody (pins_names_begin), in their order, with those that cannot be
 * understood. */
bool trust_walk_name(const struct trust *t, struct bytes name, struct trust_cursor *at);

enum trust_kind { TRUST_PIN, TRUST_CA, TRUST_TAKEN };
enum trust_kind trust_kind(const struct trust *t, const struct trust_cursor *at);
void trust_place(const struct trust *t, const struct trust_cursor *at, struct trust_place *place);
/* Of a line that is not TRUST_TAKEN: what it says; does it pin this very key, y and all? */
void trust_terms(const struct trust *t, const struct trust_cursor *at, struct trust_terms *terms);
bool trust_is_key(const struct trust *t, const struct trust_cursor *at, const struct cred *c);
/* The line as a whole; one whose point is not on its curve has a `fault` and no `cred`. */
edhoc_err trust_line(const struct trust *t, const struct trust_cursor *at,
                     const struct trust_line **out) EDHOC_MUST_USE;

/* What is revoked by key: takes its own reference; NULL for nothing. */
void trust_set_revoked(struct trust *t, struct revoked *revoked);
const struct revoked *trust_revoked(const struct trust *t);
/* ---- lines that do not count ---- */

struct trust_story {
    char text[1024];
};

/* What there is to tell of them, in their order: "FILE line N: RULE". *taken: it cannot be
 * understood, and its names are taken; else it is passed over. */
size_t trust_note_count(const struct trust *t);
void trust_note(const struct trust *t, size_t i, bool *taken, struct trust_story *story);
/* Does a line that cannot be understood take this name from certificates of peers in that role? The
 * first one's story. */
bool trust_taken_by(const struct trust *t, unsigned role, struct bytes name,
                    struct trust_story *story);
/* For the end of an error about the peer that claims this name (it may be empty): the line that
 * names it and cannot be understood, "" where there is none. With `any`, such a line of whomever.
 * Returns the text of `story`. */
const char *trust_hint(const struct trust *t, unsigned role, struct bytes name, bool any,
                       struct trust_story *story);
/* "FILE" or "FILE or FILE2", the places to add a line to; never NULL. */
const char *trust_places(const struct trust *t);

/* EDHOC_OK, EDHOC_ERR_TRUST_NOT_YET or EDHOC_ERR_TRUST_EXPIRED, unreported. */
edhoc_err trust_time(int64_t valid_after, int64_t valid_before, int64_t now) EDHOC_MUST_USE;
/* Reports either of them, saying which line. */
edhoc_err trust_report_time(edhoc_err err, const struct trust_place *at) EDHOC_MUST_USE;
/* Do these principals, for these roles, take a name from certificates of peers in `role`? For a
 * server by a pattern that matches, as it is asked for; for a client literally (in any spelling,
 * name_same_folded), or a pattern for everybody would leave no name to any CA. */
bool trust_takes(struct bytes principals, unsigned roles, unsigned role, struct bytes name);

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
