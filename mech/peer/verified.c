#include "peer/verified.h"

#include "base/bytes.h"
#include "base/report.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8 /* a hash may stand in this many places */

enum { FROM, UNTIL, VALUE, NUMBERS };
enum { WORDS = 4 }; /* of a hash */

/* The last words of the hash are XORed with the numbers. So whoever reads an entry while another thread
 * writes it, or one that a fork has cut short, finds a hash that is nobody's. */
struct entry {
    _Atomic uint64_t word[WORDS];
    _Atomic int64_t number[NUMBERS]; /* all 0: empty */
};

struct verified {
    size_t sets;
    struct entry entry[]; /* pages that nobody uses are nobody's memory */
};

/* What is to be written, or was read. */
struct record {
    uint64_t word[WORDS];
    int64_t number[NUMBERS];
};

edhoc_err verified_new(size_t entries, struct verified **out)
{
    *out = calloc(1, sizeof(**out) + entries * sizeof((*out)->entry[0]));
    if (*out == NULL)
        return EDHOC_ERR_NOMEM;
    (*out)->sets = entries / WAYS;
    return EDHOC_OK;
}

void verified_free(struct verified *v)
{
    free(v);
}

static size_t first_place(const struct verified *v, const uint8_t hash[32])
{
    return ((size_t)hash[0] << 8 | hash[1]) % v->sets * WAYS;
}

static struct record load(const struct entry *entry)
{
    struct record r;

    for (size_t i = 0; i < WORDS; i++)
        r.word[i] = atomic_load_explicit(&entry->word[i], memory_order_relaxed);
    for (size_t i = 0; i < NUMBERS; i++) {
        r.number[i] = atomic_load_explicit(&entry->number[i], memory_order_relaxed);
        r.word[1 + i] ^= (uint64_t)r.number[i];
    }
    return r;
}

static void store(struct entry *entry, const struct record *r)
{
    for (size_t i = 0; i < NUMBERS; i++)
        atomic_store_explicit(&entry->number[i], r->number[i], memory_order_relaxed);
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t mask = i > 0 ? (uint64_t)r->number[i - 1] : 0;

        atomic_store_explicit(&entry->word[i], r->word[i] ^ mask, memory_order_relaxed);
    }
}

static bool is_of(const struct record *r, const uint8_t hash[32])
{
    return memcmp(r->word, hash, sizeof(r->word)) == 0;
}

bool verified_has(const struct verified *v, const uint8_t hash[32], int64_t now, int64_t *value)
{
    const struct entry *set = &v->entry[first_place(v, hash)];

    for (size_t i = 0; i < WAYS; i++) {
        struct record r = load(&set[i]);

        if (!is_of(&r, hash) || now < r.number[FROM] || now >= r.number[UNTIL])
            continue;
        if (value != NULL)
            *value = r.number[VALUE];
        return true;
    }
    return false;
}

void verified_add(struct verified *v, const uint8_t hash[32], int64_t now, int64_t until,
                  int64_t value)
{
    struct entry *set = &v->entry[first_place(v, hash)], *expired = NULL, *same = NULL;
    struct record added = {.number = {now, until, value}};

    memcpy(added.word, hash, sizeof(added.word));
    for (size_t i = 0; i < WAYS; i++) {
        struct record there = load(&set[i]);

        if (there.number[UNTIL] <= now)
            expired = &set[i];
        if (is_of(&there, hash))
            same = &set[i];
    }
    store(same != NULL ? same : expired != NULL ? expired : &set[hash[2] % WAYS], &added);
}
