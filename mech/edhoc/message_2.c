/* message_2 = ( G_Y_CIPHERTEXT_2 : bstr )
 * PLAINTEXT_2 = ( C_R, ID_CRED_R / bstr / -24..23, Signature_or_MAC_2, ? EAD_2 )
 * RFC 9528 section 5.3. */
#include "edhoc/message_2.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "crypto/ecdh.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/auth.h"
#include "edhoc/cred.h"
#include "edhoc/keysched.h"
#include "edhoc/session.h"

#include <string.h>

/* Signature_or_MAC_2 is the responder's proof. */
static struct auth *begin_proof(struct edhoc *s)
{
    s->work->m2.message = 2;
    s->work->m2.dh = session_responder_dh(s);
    s->work->m2.th = &s->work->ks.th_2;
    s->work->m2.derive_prk = keysched_3e2m;
    s->work->m2.derive_mac = keysched_mac_2;
    return &s->work->m2;
}

/* TH_2 = H( G_Y, H(message_1) ) and PRK_2e = EDHOC_Extract( TH_2, G_XY ) */
static edhoc_err derive_2e(struct edhoc *s, struct bytes g_y)
{
    struct fixed g_xy;
    edhoc_err err = crypto_ecdh(s->ephemeral, s->work->peer_ephemeral, &g_xy);

    if (err == EDHOC_OK)
        err = keysched_2e(&s->work->ks, g_y, &g_xy);
    fixed_wipe(&g_xy);
    return err;
}

/* ---- responder, section 5.3.2 ---- */

/* G_Y_CIPHERTEXT_2: G_Y and the encrypted PLAINTEXT_2, CIPHERTEXT_2 = PLAINTEXT_2 XOR KEYSTREAM_2 */
static edhoc_err put_g_y_ciphertext_2(struct edhoc *s, struct buf *out)
{
    struct bytes g_y = key_x(s->ephemeral), plaintext_2 = buf_bytes(&s->work->m2.plaintext);
    uint8_t *ciphertext_2;

    cbor_put_bstr_head(out, g_y.len + plaintext_2.len);
    buf_put(out, g_y);
    ciphertext_2 = buf_extend(out, plaintext_2.len);
    if (ciphertext_2 == NULL)
        return buf_err(out);
    memcpy(ciphertext_2, plaintext_2.p, plaintext_2.len);
    return keysched_xor_2(&s->work->ks, ciphertext_2, plaintext_2.len);
}

edhoc_err message_2_compose(struct edhoc *s, struct buf *out)
{
    struct auth *a = begin_proof(s);
    edhoc_err err;

    /* Y and G_Y */
    err = session_new_ephemeral(s);
    /* TH_2, PRK_2e */
    if (err == EDHOC_OK)
        err = derive_2e(s, key_x(s->ephemeral));
    /* C_R, ID_CRED_R, EAD_2 */
    cbor_put_identifier(&a->prefix, buf_bytes(&s->c_r));
    buf_put(&a->id_cred, cred_id(s->me.cred));
    if (err == EDHOC_OK)
        err = s->profile->put_ead(s->profile_arg, 2, s->suite, &a->ead);
    /* PRK_3e2m, from G_RX where the responder uses static Diffie-Hellman */
    if (err == EDHOC_OK)
        err = auth_prk(a, &s->work->ks, s->me.key, s->work->peer_ephemeral);
    /* MAC_2 = EDHOC_KDF( PRK_3e2m, 2, context_2, mac_length_2 ) */
    if (err == EDHOC_OK)
        err = auth_mac(a, &s->work->ks, s->me.cred);
    /* Signature_or_MAC_2 */
    if (err == EDHOC_OK)
        err = auth_sign(a, s->me.key);
    /* PLAINTEXT_2 */
    if (err == EDHOC_OK)
        err = auth_put_plaintext(a, s->me.cred);
    /* G_Y_CIPHERTEXT_2 */
    if (err == EDHOC_OK)
        err = put_g_y_ciphertext_2(s, out);
    /* TH_3 = H( TH_2, PLAINTEXT_2, CRED_R ) */
    if (err == EDHOC_OK)
        err = keysched_th_3(&s->work->ks, buf_bytes(&a->plaintext), cred_item(s->me.cred));
    return err;
}

/* ---- initiator, section 5.3.3 ---- */

/* PLAINTEXT_2 = CIPHERTEXT_2 XOR KEYSTREAM_2, after G_Y, TH_2 and PRK_2e */
static edhoc_err decrypt(struct edhoc *s, struct bytes in)
{
    struct cbor_reader r = cbor_reader(in);
    struct bytes g_y_ciphertext_2 = cbor_read_bstr(&r), g_y, ciphertext_2;
    size_t g_y_len = keytype_by_curve(s->suite->dh, true)->coordinate;
    struct buf *plaintext_2 = &s->work->m2.plaintext;
    edhoc_err err;

    if (!cbor_finished(&r) || g_y_ciphertext_2.len <= g_y_len)
        return report(EDHOC_ERR_MALFORMED,
                      "message_2 is not one byte string of G_Y and ciphertext");
    g_y = bytes_of(g_y_ciphertext_2.p, g_y_len);
    ciphertext_2 = bytes_of(g_y_ciphertext_2.p + g_y_len, g_y_ciphertext_2.len - g_y_len);
    err = session_peer_ephemeral(s, g_y);
    if (err == EDHOC_OK)
        err = derive_2e(s, g_y);
    if (err == EDHOC_OK)
        err = buf_copy(plaintext_2, ciphertext_2);
    return err == EDHOC_OK ? keysched_xor_2(&s->work->ks, plaintext_2->p, plaintext_2->len) : err;
}

edhoc_err message_2_process(struct edhoc *s, struct bytes in)
{
    struct auth *a = begin_proof(s);
    struct cbor_reader r;
    struct cred_id id;
    struct bytes c_r;
    edhoc_err err;

    /* G_Y_CIPHERTEXT_2: G_Y, TH_2, PRK_2e, PLAINTEXT_2 */
    err = decrypt(s, in);
    /* C_R, ID_CRED_R, Signature_or_MAC_2, EAD_2 */
    r = cbor_reader(buf_bytes(&a->plaintext));
    c_r = cbor_read_identifier(&r);
    cbor_put_identifier(&a->prefix, c_r);
    if (err == EDHOC_OK)
        err = auth_read_plaintext(a, &r);
    if (err == EDHOC_OK)
        err = session_peer_c(s, &s->c_r, c_r);
    if (err == EDHOC_OK)
        err = auth_read_id(a, s->profile, &id);
    /* PRK_3e2m, MAC_2 and Signature_or_MAC_2, for each CRED_R that ID_CRED_R may mean */
    if (err == EDHOC_OK)
        err = session_authenticate(s, a, &id);
    /* TH_3 = H( TH_2, PLAINTEXT_2, CRED_R ) */
    if (err == EDHOC_OK)
        err = keysched_th_3(&s->work->ks, buf_bytes(&a->plaintext), cred_item(s->work->peer));
    return err;
}
