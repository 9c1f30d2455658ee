/* message_3 = ( CIPHERTEXT_3 : bstr ), RFC 9528 section 5.4. */
#include "edhoc/session.h"

#include "base/cbor.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

#define AAD_MAX 128

void message_put_aad(struct buf *out, const struct fixed *th)
{
    cbor_put_array(out, 3);
    cbor_put_tstr(out, BYTES_LITERAL("Encrypt0"));
    cbor_put_bstr(out, BYTES_NONE);
    cbor_put_bstr(out, fixed_bytes(th));
}

/* The hash of the channel bindings that our own side's caller gave. */
static edhoc_err hash_bindings(const struct edhoc *s, struct fixed *hash)
{
    struct bytes bindings = buf_bytes(&s->bindings);

    return crypto_digest(s->suite->hash, &bindings, 1, hash);
}

/* ---- initiator ---- */

static edhoc_err put_ead_3(struct edhoc *s)
{
    struct profile_item item = {.message = 3, .flags = s->flags, .has_bindings = s->have_bindings};
    struct fixed hash;
    edhoc_err err;

    if (session_plain(s)) {
        buf_put(&s->m3.ead, buf_bytes(&s->fixed_ead[3]));
        return EDHOC_OK;
    }
    err = hash_bindings(s, &hash);
    if (err != EDHOC_OK)
        return err;
    item.bindings = fixed_bytes(&hash);
    if ((s->options & EDHOC_HIDE_TARGET) != 0)
        item.target = bytes_of_text((const char *)s->target.p);
    profile_put(&item, &s->m3.ead);
    return EDHOC_OK;
}

edhoc_err message_3_compose(struct edhoc *s, struct buf *out)
{
    struct buf a_3 = buf_new(AAD_MAX), ciphertext_3 = buf_new(EDHOC_TOKEN_MAX);
    edhoc_err err = put_ead_3(s);

    if (err == EDHOC_OK)
        err = auth_compose(s, 3);
    message_put_aad(&a_3, &s->ks.th_3);
    if (err == EDHOC_OK)
        err = buf_err(&a_3);
    if (err == EDHOC_OK)
        err = crypto_seal(s->suite->aead, fixed_bytes(&s->ks.k_3), fixed_bytes(&s->ks.iv_3),
                          buf_bytes(&a_3), buf_bytes(&s->m3.plaintext), &ciphertext_3);
    if (err == EDHOC_OK)
        err = keysched_th_4(&s->ks, buf_bytes(&s->m3.plaintext), cred_item(s->my_cred));
    cbor_put_bstr_buf(out, &ciphertext_3);
    if (err == EDHOC_OK)
        err = buf_err(out);
    s->result_flags = s->flags & ~EDHOC_FLAG_BOUND; /* known only from message_4 */
    buf_free(&a_3);
    buf_free(&ciphertext_3);
    return err;
}

/* ---- responder ---- */

/* doc/mechanism.md: bindings count only when the acceptor has some. */
static edhoc_err judge_bindings(const struct edhoc *s, const struct profile_item *item, bool *bound)
{
    struct fixed ours;
    edhoc_err err;

    *bound = false;
    if (!s->have_bindings)
        return EDHOC_OK;
    if (!item->has_bindings)
        return (item->flags & EDHOC_FLAG_BOUND) == 0
                   ? EDHOC_OK
                   : report(EDHOC_ERR_BINDINGS,
                            "the initiator wants a bound channel and gave none");
    err = hash_bindings(s, &ours);
    if (err != EDHOC_OK)
        return err;
    if (!bytes_equal_secret(item->bindings, fixed_bytes(&ours)))
        return report(EDHOC_ERR_BINDINGS, "is somebody between the two ends of the channel?");
    *bound = true;
    return EDHOC_OK;
}

/* A target that message_1 hid is told here, and only here, and must suit the identity chosen. */
static edhoc_err judge_target(struct edhoc *s, struct bytes target)
{
    bool hidden = (s->options & EDHOC_HIDE_TARGET) != 0;
    edhoc_err err;

    if (hidden != (target.len > 0))
        return report(EDHOC_ERR_EAD_ITEM, "the target must be in one of message_1 and message_3");
    if (!hidden)
        return EDHOC_OK;
    err = session_set_text(&s->asked, target);
    if (err != EDHOC_OK)
        return err;
    if (!session_name_allows(s, (const char *)s->asked.p) ||
        !identity_answers(s->me, (const char *)s->asked.p))
        return report(EDHOC_ERR_TARGET, "\"%s\" was asked for, hidden until message_3",
                      (const char *)s->asked.p);
    return EDHOC_OK;
}

static edhoc_err process_ead_3(struct edhoc *s)
{
    const uint32_t always = EDHOC_FLAG_MUTUAL | EDHOC_FLAG_INTEG;
    struct profile_item item;
    bool bound = false;
    edhoc_err err;

    if (session_plain(s))
        return EDHOC_OK;
    err = profile_read(3, buf_bytes(&s->m3.ead), &item);
    if (err == EDHOC_OK && (item.flags & always) != always)
        err = report(EDHOC_ERR_EAD_ITEM, "flags 0x%llx lack MUTUAL or INTEG",
                     (unsigned long long)item.flags);
    if (err == EDHOC_OK)
        err = judge_target(s, item.target);
    if (err == EDHOC_OK)
        err = judge_bindings(s, &item, &bound);
    if (err == EDHOC_OK)
        s->result_flags = ((uint32_t)item.flags & EDHOC_FLAGS_MASK & ~EDHOC_FLAG_BOUND) |
                          (bound ? EDHOC_FLAG_BOUND : 0);
    return err;
}

edhoc_err message_3_process(struct edhoc *s, struct bytes in)
{
    struct cbor_reader r = cbor_reader(in);
    struct bytes ciphertext_3 = cbor_read_bstr(&r);
    struct buf a_3 = buf_new(AAD_MAX);
    edhoc_err err;

    if (!cbor_finished(&r))
        return report(EDHOC_ERR_MALFORMED, "message_3 is not one byte string");
    message_put_aad(&a_3, &s->ks.th_3);
    err = buf_err(&a_3) != EDHOC_OK
              ? buf_err(&a_3)
              : crypto_open(s->suite->aead, fixed_bytes(&s->ks.k_3), fixed_bytes(&s->ks.iv_3),
                            buf_bytes(&a_3), ciphertext_3, &s->m3.plaintext);
    if (err == EDHOC_OK)
        err = auth_process(s, 3);
    if (err == EDHOC_OK)
        err = process_ead_3(s);
    if (err == EDHOC_OK)
        err = keysched_th_4(&s->ks, buf_bytes(&s->m3.plaintext), cred_item(s->peer.cred));
    buf_free(&a_3);
    return err;
}
