#include "peer/trust.h"

#include "base/cbor.h"
#include "crypto/key.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust {
    atomic_uint refs;
    struct trust_line **lines;
    size_t len, cap;
    uint32_t *index;   /* 2 * cap slots: 1 + the first line of each key, by hash; 0 is empty */
    struct buf places; /* text with its NUL, see trust_places */
    struct x509_store *anchors;
};

#define PLACES_MAX 4096

/* ---- patterns ---- */

/* Lower case in ASCII, whatever the host program's locale. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Compares one character of a pattern with one of a name, the name's host without regard to case.
 */
static bool same_char(char pattern, char name, bool fold)
{
    return pattern == name || (fold && lower(pattern) == lower(name));
}

/* `*` stands for any text, `?` for one character (also one of several bytes). `fold_from`: where in
 * the name upper and lower case begin to be the same. Backtracks to the last `*` only, so the time
 * is at most the product of the lengths. */
static bool glob(const char *pattern, size_t pattern_len, const char *name, const char *fold_from)
{
    const char *end = pattern + pattern_len, *star = NULL, *star_name = NULL;

    while (*name != '\0') {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            star_name = name;
        } else if (pattern < end && *pattern == '?') {
            pattern++;
            do
                name++;
            while (((unsigned char)*name & 0xc0) == 0x80);
        } else if (pattern < end && same_char(*pattern, *name, name >= fold_from)) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++star_name;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

bool trust_match(const char *patterns, const char *name, bool host)
{
    const char *at = strrchr(name, '@');
    const char *fold_from = host && at != NULL ? at : name + strlen(name);
    bool matched = false;

    while (*patterns != '\0') {
        size_t len = strcspn(patterns, ",");
        bool negated = *patterns == '!';

        if (glob(patterns + negated, len - negated, name, fold_from)) {
            if (negated)
                return false;
            matched = true;
        }
        patterns += len;
        patterns += *patterns == ',';
    }
    return matched;
}

/* ---- the store ---- */

edhoc_err trust_new(struct trust **out)
{
    struct trust *t = calloc(1, sizeof(*t));

    *out = t;
    if (t == NULL)
        return EDHOC_ERR_NOMEM;
    atomic_init(&t->refs, 1);
    t->places = buf_new(PLACES_MAX);
    return EDHOC_OK;
}

struct trust *trust_ref(struct trust *t)
{
    if (t != NULL)
        atomic_fetch_add(&t->refs, 1);
    return t;
}

void trust_line_free(struct trust_line *line)
{
    if (line == NULL)
        return;
    free(line->principals);
    free(line->local_user);
    free(line->comment);
    free(line->file);
    cred_free(line->cred);
    free(line);
}

void trust_free(struct trust *t)
{
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    for (size_t i = 0; i < t->len; i++)
        trust_line_free(t->lines[i]);
    free(t->lines);
    free(t->index);
    buf_free(&t->places);
    x509_store_free(t->anchors);
    free(t);
}

static bool is_dh(const struct cred *c)
{
    return key_type(cred_key(c))->dh;
}

static bool same_key(const struct cred *a, const struct cred *b)
{
    return memcmp(cred_thumbprint(a), cred_thumbprint(b), 32) == 0;
}

/* ---- the index: which line was the first to pin a key ---- */

/* Where a key's slot is, or would be. A table of twice as many slots as lines always has one. */
static uint32_t *slot_of(const struct trust *t, uint32_t *index, size_t slots, const struct cred *c)
{
    struct bytes x = key_x(cred_key(c));
    size_t at = 0;

    for (size_t i = 0; i < 8; i++)
        at = at << 8 | x.p[i];
    for (at %= slots; index[at] != 0; at = (at + 1) % slots)
        if (cred_same_key(t->lines[index[at] - 1]->cred, c))
            break;
    return &index[at];
}

static bool grow(struct trust *t)
{
    size_t cap = t->cap == 0 ? 16 : t->cap * 2;
    struct trust_line **lines = reallocarray(t->lines, cap, sizeof(*lines));
    uint32_t *index = calloc(2 * cap, sizeof(*index));

    if (lines != NULL)
        t->lines = lines;
    if (lines == NULL || index == NULL || cap > UINT32_MAX / 2) {
        free(index);
        return false;
    }
    for (size_t i = t->len; i-- > 0;) /* from the end, so that the first line of a key stays */
        *slot_of(t, index, 2 * cap, t->lines[i]->cred) = (uint32_t)i + 1;
    free(t->index);
    t->index = index;
    t->cap = cap;
    return true;
}

/* A key has one use: pinned under both, it would be the peer's choice which one counts. */
static edhoc_err check_one_use(const struct trust_line *line, const struct trust_line *first)
{
    if (is_dh(first->cred) == is_dh(line->cred))
        return EDHOC_OK;
    return report(EDHOC_ERR_TRUST_SYNTAX,
                  "%s line %u: this key is pinned as %s on %s line %u; remove one, a key either "
                  "signs or does Diffie-Hellman",
                  line->file, line->line, key_type(cred_key(first->cred))->ssh_name, first->file,
                  first->line);
}

edhoc_err trust_add(struct trust *t, struct trust_line *line)
{
    edhoc_err err = t->len < t->cap || grow(t) ? EDHOC_OK : EDHOC_ERR_NOMEM;
    uint32_t *slot;

    if (err == EDHOC_OK) {
        slot = slot_of(t, t->index, 2 * t->cap, line->cred);
        if (*slot != 0)
            err = check_one_use(line, t->lines[*slot - 1]);
        else
            *slot = (uint32_t)t->len + 1;
    }
    if (err == EDHOC_OK)
        t->lines[t->len++] = line;
    else
        trust_line_free(line);
    return err;
}

edhoc_err trust_add_file(struct trust *t, const char *path)
{
    struct buf places = buf_new(PLACES_MAX);

    if (t->places.len > 0) {
        buf_put_text(&places, (const char *)t->places.p);
        buf_put_text(&places, " or ");
    }
    buf_put_text(&places, path);
    buf_put_byte(&places, 0);
    if (places.failed) {
        buf_free(&places);
        return report(EDHOC_ERR_FILE, "the path of a trust file is too long");
    }
    buf_free(&t->places);
    t->places = places;
    return EDHOC_OK;
}

void trust_set_anchors(struct trust *t, struct x509_store *anchors)
{
    x509_store_free(t->anchors);
    t->anchors = x509_store_ref(anchors);
}

struct x509_store *trust_anchors(const struct trust *t)
{
    return t->anchors;
}

size_t trust_count(const struct trust *t)
{
    return t->len;
}

const struct trust_line *trust_at(const struct trust *t, size_t i)
{
    return t->lines[i];
}

const char *trust_places(const struct trust *t)
{
    return t->places.len > 0 ? (const char *)t->places.p : "a trust file";
}

/* ---- what an initiator may expect ---- */

/* EDHOC_OK, TRUST_NOT_YET or TRUST_EXPIRED, unreported. */
static edhoc_err line_time(const struct trust_line *line, int64_t now)
{
    if (now < line->valid_after)
        return EDHOC_ERR_TRUST_NOT_YET;
    return now >= line->valid_before ? EDHOC_ERR_TRUST_EXPIRED : EDHOC_OK;
}

static edhoc_err report_time(edhoc_err err, const struct trust_line *line)
{
    return err == EDHOC_ERR_TRUST_EXPIRED
               ? report(err, "%s line %u; renew its valid-before", line->file, line->line)
               : report(err, "%s line %u; see its valid-after, and this machine's clock",
                        line->file, line->line);
}

static bool names_server(const struct trust_line *line, const char *target)
{
    return (line->roles & TRUST_SERVER) != 0 && trust_match(line->principals, target, true);
}

static void add_fitting_suites(const struct keytype *type, const struct suite_list *offer,
                               struct trust_plan *plan, bool *fits)
{
    for (size_t i = 0; i < offer->len; i++)
        if (suite_fits(suite_by_id(offer->id[i]), type))
            fits[i] = true;
    plan->suites.len = 0;
    for (size_t i = 0; i < offer->len; i++)
        if (fits[i])
            suite_list_add(&plan->suites, offer->id[i]);
}

edhoc_err trust_plan(const struct trust *t, const char *target, int64_t now,
                     const struct suite_list *offer, struct trust_plan *out)
{
    const struct trust_line *first = NULL, *stale = NULL;
    bool fits[SUITES_COUNT] = {false};

    *out = (struct trust_plan){false, {{0}, 0}};
    for (size_t i = 0; i < t->len; i++) {
        const struct trust_line *line = t->lines[i];

        if (!names_server(line, target))
            continue;
        if (line_time(line, now) != EDHOC_OK) {
            stale = line;
            continue;
        }
        if (first == NULL) {
            first = line;
            out->dh = is_dh(line->cred);
        }
        if (is_dh(line->cred) == out->dh)
            add_fitting_suites(key_type(cred_key(line->cred)), offer, out, fits);
    }
    if (first == NULL && stale != NULL)
        return report_time(line_time(stale, now), stale);
    if (first == NULL && t->anchors != NULL) {
        out->suites = *offer;
        return EDHOC_OK;
    }
    if (first == NULL)
        return report(EDHOC_ERR_NO_TRUST,
                      "no pinned key for %s in %s; add the line that `gss-edhoc show` prints for "
                      "its key there",
                      target, trust_places(t));
    if (out->suites.len == 0)
        return report(EDHOC_ERR_NO_SUITE,
                      "%s is pinned as %s (%s line %u), and no cipher suite joins that with this "
                      "side's key; give the service an X25519 key too (gss-edhoc keygen -t x25519)",
                      target, key_type(cred_key(first->cred))->ssh_name, first->file, first->line);
    return EDHOC_OK;
}

/* ---- from ID_CRED_x to credentials ---- */

/* The same credential on an earlier line: trying it again would be in vain. */
static bool listed_before(const struct trust *t, size_t i)
{
    const struct cred *c = t->lines[i]->cred;

    for (size_t k = 0; k < i; k++)
        if (bytes_equal(cred_id(t->lines[k]->cred), cred_id(c)) && same_key(t->lines[k]->cred, c))
            return true;
    return false;
}

struct cred *trust_candidate(const struct trust *t, const struct cred_id *id, bool dh, size_t *at)
{
    for (; *at < t->len; ++*at) {
        struct cred *c = t->lines[*at]->cred;

        if (is_dh(c) == dh && bytes_equal(cred_id(c), id->map) && !listed_before(t, *at)) {
            ++*at;
            return c;
        }
    }
    return NULL;
}

edhoc_err trust_no_candidate(const struct trust *t, const struct cred_id *id, bool dh)
{
    for (size_t i = 0; i < t->len; i++) {
        const struct trust_line *line = t->lines[i];

        if (is_dh(line->cred) != dh && bytes_equal(cred_id(line->cred), id->map))
            return report(EDHOC_ERR_WRONG_KIND, "%s line %u pins it as %s", line->file, line->line,
                          key_type(cred_key(line->cred))->ssh_name);
    }
    return report(
        EDHOC_ERR_UNKNOWN_KEY,
        "the peer names its key by a kid that no line in %s has; pin its key there, or let "
        "it send the key itself (without cred-by-reference)",
        trust_places(t));
}

/* ---- who the peer is ---- */

void peer_clear(struct peer *p)
{
    cred_free(p->cred);
    free(p->name);
    free(p->comment);
    free(p->local_user);
    *p = (struct peer){0};
}

static bool copy_text(const char *from, char **to)
{
    *to = from == NULL ? NULL : strdup(from);
    return from == NULL || *to != NULL;
}

/* `line` is NULL for a peer with a certificate. */
static edhoc_err peer_fill(struct cred *cred, const struct trust_line *line, int kind,
                           const char *name, struct peer *out)
{
    static const struct trust_line no_line = {.valid_before = INT64_MAX};

    line = line != NULL ? line : &no_line;
    *out = (struct peer){.cred = cred_ref(cred), .kind = kind, .expires = line->valid_before};
    if (copy_text(name, &out->name) && copy_text(line->comment, &out->comment) &&
        copy_text(line->local_user, &out->local_user))
        return EDHOC_OK;
    peer_clear(out);
    return EDHOC_ERR_NOMEM;
}

/* How far a line came: the reason that is told is that of the line that came furthest. */
enum progress { NO_LINE, NOT_OF_KIND, NOT_OF_ROLE, NOT_OF_NAME, OUT_OF_DATE, GOOD };

struct wanted {
    const struct cred *cred;
    unsigned role;
    const char *name; /* to match; NULL: any */
    bool host;
    int64_t now;
};

static enum progress line_progress(const struct trust_line *line, const struct wanted *w)
{
    if (!same_key(line->cred, w->cred))
        return NO_LINE;
    if (is_dh(line->cred) != is_dh(w->cred))
        return NOT_OF_KIND;
    if ((line->roles & w->role) == 0)
        return NOT_OF_ROLE;
    if (w->name != NULL && !trust_match(line->principals, w->name, w->host))
        return NOT_OF_NAME;
    return line_time(line, w->now) == EDHOC_OK ? GOOD : OUT_OF_DATE;
}

static const struct trust_line *best_line(const struct trust *t, const struct wanted *w,
                                          enum progress *best)
{
    const struct trust_line *line = NULL;

    *best = NO_LINE;
    for (size_t i = 0; i < t->len && *best != GOOD; i++) {
        enum progress p = line_progress(t->lines[i], w);

        if (p > *best) {
            *best = p;
            line = t->lines[i];
        }
    }
    return line;
}

/* The first 16 hex digits of the thumbprint, as `gss-edhoc show` prints them: the kid. */
static void kid_text(const struct cred *c, char out[17])
{
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", cred_thumbprint(c)[i]);
}

static edhoc_err refuse(const struct trust *t, const struct wanted *w, enum progress progress,
                        const struct trust_line *line)
{
    const char *who = w->role == TRUST_SERVER ? "server" : "client";
    const char *name = w->name != NULL ? w->name : "(who gave no name)";
    char kid[17];

    kid_text(w->cred, kid);
    switch (progress) {
    case NO_LINE:
        return report(EDHOC_ERR_UNKNOWN_KEY,
                      "no line in %s pins the %s key (kid %s) that %s %s authenticated with; if it "
                      "is the right one, add the line of its .pub file there",
                      trust_places(t), key_type(cred_key(w->cred))->ssh_name, kid, who, name);
    case NOT_OF_KIND:
        return report(EDHOC_ERR_WRONG_KIND, "%s line %u pins it as %s", line->file, line->line,
                      key_type(cred_key(line->cred))->ssh_name);
    case NOT_OF_ROLE:
        return report(EDHOC_ERR_WRONG_ROLE,
                      "%s line %u does not allow it as a %s; add the option "
                      "%s there",
                      line->file, line->line, who, who);
    case NOT_OF_NAME:
        return report(EDHOC_ERR_WRONG_NAME, "%s line %u pins it to \"%s\", not to \"%s\"",
                      line->file, line->line, line->principals, name);
    default:
        return report_time(line_time(line, w->now), line);
    }
}

/* ---- certificates ---- */

/* A chain that came by value (one agreed on beforehand is pinned like any other key). */
static bool is_chain(const struct cred *cred)
{
    return cred_chain_length(cred) > 0;
}

static edhoc_err verify_chain(const struct trust *t, const struct cred *cred,
                              enum x509_purpose purpose, int64_t now, int64_t *expires)
{
    struct bytes chain[CRED_CHAIN_MAX];
    size_t count = cred_chain_length(cred);

    if (t->anchors == NULL)
        return report(EDHOC_ERR_CERT_UNTRUSTED,
                      "no CA is trusted here; name a file of CA "
                      "certificates in the setting anchors, or pin the peer's key in %s",
                      trust_places(t));
    for (size_t i = 0; i < count; i++)
        chain[i] = cred_chain(cred, i);
    return x509_verify(t->anchors, chain, count, purpose, now, expires);
}

/* A pin is stronger than a CA's word: where one names the target, no certificate speaks for it. */
static edhoc_err judge_server_certificate(const struct trust *t, struct cred *cred,
                                          const char *target, int64_t now, struct peer *out)
{
    const char *host = x509_target_host(target);
    int64_t expires;
    edhoc_err err;

    for (size_t i = 0; i < t->len; i++)
        if (names_server(t->lines[i], target))
            return report(EDHOC_ERR_UNKNOWN_KEY,
                          "the peer sent a certificate, but %s is pinned to a "
                          "key in %s line %u; remove that line to trust a CA instead",
                          target, t->lines[i]->file, t->lines[i]->line);
    err = verify_chain(t, cred, X509_FOR_SERVER, now, &expires);
    if (err == EDHOC_OK && (host == NULL || !x509_names_host(cred_chain(cred, 0), host)))
        err = report(EDHOC_ERR_CERT_NAME, "\"%s\" is in none of its subject alternative names",
                     host != NULL ? host : target);
    if (err == EDHOC_OK)
        err = peer_fill(cred, NULL, 2, target, out);
    if (err == EDHOC_OK)
        out->expires = expires;
    return err;
}

/* The same name, its host without regard to case? */
static bool same_name(const char *principal, size_t len, const char *name)
{
    const char *at = strrchr(name, '@');

    if (len != strlen(name))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!same_char(principal[i], name[i], at != NULL && name + i > at))
            return false;
    return true;
}

