#include "crypto/keytype.h"

#include "base/bytes.h"

#include <string.h>

const struct keytype keytypes[] = {
    {"x25519", "ecdh-x25519", NULL, "X25519", NULL, KTY_OKP, CRV_X25519, true, 32, 0},
    {"x448", "ecdh-x448", NULL, "X448", NULL, KTY_OKP, CRV_X448, true, 56, 0},
    {"p256dh", "ecdh-nistp256", "nistp256", "EC", "P-256", KTY_EC2, CRV_P256, true, 32, 0},
    {"p384dh", "ecdh-nistp384", "nistp384", "EC", "P-384", KTY_EC2, CRV_P384, true, 48, 0},
    {"ed25519", "ssh-ed25519", NULL, "ED25519", NULL, KTY_OKP, CRV_ED25519, false, 32, 64},
    {"ed448", "ssh-ed448", NULL, "ED448", NULL, KTY_OKP, CRV_ED448, false, 57, 114},
    {"p256", "ecdsa-sha2-nistp256", "nistp256", "EC", "P-256", KTY_EC2, CRV_P256, false, 32, 64},
    {"p384", "ecdsa-sha2-nistp384", "nistp384", "EC", "P-384", KTY_EC2, CRV_P384, false, 48, 96},
    {NULL, NULL, NULL, NULL, NULL, KTY_OKP, CRV_X25519, false, 0, 0},
};

const struct keytype *keytype_by_name(const char *name)
{
    for (const struct keytype *t = keytypes; t->name != NULL; t++)
        if (strcmp(t->name, name) == 0)
            return t;
    return NULL;
}

const struct keytype *keytype_by_ssh_name(struct bytes ssh_name)
{
    for (const struct keytype *t = keytypes; t->name != NULL; t++)
        if (bytes_equal(bytes_of_text(t->ssh_name), ssh_name))
            return t;
    return NULL;
}

const struct keytype *keytype_by_curve(enum cose_curve curve, bool dh)
{
    for (const struct keytype *t = keytypes; t->name != NULL; t++)
        if (t->curve == curve && t->dh == dh)
            return t;
    return NULL;
}
