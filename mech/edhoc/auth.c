#include "edhoc/auth.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "crypto/ecdh.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/sign.h"
#include "edhoc/cred.h"

#define MESSAGE_MAX    65536             /* bytes of one message */
#define STRUCTURES_MAX (4 * MESSAGE_MAX) /* credential, EAD and what is around them */

void auth_init(struct auth *a)
{
    *a = (struct auth){.prefix = buf_new(256 + 9),
                       .id_cred = buf_new(CRED_BYTES_MAX),
                       .ead = buf_new(MESSAGE_MAX),
                       .context = buf_new(STRUCTURES_MAX),
                       .to_be_signed = buf_new(STRUCTURES_MAX),
                       .signature_or_mac = buf_new(256),
                       .plaintext = buf_new(MESSAGE_MAX)};
}

void auth_wipe(struct auth *a)
{
    buf_free(&a->prefix);
    buf_free(&a->id_cred);
    buf_free(&a->ead);
    buf_free(&a->context);
    fixed_wipe(&a->mac);
    buf_free(&a->to_be_signed);
    buf_free(&a->signature_or_mac);
    buf_free(&a->plaintext);
}

edhoc_err auth_prk(struct auth *a, struct keysched *ks, const struct key *own,
                   const struct key *other)
{
    struct fixed g;
    edhoc_err err;

    if (!a->dh)
        return a->derive_prk(ks, NULL);
    err = crypto_ecdh(own, other, &g);
    if (err == EDHOC_OK)
        err = a->derive_prk(ks, &g);
    fixed_wipe(&g);
    return err;
}

/* context_2 = << C_R, ID_CRED_R, TH_2, CRED_R, ? EAD_2 >>
 * context_3 = << ID_CRED_I, TH_3, CRED_I, ? EAD_3 >> */
static void put_context(struct auth *a, const struct cred *cred)
{
    buf_reset(&a->context);
    buf_put_buf(&a->context, &a->prefix);
    buf_put_buf(&a->context, &a->id_cred);
    cbor_put_bstr(&a->context, fixed_bytes(a->th));
    buf_put(&a->context, cred_item(cred));
    buf_put_buf(&a->context, &a->ead);
}

/* [ "Signature1", << ID_CRED_x >>, << TH_x, CRED_x, ? EAD_x >>, MAC_x ] */
static void put_to_be_signed(struct auth *a, const struct cred *cred)
{
    struct buf external_aad = buf_new(STRUCTURES_MAX);

    cbor_put_bstr(&external_aad, fixed_bytes(a->th));
    buf_put(&external_aad, cred_item(cred));
    buf_put_buf(&external_aad, &a->ead);

    buf_reset(&a->to_be_signed);
    cbor_put_array(&a->to_be_signed, 4);
    cbor_put_tstr(&a->to_be_signed, BYTES_LITERAL("Signature1"));
    cbor_put_bstr_buf(&a->to_be_signed, &a->id_cred);
    cbor_put_bstr_buf(&a->to_be_signed, &external_aad);
    cbor_put_bstr(&a->to_be_signed, fixed_bytes(&a->mac));
    buf_free(&external_aad);
}

edhoc_err auth_mac(struct auth *a, struct keysched *ks, const struct cred *cred)
{
    /* mac_length_x: the suite's for static DH, hash_length where the MAC is signed */
    size_t length = a->dh ? ks->suite->mac_length : crypto_hash_length(ks->suite->hash);
    edhoc_err err;

    put_context(a, cred);
    err = buf_err(&a->context);
    if (err == EDHOC_OK)
        err = a->derive_mac(ks, buf_bytes(&a->context), length, &a->mac);
    if (err != EDHOC_OK || a->dh)
        return err;
    put_to_be_signed(a, cred);
    return buf_err(&a->to_be_signed);
}

/* ---- the prover ---- */

edhoc_err auth_sign(struct auth *a, const struct key *key)
{
    if (!a->dh)
        return crypto_sign(key, buf_bytes(&a->to_be_signed), &a->signature_or_mac);
    return buf_copy(&a->signature_or_mac, fixed_bytes(&a->mac));
}

/* PLAINTEXT_2 = ( C_R, ID_CRED_R / bstr / -24..23, Signature_or_MAC_2, ? EAD_2 )
 * PLAINTEXT_3 = ( ID_CRED_I / bstr / -24..23, Signature_or_MAC_3, ? EAD_3 ) */
edhoc_err auth_put_plaintext(struct auth *a, const struct cred *cred)
{
    struct bytes kid = cred_kid(cred);

    buf_put_buf(&a->plaintext, &a->prefix);
    if (kid.len > 0)
        cbor_put_identifier(&a->plaintext, kid);
    else
        buf_put_buf(&a->plaintext, &a->id_cred);
    cbor_put_bstr_buf(&a->plaintext, &a->signature_or_mac);
    buf_put_buf(&a->plaintext, &a->ead);
    return buf_err(&a->plaintext);
}

/* ---- the checker ---- */

/* ID_CRED_x in its full form, whichever it comes in. */
static void read_id_cred(struct auth *a, struct cbor_reader *r)
{
    a->compact = cbor_peek(r) != CBOR_MAP;
    if (!a->compact) {
        buf_put(&a->id_cred, cbor_read_any(r));
        return;
    }
    cbor_put_map(&a->id_cred, 1);
    cbor_put_int(&a->id_cred, CRED_KID);
    cbor_put_bstr(&a->id_cred, cbor_read_identifier(r));
}

