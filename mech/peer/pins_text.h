/* What is known of the lines of a trust file, and what they say. */
#ifndef MECH_PINS_TEXT_H
#define MECH_PINS_TEXT_H

#include "base/bytes.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "peer/trust_line.h"
#include "peer/trust_place.h"

enum pin_kind {
    PIN_KEY,
    PIN_CA,
    PIN_TAKEN, /* it cannot be understood, and its names are taken */
    PIN_PASSED /* for somebody else */
};

/* What is known of a line without reading it. */
struct pinned {
    uint32_t at;       /* where it begins in the text */
    uint32_t number;   /* in the file */
    uint32_t key_hash; /* PIN_KEY: of the key */
    uint32_t key_next; /* the next line with the key; of the last one, the first */
    uint32_t kid_next; /* another key with the same kid */
    uint8_t kid[CRED_KID_LENGTH];
    uint8_t kind; /* enum pin_kind */
    uint8_t type; /* PIN_KEY: the row of keytypes */
    uint8_t roles;
    bool again : 1; /* the same names, options and key as on a line before it: not in the index */
    bool other_use : 1; /* PIN_TAKEN: because the key has another use on a line before it */
};

struct pins;

size_t pins_count(const struct pins *p); /* of all lines */
const struct pinned *pins_at(const struct pins *p, uint32_t n);
const struct keytype *pins_type(const struct pins *p, uint32_t n); /* of a PIN_KEY */
void pins_place(const struct pins *p, uint32_t n, struct trust_place *at);
/* The numbers of all lines but those of kind PIN_KEY, in order; and of the CA lines. */
const uint32_t *pins_others(const struct pins *p, size_t *count);
const uint32_t *pins_cas(const struct pins *p, size_t *count);

/* The principals of any line; all terms of one that is PIN_KEY or PIN_CA. */
struct bytes pins_principals(const struct pins *p, uint32_t n);
void pins_terms(const struct pins *p, uint32_t n, struct trust_terms *terms);
/* The text of any line, without its end; the point of one that is PIN_KEY. */
struct bytes pins_line_text(const struct pins *p, uint32_t n);
void pins_point(const struct pins *p, uint32_t n, struct trust_point *point);

#endif
