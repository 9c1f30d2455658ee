/* OpenSSH certificates whose CA's signature has verified, by hash: so that each costs a signature
 * check once. A good signature stays good; what a certificate says is judged each time. Bounded, and
 * nothing is kept beyond a certificate's end. For use by several threads. */
#ifndef MECH_SSH_MEMORY_H
#define MECH_SSH_MEMORY_H

#include "base/bytes.h"
#include "base/report.h"

#define SSH_MEMORY_MAX 32768 /* certificates */

struct ssh_memory;

edhoc_err ssh_memory_new(struct ssh_memory **out) EDHOC_MUST_USE;
void ssh_memory_free(struct ssh_memory *m); /* NULL is fine */
/* Is the certificate with this SHA-256 remembered, at `now`? */
bool ssh_memory_has(struct ssh_memory *m, const uint8_t hash[32], int64_t now);
/* Remembers it until then, instead of one that has expired or, failing that, of any other. */
void ssh_memory_add(struct ssh_memory *m, const uint8_t hash[32], int64_t now, int64_t until);

#endif
