/* Makes things fail: the n-th allocation of ours or of libcrypto's, the n-th call of libcrypto, of the
 * system. The product's own calls come here by the linker's --wrap; libcrypto's allocations by its
 * CRYPTO_set_mem_functions(). For one thread. */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_family {
    FAULT_MEMORY,        /* ours */
    FAULT_CRYPTO_MEMORY, /* libcrypto's */
    FAULT_CRYPTO,        /* what libcrypto does */
    FAULT_SYSTEM,        /* files, sockets, entropy, locks */
    FAULT_INTERRUPT,     /* EINTR, where a call may answer that */
    FAULT_FAMILIES
};
extern const char *const fault_families[FAULT_FAMILIES];

/* Before libcrypto allocates anything. */
void faults_install(void);
/* Call number `n` of this family, from 0, will fail, once; the others do not. */
void faults_arm(enum fault_family family, long n);
void faults_disarm(void);
/* How many calls of a family there were since the last of those two. */
long faults_seen(enum fault_family family);
/* The function that failed, or NULL where none has. */
const char *faults_fired(void);

/* Blocks of memory that the product and libcrypto have at the moment. */
size_t faults_blocks(void);
/* Puts the call stacks of the fault, and of whoever made the blocks that there are, to standard error,
 * if the environment has FAULT_TRACE. */
void faults_tell(void);

/* Milliseconds that pass at once, on the clocks that the product looks at. */
void faults_pass(int64_t ms);

#endif
