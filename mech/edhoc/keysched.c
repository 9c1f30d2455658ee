#include "edhoc/keysched.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/mac.h"

#include <stdlib.h>

/* info_label of EDHOC_KDF, RFC 9528 section 4.1.2 and appendix H. */
enum {
    LABEL_KEYSTREAM_2 = 0,
    LABEL_SALT_3E2M = 1,
    LABEL_MAC_2 = 2,
    LABEL_K_3 = 3,
    LABEL_IV_3 = 4,
    LABEL_SALT_4E3M = 5,
    LABEL_MAC_3 = 6,
    LABEL_PRK_OUT = 7,
    LABEL_K_4 = 8,
    LABEL_IV_4 = 9,
    LABEL_PRK_EXPORTER = 10,
    LABEL_KEY_UPDATE = 11
};

#define HEADS_MAX 32 /* of info: label, head of the context; its length */

/* EDHOC_KDF( PRK, info_label, context, length ), section 4.1.2. */
static edhoc_err edhoc_kdf(struct deriver *d, const struct suite *suite, const struct fixed *prk,
                           int64_t info_label, struct bytes context, uint8_t *out, size_t length)
{
    uint8_t memory[HEADS_MAX];
    struct buf heads = buf_in(memory, sizeof(memory));
    struct bytes info[3];
    size_t before;

    cbor_put_int(&heads, info_label);
    cbor_put_bstr_head(&heads, context.len);
    before = heads.len;
    cbor_put_uint(&heads, length);
    info[0] = bytes_of(memory, before);
    info[1] = context;
    info[2] = bytes_of(memory + before, heads.len - before);
    if (buf_err(&heads) != EDHOC_OK)
        return buf_err(&heads);
    return deriver_expand(d, suite->hash, fixed_bytes(prk), info, out, length);
}

/* The same, for a value that fits a field of the schedule. */
static edhoc_err kdf(struct keysched *ks, const struct fixed *prk, int64_t info_label,
                     struct bytes context, size_t length, struct fixed *out)
{
    out->len = length;
    return edhoc_kdf(&ks->deriver, ks->suite, prk, info_label, context, out->b, length);
}

/* EDHOC_Extract( salt, IKM ), section 4.1.1. */
static edhoc_err extract(struct keysched *ks, const struct fixed *salt, const struct fixed *ikm,
                         struct fixed *out)
{
    return deriver_extract(&ks->deriver, ks->suite->hash, fixed_bytes(salt), fixed_bytes(ikm), out);
}

/* H() over a CBOR sequence of one hash as bstr and other items as they stand. */
static edhoc_err transcript(const struct keysched *ks, const struct fixed *th, struct bytes then,
                            struct bytes last, struct fixed *out)
{
    uint8_t memory[FIXED_MAX + 9];
    struct buf head = buf_in(memory, sizeof(memory));

    cbor_put_bstr(&head, fixed_bytes(th));
    struct bytes parts[] = {buf_bytes(&head), then, last};
    if (buf_err(&head) != EDHOC_OK)
        return buf_err(&head);
    return crypto_digest(ks->suite->hash, parts, 3, out);
}

edhoc_err keysched_message_1(struct keysched *ks, const struct suite *suite, struct bytes message_1)
{
    ks->suite = suite;
    return crypto_digest(suite->hash, &message_1, 1, &ks->h_message_1);
}

edhoc_err keysched_2e(struct keysched *ks, struct bytes g_y, const struct fixed *g_xy)
{
    uint8_t memory[2 * (FIXED_MAX + 9)];
    struct buf input_th_2 = buf_in(memory, sizeof(memory));
    struct bytes input;
    edhoc_err err;

    cbor_put_bstr(&input_th_2, g_y);
    cbor_put_bstr(&input_th_2, fixed_bytes(&ks->h_message_1));
    input = buf_bytes(&input_th_2);
    err = buf_err(&input_th_2);
    if (err == EDHOC_OK)
        err = crypto_digest(ks->suite->hash, &input, 1, &ks->th_2);
    if (err == EDHOC_OK)
        err = extract(ks, &ks->th_2, g_xy, &ks->prk_2e);
    return err;
}

edhoc_err keysched_xor_2(struct keysched *ks, uint8_t *text, size_t len)
{
    size_t part_max = crypto_expand_max(ks->suite->hash);
    uint8_t *keystream = calloc(1, len < part_max ? len + 1 : part_max);
    edhoc_err err = keystream == NULL ? EDHOC_ERR_NOMEM : EDHOC_OK;
    int64_t part = 0;

    /* OKM(i) = EDHOC_KDF( PRK_2e, -i, TH_2, length(P(i)) ) */
    while (len > 0 && err == EDHOC_OK) {
        size_t n = len < part_max ? len : part_max;

        err = edhoc_kdf(&ks->deriver, ks->suite, &ks->prk_2e, LABEL_KEYSTREAM_2 - part,
                        fixed_bytes(&ks->th_2), keystream, n);
        for (size_t i = 0; i < n && err == EDHOC_OK; i++)
            text[i] ^= keystream[i];
        bytes_wipe(keystream, n);
        text += n;
        len -= n;
        part++;
    }
    free(keystream);
    return err;
}

