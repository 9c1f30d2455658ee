#include "peer/trust.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "edhoc/suite.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/revoked.h"
#include "peer/trust_line.h"
#include "peer/verified.h"
#include "peer/x509_store.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line that does not count. */
struct note {
    char *principals; /* which it takes; NULL where it is passed over */
    unsigned roles;
    char *hint; /* where it is, and what is wrong with it, as the end of an error */
};

#define HINT "; a line that cannot be understood grants nothing: "

static const char *note_story(const struct note *note)
{
    return note->hint + sizeof(HINT) - 1;
}

static void note_clear(struct note *note)
{
    free(note->principals);
    free(note->hint);
}

/* 1 + the line that comes next; 0: none does. */
struct links {
    uint32_t key_next; /* the same key again, in whatever use and form */
    uint32_t key_last; /* of the first line of a key: its last one, plus 1 */
    uint32_t id_next;  /* another credential with the same ID_CRED_x */
};

/* A pin of a part that does not count, because of a part before it. */
struct overruled {
    uint32_t part, line;
};

struct trust {
    atomic_uint refs;
    struct trust_line **lines;
    size_t len, cap;
    struct trust_line **cas; /* the CA lines */
    size_t ca_len, ca_cap;
    struct verified *verified; /* of what they have signed; NULL while there are none */
    struct links *links;       /* of each line */
    uint32_t *by_key;  /* 2 * cap slots: 1 + the first line of each key, by hash; 0 is empty */
    uint32_t *by_id;   /* 2 * cap slots: the same of each ID_CRED_x */
    struct buf places; /* text with its NUL, see trust_places */
    struct note *notes;
    size_t note_len, note_cap;
    struct x509_store *anchors;
    edhoc_err anchors_err; /* why there are none, though some are configured */
    char *anchors_story;   /* of it, or NULL */
    struct revoked *revoked;
    struct trust *part[TRUST_PARTS_MAX]; /* joined: whose lines there are, instead of its own */
    size_t parts;
    struct overruled *overruled; /* joined: in order */
    size_t overruled_len, overruled_cap;
};

#define PLACES_MAX     4096
#define REMEMBERED_MAX 32768 /* certificates whose CA's signature has verified */

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

void trust_free(struct trust *t)
{
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    for (size_t i = 0; i < t->len; i++)
        trust_line_free(t->lines[i]);
    for (size_t i = 0; i < t->ca_len; i++)
        trust_line_free(t->cas[i]);
    free(t->lines);
    free(t->cas);
    verified_free(t->verified);
    free(t->links);
    free(t->by_key);
    free(t->by_id);
    for (size_t i = 0; i < t->note_len; i++)
        note_clear(&t->notes[i]);
    free(t->notes);
    free(t->overruled);
    buf_free(&t->places);
    x509_store_free(t->anchors);
    free(t->anchors_story);
    revoked_free(t->revoked);
    for (size_t i = 0; i < t->parts; i++)
        trust_free(t->part[i]);
    free(t);
}

/* ---- the index: lines by key, and by what names it ---- */

/* Where a key's slot is, or would be. A table of twice as many slots as lines always has one. */
static uint32_t *slot_of_x(const struct trust *t, enum cose_curve curve, struct bytes x)
{
    size_t slots = 2 * t->cap, at = 0;

    for (size_t i = 0; i < 8; i++)
        at = at << 8 | x.p[i];
    for (at %= slots; t->by_key[at] != 0; at = (at + 1) % slots) {
        const struct key *key = cred_key(t->lines[t->by_key[at] - 1]->cred);

        if (key_type(key)->curve == curve && bytes_equal(key_x(key), x))
            break;
    }
    return &t->by_key[at];
}

static uint32_t *slot_of_key(const struct trust *t, const struct cred *c)
{
    return slot_of_x(t, key_type(cred_key(c))->curve, key_x(cred_key(c)));
}

static uint32_t *slot_of_id(const struct trust *t, struct bytes id)
{
    size_t slots = 2 * t->cap;
    uint64_t at = 0xcbf29ce484222325; /* FNV-1a */

    for (size_t i = 0; i < id.len; i++)
        at = (at ^ id.p[i]) * 0x100000001b3;
    for (at %= slots; t->by_id[at] != 0; at = (at + 1) % slots)
        if (bytes_equal(cred_id(t->lines[t->by_id[at] - 1]->cred), id))
            break;
    return &t->by_id[at];
}