/* The line that has this name as one of its literal principals, or NULL. */
static const struct trust_line *line_of_name(const struct trust *t, const char *name)
{
    for (size_t i = 0; i < t->len; i++)
        for (const char *p = t->lines[i]->principals; *p != '\0';) {
            size_t len = strcspn(p, ",");

            if (same_name(p, len, name))
                return t->lines[i];
            p += len;
            p += *p == ',';
        }
    return NULL;
}

static edhoc_err judge_client_certificate(const struct trust *t, struct cred *cred, int64_t now,
                                          struct peer *out)
{
    const struct trust_line *pin;
    char *name = NULL;
    int64_t expires;
    int kind;
    edhoc_err err = verify_chain(t, cred, X509_FOR_CLIENT, now, &expires);

    if (err == EDHOC_OK)
        err = x509_client_name(cred_chain(cred, 0), &kind, &name);
    if (err == EDHOC_OK && kind == 1 && (pin = line_of_name(t, name)) != NULL)
        err = report(EDHOC_ERR_NAME_TAKEN,
                     "\"%s\" is pinned to a key in %s line %u, so no CA can give it to another",
                     name, pin->file, pin->line);
    if (err == EDHOC_OK)
        err = peer_fill(cred, NULL, kind, name, out);
    if (err == EDHOC_OK)
        out->expires = expires;
    free(name);
    return err;
}

