/* Proving and checking who is at the other end (RFC 9528 sections 5.3.2, 5.3.3, 5.4.2, 5.4.3):
 * message_2 authenticates the responder, message_3 the initiator, by the same steps. In each, the
 * one who authenticates is "the prover"; x is 2 or 3. */
#include "edhoc/session.h"

#include "base/cbor.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/sign.h"
#include "edhoc/ead.h"

#define ID_CRED_KID_HEAD 2 /* bytes of A1 04, before the kid as bstr */

void auth_init(struct auth *a)
{
    *a = (struct auth){.id_cred = buf_new(CRED_BYTES_MAX),
                       .ead = buf_new(EDHOC_TOKEN_MAX),
                       .context = buf_new(4 * EDHOC_TOKEN_MAX),
                       .to_be_signed = buf_new(4 * EDHOC_TOKEN_MAX),
                       .signature_or_mac = buf_new(256),
                       .plaintext = buf_new(EDHOC_TOKEN_MAX)};
}

void auth_wipe(struct auth *a)
{
    buf_free(&a->id_cred);
    buf_free(&a->ead);
    buf_free(&a->context);
    fixed_wipe(&a->mac);
    buf_free(&a->to_be_signed);
    buf_free(&a->signature_or_mac);
    buf_free(&a->plaintext);
}

static struct auth *auth_of(struct edhoc *s, int x)
{
    return x == 2 ? &s->m2 : &s->m3;
}

static bool prover_uses_dh(const struct edhoc *s, int x)
{
    return x == 2 ? session_responder_dh(s) : session_initiator_dh(s);
}

/* ---- the key: PRK_3e2m from G_RX, PRK_4e3m from G_IY ---- */

/* The prover holds `own`, its authentication key, and knows the other's ephemeral key; the checker
 * holds its ephemeral key and knows the prover's authentication key. */
static edhoc_err derive_prk(struct edhoc *s, int x, const struct key *own, const struct key *other)
{
    struct fixed shared;
    edhoc_err err;

    if (!prover_uses_dh(s, x))
        return x == 2 ? keysched_3e2m(&s->ks, NULL) : keysched_4e3m(&s->ks, NULL);
    err = crypto_ecdh(own, other, &shared);
    if (err == EDHOC_OK)
        err = x == 2 ? keysched_3e2m(&s->ks, &shared) : keysched_4e3m(&s->ks, &shared);
    fixed_wipe(&shared);
    return err;
}

/* ---- MAC and Sig_structure ---- */

/* context_2 = << C_R, ID_CRED_R, TH_2, CRED_R, ? EAD_2 >>
 * context_3 = << ID_CRED_I, TH_3, CRED_I, ? EAD_3 >> */
static void put_context(struct edhoc *s, int x, const struct cred *cred)
{
    struct auth *a = auth_of(s, x);

    buf_reset(&a->context);
    if (x == 2)
        cbor_put_identifier(&a->context, buf_bytes(&s->c_r));
    buf_put(&a->context, buf_bytes(&a->id_cred));
    cbor_put_bstr(&a->context, fixed_bytes(x == 2 ? &s->ks.th_2 : &s->ks.th_3));
    buf_put(&a->context, cred_item(cred));
    buf_put_buf(&a->context, &a->ead);
}

/* mac_length_x: the suite's MAC length for static DH, hash_length where the MAC is signed. */
static edhoc_err compute_mac(struct edhoc *s, int x)
{
    struct auth *a = auth_of(s, x);
    size_t length = prover_uses_dh(s, x) ? s->suite->mac_length
                                         : crypto_hash_length(s->suite->hash);

    return x == 2 ? keysched_mac_2(&s->ks, buf_bytes(&a->context), length, &a->mac)
                  : keysched_mac_3(&s->ks, buf_bytes(&a->context), length, &a->mac);
}

/* [ "Signature1", << ID_CRED_x >>, << TH_x, CRED_x, ? EAD_x >>, MAC_x ] */
static edhoc_err put_to_be_signed(struct edhoc *s, int x, const struct cred *cred)
{
    struct auth *a = auth_of(s, x);
    struct buf external_aad = buf_new(4 * EDHOC_TOKEN_MAX);
    edhoc_err err;

    cbor_put_bstr(&external_aad, fixed_bytes(x == 2 ? &s->ks.th_2 : &s->ks.th_3));
    buf_put(&external_aad, cred_item(cred));
    buf_put(&external_aad, buf_bytes(&a->ead));

    buf_reset(&a->to_be_signed);
    cbor_put_array(&a->to_be_signed, 4);
    cbor_put_tstr(&a->to_be_signed, BYTES_LITERAL("Signature1"));
    cbor_put_bstr(&a->to_be_signed, buf_bytes(&a->id_cred));
    cbor_put_bstr_buf(&a->to_be_signed, &external_aad);
    cbor_put_bstr(&a->to_be_signed, fixed_bytes(&a->mac));
    err = buf_err(&a->to_be_signed);
    buf_free(&external_aad);
    return err;
}

