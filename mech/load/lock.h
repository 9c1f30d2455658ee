/* The one lock of mech/load, which a fork cannot leave locked: the child of a process in which
 * another thread held it gets a new one. So whatever it guards has to be in order after every
 * single store, and no I/O is done under it. */
#ifndef MECH_LOAD_LOCK_H
#define MECH_LOAD_LOCK_H

#include "base/err.h"

#include <stdint.h>

struct lock;

/* *held is for the other functions. EDHOC_ERR_NOMEM, EDHOC_ERR_CRYPTO: not locked. */
edhoc_err lock_enter(struct lock **held) EDHOC_MUST_USE;
void lock_leave(struct lock *held);
/* After lock_leave(), in the same process: one that is there already does not fail. */
void lock_again(struct lock *held);
/* Lets others in until one of them calls lock_wake(), or for no reason. */
void lock_wait(struct lock *held);
void lock_wake(struct lock *held);
/* The number of this process (fork_generation). */
uint64_t lock_generation(const struct lock *held);

#endif
