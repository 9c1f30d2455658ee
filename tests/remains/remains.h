/* What of a session's secrets is in this process's memory: each secret is noted when it is made (by the
 * linker's --wrap, see remains.c), as a copy that is masked, so that the copy is not what is found; then all
 * memory that can be written is read and searched for any eight bytes in a row of any of them. */
#ifndef TESTS_REMAINS_REMAINS_H
#define TESTS_REMAINS_REMAINS_H

#include "base/bytes.h"

/* Forgets what was noted, and the stacks. */
void remains_reset(void);
/* From now on, secrets that are made are noted, or not. */
void remains_watch(bool on);
/* Notes one. */
void remains_note(const char *name, struct bytes secret);
/* How many secrets of a name there are. */
unsigned remains_noted(const char *name);
/* Searches. What is there beside those that may be, by name and place; "" where there is nothing. `may_be`:
 * names; NULL ends it. Good until the next call. */
const char *remains_beside(const char *const may_be[]);
/* How many of a name the last search found. */
unsigned remains_found(const char *name);

/* Calls it on a stack of its own, which stays as it is until remains_reset(): what comes after must not
 * happen to overwrite what was left there. Steps of a session, and keys that are read, are called so by
 * themselves (--wrap). */
void remains_on_new_stack(void (*run)(void *arg), void *arg);

#endif