/* All that the prover's Signature_or_MAC_x is made of, for one credential. */
static edhoc_err prepare(struct edhoc *s, int x, const struct cred *cred, const struct key *own,
                         const struct key *other)
{
    struct auth *a = auth_of(s, x);
    edhoc_err err = derive_prk(s, x, own, other);

    if (err != EDHOC_OK)
        return err;
    put_context(s, x, cred);
    err = buf_err(&a->context);
    if (err == EDHOC_OK)
        err = compute_mac(s, x);
    if (err == EDHOC_OK && !prover_uses_dh(s, x))
        err = put_to_be_signed(s, x, cred);
    return err;
}

/* ---- the prover ---- */

/* PLAINTEXT_2 = ( C_R, ID_CRED_R / bstr / -24..23, Signature_or_MAC_2, ? EAD_2 )
 * PLAINTEXT_3 = ( ID_CRED_I / bstr / -24..23, Signature_or_MAC_3, ? EAD_3 ) */
static void put_plaintext(struct edhoc *s, int x)
{
    struct auth *a = auth_of(s, x);
    struct cbor_reader kid;

    if (x == 2)
        cbor_put_identifier(&a->plaintext, buf_bytes(&s->c_r));
    if (cred_form(s->my_cred) == CRED_KID) {
        kid = cbor_reader(
            bytes_of(a->id_cred.p + ID_CRED_KID_HEAD, a->id_cred.len - ID_CRED_KID_HEAD));
        cbor_put_identifier(&a->plaintext, cbor_read_bstr(&kid));
    } else {
        buf_put(&a->plaintext, buf_bytes(&a->id_cred));
    }
    cbor_put_bstr_buf(&a->plaintext, &a->signature_or_mac);
    buf_put_buf(&a->plaintext, &a->ead);
}

edhoc_err auth_compose(struct edhoc *s, int x)
{
    struct auth *a = auth_of(s, x);
    edhoc_err err;

    err = buf_copy(&a->id_cred, cred_id(s->my_cred));
    if (err == EDHOC_OK)
        err = prepare(s, x, s->my_cred, s->me->key, s->peer_ephemeral);
    if (err != EDHOC_OK)
        return err;
    if (prover_uses_dh(s, x))
        buf_put(&a->signature_or_mac, fixed_bytes(&a->mac));
    else
        err = crypto_sign(s->me->key, buf_bytes(&a->to_be_signed), &a->signature_or_mac);
    put_plaintext(s, x);
    return err == EDHOC_OK ? buf_err(&a->plaintext) : err;
}

/* ---- the checker ---- */

/* The fields of a decrypted plaintext; ID_CRED_x is put into its full form. */
static edhoc_err read_plaintext(struct edhoc *s, int x)
{
    struct auth *a = auth_of(s, x);
    struct cbor_reader r = cbor_reader(buf_bytes(&a->plaintext));
    struct bytes c_r = x == 2 ? cbor_read_identifier(&r) : BYTES_NONE;

    if (cbor_peek(&r) == CBOR_MAP) {
        buf_put(&a->id_cred, cbor_read_any(&r));
    } else {
        cbor_put_map(&a->id_cred, 1);
        cbor_put_int(&a->id_cred, CRED_KID);
        cbor_put_bstr(&a->id_cred, cbor_read_identifier(&r));
    }
    buf_put(&a->signature_or_mac, cbor_read_bstr(&r));
    if (r.failed || buf_err(&a->id_cred) != EDHOC_OK || buf_err(&a->signature_or_mac) != EDHOC_OK ||
        buf_copy(&a->ead, r.rest) != EDHOC_OK || (x == 2 && buf_copy(&s->c_r, c_r) != EDHOC_OK))
        return report(EDHOC_ERR_MALFORMED,
                      "PLAINTEXT_%d is not what RFC 9528 prescribes, or was changed on the way", x);
    if (x == 2 && !session_plain(s) && c_r.len > 0)
        return report(EDHOC_ERR_CONNECTION_ID, "C_R has %zu bytes", c_r.len);
    return EDHOC_OK;
}

/* kid alone must have come in its compact form (section 3.5.3.2). */
static edhoc_err read_id(struct edhoc *s, int x, struct cred_id *id)
{
    struct auth *a = auth_of(s, x);
    struct cbor_reader r = cbor_reader(buf_bytes(&a->plaintext));
    edhoc_err err = cred_id_read(buf_bytes(&a->id_cred), id);

    if (x == 2)
        (void)cbor_read_identifier(&r);
    if (err == EDHOC_OK && id->form == CRED_KID && cbor_peek(&r) == CBOR_MAP)
        return report(EDHOC_ERR_MALFORMED, "ID_CRED_x is a kid, but not in its compact form");
    if (err == EDHOC_OK && !session_plain(s) && id->form == CRED_X5T)
        return report(EDHOC_ERR_CRED_FORM, "x5t; a certificate comes by value here (x5chain)");
    return err;
}

