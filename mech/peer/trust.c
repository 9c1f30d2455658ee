#include "peer/trust.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/pins.h"
#include "peer/pins_index.h"
#include "peer/pins_line.h"
#include "peer/pins_text.h"
#include "peer/revoked.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"
#include "peer/x509_store.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust {
    atomic_uint refs;
    struct pins *pins;                   /* its own lines; NULL where it is joined */
    struct trust *part[TRUST_PARTS_MAX]; /* joined: whose lines there are instead */
    size_t parts;
    uint32_t *overruled; /* joined: lines of the last part that do not count because of the first,
                            in order */
    size_t overruled_len;
    struct buf places; /* text with its NUL, see trust_places */
    struct x509_store *anchors;
    edhoc_err anchors_err; /* why there are none, though some are configured */
    char *anchors_story;   /* of it, or NULL */
    struct revoked *revoked;
};

#define PLACES_MAX 4096

/* ---- life ---- */

static struct trust *new_trust(void)
{
    struct trust *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    atomic_init(&t->refs, 1);
    t->places = buf_new(PLACES_MAX);
    return t;
}

edhoc_err trust_new(struct trust **out)
{
    struct trust *t = new_trust();
    edhoc_err err = t != NULL ? pins_new(&t->pins) : EDHOC_ERR_NOMEM;

    if (err != EDHOC_OK) {
        trust_free(t);
        t = NULL;
    }
    *out = t;
    return err;
}

struct trust *trust_ref(struct trust *t)
{
    if (t != NULL)
        atomic_fetch_add(&t->refs, 1);
    return t;
}

void trust_free(struct trust *t)
{
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    pins_free(t->pins);
    free(t->overruled);
    buf_free(&t->places);
    x509_store_free(t->anchors);
    free(t->anchors_story);
    revoked_free(t->revoked);
    for (size_t i = 0; i < t->parts; i++)
        trust_free(t->part[i]);
    free(t);
}

edhoc_err trust_read(struct trust *t, struct buf *text, const char *file, unsigned first)
{
    edhoc_err err = pins_read(t->pins, text, file, first);

    buf_free(text);
    return err;
}

edhoc_err trust_add_file(struct trust *t, const char *path)
{
    struct buf places = buf_new(PLACES_MAX);
    edhoc_err err;

    if (t->places.len > 0) {
        buf_put_text(&places, (const char *)t->places.p);
        buf_put_text(&places, " or ");
    }
    buf_put_text(&places, path);
    buf_put_byte(&places, 0);
    err = buf_err(&places);
    if (err != EDHOC_OK) {
        buf_free(&places);
        return err == EDHOC_ERR_NOMEM
                   ? err
                   : report(EDHOC_ERR_FILE, "the path of a trust file is too long");
    }
    buf_free(&t->places);
    t->places = places;
    return EDHOC_OK;
}

/* ---- parts ---- */

static size_t part_count(const struct trust *t)
{
    return t->parts == 0 ? 1 : t->parts;
}

static struct pins *part_of(const struct trust *t, size_t part)
{
    return t->parts == 0 ? t->pins : t->part[part]->pins;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Does the line, of that part, not count because of a part before it? */
static bool is_overruled(const struct trust *t, size_t part, uint32_t n)
{
    return part > 0 && t->overruled_len > 0 &&
           bsearch(&n, t->overruled, t->overruled_len, sizeof(n), compare_numbers) != NULL;
}

/* The line of the first part whose key this is, for the other use; 0: there is none. Only points of
 * the NIST curves have two uses. */
static uint32_t find_other_use(const struct pins *first, const struct pins *last, uint32_t n)
{
    uint32_t there;

    if (pins_at(last, n)->kind != PIN_KEY || pins_type(last, n)->kty != KTY_EC2)
        return 0;
    there = pins_find_key_of(first, last, n);
    return there != 0 && pins_type(first, there)->dh != pins_type(last, n)->dh ? there : 0;
}

/* By the fewer lines: a user's ten against the machine's many. */
static bool parts_clash(const struct pins *a, const struct pins *b)
{
    const struct pins *few = pins_count(a) < pins_count(b) ? a : b, *many = few == a ? b : a;

    for (uint32_t n = 1; n <= pins_count(few); n++)
        if (find_other_use(many, few, n) != 0)
            return true;
    return false;
}

/* A key has one use, that of the first part that has it. */
static edhoc_err overrule(struct trust *t)
{
    const struct pins *first = part_of(t, 0), *last = part_of(t, 1);

    if (!parts_clash(first, last))
        return EDHOC_OK;
    t->overruled = calloc(pins_count(last), sizeof(*t->overruled));
    if (t->overruled == NULL)
        return EDHOC_ERR_NOMEM;
    for (uint32_t n = 1; n <= pins_count(last); n++)
        if (find_other_use(first, last, n) != 0)
            t->overruled[t->overruled_len++] = n;
    return EDHOC_OK;
}

edhoc_err trust_join(struct trust *const *parts, size_t count, struct x509_store *anchors,
                     struct trust **out)
{
    struct trust *t = new_trust();
    edhoc_err err = t != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;

