/* The lines of a trust file, from inside (pins.h). */
#ifndef MECH_PINS_INSIDE_H
#define MECH_PINS_INSIDE_H

#include "base/keyed_hash.h"
#include "peer/pin_table.h"
#include "peer/pins_text.h"
#include "peer/trust_line.h"

#include <stdatomic.h>

/* A name on a line. */
struct pin_name {
    uint32_t line;
    uint32_t hash; /* of the folded name */
    uint32_t next; /* the next line with it; of the last one, the first. 1 + an index */
};

struct pin_numbers {
    uint32_t *n;
    size_t len, cap;
};

struct pins {
    struct buf text;
    char *file;
    struct keyed_hash hash;
    struct pinned *pin;
    struct trust_line *_Atomic *made; /* of each; NULL: not yet */
    size_t len, cap;
    struct pin_name *name;
    size_t names_len, names_cap;
    struct pin_table kids, keys, names; /* of lines, lines, and 1 + indexes of `name` */
    struct pin_numbers wild, others, cas;
};

#endif
