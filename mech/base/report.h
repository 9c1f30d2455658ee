/* The story of the last failure, per thread: what differs from case to case (which file, which
 * line, which name, what to do), as a text that is kept in the thread that failed until its next
 * failure. No secret ever goes into it. */
#ifndef MECH_REPORT_H
#define MECH_REPORT_H

#include "base/bytes.h"
#include "base/err.h"

/* Remembers, for this thread, what went wrong, and returns `err`. The text follows the error's own
 * sentence after a colon; control characters and what is no UTF-8 become '?'. */
edhoc_err report(edhoc_err err, const char *format, ...)
    __attribute__((format(printf, 2, 3))) EDHOC_MUST_USE;

#ifdef ANALYZER
/* Static analyzers do not look into another file: that it returns what it is given they must be told. */
#define report(err, ...) ((void)(report)(err, __VA_ARGS__), (err))
#endif

/* The sentence of an error; NULL for a number that is none. Static. */
const char *report_sentence(edhoc_err err);
/* The details this thread last reported for `err`, or "". Good until the thread's next report. */
const char *report_details(edhoc_err err);
/* Forgets the details: called where an error was handled and must not be told later. */
void report_clear(void);

#endif
