#include "peer/judge_key.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/peer.h"
#include "peer/trust.h"
#include "peer/trust_place.h"

#include <stdlib.h>
#include <string.h>

/* How far a line came: the reason that is told is that of the line that came furthest. */
enum progress { NO_LINE, NOT_OF_KIND, NOT_OF_ROLE, NOT_OF_NAME, OUT_OF_DATE, GOOD };

struct wanted {
    const struct cred *cred;
    unsigned role;
    struct bytes name; /* to match; empty: any */
    int64_t now;
};

static bool matches(const struct trust_terms *terms, const struct wanted *w)
{
    return w->role == TRUST_SERVER ? match_target(terms->principals, w->name)
                                   : match_list(terms->principals, w->name);
}

static enum progress line_progress(const struct trust *t, const struct trust_cursor *at,
                                   const struct wanted *w)
{
    struct trust_terms terms;

    if (!trust_is_key(t, at, w->cred))
        return NO_LINE;
    trust_terms(t, at, &terms);
    if (terms.type->dh != cred_is_dh(w->cred))
        return NOT_OF_KIND;
    if ((terms.roles & w->role) == 0)
        return NOT_OF_ROLE;
    if (w->name.len > 0 && !matches(&terms, w))
        return NOT_OF_NAME;
    return trust_time(terms.valid_after, terms.valid_before, w->now) == EDHOC_OK ? GOOD
                                                                                 : OUT_OF_DATE;
}

bool judge_key_fits(const struct trust *t, const struct trust_cursor *at, const struct cred *cred,
                    unsigned role, struct bytes name, int64_t now)
{
    struct wanted w = {cred, role, name, now};

    return line_progress(t, at, &w) == GOOD;
}

/* The line that came furthest. */
struct best {
    enum progress progress;
    struct trust_cursor at;
};

static void improve(const struct trust *t, const struct trust_cursor *at, const struct wanted *w,
                    struct best *best)
{
    enum progress p = line_progress(t, at, w);

    if (p > best->progress)
        *best = (struct best){p, *at};
}

/* All lines of the key that match the name are among those of the name. */
static void look_by_name(const struct trust *t, const struct wanted *w, struct best *best)
{
    struct trust_cursor at = {.part = 0};

    while (best->progress != GOOD && trust_walk_name(t, w->name, &at))
        if (trust_kind(t, &at) == TRUST_PIN)
            improve(t, &at, w, best);
}

#define FEW 16 /* lines of a key that are looked at before those of the name are */

static struct best best_line(const struct trust *t, const struct wanted *w)
{
    struct trust_cursor at = {.part = 0};
    struct best best = {NO_LINE, {.part = 0}};
    unsigned seen = 0;

    while (best.progress != GOOD && trust_walk_key(t, w->cred, &at)) {
        improve(t, &at, w, &best);
        if (++seen == FEW && w->name.len > 0)
            look_by_name(t, w, &best);
        if (seen >= FEW && w->name.len > 0 && best.progress >= NOT_OF_NAME)
            break; /* the other lines of the key do not match */
    }
    return best;
}

/* The two arguments of "%.*s". */
#define SHOWN(text) (int)(text).len, (const char *)(text).p

static edhoc_err refuse_unknown(const struct trust *t, const struct wanted *w, struct bytes name)
{
    struct trust_story story;
    char kid[17];

    ascii_put_hex(kid, cred_thumbprint(w->cred), 8);
    return report(EDHOC_ERR_UNKNOWN_KEY,
                  "no line in %s pins the %s key (kid %s) that %s %.*s authenticated with; if it "
                  "is the right one, add the line of its .pub file there%s",
                  trust_places(t), key_type(cred_key(w->cred))->ssh_name, kid,
                  w->role == TRUST_SERVER ? "server" : "client", SHOWN(name),
                  trust_hint(t, w->role, w->name, true, &story));
}

static edhoc_err refuse(const struct trust *t, const struct wanted *w, const struct best *best)
{
    const char *who = w->role == TRUST_SERVER ? "server" : "client";
    struct bytes name = w->name.len > 0 ? w->name : BYTES_LITERAL("(who gave no name)");
    struct trust_place place;
    struct trust_terms terms;
    struct trust_story story;

    if (best->progress == NO_LINE)
        return refuse_unknown(t, w, name);
    trust_place(t, &best->at, &place);
    trust_terms(t, &best->at, &terms);
    switch (best->progress) {
    case NOT_OF_KIND:
        return report(EDHOC_ERR_WRONG_KIND, "%s line %u pins it as %s", place.file, place.line,
                      terms.type->ssh_name);
    case NOT_OF_ROLE:
        return report(EDHOC_ERR_WRONG_ROLE,
                      "%s line %u does not allow it as a %s; add the option %s there%s", place.file,
                      place.line, who, who, trust_hint(t, w->role, w->name, false, &story));
    case NOT_OF_NAME:
        return report(EDHOC_ERR_WRONG_NAME, "%s line %u pins it to \"%.*s\", not to \"%.*s\"%s",
                      place.file, place.line, SHOWN(terms.principals), SHOWN(name),
                      trust_hint(t, w->role, w->name, false, &story));
    default:
        return trust_report_time(trust_time(terms.valid_after, terms.valid_before, w->now), &place);
    }
}

/* Does the line have this name as it is, and not only a pattern for it? */
static bool has_literal(const struct trust_line *line, struct bytes name)
{
    struct bytes list = bytes_of_text(line->principals);
    struct pattern p;

    while (match_next(&list, &p))
        if (match_is_literal(&p) && bytes_equal(p.text, name))
            return true;
    return false;
}

