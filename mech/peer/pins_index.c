#include "peer/pins_index.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/keyed_hash.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/pin_table.h"
#include "peer/pins_inside.h"
#include "peer/pins_text.h"
#include "peer/trust_line.h"

/* ---- kids and keys ---- */

/* What a number of a table is compared with. */
struct wanted {
    const struct pins *p;
    struct bytes kid, name;
    uint32_t hash;
    enum cose_curve curve;
    struct bytes x;
};

static uint32_t hash_of_key(const struct pins *p, enum cose_curve curve, struct bytes x)
{
    uint8_t in[1 + COORDINATE_MAX] = {(uint8_t)curve};

    memcpy(in + 1, x.p, x.len);
    return keyed_hash(&p->hash, bytes_of(in, 1 + x.len));
}

static uint32_t kid_hash(const void *arg, uint32_t n)
{
    const struct pins *p = arg;

    return keyed_hash(&p->hash, bytes_of(p->pin[n - 1].kid, CRED_KID_LENGTH));
}

static uint32_t key_hash(const void *arg, uint32_t n)
{
    return ((const struct pins *)arg)->pin[n - 1].key_hash;
}

static bool has_kid(const void *arg, uint32_t n)
{
    const struct wanted *w = arg;

    return memcmp(w->p->pin[n - 1].kid, w->kid.p, CRED_KID_LENGTH) == 0;
}

static bool has_key(const void *arg, uint32_t n)
{
    const struct wanted *w = arg;
    struct trust_point point;

    if (w->p->pin[n - 1].key_hash != w->hash || pins_type(w->p, n)->curve != w->curve)
        return false;
    pins_point(w->p, n, &point);
    return bytes_equal(point.at.x, w->x);
}

uint32_t pins_find_kid(const struct pins *p, struct bytes kid)
{
    struct wanted w = {.p = p, .kid = kid};

    if (kid.len != CRED_KID_LENGTH)
        return 0;
    return pin_table_find(&p->kids, keyed_hash(&p->hash, kid), has_kid, &w);
}

uint32_t pins_find_key(const struct pins *p, enum cose_curve curve, struct bytes x)
{
    struct wanted w = {.p = p, .hash = hash_of_key(p, curve, x), .curve = curve, .x = x};
    uint32_t last = pin_table_find(&p->keys, w.hash, has_key, &w);

    return last != 0 ? p->pin[last - 1].key_next : 0;
}

uint32_t pins_find_key_of(const struct pins *p, const struct pins *q, uint32_t m)
{
    struct trust_point point;

    pins_point(q, m, &point);
    return pins_find_key(p, point.at.type->curve, point.at.x);
}

static bool same_point(const struct ssh_point *a, const struct ssh_point *b)
{
    return a->type->curve == b->type->curve && bytes_equal(a->x, b->x) && bytes_equal(a->y, b->y);
}

bool pins_same_key(const struct pins *p, uint32_t n, const struct pins *q, uint32_t m)
{
    struct trust_point a, b;

    if (memcmp(p->pin[n - 1].kid, q->pin[m - 1].kid, CRED_KID_LENGTH) != 0)
        return false;
    pins_point(p, n, &a);
    pins_point(q, m, &b);
    return same_point(&a.at, &b.at);
}

bool pins_is_point(const struct pins *p, uint32_t n, const struct ssh_point *point)
{
    struct trust_point there;

    pins_point(p, n, &there);
    return same_point(&there.at, point);
}

bool pins_is_key(const struct pins *p, uint32_t n, const struct cred *c)
{
    const struct key *key = cred_key(c);
    struct ssh_point point = {key_type(key), key_x(key), key_y(key)};

    return memcmp(p->pin[n - 1].kid, cred_thumbprint(c), CRED_KID_LENGTH) == 0 &&
           pins_is_point(p, n, &point);
}

/* ---- names ---- */

/* The name as it is hashed; a view of `out`. Longer ones are on no line. */
static struct bytes fold(struct bytes name, uint8_t out[NAME_TEXT_MAX])
{
    while (name.len > 0 && name.p[name.len - 1] == '.')
        name.len--;
    if (name.len > NAME_TEXT_MAX)
        return BYTES_NONE;
    for (size_t i = 0; i < name.len; i++)
        out[i] = (uint8_t)ascii_lower((char)name.p[i]);
    return bytes_of(out, name.len);
}