/* ---- the decision ---- */

edhoc_err trust_judge_server(const struct trust *t, struct cred *cred, const char *target,
                             int64_t now, struct peer *out)
{
    struct wanted w = {cred, TRUST_SERVER, target, true, now};
    enum progress progress;
    const struct trust_line *line = best_line(t, &w, &progress);

    *out = (struct peer){0};
    if (is_chain(cred))
        return judge_server_certificate(t, cred, target, now, out);
    if (progress != GOOD)
        return refuse(t, &w, progress, line);
    return peer_fill(cred, line, strchr(target, '@') != NULL ? 2 : 1, target, out);
}

/* Goes through the literal principals of a line that the line matches; *name becomes the one
 * literal of the key so far, *count how many different ones there are. */
static bool add_literals(const struct trust_line *line, char **name, size_t *count)
{
    char *list = strdup(line->principals), *rest = list, *principal;
    bool ok = list != NULL;

    while (ok && (principal = strsep(&rest, ",")) != NULL) {
        if (strpbrk(principal, "*?!") != NULL || !trust_match(line->principals, principal, false) ||
            (*name != NULL && strcmp(*name, principal) == 0))
            continue;
        ++*count;
        if (*name == NULL) {
            *name = strdup(principal);
            ok = *name != NULL;
        }
    }
    free(list);
    return ok;
}