static void link_key(struct trust *t, uint32_t number)
{
    uint32_t *first = slot_of_key(t, t->lines[number - 1]->cred);

    if (*first == 0)
        *first = number;
    else
        t->links[t->links[*first - 1].key_last - 1].key_next = number;
    t->links[*first - 1].key_last = number;
}

/* Only what is another credential: to try the same one again would be in vain. */
static void link_id(struct trust *t, uint32_t number)
{
    const struct cred *c = t->lines[number - 1]->cred;
    uint32_t *at = slot_of_id(t, cred_id(c));

    while (*at != 0 && !cred_same_thumbprint(t->lines[*at - 1]->cred, c))
        at = &t->links[*at - 1].id_next;
    if (*at == 0)
        *at = number;
}

static bool grow(struct trust *t)
{
    size_t cap = t->cap == 0 ? 16 : t->cap * 2;
    struct trust_line **lines = reallocarray(t->lines, cap, sizeof(*lines));
    struct links *links = calloc(cap, sizeof(*links));
    uint32_t *by_key = calloc(2 * cap, sizeof(*by_key)), *by_id = calloc(2 * cap, sizeof(*by_id));

    if (lines != NULL)
        t->lines = lines;
    if (lines == NULL || links == NULL || by_key == NULL || by_id == NULL || cap > UINT32_MAX / 2) {
        free(links);
        free(by_key);
        free(by_id);
        return false;
    }
    free(t->links);
    free(t->by_key);
    free(t->by_id);
    t->links = links;
    t->by_key = by_key;
    t->by_id = by_id;
    t->cap = cap;
    for (uint32_t number = 1; number <= t->len; number++) {
        link_key(t, number);
        link_id(t, number);
    }
    return true;
}

/* A key has one use: pinned under both, it would be the peer's choice which one counts. */
static edhoc_err check_one_use(const struct trust_line *line, const struct trust_line *first)
{
    if (cred_is_dh(first->cred) == cred_is_dh(line->cred))
        return EDHOC_OK;
    return report(EDHOC_ERR_TRUST_SYNTAX,
                  "%s line %u: this key is pinned as %s on %s line %u; remove one of both, a key "
                  "either signs or does Diffie-Hellman",
                  line->file, line->line, key_type(cred_key(first->cred))->ssh_name, first->file,
                  first->line);
}

static bool grow_cas(struct trust *t)
{
    size_t cap = t->ca_cap == 0 ? 4 : 2 * t->ca_cap;
    struct trust_line **cas = reallocarray(t->cas, cap, sizeof(*cas));

    if (cas == NULL)
        return false;
    t->cas = cas;
    t->ca_cap = cap;
    return true;
}

static edhoc_err add_ca(struct trust *t, struct trust_line *line)
{
    edhoc_err err = t->verified != NULL ? EDHOC_OK : verified_new(REMEMBERED_MAX, &t->verified);

    if (err == EDHOC_OK && t->ca_len == t->ca_cap && !grow_cas(t))
        err = EDHOC_ERR_NOMEM;
    if (err != EDHOC_OK) {
        trust_line_free(line);
        return err;
    }
    line->verified = t->verified;
    t->cas[t->ca_len++] = line;
    return EDHOC_OK;
}

static edhoc_err add_pin(struct trust *t, struct trust_line *line)
{
    edhoc_err err = t->len < t->cap || grow(t) ? EDHOC_OK : EDHOC_ERR_NOMEM;
    uint32_t first = err == EDHOC_OK ? *slot_of_key(t, line->cred) : 0;

    if (first != 0)
        err = check_one_use(line, t->lines[first - 1]);
    if (err != EDHOC_OK) {
        trust_line_free(line);
        return err;
    }
    t->lines[t->len++] = line;
    link_key(t, (uint32_t)t->len);
    link_id(t, (uint32_t)t->len);
    return EDHOC_OK;
}

edhoc_err trust_add(struct trust *t, struct trust_line *line)
{
    line->order = t->len + t->ca_len;
    return line->is_ca ? add_ca(t, line) : add_pin(t, line);
}

