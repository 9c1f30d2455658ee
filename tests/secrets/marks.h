/* Secrets as memory without a value, as ctgrind has it: memcheck, valgrind's tool, then reports each
 * branch and each address of ours that depends on one, and each that is written to a file. A place that
 * tells how long something takes is such a branch.
 *
 * libcrypto is not ours: marks.c stands between it and us (the linker's --wrap). It gives libcrypto
 * copies without marks, and marks what comes back where that is a secret:
 *
 *     shared secrets, MACs and what is derived by them, what is decrypted, hashes of secrets
 *
 * What libcrypto gives away is no secret: ciphertexts and tags, signatures, public keys. And these are
 * none any more, by decision:
 *
 *     the verdict of CRYPTO_memcmp     the peer learns it
 *     PLAINTEXT_2, CIPHERTEXT_2        as they come from keysched_xor_2: who reads a message branches on
 *                                      what it says, and the ciphertext is sent
 *     PLAINTEXT_3, PLAINTEXT_4         as they come from crypto_open, likewise
 *     the hash of a passphrase         with which load/part_key looks up what is loaded: its key is random,
 *                                      and no other process has it
 *     how long a passphrase is         strlen, and memchr for a NUL in it
 */
#ifndef TESTS_SECRETS_MARKS_H
#define TESTS_SECRETS_MARKS_H

#include "base/bytes.h"

/* Does valgrind run this process, and was the test built with its header? If not, why. */
bool marks_work(const char **why);

void marks_secret(const void *p, size_t len);
void marks_public(const void *p, size_t len);
/* Is any of it a secret? All of it? */
bool marks_any(const void *p, size_t len);
bool marks_all(const void *p, size_t len);

/* From now on these bytes are marked wherever a key's file has been decoded. Borrowed. */
void marks_private_key(struct bytes raw);
/* How often they were found there. */
unsigned marks_found(void);

/* What memcheck has reported so far. */
unsigned marks_reports(void);

#endif
