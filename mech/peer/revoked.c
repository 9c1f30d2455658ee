#include "peer/revoked.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "peer/ssh_cert.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BLOB_MAX 512 /* bytes of the blob of a key of ours */

/* A growing array. */
struct list {
    void *item;
    size_t len, room;
};

struct range {
    uint64_t first, last;
};

struct bitmap {
    uint64_t offset;
    struct bytes bits;
};

/* What one section says of the certificates of one CA, or of all. */
struct section {
    bool any;
    uint8_t ca[32];      /* SHA-256 of the blob, unless `any` */
    struct list ranges;  /* struct range; sorted, and apart from one another */
    struct list bitmaps; /* struct bitmap */
    struct list key_ids; /* struct bytes; sorted */
};

struct revoked {
    atomic_uint refs;
    char *path;
    struct buf text;
    struct list sha256, sha1; /* fingerprints of keys; sorted */
    struct list sections;     /* struct section */
    edhoc_err err;            /* of adding */
};

/* ---- lists ---- */

/* Appends a copy of an item; NULL when there is no memory. */
static void *append(struct revoked *r, struct list *list, const void *item, size_t size)
{
    if (list->len == list->room) {
        size_t room = list->room > 0 ? 2 * list->room : 16;
        void *grown = reallocarray(list->item, room, size);

        if (grown == NULL) {
            r->err = EDHOC_ERR_NOMEM;
            return NULL;
        }
        list->item = grown;
        list->room = room;
    }
    return memcpy((uint8_t *)list->item + size * list->len++, item, size);
}

static void sort(struct list *list, size_t size, int (*compare)(const void *, const void *))
{
    if (list->len > 1)
        qsort(list->item, list->len, size, compare);
}

static bool contains(const struct list *list, const void *item, size_t size,
                     int (*compare)(const void *, const void *))
{
    return list->len > 0 && bsearch(item, list->item, list->len, size, compare) != NULL;
}

