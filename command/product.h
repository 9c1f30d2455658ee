/* A new private key and its trust line, in two files: both or neither. */
#ifndef COMMAND_PRODUCT_H
#define COMMAND_PRODUCT_H

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/keytype.h"

/* Texts are owned. */
struct product {
    char *file, *pub; /* FILE and FILE.pub */
    struct buf pem, line;
};

/* The files' names; nothing is made yet. To be cleared, also after a failure. */
edhoc_err product_new(const char *file, struct product *p) EDHOC_MUST_USE;
void product_clear(struct product *p); /* wipes */
/* Encrypted, where the passphrase is not NULL. */
edhoc_err product_make(const struct keytype *type, const char *principals, const char *passphrase,
                       struct product *p) EDHOC_MUST_USE;
/* FILE with mode 0600 and FILE.pub with 0644, where neither exists, and tries whether the mechanism
 * takes them. */
edhoc_err product_write(const struct product *p, const char *passphrase) EDHOC_MUST_USE;

#endif