/* Without `sub`, the name is the only literal principal that the key is pinned to. */
static edhoc_err judge_nameless(const struct trust *t, struct cred *cred, int64_t now,
                                struct peer *out)
{
    struct wanted w = {cred, TRUST_CLIENT, NULL, false, now};
    enum progress progress;
    const struct trust_line *line = best_line(t, &w, &progress);
    char *name = NULL;
    size_t count = 0;
    edhoc_err err = EDHOC_OK;

    if (progress != GOOD)
        return refuse(t, &w, progress, line);
    for (size_t i = 0; i < t->len && err == EDHOC_OK; i++)
        if (line_progress(t->lines[i], &w) == GOOD && !add_literals(t->lines[i], &name, &count))
            err = EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK && count != 1)
        err = report(
            EDHOC_ERR_NO_PEER_NAME,
            "%s line %u: pin the key to one name without wildcards, or let the client send "
            "its name (a .pub file with a principal beside its key, and not "
            "cred-by-reference)",
            line->file, line->line);
    if (err == EDHOC_OK) {
        w.name = name; /* the line that has it, whose options count */
        line = best_line(t, &w, &progress);
        err = peer_fill(cred, line, 1, name, out);
    }
    free(name);
    return err;
}

edhoc_err trust_judge_client(const struct trust *t, struct cred *cred, int64_t now,
                             struct peer *out)
{
    struct bytes sub = cred_sub(cred);
    struct wanted w = {cred, TRUST_CLIENT, NULL, false, now};
    enum progress progress;
    const struct trust_line *line;
    char name[256];

    *out = (struct peer){0};
    if (is_chain(cred))
        return judge_client_certificate(t, cred, now, out);
    if (sub.len == 0)
        return judge_nameless(t, cred, now, out);
    if (sub.len >= sizeof(name) || !cbor_clean_text(sub))
        return report(EDHOC_ERR_CRED_BAD, "the name in it has control characters");
    memcpy(name, sub.p, sub.len);
    name[sub.len] = '\0';
    w.name = name;
    line = best_line(t, &w, &progress);
    if (progress != GOOD)
        return refuse(t, &w, progress, line);
    return peer_fill(cred, line, 1, name, out);
}
