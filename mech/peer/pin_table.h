/* Numbers by the hash of what they stand for: open addressing. A number is not 0. Who is asked for
 * what a number stands for is the table's owner. */
#ifndef MECH_PIN_TABLE_H
#define MECH_PIN_TABLE_H

#include "base/bytes.h"

struct pin_table {
    uint32_t *slot; /* 0: empty */
    size_t slots;   /* a power of two, or 0 */
};

/* Does the number stand for what is looked for? */
typedef bool pin_table_same(const void *arg, uint32_t number);
/* The hash of what it stands for. */
typedef uint32_t pin_table_hash(const void *arg, uint32_t number);

void pin_table_free(struct pin_table *t);
/* Makes room for so many in all; false when there is no memory. */
bool pin_table_reserve(struct pin_table *t, size_t count, pin_table_hash *hash,
                       const void *arg) EDHOC_MUST_USE;
/* 0: it is not there. */
uint32_t pin_table_find(const struct pin_table *t, uint32_t hash, pin_table_same *same,
                        const void *arg);
/* Where it is, or else where it is to be put now. There must be room. */
uint32_t *pin_table_slot(struct pin_table *t, uint32_t hash, pin_table_same *same, const void *arg);

#endif