static uint32_t hash_of_name(const struct pins *p, struct bytes name)
{
    uint8_t folded[NAME_TEXT_MAX];

    return keyed_hash(&p->hash, fold(name, folded));
}

static uint32_t name_hash(const void *arg, uint32_t i)
{
    return ((const struct pins *)arg)->name[i - 1].hash;
}

static bool has_name(const void *arg, uint32_t i)
{
    const struct wanted *w = arg;
    const struct pin_name *there = &w->p->name[i - 1];
    struct bytes list;
    struct pattern pattern;

    if (there->hash != w->hash)
        return false;
    list = pins_principals(w->p, there->line);
    while (match_next(&list, &pattern))
        if (!pattern.negated && name_same_folded(pattern.text, w->name))
            return true;
    return false;
}

void pins_names_begin(const struct pins *p, struct bytes name, struct pins_names *at)
{
    struct wanted w = {.p = p, .name = name, .hash = hash_of_name(p, name)};

    at->last = pin_table_find(&p->names, w.hash, has_name, &w);
    at->next = at->last != 0 ? p->name[at->last - 1].next : 0;
    at->wild = 0;
}

uint32_t pins_names_next(const struct pins *p, struct pins_names *at)
{
    uint32_t named = at->next != 0 ? p->name[at->next - 1].line : UINT32_MAX;
    uint32_t wild = at->wild < p->wild.len ? p->wild.n[at->wild] : UINT32_MAX;
    uint32_t n = named < wild ? named : wild;

    if (n == UINT32_MAX)
        return 0;
    at->wild += wild == n;
    if (named == n)
        at->next = at->next != at->last ? p->name[at->next - 1].next : 0;
    return n;
}

/* ---- room ---- */

/* The next capacity of an array. */
static size_t wider(size_t cap)
{
    return cap < 16 ? 16 : cap + cap / 2;
}

edhoc_err pin_numbers_add(struct pin_numbers *list, uint32_t n)
{
    size_t cap = list->len < list->cap ? list->cap : wider(list->cap);
    uint32_t *to = cap == list->cap ? list->n : reallocarray(list->n, cap, sizeof(*to));

    if (to == NULL)
        return EDHOC_ERR_NOMEM;
    list->n = to;
    list->cap = cap;
    list->n[list->len++] = n;
    return EDHOC_OK;
}

static edhoc_err reserve_pins(struct pins *p, size_t cap)
{
    struct pinned *pin = reallocarray(p->pin, cap, sizeof(*pin));
    struct trust_line *_Atomic *made;

    if (pin != NULL)
        p->pin = pin;
    made = pin != NULL ? calloc(cap, sizeof(*made)) : NULL;
    if (made == NULL)
        return EDHOC_ERR_NOMEM;
    for (size_t i = 0; i < p->len; i++)
        atomic_init(&made[i], atomic_load(&p->made[i]));
    free((void *)p->made);
    p->made = made;
    p->cap = cap;
    return EDHOC_OK;
}

static edhoc_err reserve_names(struct pins *p, size_t cap)
{
    struct pin_name *name = reallocarray(p->name, cap, sizeof(*name));

    if (name == NULL)
        return EDHOC_ERR_NOMEM;
    p->name = name;
    p->names_cap = cap;
    return EDHOC_OK;
}

/* At first just what is needed. */
static size_t at_least(size_t cap, size_t need)
{
    return cap == 0 || wider(cap) < need ? need : wider(cap);
}

edhoc_err pins_reserve(struct pins *p, size_t more)
{
    size_t pins = p->len + more, names = p->names_len + more;
    edhoc_err err = pins > p->cap ? reserve_pins(p, at_least(p->cap, pins)) : EDHOC_OK;

    if (err == EDHOC_OK && names > p->names_cap)
        err = reserve_names(p, at_least(p->names_cap, names));
    if (err == EDHOC_OK && (!pin_table_reserve(&p->kids, pins, kid_hash, p) ||
                            !pin_table_reserve(&p->keys, pins, key_hash, p) ||
                            !pin_table_reserve(&p->names, names, name_hash, p)))
        err = EDHOC_ERR_NOMEM;
    return err;
}

/* ---- filling ---- */

