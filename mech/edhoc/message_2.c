/* message_2 = ( G_Y_CIPHERTEXT_2 : bstr ), RFC 9528 section 5.3. */
#include "edhoc/session.h"

#include "base/cbor.h"
#include "crypto/ecdh.h"
#include "crypto/key.h"
#include "crypto/keytype.h"

#include <string.h>

/* G_XY, TH_2 and PRK_2e; the same on both sides. */
static edhoc_err derive_2e(struct edhoc *s, struct bytes g_y)
{
    struct fixed g_xy;
    edhoc_err err = crypto_ecdh(s->ephemeral, s->peer_ephemeral, &g_xy);

    if (err == EDHOC_OK)
        err = keysched_2e(&s->ks, g_y, &g_xy);
    fixed_wipe(&g_xy);
    return err;
}

edhoc_err message_2_compose(struct edhoc *s, struct buf *out)
{
    struct bytes g_y;
    uint8_t *ciphertext_2;
    edhoc_err err = session_new_ephemeral(s);

    if (err != EDHOC_OK)
        return err;
    g_y = key_x(s->ephemeral);
    err = derive_2e(s, g_y);
    if (err != EDHOC_OK)
        return err;
    if (session_plain(s))
        buf_put(&s->m2.ead, buf_bytes(&s->fixed_ead[2]));
    err = auth_compose(s, 2);
    if (err != EDHOC_OK)
        return err;

    cbor_put_bstr_head(out, g_y.len + s->m2.plaintext.len);
    buf_put(out, g_y);
    ciphertext_2 = buf_extend(out, s->m2.plaintext.len);
    if (ciphertext_2 == NULL)
        return report(EDHOC_ERR_TOO_LONG, "message_2");
    memcpy(ciphertext_2, s->m2.plaintext.p, s->m2.plaintext.len);
    err = keysched_xor_2(&s->ks, ciphertext_2, s->m2.plaintext.len);
    if (err != EDHOC_OK)
        return err;
    return keysched_th_3(&s->ks, buf_bytes(&s->m2.plaintext), cred_item(s->my_cred));
}

edhoc_err message_2_process(struct edhoc *s, struct bytes in)
{
    struct cbor_reader r = cbor_reader(in);
    struct bytes g_y_ciphertext_2 = cbor_read_bstr(&r);
    size_t g_y_len = keytype_by_curve(s->suite->dh, true)->coordinate;
    struct bytes g_y, ciphertext_2;
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
        err = buf_copy(&s->m2.plaintext, ciphertext_2);
    if (err == EDHOC_OK)
        err = keysched_xor_2(&s->ks, s->m2.plaintext.p, s->m2.plaintext.len);
    if (err == EDHOC_OK)
        err = auth_process(s, 2);
    if (err == EDHOC_OK)
        err = keysched_th_3(&s->ks, buf_bytes(&s->m2.plaintext), cred_item(s->peer.cred));
    return err;
}