edhoc_err auth_read_plaintext(struct auth *a, struct cbor_reader *r)
{
    read_id_cred(a, r);
    buf_put(&a->signature_or_mac, cbor_read_bstr(r));
    buf_put(&a->ead, r->rest);
    buf_fail(&a->ead, buf_err(&a->id_cred));
    buf_fail(&a->ead, buf_err(&a->signature_or_mac));
    if (r->failed || buf_err(&a->ead) == EDHOC_ERR_TOO_LONG)
        return report(EDHOC_ERR_MALFORMED,
                      "PLAINTEXT_%d is not what RFC 9528 prescribes, or was changed on the way",
                      a->message);
    return buf_err(&a->ead);
}

edhoc_err auth_read_id(const struct auth *a, const struct edhoc_profile *profile,
                       struct cred_id *id)
{
    edhoc_err err = cred_id_read(buf_bytes(&a->id_cred), id);

    if (err != EDHOC_OK)
        return err;
    /* Section 3.5.3.2: a kid is compact. */
    if (id->form == CRED_KID && !a->compact)
        return report(EDHOC_ERR_MALFORMED, "ID_CRED_x is a kid, but not in its compact form");
    if (!profile->accepts_form(id->form))
        return report(EDHOC_ERR_CRED_FORM,
                      "COSE header parameter %d, which this profile does not accept", id->form);
    return EDHOC_OK;
}

/* Does the holder of this credential's key answer for the plaintext? EDHOC_ERR_PROOF if not. */
static edhoc_err check_proof(struct auth *a, struct keysched *ks, const struct key *ephemeral,
                             const struct cred *cred)
{
    const struct key *key = cred_key(cred);
    edhoc_err err;

    if (key_type(key)->curve != (a->dh ? ks->suite->dh : ks->suite->sign))
        return report(EDHOC_ERR_PROOF, "its %s key does not belong to cipher suite %d",
                      key_type(key)->ssh_name, ks->suite->id);
    err = auth_prk(a, ks, ephemeral, key);
    if (err == EDHOC_ERR_BAD_POINT)
        return report(EDHOC_ERR_PROOF, "its key is a point of low order");
    if (err == EDHOC_OK)
        err = auth_mac(a, ks, cred);
    if (err != EDHOC_OK)
        return err;
    if (!a->dh)
        return crypto_verify(key, buf_bytes(&a->to_be_signed), buf_bytes(&a->signature_or_mac));
    return bytes_equal_secret(buf_bytes(&a->signature_or_mac), fixed_bytes(&a->mac))
               ? EDHOC_OK
               : report(EDHOC_ERR_PROOF, "MAC_%d is wrong", a->message);
}

/* A reference may mean several credentials: each is tried (RFC 9528 section 3.5.3). */
static edhoc_err check_by_reference(struct auth *a, struct keysched *ks, const struct checker *by,
                                    const struct cred_id *id, struct cred **proven)
{
    edhoc_err err = EDHOC_ERR_UNKNOWN_KEY;
    struct cred *c;
    size_t at = 0;

    while ((c = by->parties->candidate(by->arg, id, a->dh, &at)) != NULL) {
        err = check_proof(a, ks, by->ephemeral, c);
        if (err != EDHOC_ERR_PROOF)
            break;
    }
    if (err == EDHOC_ERR_UNKNOWN_KEY)
        err = by->parties->no_candidate(by->arg, id, a->dh);
    if (err == EDHOC_OK)
        *proven = cred_ref(c);
    return err;
}

static edhoc_err cred_from_value(const struct auth *a, const struct checker *by,
                                 const struct cred_id *id, struct cred **out)
{
    const struct cred *known;

    if (id->form == CRED_X5CHAIN)
        return cred_from_x5chain(id, out);
    if (id->form == CRED_SSH_CERT)
        return cred_from_ssh_cert(id, out);
    known = by->parties->known(by->arg, id, a->dh);
    return known != NULL ? cred_from_known_kccs(id, known, out) : cred_from_kccs(id, a->dh, out);
}

static edhoc_err check_by_value(struct auth *a, struct keysched *ks, const struct checker *by,
                                const struct cred_id *id, struct cred **proven)
{
    struct cred *c = NULL;
    edhoc_err err = cred_from_value(a, by, id, &c);

    if (err == EDHOC_OK && key_type(cred_key(c))->dh != a->dh)
        err = report(EDHOC_ERR_CRED_FORM, "a certificate cannot do static Diffie-Hellman");
    if (err == EDHOC_OK)
        err = check_proof(a, ks, by->ephemeral, c);
    if (err == EDHOC_OK)
        *proven = c;
    else
        cred_free(c);
    return err;
}

edhoc_err auth_check(struct auth *a, struct keysched *ks, const struct checker *by,
                     const struct cred_id *id, struct cred **proven)
{
    *proven = NULL;
    return by->profile->by_value(id->form) ? check_by_value(a, ks, by, id, proven)
                                           : check_by_reference(a, ks, by, id, proven);
}
