/* The EAD item "GSS-API" of the application profile (doc/mechanism.md, "Context tokens"): what the
 * mechanism adds to EDHOC's messages. Labels and layouts only; what follows from them is decided in
 * gss_api.c.
 *
 *     message_1   [ target : tstr / null, options : uint ]
 *     message_3   [ flags : uint, bindings : bstr / null, target : tstr / null ]
 *     message_4   [ flags : uint ]
 */
#ifndef MECH_PROFILE_ITEM_H
#define MECH_PROFILE_ITEM_H

#include "base/bytes.h"
#include "base/report.h"

#define PROFILE_EAD_LABEL      65351 /* doc/mechanism.md requests its registration */
#define PROFILE_TARGET_MAX     255
#define PROFILE_OPTION_CONFIRM 1u

struct profile_item {
    int message;           /* 1, 3 or 4 */
    struct bytes target;   /* 1 and 3; empty = null */
    uint64_t options;      /* 1 */
    uint64_t flags;        /* 3 and 4 */
    bool has_bindings;     /* 3 */
    struct bytes bindings; /* 3: a hash */
};

/* Is this a target that may travel: service@host with the host in lower case and no dot at its end,
 * or a name without @; 1 to PROFILE_TARGET_MAX bytes, no control characters? */
bool item_target_ok(struct bytes target);
/* Appends the item for item->message to an EAD field. */
void item_put(const struct profile_item *item, struct buf *ead);
/* Reads the one item that an EAD field of this message must have; message_2 must have none. Views
 * into `ead`. EDHOC_ERR_EAD_ITEM and what ead_find says. */
edhoc_err item_read(int message, struct bytes ead, struct profile_item *out) EDHOC_MUST_USE;

#endif
