/* The nine cipher suites, as one table whose rows read like IANA's registry (RFC 9528
 * section 10.2): EDHOC AEAD, EDHOC hash, MAC length, key exchange curve, signature algorithm. The
 * registry's last two columns (application AEAD and hash) give way to doc/mechanism.md's choice for
 * per-message tokens. */
#ifndef MECH_SUITE_H
#define MECH_SUITE_H

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/keytype.h"

struct suite {
    int id;                  /* the registry's value */
    enum crypto_aead aead;   /* EDHOC AEAD algorithm: messages 3 and 4 */
    enum crypto_hash hash;   /* EDHOC hash algorithm */
    size_t mac_length;       /* EDHOC MAC length, static DH */
    enum cose_curve dh;      /* EDHOC key exchange algorithm */
    int signature;           /* EDHOC signature algorithm, COSE: -8 EdDSA, -7 ES256, -35 ES384 */
    enum cose_curve sign;    /* the curve of a signature key under it in this profile */
    enum crypto_aead tokens; /* AEAD of per-message tokens (doc/mechanism.md) */
};

#define SUITES_COUNT 9

/* A list of suite numbers in order of preference, without duplicates. */
struct suite_list {
    int id[SUITES_COUNT];
    size_t len;
};

/* The row of a suite number; NULL if it is not one of the nine. */
const struct suite *suite_by_id(int64_t id);
/* What is offered by default, most preferred first: 6, 4, 5, 24, 25, 3, 1. */
struct suite_list suite_defaults(void);
/* Can a key of this kind be used under the suite for authentication? */
bool suite_fits(const struct suite *s, const struct keytype *type);
/* Does libcrypto in this process have all the suite's algorithms? */
bool suite_available(const struct suite *s);
bool suite_list_has(const struct suite_list *list, int64_t id);
void suite_list_add(struct suite_list *list, int id);
/* Those of the list that a key of this kind can be used under, and that libcrypto has. */
struct suite_list suite_list_usable(const struct suite_list *list, const struct keytype *type);
/* Reads "6,4,5" (numbers with commas or blanks between them). EDHOC_ERR_SETTING with details. */
edhoc_err suite_list_parse(const char *text, struct suite_list *list) EDHOC_MUST_USE;

#endif
