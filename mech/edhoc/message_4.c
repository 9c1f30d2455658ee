/* message_4 = ( CIPHERTEXT_4 : bstr ), RFC 9528 section 5.5: the responder's confirmation. */
#include "edhoc/session.h"

#include "base/cbor.h"
#include "crypto/aead.h"
#include "edhoc/ead.h"

#define AAD_MAX 128

edhoc_err message_4_compose(struct edhoc *s, struct buf *out)
{
    struct profile_item item = {.message = 4, .flags = s->result_flags};
    struct buf a_4 = buf_new(AAD_MAX), ciphertext_4 = buf_new(EDHOC_TOKEN_MAX);
    edhoc_err err;

    if (session_plain(s))
        buf_put(&s->ead_4, buf_bytes(&s->fixed_ead[4]));
    else
        profile_put(&item, &s->ead_4);
    buf_put_buf(&s->plaintext_4, &s->ead_4);
    message_put_aad(&a_4, &s->ks.th_4);
    err = buf_err(&a_4) != EDHOC_OK ? buf_err(&a_4) : buf_err(&s->plaintext_4);
    if (err == EDHOC_OK)
        err = crypto_seal(s->suite->aead, fixed_bytes(&s->ks.k_4), fixed_bytes(&s->ks.iv_4),
                          buf_bytes(&a_4), buf_bytes(&s->plaintext_4), &ciphertext_4);
    cbor_put_bstr_buf(out, &ciphertext_4);
    if (err == EDHOC_OK)
        err = buf_err(out);
    buf_free(&a_4);
    buf_free(&ciphertext_4);
    return err;
}

static edhoc_err process_ead_4(struct edhoc *s)
{
    struct profile_item item;
    struct ead_item none;
    bool found;
    edhoc_err err;

    if (session_plain(s))
        return ead_find(buf_bytes(&s->ead_4), PROFILE_EAD_LABEL, &none, &found);
    err = profile_read(4, buf_bytes(&s->ead_4), &item);
    if (err == EDHOC_OK && s->have_bindings)
        s->result_flags |= (uint32_t)item.flags & EDHOC_FLAG_BOUND;
    return err;
}

edhoc_err message_4_process(struct edhoc *s, struct bytes in)
{
    struct cbor_reader r = cbor_reader(in);
    struct bytes ciphertext_4 = cbor_read_bstr(&r);
    struct buf a_4 = buf_new(AAD_MAX);
    edhoc_err err;

    if (!cbor_finished(&r))
        return report(EDHOC_ERR_MALFORMED, "message_4 is not one byte string");
    message_put_aad(&a_4, &s->ks.th_4);
    err = buf_err(&a_4) != EDHOC_OK
              ? buf_err(&a_4)
              : crypto_open(s->suite->aead, fixed_bytes(&s->ks.k_4), fixed_bytes(&s->ks.iv_4),
                            buf_bytes(&a_4), ciphertext_4, &s->plaintext_4);
    buf_free(&a_4);
    if (err != EDHOC_OK)
        return err;
    err = buf_copy(&s->ead_4, buf_bytes(&s->plaintext_4));
    return err == EDHOC_OK ? process_ead_4(s) : err;
}
