/* The lines of one trust file: one copy of its text, what an index needs of each line, and the index.
 * A line's key is made when it is first needed, and then kept. Filled by one thread, then shared by
 * all and only read.
 *
 * Lines have numbers here, from 1 on in their order; 0 is none. (These are not the numbers of the
 * file, where comments count too.) */
#ifndef MECH_PINS_H
#define MECH_PINS_H

#include "base/bytes.h"
#include "base/report.h"
#include "peer/pins_text.h"

edhoc_err pins_new(struct pins **out) EDHOC_MUST_USE;
void pins_free(struct pins *p); /* NULL is fine */
/* Reads a text, whose first line is number `first` of the file, and takes it over. Where it cannot be
 * told whom a line names, EDHOC_ERR_TRUST_SYNTAX: what was read so far is then of no use. */
edhoc_err pins_read(struct pins *p, struct buf *text, const char *file,
                    unsigned first) EDHOC_MUST_USE;

/* Makes the keys of all lines; those whose points are not on their curves become PIN_TAKEN. */
edhoc_err pins_examine(struct pins *p) EDHOC_MUST_USE;

#endif