static edhoc_err add_name(struct pins *p, uint32_t n, struct bytes name)
{
    struct wanted w = {.p = p, .name = name, .hash = hash_of_name(p, name)};
    edhoc_err err = EDHOC_OK;
    struct pin_name *made;
    uint32_t *slot;

    if (p->names_len == p->names_cap)
        err = reserve_names(p, wider(p->names_cap));
    if (err != EDHOC_OK || !pin_table_reserve(&p->names, p->names_len + 1, name_hash, p))
        return EDHOC_ERR_NOMEM;
    slot = pin_table_slot(&p->names, w.hash, has_name, &w);
    if (*slot != 0 && p->name[*slot - 1].line == n)
        return EDHOC_OK;
    made = &p->name[p->names_len++];
    *made = (struct pin_name){n, w.hash, (uint32_t)p->names_len};
    if (*slot != 0) {
        made->next = p->name[*slot - 1].next;
        p->name[*slot - 1].next = (uint32_t)p->names_len;
    }
    *slot = (uint32_t)p->names_len;
    return EDHOC_OK;
}

edhoc_err pins_add_names(struct pins *p, struct bytes principals)
{
    uint32_t n = (uint32_t)p->len;
    struct pattern pattern;
    bool wild = false;
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && match_next(&principals, &pattern)) {
        wild |= memchr(pattern.text.p, '*', pattern.text.len) != NULL ||
                memchr(pattern.text.p, '?', pattern.text.len) != NULL;
        if (!pattern.negated)
            err = add_name(p, n, pattern.text);
    }
    return err == EDHOC_OK && wild ? pin_numbers_add(&p->wild, n) : err;
}

/* Does the line say what the other does, but for the comment? */
static bool says_the_same(const struct pins *p, uint32_t n, uint32_t other)
{
    struct bytes a = pins_line_text(p, n), b = pins_line_text(p, other);
    struct trust_terms of_a, of_b;
    size_t len;

    pins_terms(p, n, &of_a);
    pins_terms(p, other, &of_b);
    len = (size_t)(of_a.key_word.p + of_a.key_word.len - a.p);
    return len == (size_t)(of_b.key_word.p + of_b.key_word.len - b.p) && memcmp(a.p, b.p, len) == 0;
}

static void link_kid(struct pins *p, uint32_t n)
{
    struct wanted w = {.p = p, .kid = bytes_of(p->pin[n - 1].kid, CRED_KID_LENGTH)};
    uint32_t *at = pin_table_slot(&p->kids, kid_hash(p, n), has_kid, &w);

    while (*at != 0 && !pins_same_key(p, *at, p, n))
        at = &p->pin[*at - 1].kid_next;
    if (*at == 0)
        *at = n;
}

/* `slot` is that of its key. */
static void link_key(struct pins *p, uint32_t *slot, uint32_t n)
{
    p->pin[n - 1].key_next = n;
    if (*slot != 0) {
        p->pin[n - 1].key_next = p->pin[*slot - 1].key_next;
        p->pin[*slot - 1].key_next = n;
    }
    *slot = n;
}

edhoc_err pins_add_key(struct pins *p, const struct ssh_point *point)
{
    uint32_t n = (uint32_t)p->len;
    struct pinned *pin = &p->pin[n - 1];
    struct wanted w = {.p = p,
                       .hash = hash_of_key(p, point->type->curve, point->x),
                       .curve = point->type->curve,
                       .x = point->x};
    uint8_t thumbprint[32];
    edhoc_err err = cred_thumbprint_of(point->type, point->x, point->y, thumbprint);
    uint32_t *slot;

    if (err != EDHOC_OK)
        return err;
    memcpy(pin->kid, thumbprint, CRED_KID_LENGTH);
    pin->type = (uint8_t)(point->type - keytypes);
    pin->key_hash = w.hash;
    slot = pin_table_slot(&p->keys, w.hash, has_key, &w);
    pin->other_use = *slot != 0 && pins_type(p, *slot)->dh != point->type->dh;
    if (pin->other_use) {
        pin->kind = PIN_TAKEN;
        return pin_numbers_add(&p->others, n);
    }
    pin->again = *slot != 0 && says_the_same(p, n, *slot);
    if (pin->again)
        return EDHOC_OK;
    link_key(p, slot, n);
    link_kid(p, n);
    return EDHOC_OK;
}