edhoc_err keysched_3e2m(struct keysched *ks, const struct fixed *g_rx)
{
    edhoc_err err;

    if (g_rx == NULL) {
        ks->prk_3e2m = ks->prk_2e;
        return EDHOC_OK;
    }
    err = kdf(ks, &ks->prk_2e, LABEL_SALT_3E2M, fixed_bytes(&ks->th_2),
              crypto_hash_length(ks->suite->hash), &ks->salt_3e2m);
    if (err != EDHOC_OK)
        return err;
    return extract(ks, &ks->salt_3e2m, g_rx, &ks->prk_3e2m);
}

edhoc_err keysched_th_3(struct keysched *ks, struct bytes plaintext_2, struct bytes cred_r)
{
    return transcript(ks, &ks->th_2, plaintext_2, cred_r, &ks->th_3);
}

edhoc_err keysched_k_3(struct keysched *ks)
{
    struct bytes th_3 = fixed_bytes(&ks->th_3);
    edhoc_err err = kdf(ks, &ks->prk_3e2m, LABEL_K_3, th_3, crypto_aead_key(ks->suite->aead),
                        &ks->k_3);

    if (err == EDHOC_OK)
        err = kdf(ks, &ks->prk_3e2m, LABEL_IV_3, th_3, crypto_aead_nonce(ks->suite->aead),
                  &ks->iv_3);
    return err;
}

edhoc_err keysched_4e3m(struct keysched *ks, const struct fixed *g_iy)
{
    edhoc_err err;

    if (g_iy == NULL) {
        ks->prk_4e3m = ks->prk_3e2m;
        return EDHOC_OK;
    }
    err = kdf(ks, &ks->prk_3e2m, LABEL_SALT_4E3M, fixed_bytes(&ks->th_3),
              crypto_hash_length(ks->suite->hash), &ks->salt_4e3m);
    if (err != EDHOC_OK)
        return err;
    return extract(ks, &ks->salt_4e3m, g_iy, &ks->prk_4e3m);
}

static edhoc_err exporter_key(struct keysched *ks)
{
    return kdf(ks, &ks->prk_out, LABEL_PRK_EXPORTER, BYTES_NONE,
               crypto_hash_length(ks->suite->hash), &ks->prk_exporter);
}

edhoc_err keysched_th_4(struct keysched *ks, struct bytes plaintext_3, struct bytes cred_i)
{
    edhoc_err err = transcript(ks, &ks->th_3, plaintext_3, cred_i, &ks->th_4);

    if (err == EDHOC_OK)
        err = kdf(ks, &ks->prk_4e3m, LABEL_PRK_OUT, fixed_bytes(&ks->th_4),
                  crypto_hash_length(ks->suite->hash), &ks->prk_out);
    if (err == EDHOC_OK)
        err = exporter_key(ks);
    return err;
}

edhoc_err keysched_k_4(struct keysched *ks)
{
    struct bytes th_4 = fixed_bytes(&ks->th_4);
    edhoc_err err = kdf(ks, &ks->prk_4e3m, LABEL_K_4, th_4, crypto_aead_key(ks->suite->aead),
                        &ks->k_4);

    if (err == EDHOC_OK)
        err = kdf(ks, &ks->prk_4e3m, LABEL_IV_4, th_4, crypto_aead_nonce(ks->suite->aead),
                  &ks->iv_4);
    return err;
}

edhoc_err keysched_mac_2(struct keysched *ks, struct bytes context_2, size_t mac_length,
                         struct fixed *mac)
{
    return kdf(ks, &ks->prk_3e2m, LABEL_MAC_2, context_2, mac_length, mac);
}

edhoc_err keysched_mac_3(struct keysched *ks, struct bytes context_3, size_t mac_length,
                         struct fixed *mac)
{
    return kdf(ks, &ks->prk_4e3m, LABEL_MAC_3, context_3, mac_length, mac);
}

edhoc_err keysched_update(struct keysched *ks, struct bytes context)
{
    struct fixed old = ks->prk_out;
    edhoc_err err = kdf(ks, &old, LABEL_KEY_UPDATE, context, crypto_hash_length(ks->suite->hash),
                        &ks->prk_out);

    if (err == EDHOC_OK)
        err = exporter_key(ks);
    fixed_wipe(&old);
    return err;
}

edhoc_err keysched_exporter(struct deriver *d, const struct suite *suite,
                            const struct fixed *prk_exporter, uint64_t label, struct bytes context,
                            uint8_t *out, size_t length)
{
    if (label > INT64_MAX)
        return report(EDHOC_ERR_ARGUMENT, "exporter label out of range");
    return edhoc_kdf(d, suite, prk_exporter, (int64_t)label, context, out, length);
}

void keysched_wipe(struct keysched *ks)
{
    deriver_put_away(&ks->deriver);
    bytes_wipe(ks, sizeof(*ks));
}
