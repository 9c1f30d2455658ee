/* The index of the lines of a trust file: by kid, by key, and by name. */
#ifndef MECH_PINS_INDEX_H
#define MECH_PINS_INDEX_H

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/pins_text.h"

/* The first line with this kid; pin->kid_next goes on. */
uint32_t pins_find_kid(const struct pins *p, struct bytes kid);
/* The first line with this x on this curve, whatever its use and y; pin->key_next goes on, and comes
 * back to it. */
uint32_t pins_find_key(const struct pins *p, enum cose_curve curve, struct bytes x);
/* The same of the key on a line of `q`. */
uint32_t pins_find_key_of(const struct pins *p, const struct pins *q, uint32_t m);
/* Have they the same key, y and all? */
bool pins_is_key(const struct pins *p, uint32_t n, const struct cred *c);
bool pins_is_point(const struct pins *p, uint32_t n, const struct ssh_point *point);
bool pins_same_key(const struct pins *p, uint32_t n, const struct pins *q, uint32_t m);

/* The lines that may name somebody: that have the name in any spelling (name_same_folded), and those
 * with wildcards. All kinds but PIN_PASSED. */
struct pins_names {
    uint32_t next, last;
    size_t wild;
};
void pins_names_begin(const struct pins *p, struct bytes name, struct pins_names *at);
uint32_t pins_names_next(const struct pins *p, struct pins_names *at);

/* ---- for whoever fills it ---- */

/* Room for so many lines more, each with one name; else EDHOC_ERR_NOMEM. */
edhoc_err pins_reserve(struct pins *p, size_t more) EDHOC_MUST_USE;
/* Adds the last line, a PIN_KEY. A key has one use, that of its first line (pinned under both, it
 * would be the peer's choice which one counts): a line for the other one becomes PIN_TAKEN. */
edhoc_err pins_add_key(struct pins *p, const struct ssh_point *point) EDHOC_MUST_USE;
/* Adds its names. */
edhoc_err pins_add_names(struct pins *p, struct bytes principals) EDHOC_MUST_USE;
/* Appends a number to a list. */
struct pin_numbers;
edhoc_err pin_numbers_add(struct pin_numbers *list, uint32_t n) EDHOC_MUST_USE;

#endif
