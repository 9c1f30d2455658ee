/* One side of a handshake that is tried, with the settings that programs have; and what there is to
 * say of it, on standard output. */
#ifndef COMMAND_TRY_SIDE_H
#define COMMAND_TRY_SIDE_H

#include "base/bytes.h"
#include "base/report.h"

struct try_side;

/* Loads keys and trust, and says which. Of an initiator, `name` is whom it wants; of a responder its
 * own, or NULL for any that its keys have. The errors of load.h, party.h and edhoc.h. */
edhoc_err try_side_new(bool initiator, const char *name, struct try_side **out) EDHOC_MUST_USE;
void try_side_free(struct try_side *side); /* NULL is fine */

/* Takes a message, none at the initiator's start, makes the answer, and says what was learnt. After
 * a failure `out` is an error message for the peer, or empty. */
edhoc_err try_side_step(struct try_side *side, struct bytes in, struct buf *out) EDHOC_MUST_USE;
bool try_side_done(const struct try_side *side);
/* Says an error as this side's, and returns TOOL_FAILED. */
int try_side_fail(bool initiator, edhoc_err err);

#endif
