/* External authorization data (RFC 9528 section 3.8): a CBOR sequence of items, each a label and
 * perhaps a value. A negative label makes an item critical; label 0 is padding. */
#ifndef MECH_EAD_H
#define MECH_EAD_H

#include "base/cbor.h"
#include "base/bytes.h"
#include "base/report.h"

struct ead_item {
    uint64_t label; /* |ead_label| */
    bool critical;
    bool has_value;
    struct bytes value;
};

void ead_put(struct buf *out, uint64_t label, bool critical, struct bytes value);
/* The next item; false at the end or when the field is malformed (then r->failed). */
bool ead_next(struct cbor_reader *r, struct ead_item *item);
/* Looks through a field for the one item that the caller knows. Padding and unknown non-critical
 * items are passed over; an unknown critical one is EDHOC_ERR_EAD_CRITICAL; a field that is no
 * sequence of items EDHOC_ERR_MALFORMED; the known item twice EDHOC_ERR_EAD_ITEM. `label` 0 means
 * that the caller knows none. */
edhoc_err ead_find(struct bytes field, uint64_t label, struct ead_item *item,
                   bool *found) EDHOC_MUST_USE;

#endif
