/* What costs much to verify and was verified: the signature in an OpenSSH certificate, a chain of X.509
 * certificates. By SHA-256, bounded, and nothing beyond its end. What it says is judged each time.
 *
 * For use by several threads, and by a child that was forked while another thread was in here: there is
 * no lock. */
#ifndef MECH_VERIFIED_H
#define MECH_VERIFIED_H

#include "base/bytes.h"
#include "base/report.h"

struct verified;

/* Has room for this many, a multiple of 8. EDHOC_ERR_NOMEM. */
edhoc_err verified_new(size_t entries, struct verified **out) EDHOC_MUST_USE;
void verified_free(struct verified *v); /* NULL is fine */
/* Is this hash remembered, and good at `now`? *value is then what was added with it; may be NULL. */
bool verified_has(const struct verified *v, const uint8_t hash[32], int64_t now, int64_t *value);
/* Remembers it, as good in now <= time < until, instead of one that has expired or, failing that, of
 * any other. */
void verified_add(struct verified *v, const uint8_t hash[32], int64_t now, int64_t until,
                  int64_t value);

#endif