static bool grow_notes(struct trust *t)
{
    size_t cap = t->note_cap == 0 ? 4 : t->note_cap * 2;
    struct note *notes = reallocarray(t->notes, cap, sizeof(*notes));

    if (notes == NULL)
        return false;
    t->notes = notes;
    t->note_cap = cap;
    return true;
}

/* Takes over the principals, on failure too. */
static edhoc_err add_note(struct trust *t, char *principals, unsigned roles, const char *story)
{
    struct note note = {.principals = principals, .roles = roles};

    if (asprintf(&note.hint, HINT "%s", story) < 0)
        note.hint = NULL;
    if (note.hint == NULL || (t->note_len == t->note_cap && !grow_notes(t))) {
        note_clear(&note);
        return EDHOC_ERR_NOMEM;
    }
    t->notes[t->note_len++] = note;
    return EDHOC_OK;
}

edhoc_err trust_add_taken(struct trust *t, struct bytes principals, unsigned roles,
                          const char *story)
{
    char *copy = strndup((const char *)principals.p, principals.len);

    return copy != NULL ? add_note(t, copy, roles, story) : EDHOC_ERR_NOMEM;
}

edhoc_err trust_add_passed(struct trust *t, const char *story)
{
    return add_note(t, NULL, 0, story);
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

/* ---- parts: a key has one use, that of the first part that has it ---- */

static bool grow_overruled(struct trust *t)
{
    size_t cap = t->overruled_cap == 0 ? 4 : t->overruled_cap * 2;
    struct overruled *overruled = reallocarray(t->overruled, cap, sizeof(*overruled));

    if (overruled == NULL)
        return false;
    t->overruled = overruled;
    t->overruled_cap = cap;
    return true;
}

static edhoc_err overrule(struct trust *t, struct overruled at, const struct trust_line *first)
{
    const struct trust_line *line = t->part[at.part]->lines[at.line];
    char story[512];

    if (check_one_use(line, first) == EDHOC_OK)
        return EDHOC_OK;
    if (t->overruled_len == t->overruled_cap && !grow_overruled(t))
        return EDHOC_ERR_NOMEM;
    t->overruled[t->overruled_len++] = at;
    (void)snprintf(story, sizeof(story), "%s", report_details(EDHOC_ERR_TRUST_SYNTAX));
    report_clear();
    return trust_add_taken(t, bytes_of_text(line->principals), line->roles, story);
}

/* The lines of the last part with this key. */
static edhoc_err overrule_key(struct trust *t, const struct trust_line *first, uint32_t number)
{
    struct overruled at = {(uint32_t)t->parts - 1, 0};
    edhoc_err err = EDHOC_OK;

    for (; number != 0 && err == EDHOC_OK; number = t->part[at.part]->links[number - 1].key_next) {
        at.line = number - 1;
        err = overrule(t, at, first);
    }
    return err;
}

/* By the fewer lines: a user's ten against the machine's many. */
static edhoc_err overrule_part(struct trust *t, const struct trust *earlier)
{
    const struct trust *last = t->part[t->parts - 1];
    const struct trust *few = earlier->len < last->len ? earlier : last;
    const struct trust *many = few == earlier ? last : earlier;
    edhoc_err err = EDHOC_OK;

    for (size_t i = 0; i < few->len && many->len > 0 && err == EDHOC_OK; i++) {
        const struct cred *c = few->lines[i]->cred;
        uint32_t of_few = *slot_of_key(few, c), of_many = *slot_of_key(many, c);

        if (of_few == i + 1 && of_many != 0)
            err = few == earlier ? overrule_key(t, few->lines[i], of_many)
                                 : overrule_key(t, many->lines[of_many - 1], of_few);
    }
    return err;
}

static int compare_overruled(const void *a, const void *b)
{
    const struct overruled *x = a, *y = b;

    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static bool is_overruled(const struct trust *t, size_t part, size_t line)
{
    const struct overruled at = {(uint32_t)part, (uint32_t)line};

    return t->overruled_len > 0 &&
           bsearch(&at, t->overruled, t->overruled_len, sizeof(at), compare_overruled) != NULL;
}

static edhoc_err join_part(struct trust *t, struct trust *part)
{
    edhoc_err err = trust_add_file(t, trust_places(part));

    if (err != EDHOC_OK)
        return err;
    t->part[t->parts++] = trust_ref(part);
    if (t->parts > 1)
        err = overrule_part(t, t->part[0]);
    if (t->overruled_len > 0)
        qsort(t->overruled, t->overruled_len, sizeof(*t->overruled), compare_overruled);
    return err;
}

edhoc_err trust_join(struct trust *const *parts, size_t count, struct x509_store *anchors,
                     struct trust **out)
{
    struct trust *t;
    edhoc_err err = trust_new(&t);

    for (size_t i = 0; i < count && err == EDHOC_OK; i++)
        err = join_part(t, parts[i]);
    if (err == EDHOC_OK)
        t->anchors = x509_store_ref(anchors);
    else
        trust_free(t);
    *out = err == EDHOC_OK ? t : NULL;
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

size_t trust_count(const struct trust *t)
{
    size_t n = t->len;

    for (size_t i = 0; i < t->parts; i++)
        n += t->part[i]->len;
    return n - t->overruled_len;
}

const struct trust_line *trust_at(const struct trust *t, size_t i)
{
    size_t part = 0;

    if (t->parts == 0)
        return t->lines[i];
    for (size_t k = 0; k < t->overruled_len; k++)
        i += i >= t->part[0]->len && t->overruled[k].line <= i - t->part[0]->len;
    while (i >= t->part[part]->len)
        i -= t->part[part++]->len;
    return t->part[part]->lines[i];
}

size_t trust_ca_count(const struct trust *t)
{
    size_t n = t->ca_len;

    for (size_t i = 0; i < t->parts; i++)
        n += t->part[i]->ca_len;
    return n;
}

const struct trust_line *trust_ca_at(const struct trust *t, size_t i)
{
    size_t part = 0;

    if (t->parts == 0)
        return t->cas[i];
    while (i >= t->part[part]->ca_len)
        i -= t->part[part++]->ca_len;
    return t->part[part]->cas[i];
}

/* Of the next pin and the next CA line, the one that was added first. */
static const struct trust_line *next_of(const struct trust *t, struct trust_cursor *at)
{
    bool pin = at->line < t->len, ca = at->ca < t->ca_len;

    if (pin && ca)
        pin = t->lines[at->line]->order < t->cas[at->ca]->order;
    if (pin)
        return t->lines[at->line++];
    return ca ? t->cas[at->ca++] : NULL;
}

const struct trust_line *trust_next(const struct trust *t, struct trust_cursor *at)
{
    const struct trust_line *line = t->parts == 0 ? next_of(t, at) : NULL;

    while (at->part < t->parts) {
        line = next_of(t->part[at->part], at);
        if (line == NULL)
            *at = (struct trust_cursor){at->part + 1, 0, 0};
        else if (line->is_ca || !is_overruled(t, at->part, at->line - 1))
            break;
    }
    return line;
}

size_t trust_note_count(const struct trust *t)
{
    size_t n = t->note_len;

    for (size_t i = 0; i < t->parts; i++)
        n += t->part[i]->note_len;
    return n;
}

/* Those of the parts, then its own. */
static const struct note *note_at(const struct trust *t, size_t i)
{
    size_t part = 0;

    while (part < t->parts && i >= t->part[part]->note_len)
        i -= t->part[part++]->note_len;
    return part < t->parts ? &t->part[part]->notes[i] : &t->notes[i];
}

const char *trust_note(const struct trust *t, size_t i, bool *taken)
{
    *taken = note_at(t, i)->principals != NULL;
    return note_story(note_at(t, i));
}

/* The first that takes the name; NULL: none. */
static const struct note *find_note(const struct trust *t, unsigned role, struct bytes name)
{
    for (size_t i = 0; i < trust_note_count(t); i++) {
        const struct note *note = note_at(t, i);

        if (note->principals != NULL &&
            trust_takes(bytes_of_text(note->principals), note->roles, role, name))
            return note;
    }
    return NULL;
}

const char *trust_taken_by(const struct trust *t, unsigned role, struct bytes name)
{
    const struct note *note = find_note(t, role, name);

    return note != NULL ? note_story(note) : NULL;
}

const char *trust_hint(const struct trust *t, unsigned role, struct bytes name, bool any)
{
    const struct note *note = name.len > 0 ? find_note(t, role, name) : NULL;

    for (size_t i = 0; any && note == NULL && i < trust_note_count(t); i++)
        if (note_at(t, i)->principals != NULL)
            note = note_at(t, i);
    return note != NULL ? note->hint : "";
}

const char *trust_places(const struct trust *t)
{
    return t->places.len > 0 ? (const char *)t->places.p : "a trust file";
}

/* ---- what an initiator may expect ---- */

edhoc_err trust_line_time(const struct trust_line *line, int64_t now)
{
    if (now < line->valid_after)
        return EDHOC_ERR_TRUST_NOT_YET;
    return now >= line->valid_before ? EDHOC_ERR_TRUST_EXPIRED : EDHOC_OK;
}

edhoc_err trust_report_time(edhoc_err err, const struct trust_line *line)
{
    return err == EDHOC_ERR_TRUST_EXPIRED
               ? report(err, "%s line %u; renew its valid-before", line->file, line->line)
               : report(err, "%s line %u; see its valid-after, and this machine's clock",
                        line->file, line->line);
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

/* What the lines so far say about the target. */
struct planning {
    const struct trust_line *first, *stale; /* the first that is valid, the last that is not */
    bool dh;                                /* the first one's kind */
    bool fits[SUITES_COUNT];                /* of the offer */
};

static void add_fitting(const struct keytype *type, const struct suite_list *offer,
                        struct planning *p)
{
    for (size_t i = 0; i < offer->len; i++)
        if (suite_fits(suite_by_id(offer->id[i]), type))
            p->fits[i] = true;
}

/* OpenSSH has certificates for these kinds of key. */
static void add_certifiable(const struct suite_list *offer, struct planning *p)
{
    add_fitting(keytype_by_curve(CRV_ED25519, false), offer, p);
    add_fitting(keytype_by_curve(CRV_P256, false), offer, p);
    add_fitting(keytype_by_curve(CRV_P384, false), offer, p);
}

static void consider(const struct trust_line *line, int64_t now, const struct suite_list *offer,
                     struct planning *p)
{
    bool dh = line->cred != NULL && cred_is_dh(line->cred);

    if (trust_line_time(line, now) != EDHOC_OK) {
        p->stale = line;
        return;
    }
    if (p->first == NULL) {
        p->first = line;
        p->dh = dh;
    }
    if (line->cred == NULL && !p->dh)
        add_certifiable(offer, p);
    else if (line->cred != NULL && dh == p->dh)
        add_fitting(key_type(cred_key(line->cred)), offer, p);
}

/* No valid line names the target; `stale` did. */
static edhoc_err plan_without_line(const struct trust *t, const char *target,
                                   const struct trust_line *stale, int64_t now,
                                   const struct suite_list *offer, struct trust_plan *out)
{
    const char *story = trust_taken_by(t, TRUST_SERVER, bytes_of_text(target));

    if (stale != NULL)
        return trust_report_time(trust_line_time(stale, now), stale);
    if (story != NULL)
        return report(EDHOC_ERR_TRUST_SYNTAX, "the line for %s: %s", target, story);
    if (t->anchors != NULL) {
        out->suites = *offer;
        return EDHOC_OK;
    }
    if (t->anchors_err != EDHOC_OK)
        return trust_check_anchors(t);
    return report(EDHOC_ERR_NO_TRUST,
                  "no pinned key for %s in %s; add the line that `gss-edhoc show` prints for its "
                  "key there%s",
                  target, trust_places(t), trust_hint(t, TRUST_SERVER, BYTES_NONE, true));
}

edhoc_err trust_plan(const struct trust *t, const char *target, int64_t now,
                     const struct suite_list *offer, struct trust_plan *out)
{
    struct planning p = {NULL, NULL, false, {false}};
    struct trust_cursor at = {0, 0, 0};
    const struct trust_line *line;

    while ((line = trust_next(t, &at)) != NULL)
        if (trust_takes(bytes_of_text(line->principals), line->roles, TRUST_SERVER,
                        bytes_of_text(target)))
            consider(line, now, offer, &p);
    *out = (struct trust_plan){p.dh, {{0}, 0}};
    if (p.first == NULL)
        return plan_without_line(t, target, p.stale, now, offer, out);
    for (size_t i = 0; i < offer->len; i++)
        if (p.fits[i])
            suite_list_add(&out->suites, offer->id[i]);
    if (out->suites.len > 0)
        return EDHOC_OK;
    return report(EDHOC_ERR_NO_SUITE,
                  "%s is pinned as %s (%s line %u), and no cipher suite joins that with this "
                  "side's key; give the service an X25519 key too (gss-edhoc keygen -t x25519)",
                  target,
                  p.first->cred != NULL ? key_type(cred_key(p.first->cred))->ssh_name
                                        : "what a CA of OpenSSH certifies",
                  p.first->file, p.first->line);
}

/* ---- from ID_CRED_x to credentials ---- */

static const struct trust *part_of(const struct trust *t, size_t part)
{
    return t->parts == 0 ? t : t->part[part];
}

static size_t part_count(const struct trust *t)
{
    return t->parts == 0 ? 1 : t->parts;
}

/* 1 + the part's first line with this ID_CRED_x; 0: it has none. */
static uint32_t first_of_id(const struct trust *part, struct bytes id)
{
    return part->len > 0 ? *slot_of_id(part, id) : 0;
}

/* Has a part before this one the same credential? Trying it again would be in vain. */
static bool listed_before(const struct trust *t, size_t part, const struct cred *c)
{
    for (size_t i = 0; i < part; i++)
        for (uint32_t n = first_of_id(part_of(t, i), cred_id(c)); n != 0;
             n = part_of(t, i)->links[n - 1].id_next)
            if (cred_same_thumbprint(part_of(t, i)->lines[n - 1]->cred, c))
                return true;
    return false;
}

struct cred *trust_candidate(const struct trust *t, const struct cred_id *id, bool dh, size_t *at)
{
    size_t seen = 0;

    for (size_t i = 0; i < part_count(t); i++) {
        const struct trust *part = part_of(t, i);

        for (uint32_t n = first_of_id(part, id->map); n != 0; n = part->links[n - 1].id_next) {
            struct cred *c = part->lines[n - 1]->cred;

            if (cred_is_dh(c) == dh && !is_overruled(t, i, n - 1) && !listed_before(t, i, c) &&
                seen++ == *at) {
                ++*at;
                return c;
            }
        }
    }
    return NULL;
}

const struct trust_line *trust_next_of_key(const struct trust *t, const struct cred *c,
                                           struct trust_cursor *at)
{
    for (; at->part < part_count(t); *at = (struct trust_cursor){at->part + 1, 0, 0}) {
        const struct trust *part = part_of(t, at->part);

        if (part->len == 0)
            continue;
        at->line = at->line == 0 ? *slot_of_key(part, c) : part->links[at->line - 1].key_next;
        if (at->line != 0 && !is_overruled(t, at->part, at->line - 1))
            return part->lines[at->line - 1];
    }
    return NULL;
}

edhoc_err trust_no_candidate(const struct trust *t, const struct cred_id *id, bool dh)
{
    size_t at = 0;
    struct cred *other = trust_candidate(t, id, !dh, &at);
    struct trust_cursor from = {0, 0, 0};
    const struct trust_line *line = other != NULL ? trust_next_of_key(t, other, &from) : NULL;

    if (line != NULL)
        return report(EDHOC_ERR_WRONG_KIND, "%s line %u pins it as %s", line->file, line->line,
                      key_type(cred_key(line->cred))->ssh_name);
    return report(
        EDHOC_ERR_UNKNOWN_KEY,
        "the peer names its key by a kid that no line in %s has; pin its key there, or let "
        "it send the key itself (without cred-by-reference)%s",
        trust_places(t), trust_hint(t, TRUST_CLIENT, BYTES_NONE, true));
}

/* The line in a part, among those of the key's x. */
static const struct cred *known_in(const struct trust *part, const struct cred_id *id, bool dh)
{
    uint32_t n = part->len > 0 ? *slot_of_x(part, id->curve, id->x) : 0;

    for (; n != 0; n = part->links[n - 1].key_next) {
        const struct cred *c = part->lines[n - 1]->cred;

        if (cred_is_dh(c) == dh && bytes_equal(key_y(cred_key(c)), id->y))
            return c;
    }
    return NULL;
}

const struct cred *trust_known(const struct trust *t, const struct cred_id *id, bool dh)
{
    const struct keytype *type = keytype_by_curve(id->curve, dh);
    const struct cred *c = NULL;

    if (type == NULL || type->kty != id->kty || id->x.len != type->coordinate)
        return NULL;
    for (size_t i = 0; i < part_count(t) && c == NULL; i++)
        c = known_in(part_of(t, i), id, dh);
    return c;
}
