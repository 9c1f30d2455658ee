#include "peer/judge_key.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/report.h"
#include "crypto/key.h"
#include "edhoc/cred.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/peer.h"
#include "peer/trust.h"

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

static bool matches(const struct trust_line *line, const struct wanted *w)
{
    struct bytes patterns = bytes_of_text(line->principals);

    return w->role == TRUST_SERVER ? match_target(patterns, w->name)
                                   : match_list(patterns, w->name);
}

static enum progress line_progress(const struct trust_line *line, const struct wanted *w)
{
    if (!cred_same_thumbprint(line->cred, w->cred))
        return NO_LINE;
    if (cred_is_dh(line->cred) != cred_is_dh(w->cred))
        return NOT_OF_KIND;
    if ((line->roles & w->role) == 0)
        return NOT_OF_ROLE;
    if (w->name.len > 0 && !matches(line, w))
        return NOT_OF_NAME;
    return trust_line_time(line, w->now) == EDHOC_OK ? GOOD : OUT_OF_DATE;
}

bool judge_key_fits(const struct trust_line *line, const struct cred *cred, unsigned role,
                    struct bytes name, int64_t now)
{
    struct wanted w = {cred, role, name, now};

    return line_progress(line, &w) == GOOD;
}

static const struct trust_line *best_line(const struct trust *t, const struct wanted *w,
                                          enum progress *best)
{
    const struct trust_line *line = NULL, *next;
    struct trust_cursor at = {0, 0, 0};

    *best = NO_LINE;
    while (*best != GOOD && (next = trust_next_of_key(t, w->cred, &at)) != NULL) {
        enum progress p = line_progress(next, w);

        if (p > *best) {
            *best = p;
            line = next;
        }
    }
    return line;
}

/* The two arguments of "%.*s". */
#define SHOWN(text) (int)(text).len, (const char *)(text).p

static edhoc_err refuse(const struct trust *t, const struct wanted *w, enum progress progress,
                        const struct trust_line *line)
{
    const char *who = w->role == TRUST_SERVER ? "server" : "client";
    struct bytes name = w->name.len > 0 ? w->name : BYTES_LITERAL("(who gave no name)");
    char kid[17];

    ascii_put_hex(kid, cred_thumbprint(w->cred), 8);
    switch (progress) {
    case NO_LINE:
        return report(
            EDHOC_ERR_UNKNOWN_KEY,
            "no line in %s pins the %s key (kid %s) that %s %.*s authenticated with; if it "
            "is the right one, add the line of its .pub file there%s",
            trust_places(t), key_type(cred_key(w->cred))->ssh_name, kid, who, SHOWN(name),
            trust_hint(t, w->role, w->name, true));
    case NOT_OF_KIND:
        return report(EDHOC_ERR_WRONG_KIND, "%s line %u pins it as %s", line->file, line->line,
                      key_type(cred_key(line->cred))->ssh_name);
    case NOT_OF_ROLE:
        return report(EDHOC_ERR_WRONG_ROLE,
                      "%s line %u does not allow it as a %s; add the option "
                      "%s there%s",
                      line->file, line->line, who, who, trust_hint(t, w->role, w->name, false));
    case NOT_OF_NAME:
        return report(EDHOC_ERR_WRONG_NAME, "%s line %u pins it to \"%s\", not to \"%.*s\"%s",
                      line->file, line->line, line->principals, SHOWN(name),
                      trust_hint(t, w->role, w->name, false));
    default:
        return trust_report_time(trust_line_time(line, w->now), line);
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
static void add_literals(const struct trust_line *line, struct bytes *name, size_t *count)
{
    struct bytes all = bytes_of_text(line->principals), list = all;
    struct pattern p;

    while (match_next(&list, &p)) {
        if (!match_is_literal(&p) || !match_list(all, p.text) || bytes_equal(*name, p.text))
            continue;
        if (++*count == 1)
            *name = p.text;
    }
}

/* Without `sub`, the name is the only literal principal that the key is pinned to. */
static edhoc_err judge_nameless(const struct trust *t, struct cred *cred, int64_t now,
                                struct peer *out)
{
    struct wanted w = {cred, TRUST_CLIENT, BYTES_NONE, now};
    enum progress progress;
    const struct trust_line *line = best_line(t, &w, &progress);
    const struct trust_line *next;
    struct trust_cursor at = {0, 0, 0};
    struct bytes name = BYTES_NONE;
    size_t count = 0;

    if (progress != GOOD)
        return refuse(t, &w, progress, line);
    while ((next = trust_next_of_key(t, cred, &at)) != NULL)
        if (line_progress(next, &w) == GOOD)
            add_literals(next, &name, &count);
    if (count != 1)
        return report(
            EDHOC_ERR_NO_PEER_NAME,
            "%s line %u: pin the key to one name without wildcards, or let the client send "
            "its name (a .pub file with a principal beside its key, and not "
            "cred-by-reference)",
            line->file, line->line);
    w.name = name;
    line = best_line(t, &w, &progress); /* the line that has the name, whose options count */
    return judge_fill_client(cred, line, w.name, out);
}

edhoc_err judge_server_key(const struct trust *t, struct cred *cred, const char *target,
                           int64_t now, struct peer *out)
{
    struct wanted w = {cred, TRUST_SERVER, bytes_of_text(target), now};
    enum progress progress;
    const struct trust_line *line = best_line(t, &w, &progress);

    if (progress != GOOD)
        return refuse(t, &w, progress, line);
    return peer_fill(cred, line, name_kind_of(w.name), w.name, out);
}

edhoc_err judge_client_key_as(const struct trust *t, struct cred *cred, struct bytes name,
                              int64_t now, struct peer *out)
{
    struct wanted w = {cred, TRUST_CLIENT, name, now};
    enum progress progress;
    const struct trust_line *line;
    const char *fault;

    if (name.len == 0)
        return judge_nameless(t, cred, now, out);
    fault = name_claim_fault(name);
    if (fault != NULL)
        return report(EDHOC_ERR_CRED_BAD, "the name in it %s", fault);
    line = best_line(t, &w, &progress);
    if (progress != GOOD)
        return refuse(t, &w, progress, line);
    return judge_fill_client(cred, line, name, out);
}

edhoc_err judge_client_key(const struct trust *t, struct cred *cred, int64_t now, struct peer *out)
{
    return judge_client_key_as(t, cred, cred_sub(cred), now, out);
}

bool judge_key_is_pinned(const struct trust *t, const struct cred *cred, unsigned role)
{
    struct trust_cursor at = {0, 0, 0};
    const struct trust_line *line;

    while ((line = trust_next_of_key(t, cred, &at)) != NULL)
        if ((line->roles & role) != 0 && cred_same_thumbprint(line->cred, cred))
            return true;
    return false;
}