static int compare_sha256(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static int compare_sha1(const void *a, const void *b)
{
    return memcmp(a, b, 20);
}

static int compare_bytes(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static int compare_first(const void *a, const void *b)
{
    uint64_t x = ((const struct range *)a)->first, y = ((const struct range *)b)->first;

    return (x > y) - (x < y);
}

/* A range of one number is searched for among ranges that do not overlap. */
static int compare_within(const void *number, const void *range)
{
    uint64_t n = ((const struct range *)number)->first;
    const struct range *r = range;

    return (n > r->last) - (n < r->first);
}

/* ---- life ---- */

edhoc_err revoked_new(struct bytes text, const char *path, struct revoked **out)
{
    struct revoked *r = calloc(1, sizeof(*r));

    *out = NULL;
    if (r == NULL)
        return EDHOC_ERR_NOMEM;
    atomic_init(&r->refs, 1);
    r->text = buf_new(text.len);
    buf_put(&r->text, text);
    r->path = strdup(path);
    if (r->path == NULL || buf_err(&r->text) != EDHOC_OK) {
        revoked_free(r);
        return EDHOC_ERR_NOMEM;
    }
    *out = r;
    return EDHOC_OK;
}

struct bytes revoked_text(const struct revoked *r)
{
    return buf_bytes(&r->text);
}

struct revoked *revoked_ref(struct revoked *r)
{
    if (r != NULL)
        atomic_fetch_add(&r->refs, 1);
    return r;
}

void revoked_free(struct revoked *r)
{
    struct section *section;

    if (r == NULL || atomic_fetch_sub(&r->refs, 1) != 1)
        return;
    section = r->sections.item;
    for (size_t i = 0; i < r->sections.len; i++) {
        free(section[i].ranges.item);
        free(section[i].bitmaps.item);
        free(section[i].key_ids.item);
    }
    free(r->sections.item);
    free(r->sha256.item);
    free(r->sha1.item);
    buf_free(&r->text);
    free(r->path);
    free(r);
}

/* ---- adding ---- */

void revoked_add_key(struct revoked *r, struct bytes blob)
{
    uint8_t hash[32];
    edhoc_err err = crypto_sha256(blob, hash);

    if (err == EDHOC_OK)
        revoked_add_sha256(r, hash);
    else
        r->err = err;
}

void revoked_add_sha256(struct revoked *r, const uint8_t hash[32])
{
    (void)append(r, &r->sha256, hash, 32);
}

void revoked_add_sha1(struct revoked *r, const uint8_t hash[20])
{
    (void)append(r, &r->sha1, hash, 20);
}

void revoked_add_ca(struct revoked *r, struct bytes ca)
{
    struct section section = {.any = ca.len == 0};
    edhoc_err err = crypto_sha256(ca, section.ca);

    if (err != EDHOC_OK)
        r->err = err;
    (void)append(r, &r->sections, &section, sizeof(section));
}

/* The one that was begun last; NULL when it could not be. */
static struct section *current(struct revoked *r)
{
    return r->err == EDHOC_OK ? (struct section *)r->sections.item + r->sections.len - 1 : NULL;
}

void revoked_add_serials(struct revoked *r, uint64_t first, uint64_t last)
{
    struct section *section = current(r);
    struct range range = {first, last};

    if (section != NULL)
        (void)append(r, &section->ranges, &range, sizeof(range));
}

void revoked_add_bitmap(struct revoked *r, uint64_t offset, struct bytes bits)
{
    struct section *section = current(r);
    struct bitmap bitmap = {offset, bits};

    if (section != NULL)
        (void)append(r, &section->bitmaps, &bitmap, sizeof(bitmap));
}

void revoked_add_key_id(struct revoked *r, struct bytes key_id)
{
    struct section *section = current(r);

    if (section != NULL)
        (void)append(r, &section->key_ids, &key_id, sizeof(key_id));
}

/* Ranges that overlap become one, so that a search finds the only one that can have a number. */
static void merge(struct list *ranges)
{
    struct range *range = ranges->item;
    size_t len = 0;

    sort(ranges, sizeof(*range), compare_first);
    for (size_t i = 0; i < ranges->len; i++) {
        if (len > 0 && range[i].first <= range[len - 1].last) {
            if (range[i].last > range[len - 1].last)
                range[len - 1].last = range[i].last;
        } else {
            range[len++] = range[i];
        }
    }
    ranges->len = len;
}

edhoc_err revoked_finish(struct revoked *r)
{
    struct section *section = r->sections.item;

    sort(&r->sha256, 32, compare_sha256);
    sort(&r->sha1, 20, compare_sha1);
    for (size_t i = 0; i < r->sections.len; i++) {
        merge(&section[i].ranges);
        sort(&section[i].key_ids, sizeof(struct bytes), compare_bytes);
    }
    return r->err;
}

/* ---- keys ---- */

static edhoc_err find_blob(const struct revoked *r, struct bytes blob, bool *found)
{
    uint8_t hash[32];
    edhoc_err err = crypto_sha256(blob, hash);

    *found = err == EDHOC_OK && contains(&r->sha256, hash, 32, compare_sha256);
    if (err != EDHOC_OK || *found || r->sha1.len == 0)
        return err;
    err = crypto_sha1(blob, hash);
    *found = err == EDHOC_OK && contains(&r->sha1, hash, 20, compare_sha1);
    return err;
}

/* Under the name of one of its uses, if its curve has that use. */
static edhoc_err find_use(const struct revoked *r, const struct key *key, bool dh, bool *found)
{
    const struct keytype *type = keytype_by_curve(key_type(key)->curve, dh);
    struct buf blob = buf_new(BLOB_MAX);
    edhoc_err err;

    *found = false;
    if (type == NULL)
        return EDHOC_OK;
    ssh_blob_put_as(key, type, &blob);
    err = buf_err(&blob);
    if (err == EDHOC_OK)
        err = find_blob(r, buf_bytes(&blob), found);
    buf_free(&blob);
    return err;
}

static edhoc_err find_key(const struct revoked *r, const struct key *key, bool *found)
{
    edhoc_err err = find_use(r, key, false, found);

    return err == EDHOC_OK && !*found ? find_use(r, key, true, found) : err;
}

edhoc_err revoked_key(const struct revoked *r, const struct key *key)
{
    bool found = false;
    edhoc_err err = r != NULL ? find_key(r, key, &found) : EDHOC_OK;

    if (err == EDHOC_OK && found)
        err = report(EDHOC_ERR_KEY_REVOKED, "the peer's %s key is listed in %s",
                     key_type(key)->ssh_name, r->path);
    return err;
}

/* A CA's key may be of a kind that is not ours (RSA), and is then its blob. */
static edhoc_err find_ca(const struct revoked *r, struct bytes ca, bool *found)
{
    struct key *key;
    edhoc_err err = ssh_blob_read(ca, &key);

    if (err == EDHOC_ERR_KEY_FORMAT)
        return find_blob(r, ca, found);
    if (err == EDHOC_OK)
        err = find_key(r, key, found);
    key_free(key);
    return err;
}

/* ---- certificates ---- */

static bool has_bit(const struct bitmap *b, uint64_t serial)
{
    uint64_t bit = serial - b->offset;

    if (serial < b->offset || bit / 8 >= b->bits.len)
        return false;
    return (b->bits.p[b->bits.len - 1 - bit / 8] >> bit % 8 & 1) != 0;
}

static bool has_serial(const struct section *s, uint64_t serial)
{
    const struct bitmap *bitmap = s->bitmaps.item;
    struct range number = {serial, serial};

    if (serial == 0) /* "not numbered" */
        return false;
    for (size_t i = 0; i < s->bitmaps.len; i++)
        if (has_bit(&bitmap[i], serial))
            return true;
    return contains(&s->ranges, &number, sizeof(number), compare_within);
}

static edhoc_err check_sections(const struct revoked *r, const struct ssh_cert *c)
{
    const struct section *section = r->sections.item;
    uint8_t ca[32];
    edhoc_err err = crypto_sha256(c->ca, ca);

    for (size_t i = 0; i < r->sections.len && err == EDHOC_OK; i++) {
        if (!section[i].any && memcmp(section[i].ca, ca, 32) != 0)
            continue;
        if (has_serial(&section[i], c->serial))
            err = report(EDHOC_ERR_CERT_REVOKED, "serial number %" PRIu64 " is listed in %s",
                         c->serial, r->path);
        else if (contains(&section[i].key_ids, &c->key_id, sizeof(c->key_id), compare_bytes))
            err = report(EDHOC_ERR_CERT_REVOKED, "its key id is listed in %s", r->path);
    }
    return err;
}

edhoc_err revoked_certificate(const struct revoked *r, const struct ssh_cert *c)
{
    bool found = false;
    edhoc_err err = r != NULL ? find_ca(r, c->ca, &found) : EDHOC_OK;

    if (err != EDHOC_OK || r == NULL)
        return err;
    if (found)
        return report(EDHOC_ERR_CERT_REVOKED, "the key of its CA is listed in %s", r->path);
    return check_sections(r, c);
}
