/* Trust lines that a test puts together field by field, as a file would have them. */
#ifndef TESTS_LIB_PIN_LINE_H
#define TESTS_LIB_PIN_LINE_H

#include "peer/trust.h"

/* Writes the line (its key, or its CA's) as text, and adds that to the trust as line->line of
 * line->file. Takes the line over. EDHOC_ERR_TRUST_SYNTAX where its key is there for the other use. */
edhoc_err pin_line(struct trust *t, struct trust_line *line) EDHOC_MUST_USE;
/* Adds a line for these roles that cannot be understood: its key is not base64. */
void pin_broken(struct trust *t, const char *principals, unsigned roles, const char *file,
                unsigned number);

#endif