/* Does the holder of this credential's key answer for the plaintext? EDHOC_ERR_PROOF if not. */
static edhoc_err check_proof(struct edhoc *s, int x, const struct cred *cred)
{
    struct auth *a = auth_of(s, x);
    const struct key *key = cred_key(cred);
    edhoc_err err = EDHOC_OK;

    if (prover_uses_dh(s, x) && key_type(key)->curve != s->suite->dh)
        return report(EDHOC_ERR_PROOF, "its %s key does not belong to cipher suite %d",
                      key_type(key)->ssh_name, s->suite->id);
    if (!prover_uses_dh(s, x) && key_type(key)->curve != s->suite->sign)
        return report(EDHOC_ERR_PROOF, "its %s key does not belong to cipher suite %d",
                      key_type(key)->ssh_name, s->suite->id);
    err = prepare(s, x, cred, s->ephemeral, key);
    if (err == EDHOC_ERR_BAD_POINT)
        return report(EDHOC_ERR_PROOF, "its key is a point of low order");
    if (err != EDHOC_OK)
        return err;
    if (!prover_uses_dh(s, x))
        return crypto_verify(key, buf_bytes(&a->to_be_signed), buf_bytes(&a->signature_or_mac));
    return bytes_equal_secret(buf_bytes(&a->signature_or_mac), fixed_bytes(&a->mac))
               ? EDHOC_OK
               : report(EDHOC_ERR_PROOF, "MAC_%d is wrong", x);
}

/* A reference may mean several credentials: each is tried (RFC 9528 section 3.5.3). */
static edhoc_err prove_by_reference(struct edhoc *s, int x, const struct cred_id *id,
                                    struct cred **proven)
{
    edhoc_err err = EDHOC_ERR_UNKNOWN_KEY;
    struct cred *c;
    size_t at = 0;

    while ((c = trust_candidate(s->trust, id, prover_uses_dh(s, x), &at)) != NULL) {
        err = check_proof(s, x, c);
        if (err != EDHOC_ERR_PROOF)
            break;
    }
    if (err == EDHOC_ERR_UNKNOWN_KEY)
        err = trust_no_candidate(s->trust, id, prover_uses_dh(s, x));
    if (err == EDHOC_OK)
        *proven = cred_ref(c);
    return err;
}

static edhoc_err prove_by_value(struct edhoc *s, int x, const struct cred_id *id,
                                struct cred **proven)
{
    struct cred *c = NULL;
    edhoc_err err = id->form == CRED_X5CHAIN ? cred_from_x5chain(id, &c)
                                             : cred_from_kccs(id, prover_uses_dh(s, x), &c);

    if (err == EDHOC_OK && key_type(cred_key(c))->dh != prover_uses_dh(s, x))
        err = report(EDHOC_ERR_CRED_FORM, "a certificate cannot do static Diffie-Hellman");
    if (err == EDHOC_OK)
        err = check_proof(s, x, c);
    if (err == EDHOC_OK)
        *proven = c;
    else
        cred_free(c);
    return err;
}

/* Somebody who sends our own messages back to us has proven nothing. */
static edhoc_err refuse_reflection(const struct edhoc *s, const struct cred *cred)
{
    for (size_t i = 0; i < s->identities->len; i++)
        if (cred_same_key(cred, s->identities->id[i]->by_value))
            return report(EDHOC_ERR_REFLECTED, "%s is ours; two endpoints need two keys",
                          s->identities->id[i]->source);
    return EDHOC_OK;
}

static edhoc_err judge(struct edhoc *s, int x, struct cred *cred)
{
    edhoc_err err = refuse_reflection(s, cred);

    if (err != EDHOC_OK)
        return err;
    return x == 2 ? trust_judge_server(s->trust, cred, (const char *)s->target.p, session_now(s),
                                       &s->peer)
                  : trust_judge_client(s->trust, cred, session_now(s), &s->peer);
}

/* EAD that must not be there, or is critical and unknown, is refused whoever sent it, but only
 * after the sender has proven who it is. The mechanism's own item in EAD_3 is read by message_3.c.
 */
static edhoc_err check_ead(struct edhoc *s, int x)
{
    struct bytes ead = buf_bytes(x == 2 ? &s->m2.ead : &s->m3.ead);
    struct profile_item no_item;
    struct ead_item unknown;
    bool found;

    if (session_plain(s))
        return ead_find(ead, PROFILE_EAD_LABEL, &unknown, &found);
    return x == 2 ? profile_read(2, ead, &no_item) : EDHOC_OK;
}

/* In plain RFC 9528 a chain, too, may stand for a credential agreed on beforehand. */
static bool carries_credential(const struct edhoc *s, const struct cred_id *id)
{
    return id->form == CRED_KCCS || (id->form == CRED_X5CHAIN && !session_plain(s));
}

edhoc_err auth_process(struct edhoc *s, int x)
{
    struct cred *proven = NULL;
    struct cred_id id;
    edhoc_err err = read_plaintext(s, x);

    if (err == EDHOC_OK)
        err = read_id(s, x, &id);
    if (err == EDHOC_OK)
        err = carries_credential(s, &id) ? prove_by_value(s, x, &id, &proven)
                                         : prove_by_reference(s, x, &id, &proven);
    if (err == EDHOC_OK)
        err = judge(s, x, proven);
    if (err == EDHOC_OK)
        err = check_ead(s, x);
    cred_free(proven);
    return err;
}
