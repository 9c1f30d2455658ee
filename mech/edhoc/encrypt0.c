#include "edhoc/encrypt0.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "crypto/aead.h"

#define AAD_MAX (1 + 9 + 1 + 2 + FIXED_MAX)

void encrypt0_put_aad(struct buf *out, const struct fixed *th)
{
    cbor_put_array(out, 3);
    cbor_put_tstr(out, BYTES_LITERAL("Encrypt0"));
    cbor_put_bstr(out, BYTES_NONE);
    cbor_put_bstr(out, fixed_bytes(th));
}

edhoc_err encrypt0_seal(const struct suite *suite, const struct fixed *k, const struct fixed *iv,
                        const struct fixed *th, const struct buf *plaintext, struct buf *out)
{
    uint8_t memory[AAD_MAX];
    struct buf aad = buf_in(memory, sizeof(memory)), ciphertext = buf_new(out->max);
    edhoc_err err;

    encrypt0_put_aad(&aad, th);
    err = buf_err(&aad) != EDHOC_OK ? buf_err(&aad) : buf_err(plaintext);
    if (err == EDHOC_OK)
        err = crypto_seal(suite->aead, fixed_bytes(k), fixed_bytes(iv), buf_bytes(&aad),
                          buf_bytes(plaintext), &ciphertext);
    if (err == EDHOC_OK) {
        cbor_put_bstr_buf(out, &ciphertext);
        err = buf_err(out);
    }
    buf_free(&ciphertext);
    return err;
}

edhoc_err encrypt0_open(const struct suite *suite, const struct fixed *k, const struct fixed *iv,
                        const struct fixed *th, struct bytes ciphertext, struct buf *plaintext)
{
    uint8_t memory[AAD_MAX];
    struct buf aad = buf_in(memory, sizeof(memory));
    edhoc_err err;

    encrypt0_put_aad(&aad, th);
    err = buf_err(&aad);
    if (err == EDHOC_OK)
        err = crypto_open(suite->aead, fixed_bytes(k), fixed_bytes(iv), buf_bytes(&aad), ciphertext,
                          plaintext);
    return err;
}
