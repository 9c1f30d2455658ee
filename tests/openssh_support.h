/* What the tests of OpenSSH's keys and of its agent share: keys with known values, keys that the real
 * ssh-keygen made in the folder, and what no key of either can do. */
#ifndef TESTS_OPENSSH_SUPPORT_H
#define TESTS_OPENSSH_SUPPORT_H

#include "crypto/key.h"

#include "lib/errors.h"
#include "lib/folder.h"
#include "lib/suite.h"

#define FILE_NAME "the-key-file"
#define TEXT      BYTES_LITERAL("\x84\x6aSignature1, or whatever is to be signed")
#define BUF_MAX   (1u << 20)

/* The kinds of key that can be used. */
extern const char *const kinds[];
#define KINDS 3

bool same_public(const struct key *a, const struct key *b);
/* `signature` is made, and to be freed in any case. */
edhoc_err sign_text(const struct key *k, struct bytes text, struct buf *signature);
void expect_signs(const struct key *k, struct bytes text);

/* The private value of made_key: the same on every run; its first byte is small, so that it is below
 * each order. */
void fill_raw(uint8_t *raw, size_t len);
struct key *made_key(const char *kind);

/* Types that nobody can use, and what is said about them. */
struct unusable {
    const char *type, *words;
};
extern const struct unusable unusable[];
#define UNUSABLE 11
/* A blob, or a part of one, of any type. */
void set_type(struct buf *b, const char *type);

/* ---- keys of the real ssh-keygen ---- */

struct real {
    const char *file, *type, *bits, *passphrase;
    const char *kind, *words; /* usable as, or refused with */
};
extern const struct real reals[]; /* the first KINDS are usable */
#define REALS 6

/* ssh-keygen, ssh-agent and ssh-add are there; else says that their tests are skipped. */
bool openssh_is_there(void);
void make_real(const struct real *k);
void make_reals(void);
struct key *real_public(const char *file);
struct buf real_blob(const char *file);
/* As ssh-keygen -l has it; kept as long as textf's. */
const char *real_fingerprint(const char *file);

#endif
