/* Files with a private key whose bytes the test knows, as openssl and ssh-keygen write them. Kept until
 * the end of the test. */
#ifndef TESTS_LIB_KEY_FILE_H
#define TESTS_LIB_KEY_FILE_H

#include "base/bytes.h"
#include "crypto/keytype.h"

enum key_form { PKCS8, PKCS8_ENCRYPTED, SEC1, SEC1_ENCRYPTED, KEY_FORMS };

#define KEY_FILE_TYPES 8
extern const char *const key_file_types[KEY_FILE_TYPES];

struct key_file {
    struct bytes raw; /* the seed or scalar, in full length */
    struct bytes text;
};

/* SEC 1 has no form for X25519 and its like. */
bool key_file_has_form(const struct keytype *type, enum key_form form);
/* A fresh key; its passphrase where the form is an encrypted one. */
struct key_file key_file_new(const struct keytype *type, enum key_form form,
                             const char *passphrase);

/* Made by ssh-keygen: Ed25519 and P-256. */
#define KEY_FILE_OPENSSH 2
extern const struct key_file_openssh {
    const char *raw, *text;
} key_file_openssh[KEY_FILE_OPENSSH];

#endif
