/* The lines of a trust file as a whole, made when they are needed, and what there is to tell of those
 * that do not count. */
#ifndef MECH_PINS_LINE_H
#define MECH_PINS_LINE_H

#include "base/report.h"
#include "peer/pins_text.h"
#include "peer/trust_line.h"

/* The line as a whole, of one that is PIN_KEY or PIN_CA: with `fault` where its point is not on its
 * curve. Valid as long as `p`. Fails for want of memory or of libcrypto only. */
edhoc_err pins_line(const struct pins *p, uint32_t n, const struct trust_line **out) EDHOC_MUST_USE;

#define PINS_STORY_MAX 900

/* "FILE line N: RULE" of a line that does not count. */
void pins_story(const struct pins *p, uint32_t n, char story[PINS_STORY_MAX]);
/* The same of a line whose key is pinned for the other use on line `m` of `q`. */
void pins_story_of_use(const struct pins *p, uint32_t n, const struct pins *q, uint32_t m,
                       char story[PINS_STORY_MAX]);

#endif
