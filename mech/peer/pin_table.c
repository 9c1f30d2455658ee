#include "peer/pin_table.h"

#include <stdlib.h>

#include "base/bytes.h"

void pin_table_free(struct pin_table *t)
{
    free(t->slot);
    *t = (struct pin_table){NULL, 0};
}

/* A table always has empty slots. */
static uint32_t *probe(const struct pin_table *t, uint32_t hash, pin_table_same *same,
                       const void *arg)
{
    size_t at = hash & (t->slots - 1);

    while (t->slot[at] != 0 && (same == NULL || !same(arg, t->slot[at])))
        at = (at + 1) & (t->slots - 1);
    return &t->slot[at];
}

bool pin_table_reserve(struct pin_table *t, size_t count, pin_table_hash *hash, const void *arg)
{
    struct pin_table wider = {NULL, t->slots > 0 ? t->slots : 16};

    if (t->slots > 0 && count <= t->slots / 4 * 3)
        return true;
    while (wider.slots / 4 * 3 < count)
        wider.slots *= 2;
    wider.slot = calloc(wider.slots, sizeof(*wider.slot));
    if (wider.slot == NULL)
        return false;
    for (size_t i = 0; i < t->slots; i++)
        if (t->slot[i] != 0)
            *probe(&wider, hash(arg, t->slot[i]), NULL, NULL) = t->slot[i];
    free(t->slot);
    *t = wider;
    return true;
}

uint32_t pin_table_find(const struct pin_table *t, uint32_t hash, pin_table_same *same,
                        const void *arg)
{
    return t->slots > 0 ? *probe(t, hash, same, arg) : 0;
}

uint32_t *pin_table_slot(struct pin_table *t, uint32_t hash, pin_table_same *same, const void *arg)
{
    return probe(t, hash, same, arg);
}
