/* message_3 = ( CIPHERTEXT_3 : bstr )
 * PLAINTEXT_3 = ( ID_CRED_I / bstr / -24..23, Signature_or_MAC_3, ? EAD_3 )
 * RFC 9528 section 5.4. */
#include "edhoc/message_3.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "edhoc/auth.h"
#include "edhoc/cred.h"
#include "edhoc/encrypt0.h"
#include "edhoc/keysched.h"
#include "edhoc/session.h"

/* Signature_or_MAC_3 is the initiator's proof. */
static struct auth *begin_proof(struct edhoc *s)
{
    s->work->m3.message = 3;
    s->work->m3.dh = session_initiator_dh(s);
    s->work->m3.th = &s->work->ks.th_3;
    s->work->m3.derive_prk = keysched_4e3m;
    s->work->m3.derive_mac = keysched_mac_3;
    return &s->work->m3;
}

/* ---- initiator, section 5.4.2 ---- */

edhoc_err message_3_compose(struct edhoc *s, struct buf *out)
{
    struct auth *a = begin_proof(s);
    edhoc_err err;

    /* ID_CRED_I, EAD_3 */
    buf_put(&a->id_cred, cred_id(s->me.cred));
    err = s->profile->put_ead(s->profile_arg, 3, s->suite, &a->ead);
    /* PRK_4e3m, from G_IY where the initiator uses static Diffie-Hellman */
    if (err == EDHOC_OK)
        err = auth_prk(a, &s->work->ks, s->me.key, s->work->peer_ephemeral);
    /* MAC_3 = EDHOC_KDF( PRK_4e3m, 6, context_3, mac_length_3 ) */
    if (err == EDHOC_OK)
        err = auth_mac(a, &s->work->ks, s->me.cred);
    /* Signature_or_MAC_3 */
    if (err == EDHOC_OK)
        err = auth_sign(a, s->me.key);
    /* PLAINTEXT_3 */
    if (err == EDHOC_OK)
        err = auth_put_plaintext(a, s->me.cred);
    /* K_3, IV_3, CIPHERTEXT_3 */
    if (err == EDHOC_OK)
        err = keysched_k_3(&s->work->ks);
    if (err == EDHOC_OK)
        err = encrypt0_seal(s->suite, &s->work->ks.k_3, &s->work->ks.iv_3, &s->work->ks.th_3,
                            &a->plaintext, out);
    /* TH_4 = H( TH_3, PLAINTEXT_3, CRED_I ), PRK_out, PRK_exporter */
    if (err == EDHOC_OK)
        err = keysched_th_4(&s->work->ks, buf_bytes(&a->plaintext), cred_item(s->me.cred));
    return err;
}

/* ---- responder, section 5.4.3 ---- */

/* A target that message_1 did not name must suit what we have authenticated with. */
static edhoc_err check_late_target(struct edhoc *s)
{
    const char *target = s->profile->target(s->profile_arg);

    if (s->target != NULL || target == NULL)
        return EDHOC_OK;
    s->target = target;
    return s->parties->answers(s->parties_arg, target);
}

edhoc_err message_3_process(struct edhoc *s, struct bytes in)
{
    struct auth *a = begin_proof(s);
    struct cbor_reader r = cbor_reader(in);
    struct bytes ciphertext_3 = cbor_read_bstr(&r);
    struct cred_id id;
    edhoc_err err;

    if (!cbor_finished(&r))
        return report(EDHOC_ERR_MALFORMED, "message_3 is not one byte string");
    /* K_3, IV_3, PLAINTEXT_3 */
    err = keysched_k_3(&s->work->ks);
    if (err == EDHOC_OK)
        err = encrypt0_open(s->suite, &s->work->ks.k_3, &s->work->ks.iv_3, &s->work->ks.th_3,
                            ciphertext_3, &a->plaintext);
    /* ID_CRED_I, Signature_or_MAC_3, EAD_3 */
    r = cbor_reader(buf_bytes(&a->plaintext));
    if (err == EDHOC_OK)
        err = auth_read_plaintext(a, &r);
    if (err == EDHOC_OK)
        err = auth_read_id(a, s->profile, &id);
    /* PRK_4e3m, MAC_3 and Signature_or_MAC_3, for each CRED_I that ID_CRED_I may mean */
    if (err == EDHOC_OK)
        err = session_authenticate(s, a, &id);
    if (err == EDHOC_OK)
        err = check_late_target(s);
    /* TH_4 = H( TH_3, PLAINTEXT_3, CRED_I ), PRK_out, PRK_exporter */
    if (err == EDHOC_OK)
        err = keysched_th_4(&s->work->ks, buf_bytes(&a->plaintext), cred_item(s->work->peer));
    return err;
}