/* Is it the user of this name that the peer may log in as? doc/mechanism.md, "Local login": if the
 * line has the name, since what a pattern matches is the peer's choice; or if it says that its CA may
 * choose. */
static bool is_user_of_that_name(const struct trust_line *line, struct bytes name)
{
    bool chosen = line->local_user != NULL && strcmp(line->local_user, "*") == 0;

    return (chosen || (line->local_user == NULL && has_literal(line, name))) &&
           memchr(name.p, '@', name.len) == NULL && memchr(name.p, '/', name.len) == NULL;
}

edhoc_err judge_fill_client(struct cred *cred, const struct trust_line *line, struct bytes name,
                            struct peer *out)
{
    edhoc_err err = peer_fill(cred, line, NAME_USER, name, out);
    bool same = is_user_of_that_name(line, name);

    if (err != EDHOC_OK)
        return err;
    if (same || (out->local_user != NULL && strcmp(out->local_user, "*") == 0)) {
        free(out->local_user);
        out->local_user = NULL;
    }
    if (!same || bytes_copy_text(out->name, &out->local_user))
        return EDHOC_OK;
    peer_clear(out);
    return EDHOC_ERR_NOMEM;
}

/* Goes through the literal principals of a line that the line matches; *name becomes the one
 * literal of the key so far, *count how many different ones there are. */
static void add_literals(const struct trust_terms *terms, struct bytes *name, size_t *count)
{
    struct bytes list = terms->principals;
    struct pattern p;

    while (match_next(&list, &p)) {
        if (!match_is_literal(&p) || !match_list(terms->principals, p.text) ||
            bytes_equal(*name, p.text))
            continue;
        if (++*count == 1)
            *name = p.text;
    }
}

/* Of the lines that count: the only name that they have; empty where there is none or another. */
static struct bytes only_name(const struct trust *t, const struct wanted *w)
{
    struct trust_cursor at = {.part = 0};
    struct trust_terms terms;
    struct bytes name = BYTES_NONE;
    size_t count = 0;

    while (count < 2 && trust_walk_key(t, w->cred, &at)) {
        if (line_progress(t, &at, w) != GOOD)
            continue;
        trust_terms(t, &at, &terms);
        add_literals(&terms, &name, &count);
    }
    return count == 1 ? name : BYTES_NONE;
}

static edhoc_err fill_client(const struct trust *t, struct cred *cred, const struct best *best,
                             struct bytes name, struct peer *out)
{
    const struct trust_line *line;
    edhoc_err err = trust_line(t, &best->at, &line);

    return err == EDHOC_OK ? judge_fill_client(cred, line, name, out) : err;
}

/* Without `sub`, the name is the only literal principal that the key is pinned to. */
static edhoc_err judge_nameless(const struct trust *t, struct cred *cred, int64_t now,
                                struct peer *out)
{
    struct wanted w = {cred, TRUST_CLIENT, BYTES_NONE, now};
    struct best best = best_line(t, &w);
    struct trust_place place;

    if (best.progress != GOOD)
        return refuse(t, &w, &best);
    w.name = only_name(t, &w);
    if (w.name.len == 0) {
        trust_place(t, &best.at, &place);
        return report(
            EDHOC_ERR_NO_PEER_NAME,
            "%s line %u: pin the key to one name without wildcards, or let the client send "
            "its name (a .pub file with a principal beside its key, and not "
            "cred-by-reference)",
            place.file, place.line);
    }
    best = best_line(t, &w); /* the line that has the name, whose options count */
    return fill_client(t, cred, &best, w.name, out);
}

edhoc_err judge_server_key(const struct trust *t, struct cred *cred, const char *target,
                           int64_t now, struct peer *out)
{
    struct wanted w = {cred, TRUST_SERVER, bytes_of_text(target), now};
    struct best best = best_line(t, &w);
    const struct trust_line *line;
    edhoc_err err;

    if (best.progress != GOOD)
        return refuse(t, &w, &best);
    err = trust_line(t, &best.at, &line);
    return err == EDHOC_OK ? peer_fill(cred, line, name_kind_of(w.name), w.name, out) : err;
}

edhoc_err judge_client_key_as(const struct trust *t, struct cred *cred, struct bytes name,
                              int64_t now, struct peer *out)
{
    struct wanted w = {cred, TRUST_CLIENT, name, now};
    const char *fault;
    struct best best;

    if (name.len == 0)
        return judge_nameless(t, cred, now, out);
    fault = name_claim_fault(name);
    if (fault != NULL)
        return report(EDHOC_ERR_CRED_BAD, "the name in it %s", fault);
    best = best_line(t, &w);
    if (best.progress != GOOD)
        return refuse(t, &w, &best);
    return fill_client(t, cred, &best, name, out);
}

edhoc_err judge_client_key(const struct trust *t, struct cred *cred, int64_t now, struct peer *out)
{
    return judge_client_key_as(t, cred, cred_sub(cred), now, out);
}

bool judge_key_is_pinned(const struct trust *t, const struct cred *cred, unsigned role)
{
    struct trust_cursor at = {.part = 0};
    struct trust_terms terms;

    while (trust_walk_key(t, cred, &at)) {
        trust_terms(t, &at, &terms);
        if ((terms.roles & role) != 0 && trust_is_key(t, &at, cred))
            return true;
    }
    return false;
}
