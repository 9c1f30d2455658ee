#include "crypto/ecdsa_form.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"

#include <openssl/ec.h>

edhoc_err ecdsa_to_cose(struct bytes der, size_t coordinate, struct buf *signature)
{
    const uint8_t *p = der.p;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.len);
    uint8_t *out = sig == NULL ? NULL : buf_extend(signature, 2 * coordinate);
    edhoc_err err = EDHOC_OK;

    if (sig == NULL)
        err = crypto_failed("reading a signature");
    else if (out == NULL)
        err = EDHOC_ERR_NOMEM;
    else if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)coordinate) < 0 ||
             BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + coordinate, (int)coordinate) < 0)
        err = crypto_failed("writing a signature");
    ECDSA_SIG_free(sig);
    return err;
}

uint8_t *ecdsa_from_cose(struct bytes cose, size_t *len)
{
    size_t coordinate = cose.len / 2;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(cose.p, (int)coordinate, NULL);
    BIGNUM *s = BN_bin2bn(cose.p + coordinate, (int)coordinate, NULL);
    uint8_t *der = NULL;
    int n = -1;

    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = s = NULL; /* now the signature's */
        n = i2d_ECDSA_SIG(sig, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    *len = n > 0 ? (size_t)n : 0;
    return n > 0 ? der : NULL;
}
