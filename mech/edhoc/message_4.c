/* message_4 = ( CIPHERTEXT_4 : bstr )
 * PLAINTEXT_4 = ( ? EAD_4 )
 * RFC 9528 section 5.5: the responder's confirmation. */
#include "edhoc/message_4.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "edhoc/encrypt0.h"
#include "edhoc/keysched.h"

/* ---- responder, section 5.5.2 ---- */

edhoc_err message_4_compose(struct edhoc *s, struct buf *out)
{
    edhoc_err err;

    /* EAD_4 */
    err = s->profile->put_ead(s->profile_arg, 4, s->suite, &s->work->ead_4);
    /* PLAINTEXT_4 */
    buf_put_buf(&s->work->plaintext_4, &s->work->ead_4);
    /* K_4, IV_4, CIPHERTEXT_4 */
    if (err == EDHOC_OK)
        err = keysched_k_4(&s->work->ks);
    if (err == EDHOC_OK)
        err = encrypt0_seal(s->suite, &s->work->ks.k_4, &s->work->ks.iv_4, &s->work->ks.th_4,
                            &s->work->plaintext_4, out);
    return err;
}

/* ---- initiator, section 5.5.3 ---- */

edhoc_err message_4_process(struct edhoc *s, struct bytes in)
{
    struct cbor_reader r = cbor_reader(in);
    struct bytes ciphertext_4 = cbor_read_bstr(&r);
    edhoc_err err;

    if (!cbor_finished(&r))
        return report(EDHOC_ERR_MALFORMED, "message_4 is not one byte string");
    /* K_4, IV_4, PLAINTEXT_4 */
    err = keysched_k_4(&s->work->ks);
    if (err == EDHOC_OK)
        err = encrypt0_open(s->suite, &s->work->ks.k_4, &s->work->ks.iv_4, &s->work->ks.th_4,
                            ciphertext_4, &s->work->plaintext_4);
    /* EAD_4 */
    if (err == EDHOC_OK)
        err = buf_copy(&s->work->ead_4, buf_bytes(&s->work->plaintext_4));
    if (err == EDHOC_OK)
        err = s->profile->read_ead(s->profile_arg, 4, s->suite, buf_bytes(&s->work->ead_4));
    return err;
}
