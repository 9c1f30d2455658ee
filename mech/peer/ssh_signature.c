#include "peer/ssh_signature.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/hash.h"
#include "peer/ssh_ca.h"
#include "peer/ssh_cert.h"
#include "peer/verified.h"

#include <stdatomic.h>

#define REMEMBERED_MAX 32768 /* certificates */

/* Made at the first use, and there until the process ends. NULL while there is no memory for it: it is done
 * without then. */
static struct verified *remembered(void)
{
    static struct verified *_Atomic good;
    struct verified *there = atomic_load(&good), *made;

    if (there != NULL || verified_new(REMEMBERED_MAX, &made) != EDHOC_OK)
        return there;
    if (atomic_compare_exchange_strong(&good, &there, made))
        return made;
    verified_free(made); /* another thread was first */
    return there;
}

edhoc_err ssh_signature_check(struct bytes certificate, const struct ssh_cert *c, int64_t now)
{
    struct verified *good = remembered();
    uint8_t hash[32];
    edhoc_err err = crypto_sha256(certificate, hash);

    if (err != EDHOC_OK || (good != NULL && verified_has(good, hash, now, NULL)))
        return err;
    err = ssh_ca_verify(c->ca, c->to_be_signed, c->signature);
    if (err == EDHOC_OK && good != NULL)
        verified_add(good, hash, now, ssh_cert_end(c), 0);
    return err;
}