    for (size_t i = 0; i < count && err == EDHOC_OK; i++) {
        err = trust_add_file(t, trust_places(parts[i]));
        if (err == EDHOC_OK)
            t->part[t->parts++] = trust_ref(parts[i]);
    }
    if (err == EDHOC_OK && count == 0)
        err = pins_new(&t->pins);
    if (err == EDHOC_OK && count > 1)
        err = overrule(t);
    if (err == EDHOC_OK) {
        t->anchors = x509_store_ref(anchors);
    } else {
        trust_free(t);
        t = NULL;
    }
    *out = t;
    return err;
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

edhoc_err trust_set_no_anchors(struct trust *t, edhoc_err err, const char *story)
{
    free(t->anchors_story);
    t->anchors_story = strdup(story);
    t->anchors_err = err;
    return t->anchors_story != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

edhoc_err trust_check_anchors(const struct trust *t)
{
    return t->anchors_err == EDHOC_OK ? EDHOC_OK : report(t->anchors_err, "%s", t->anchors_story);
}

void trust_set_revoked(struct trust *t, struct revoked *revoked)
{
    revoked_free(t->revoked);
    t->revoked = revoked_ref(revoked);
}

const struct revoked *trust_revoked(const struct trust *t)
{
    return t->revoked;
}

/* ---- lines as a whole ---- */

/* Those that turned out to have no point on their curve are among the others of their part now. */
static void drop_overruled(struct trust *t)
{
    size_t len = 0;

    for (size_t i = 0; i < t->overruled_len; i++)
        if (pins_at(part_of(t, 1), t->overruled[i])->kind == PIN_KEY)
            t->overruled[len++] = t->overruled[i];
    t->overruled_len = len;
}

edhoc_err trust_examine(struct trust *t)
{
    edhoc_err err = EDHOC_OK;

    for (size_t i = 0; i < part_count(t) && err == EDHOC_OK; i++)
        err = pins_examine(part_of(t, i));
    drop_overruled(t);
    return err;
}

static size_t count_keys(const struct trust *t, size_t part)
{
    size_t others;

    (void)pins_others(part_of(t, part), &others);
    return pins_count(part_of(t, part)) - others - (part > 0 ? t->overruled_len : 0);
}

size_t trust_count(const struct trust *t)
{
    size_t n = 0;

    for (size_t i = 0; i < part_count(t); i++)
        n += count_keys(t, i);
    return n;
}

static const struct trust_line *line_at(const struct trust *t, size_t part, uint32_t n)
{
    const struct trust_line *line;

    return pins_line(part_of(t, part), n, &line) == EDHOC_OK ? line : NULL;
}

/* Number i, from 0 on, of the part's lines that pin a key and count. */
static uint32_t nth_key(const struct trust *t, size_t part, size_t i)
{
    size_t count, low = 0, high;
    const uint32_t *others = pins_others(part_of(t, part), &count);
    size_t n = i + 1;

    /* Of the others, so many are before it: for each of those, fewer keys are before it than i+1. */
    for (high = count; low < high;) {
        size_t middle = (low + high) / 2;

        if (others[middle] - middle <= i + 1)
            low = middle + 1;
        else
            high = middle;
    }
    n += low;
    return (uint32_t)n;
}

const struct trust_line *trust_at(const struct trust *t, size_t i)
{
    size_t part = 0;
    uint32_t n;

    while (i >= count_keys(t, part))
        i -= count_keys(t, part++);
    n = nth_key(t, part, i);
    for (size_t k = 0; part > 0 && k < t->overruled_len && t->overruled[k] <= n; k++)
        n = nth_key(t, part, ++i);
    return line_at(t, part, n);
}

size_t trust_ca_count(const struct trust *t)
{
    size_t n = 0, count;

    for (size_t i = 0; i < part_count(t); i++) {
        (void)pins_cas(part_of(t, i), &count);
        n += count;
    }
    return n;
}

const struct trust_line *trust_ca_at(const struct trust *t, size_t i)
{
    size_t part = 0, count;
    const uint32_t *cas = pins_cas(part_of(t, 0), &count);

    while (i >= count) {
        i -= count;
        cas = pins_cas(part_of(t, ++part), &count);
    }
    return line_at(t, part, cas[i]);
}

/* Goes on to the next part. */
static void turn(struct trust_cursor *at)
{
    *at = (struct trust_cursor){.part = at->part + 1};
}

const struct trust_line *trust_next(const struct trust *t, struct trust_cursor *at)
{
    for (; at->part < part_count(t); turn(at)) {
        const struct pins *pins = part_of(t, at->part);

        while (at->line < pins_count(pins)) {
            enum pin_kind kind = pins_at(pins, ++at->line)->kind;

            if ((kind == PIN_KEY && !is_overruled(t, at->part, at->line)) || kind == PIN_CA)
                return line_at(t, at->part, at->line);
        }
    }
    return NULL;
}

/* ---- lines by the index ---- */

bool trust_walk_key(const struct trust *t, const struct cred *c, struct trust_cursor *at)
{
    const struct key *key = cred_key(c);

    for (; at->part < part_count(t); turn(at)) {
        const struct pins *pins = part_of(t, at->part);

        if (!at->begun)
            at->first = pins_find_key(pins, key_type(key)->curve, key_x(key));
        while (at->first != 0) {
            at->line = at->begun ? pins_at(pins, at->line)->key_next : at->first;
            if (at->begun && at->line == at->first)
                break;
            at->begun = true;
            if (trust_kind(t, at) == TRUST_PIN)
                return true;
        }
    }
    return false;
}

bool trust_walk_name(const struct trust *t, struct bytes name, struct trust_cursor *at)
{
    for (; at->part < part_count(t); turn(at)) {
        if (!at->begun)
            pins_names_begin(part_of(t, at->part), name, &at->names);
        at->begun = true;
        at->line = pins_names_next(part_of(t, at->part), &at->names);
        if (at->line != 0)
            return true;
    }
    return false;
}

edhoc_err trust_check_use(const struct trust *t, const struct trust_line *line)
{
    struct trust_cursor at = {.part = 0};
    struct trust_place place;
    struct trust_terms terms;

    if (line->cred == NULL || !trust_walk_key(t, line->cred, &at))
        return EDHOC_OK;
    trust_terms(t, &at, &terms);
    trust_place(t, &at, &place);
    if (terms.type->dh == cred_is_dh(line->cred))
        return EDHOC_OK;
    return report(EDHOC_ERR_TRUST_SYNTAX,
                  "%s line %u: this key is pinned as %s on %s line %u; remove one of both, a key "
                  "either signs or does Diffie-Hellman",
                  line->file, line->line, terms.type->ssh_name, place.file, place.line);
}

enum trust_kind trust_kind(const struct trust *t, const struct trust_cursor *at)
{
    enum pin_kind kind = pins_at(part_of(t, at->part), at->line)->kind;

    if (kind == PIN_CA)
        return TRUST_CA;
    return kind == PIN_KEY && !is_overruled(t, at->part, at->line) ? TRUST_PIN : TRUST_TAKEN;
}

void trust_terms(const struct trust *t, const struct trust_cursor *at, struct trust_terms *terms)
{
    pins_terms(part_of(t, at->part), at->line, terms);
}

bool trust_is_key(const struct trust *t, const struct trust_cursor *at, const struct cred *c)
{
    return pins_is_key(part_of(t, at->part), at->line, c);
}

void trust_place(const struct trust *t, const struct trust_cursor *at, struct trust_place *place)
{
    pins_place(part_of(t, at->part), at->line, place);
}

edhoc_err trust_line(const struct trust *t, const struct trust_cursor *at,
                     const struct trust_line **out)
{
    return pins_line(part_of(t, at->part), at->line, out);
}

/* ---- lines that do not count ---- */

#define HINT "; a line that cannot be understood grants nothing: "

static void tell(const struct trust *t, size_t part, uint32_t n, struct trust_story *story)
{
    const struct pins *pins = part_of(t, part), *first = part_of(t, 0);
    char text[PINS_STORY_MAX];

    if (is_overruled(t, part, n))
        pins_story_of_use(pins, n, first, pins_find_key_of(first, pins, n), text);
    else
        pins_story(pins, n, text);
    (void)snprintf(story->text, sizeof(story->text), "%s", text);
}

/* The lines of a part of which there is a note, among the others; CAs are good lines. */
static size_t count_notes(const struct pins *pins)
{
    size_t others, cas;

    (void)pins_others(pins, &others);
    (void)pins_cas(pins, &cas);
    return others - cas;
}

size_t trust_note_count(const struct trust *t)
{
    size_t n = t->overruled_len;

    for (size_t i = 0; i < part_count(t); i++)
        n += count_notes(part_of(t, i));
    return n;
}

/* Number i, from 0 on. */
static uint32_t nth_note(const struct pins *pins, size_t i)
{
    size_t count;
    const uint32_t *n = pins_others(pins, &count);

    while (pins_at(pins, *n)->kind == PIN_CA || i-- > 0)
        n++;
    return *n;
}

/* Those of the parts, then what a part overrules. */
void trust_note(const struct trust *t, size_t i, bool *taken, struct trust_story *story)
{
    size_t part = 0;
    uint32_t n;

    while (part < part_count(t) && i >= count_notes(part_of(t, part)))
        i -= count_notes(part_of(t, part++));
    n = part < part_count(t) ? nth_note(part_of(t, part), i) : t->overruled[i];
    part = part < part_count(t) ? part : 1;
    *taken = pins_at(part_of(t, part), n)->kind != PIN_PASSED;
    tell(t, part, n, story);
}

#define LOOKED_AT_MAX 8 /* keys that are made to see whether they are any */

/* A line whose point is not on its curve is taken, as soon as that shows. */
static bool is_taken(const struct trust *t, const struct trust_cursor *at, unsigned *looked_at)
{
    const struct pins *pins = part_of(t, at->part);
    const struct trust_line *line;

    if (trust_kind(t, at) != TRUST_PIN)
        return trust_kind(t, at) == TRUST_TAKEN;
    return pins_type(pins, at->line)->kty == KTY_EC2 && (*looked_at)++ < LOOKED_AT_MAX &&
           pins_line(pins, at->line, &line) == EDHOC_OK && line->fault != NULL;
}

bool trust_taken_by(const struct trust *t, unsigned role, struct bytes name,
                    struct trust_story *story)
{
    struct trust_cursor at = {.part = 0};
    unsigned looked_at = 0;

    while (trust_walk_name(t, name, &at)) {
        const struct pins *pins = part_of(t, at.part);

        if (!is_taken(t, &at, &looked_at) ||
            !trust_takes(pins_principals(pins, at.line), pins_at(pins, at.line)->roles, role, name))
            continue;
        tell(t, at.part, at.line, story);
        return true;
    }
    return false;
}

/* The first line that is taken, of any name. A stranger can ask for it, so no line is read on the way. */
static bool find_any(const struct trust *t, struct trust_story *story)
{
    for (size_t i = 0; i < part_count(t); i++) {
        size_t count;
        const uint32_t *n = pins_others(part_of(t, i), &count);

        for (size_t k = 0; k < count; k++) {
            if (pins_at(part_of(t, i), n[k])->kind != PIN_TAKEN)
                continue;
            tell(t, i, n[k], story);
            return true;
        }
    }
    if (t->overruled_len > 0)
        tell(t, 1, t->overruled[0], story);
    return t->overruled_len > 0;
}

const char *trust_hint(const struct trust *t, unsigned role, struct bytes name, bool any,
                       struct trust_story *story)
{
    struct trust_story found = {.text = ""};

    story->text[0] = '\0';
    if ((name.len > 0 && trust_taken_by(t, role, name, &found)) || (any && find_any(t, &found)))
        (void)snprintf(story->text, sizeof(story->text), HINT "%.*s",
                       (int)(sizeof(story->text) - sizeof(HINT)), found.text);
    return story->text;
}

const char *trust_places(const struct trust *t)
{
    return t->places.len > 0 ? (const char *)t->places.p : "a trust file";
}

edhoc_err trust_time(int64_t valid_after, int64_t valid_before, int64_t now)
{
    if (now < valid_after)
        return EDHOC_ERR_TRUST_NOT_YET;
    return now >= valid_before ? EDHOC_ERR_TRUST_EXPIRED : EDHOC_OK;
}

edhoc_err trust_report_time(edhoc_err err, const struct trust_place *at)
{
    return err == EDHOC_ERR_TRUST_EXPIRED
               ? report(err, "%s line %u; renew its valid-before", at->file, at->line)
               : report(err, "%s line %u; see its valid-after, and this machine's clock", at->file,
                        at->line);
}

bool trust_takes(struct bytes principals, unsigned roles, unsigned role, struct bytes name)
{
    struct pattern p;

    if (role == TRUST_SERVER)
        return (roles & TRUST_SERVER) != 0 && match_target(principals, name);
    while (match_next(&principals, &p))
        if (!p.negated && name_same_folded(p.text, name))
            return true;
    return false;
}

/* ---- from ID_CRED_x to credentials ---- */

/* Has a part before this one the same credential? Trying it again would be in vain. */
static bool listed_before(const struct trust *t, size_t part, uint32_t n)
{
    const struct pins *pins = part_of(t, part);
    struct bytes kid = bytes_of(pins_at(pins, n)->kid, CRED_KID_LENGTH);

    for (size_t i = 0; i < part; i++) {
        const struct pins *before = part_of(t, i);

        for (uint32_t m = pins_find_kid(before, kid); m != 0; m = pins_at(before, m)->kid_next)
            if (pins_same_key(before, m, pins, n))
                return true;
    }
    return false;
}

/* The line's credential, where it counts for this use; else NULL. */
static struct cred *usable(const struct trust *t, size_t part, uint32_t n, bool dh)
{
    const struct pins *pins = part_of(t, part);
    const struct trust_line *line;

    if (pins_at(pins, n)->kind != PIN_KEY || pins_type(pins, n)->dh != dh ||
        is_overruled(t, part, n) || listed_before(t, part, n) ||
        pins_line(pins, n, &line) != EDHOC_OK)
        return NULL;
    return line->cred;
}

struct cred *trust_candidate(const struct trust *t, const struct cred_id *id, bool dh, size_t *at)
{
    size_t seen = 0;

    for (size_t i = 0; i < part_count(t); i++) {
        const struct pins *pins = part_of(t, i);

        for (uint32_t n = pins_find_kid(pins, id->kid); n != 0; n = pins_at(pins, n)->kid_next) {
            struct cred *c = usable(t, i, n, dh);

            if (c != NULL && seen++ == *at) {
                ++*at;
                return c;
            }
        }
    }
    return NULL;
}

edhoc_err trust_no_candidate(const struct trust *t, const struct cred_id *id, bool dh)
{
    size_t at = 0;
    struct cred *other = trust_candidate(t, id, !dh, &at);
    struct trust_cursor from = {.part = 0};
    struct trust_story story;
    struct trust_place place;

    if (other != NULL && trust_walk_key(t, other, &from)) {
        trust_place(t, &from, &place);
        return report(EDHOC_ERR_WRONG_KIND, "%s line %u pins it as %s", place.file, place.line,
                      key_type(cred_key(other))->ssh_name);
    }
    return report(
        EDHOC_ERR_UNKNOWN_KEY,
        "the peer names its key by a kid that no line in %s has; pin its key there, or let "
        "it send the key itself (without cred-by-reference)%s",
        trust_places(t), trust_hint(t, TRUST_CLIENT, BYTES_NONE, true, &story));
}

/* The line in a part, among those of the key's x. */
static const struct cred *known_in(const struct trust *t, size_t part,
                                   const struct ssh_point *point)
{
    const struct pins *pins = part_of(t, part);
    uint32_t first = pins_find_key(pins, point->type->curve, point->x), n = first;
    const struct trust_line *line;

    if (first == 0)
        return NULL;
    do {
        if (pins_at(pins, n)->kind == PIN_KEY && pins_type(pins, n) == point->type &&
            !is_overruled(t, part, n) && pins_is_point(pins, n, point))
            return pins_line(pins, n, &line) == EDHOC_OK ? line->cred : NULL;
        n = pins_at(pins, n)->key_next;
    } while (n != first);
    return NULL;
}

const struct cred *trust_known(const struct trust *t, const struct cred_id *id, bool dh)
{
    struct ssh_point point = {keytype_by_curve(id->curve, dh), id->x, id->y};
    const struct cred *c = NULL;

    if (point.type == NULL || point.type->kty != id->kty || id->x.len != point.type->coordinate)
        return NULL;
    for (size_t i = 0; i < part_count(t) && c == NULL; i++)
        c = known_in(t, i, &point);
    return c;
}
