#include "edhoc/cred.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Labels: CWT claims (RFC 8392, 8747) and COSE_Key parameters (RFC 9052, 9053). */
enum { CWT_SUB = 2, CWT_EXP = 4, CWT_CNF = 8, CNF_COSE_KEY = 1 };
enum { COSE_KTY = 1, COSE_KID = 2, COSE_CRV = -1, COSE_X = -2, COSE_Y = -3 };

#define SUB_MAX 255
#define CCS_MAX 512 /* of ours: sub, cnf, the longest COSE_Key */

/* One piece of memory: a context that is open keeps its peer's. */
struct cred {
    atomic_uint refs;
    enum cred_form form;
    struct key *key;
    int64_t exp;
    struct bytes id, item, sub, ssh_cert; /* ID_CRED_x, CRED_x and what is in them: in `text` */
    size_t chain_length;
    uint8_t thumbprint[32];
    uint8_t text[];
};

struct cred *cred_ref(struct cred *c)
{
    if (c != NULL)
        atomic_fetch_add(&c->refs, 1);
    return c;
}

void cred_free(struct cred *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    key_free(c->key);
    free(c);
}

enum cred_form cred_form(const struct cred *c)
{
    return c->form;
}

struct bytes cred_id(const struct cred *c)
{
    return c->id;
}

struct bytes cred_kid(const struct cred *c)
{
    struct cbor_reader r = cbor_reader(c->id);

    if (c->form != CRED_KID)
        return BYTES_NONE;
    (void)cbor_read_map(&r);
    (void)cbor_read_int(&r);
    return cbor_read_bstr(&r);
}

struct bytes cred_item(const struct cred *c)
{
    return c->item;
}

struct key *cred_key(const struct cred *c)
{
    return c->key;
}

struct bytes cred_sub(const struct cred *c)
{
    return c->sub;
}

int64_t cred_expires(const struct cred *c)
{
    return c->exp;
}

const uint8_t *cred_thumbprint(const struct cred *c)
{
    return c->thumbprint;
}

size_t cred_chain_length(const struct cred *c)
{
    return c->chain_length;
}

struct bytes cred_chain(const struct cred *c, size_t i)
{
    struct cbor_reader r = cbor_reader(c->id);
    struct bytes certificate;

    (void)cbor_read_map(&r);
    (void)cbor_read_int(&r);
    if (c->chain_length > 1)
        (void)cbor_read_array(&r);
    do
        certificate = cbor_read_bstr(&r);
    while (i-- > 0);
    return certificate;
}

struct bytes cred_ssh_cert(const struct cred *c)
{
    return c->ssh_cert;
}

bool cred_is_dh(const struct cred *c)
{
    return key_type(c->key)->dh;
}

bool cred_same_thumbprint(const struct cred *a, const struct cred *b)
{
    return memcmp(a->thumbprint, b->thumbprint, sizeof(a->thumbprint)) == 0;
}

bool cred_same_secret(const struct cred *a, const struct cred *b)
{
    return key_type(a->key)->curve == key_type(b->key)->curve &&
           bytes_equal(key_x(a->key), key_x(b->key));
}

/* ---- writing ---- */

static void put_cose_point(const struct keytype *type, struct bytes x, struct bytes y,
                           struct buf *out)
{
    bool ec = type->kty == KTY_EC2;

    cbor_put_map(out, ec ? 4 : 3);
    cbor_put_int(out, COSE_KTY);
    cbor_put_int(out, type->kty);
    cbor_put_int(out, COSE_CRV);
    cbor_put_int(out, type->curve);
    cbor_put_int(out, COSE_X);
    cbor_put_bstr(out, x);
    if (!ec)
        return;
    cbor_put_int(out, COSE_Y);
    cbor_put_bstr(out, y);
}

void cred_put_cose_key(const struct key *key, struct buf *out)
{
    put_cose_point(key_type(key), key_x(key), key_y(key), out);
}

/* { ? 2 : sub, 8 : { 1 : COSE_Key } } */
static void put_ccs(const struct key *key, struct bytes sub, struct buf *out)
{
    cbor_put_map(out, sub.len > 0 ? 2 : 1);
    if (sub.len > 0) {
        cbor_put_int(out, CWT_SUB);
        cbor_put_tstr(out, sub);
    }
    cbor_put_int(out, CWT_CNF);
    cbor_put_map(out, 1);
    cbor_put_int(out, CNF_COSE_KEY);
    cred_put_cose_key(key, out);
}

edhoc_err cred_thumbprint_of(const struct keytype *type, struct bytes x, struct bytes y,
                             uint8_t out[32])
{
    struct buf cose_key = buf_new(CCS_MAX);
    edhoc_err err;

    put_cose_point(type, x, y, &cose_key);
    err = buf_err(&cose_key);
    if (err == EDHOC_OK)
        err = crypto_sha256(buf_bytes(&cose_key), out);
    buf_free(&cose_key);
    return err;
}

static edhoc_err thumbprint(const struct key *key, uint8_t out[32])
{
    return cred_thumbprint_of(key_type(key), key_x(key), key_y(key), out);
}

/* What a credential is made of; all is copied. */
struct made_of {
    enum cred_form form;
    struct key *key;
    const uint8_t *thumbprint; /* NULL: it is yet to be computed */
    struct bytes id;           /* ID_CRED_x */
    struct bytes item;         /* CRED_x; where it is part of ID_CRED_x, a view into that */
    struct bytes sub;          /* a view into ID_CRED_x, or empty */
    int64_t exp;
};

/* A view into what was copied, as the other is one into the original. */
static struct bytes moved(struct bytes view, struct bytes original, const uint8_t *copy)
{
    return view.len > 0 ? bytes_of(copy + (view.p - original.p), view.len) : BYTES_NONE;
}

static bool is_within(struct bytes view, struct bytes all)
{
    uintptr_t at = (uintptr_t)view.p, start = (uintptr_t)all.p;

    return view.len > 0 && at >= start && at + view.len <= start + all.len;
}

static void copy_texts(struct cred *c, const struct made_of *of)
{
    memcpy(c->text, of->id.p, of->id.len);
    c->id = bytes_of(c->text, of->id.len);
    c->sub = moved(of->sub, of->id, c->text);
    if (is_within(of->item, of->id)) {
        c->item = moved(of->item, of->id, c->text);
        return;
    }
    if (of->item.len > 0)
        memcpy(c->text + of->id.len, of->item.p, of->item.len);
    c->item = bytes_of(c->text + of->id.len, of->item.len);
}

static edhoc_err cred_new(const struct made_of *of, struct cred **out)
{
    struct cred *c;
    edhoc_err err = EDHOC_OK;

    *out = NULL;
    if (of->id.len > CRED_BYTES_MAX || of->item.len > CRED_BYTES_MAX)
        return EDHOC_ERR_TOO_LONG;
    c = calloc(1, sizeof(*c) + of->id.len + of->item.len);
    if (c == NULL)
        return EDHOC_ERR_NOMEM;
    atomic_init(&c->refs, 1);
    c->form = of->form;
    c->key = key_ref(of->key);
    c->exp = of->exp;
    copy_texts(c, of);
    if (of->thumbprint != NULL)
        memcpy(c->thumbprint, of->thumbprint, sizeof(c->thumbprint));
    else
        err = thumbprint(of->key, c->thumbprint);
    if (err == EDHOC_OK)
        *out = c;
    else
        cred_free(c);
    return err;
}

/* The same of what was put together, and is freed: ID_CRED_x from `item_at` on is CRED_x. */
static edhoc_err cred_from_buf(struct key *key, enum cred_form form, struct buf *id, size_t item_at,
                               size_t item_len, struct cred **out)
{
    edhoc_err err = buf_err(id);

    *out = NULL;
    if (err == EDHOC_OK)
        err = cred_new(&(struct made_of){.form = form,
                                         .key = key,
                                         .id = buf_bytes(id),
                                         .item = bytes_of(id->p + item_at, item_len),
                                         .exp = INT64_MAX},
                       out);
    buf_free(id);
    return err;
}

/* ID_CRED_x = { label : ...the item that the caller appends } */
static void put_id_label(struct buf *id, enum cred_form form)
{
    cbor_put_map(id, 1);
    cbor_put_int(id, form);
}

static edhoc_err cred_of_kccs(const struct cred_id *id, struct key *key, const uint8_t *thumbprint,
                              struct cred **out)
{
    return cred_new(&(struct made_of){.form = CRED_KCCS,
                                      .key = key,
                                      .thumbprint = thumbprint,
                                      .id = id->map,
                                      .item = id->ccs,
                                      .sub = id->sub,
                                      .exp = id->exp},
                    out);
}

edhoc_err cred_new_kccs(struct key *key, struct bytes sub, struct cred **out)
{
    struct buf map = buf_new(CRED_BYTES_MAX);
    struct cred_id id;
    edhoc_err err;

    *out = NULL;
    if (sub.len > SUB_MAX)
        return report(EDHOC_ERR_NAME, "a name of more than 255 bytes");
    put_id_label(&map, CRED_KCCS);
    put_ccs(key, sub, &map);
    err = buf_err(&map);
    if (err == EDHOC_OK)
        err = cred_id_read(buf_bytes(&map), &id);
    if (err == EDHOC_OK)
        err = cred_of_kccs(&id, key, NULL, out);
    buf_free(&map);
    return err;
}

edhoc_err cred_new_kid(struct key *key, struct cred **out)
{
    struct buf id = buf_new(CRED_BYTES_MAX), item = buf_new(CCS_MAX);
    uint8_t kid[32];
    edhoc_err err = thumbprint(key, kid);

    *out = NULL;
    put_id_label(&id, CRED_KID);
    cbor_put_bstr(&id, bytes_of(kid, CRED_KID_LENGTH));
    put_ccs(key, BYTES_NONE, &item);
    buf_fail(&id, buf_err(&item));
    if (err == EDHOC_OK)
        err = buf_err(&id);
    if (err == EDHOC_OK)
        err = cred_new(&(struct made_of){.form = CRED_KID,
                                         .key = key,
                                         .thumbprint = kid,
                                         .id = buf_bytes(&id),
                                         .item = buf_bytes(&item),
                                         .exp = INT64_MAX},
                       out);
    buf_free(&id);
    buf_free(&item);
    return err;
}

edhoc_err cred_new_x5chain(struct key *key, const struct bytes *chain, size_t count,
                           struct cred **out)
{
    struct buf id = buf_new(CRED_BYTES_MAX);
    size_t at, leaf = 0;
    edhoc_err err;

    *out = NULL;
    if (count < 1 || count > CRED_CHAIN_MAX)
        return report(EDHOC_ERR_CRED_BAD, "a chain of %zu certificates; at most %d", count,
                      CRED_CHAIN_MAX);
    put_id_label(&id, CRED_X5CHAIN);
    if (count > 1)
        cbor_put_array(&id, count);
    at = id.len;
    for (size_t i = 0; i < count; i++) {
        cbor_put_bstr(&id, chain[i]);
        leaf = i == 0 ? id.len - at : leaf;
    }
    err = cred_from_buf(key, CRED_X5CHAIN, &id, at, leaf, out);
    if (err == EDHOC_OK)
        (*out)->chain_length = count;
    return err;
}

edhoc_err cred_new_ssh_cert(struct key *key, struct bytes certificate, struct cred **out)
{
    struct buf id = buf_new(CRED_BYTES_MAX);
    size_t label;
    edhoc_err err;

    put_id_label(&id, CRED_SSH_CERT);
    label = id.len;
    cbor_put_bstr(&id, certificate);
    err = cred_from_buf(key, CRED_SSH_CERT, &id, label, id.len - label, out);
    if (err == EDHOC_OK)
        (*out)->ssh_cert = bytes_of((*out)->id.p + (*out)->id.len - certificate.len,
                                    certificate.len);
    return err;
}

edhoc_err cred_new_agreed(struct key *key, struct bytes id_cred, struct bytes cred,
                          struct cred **out)
{
    struct cred_id id;
    edhoc_err err = cred_id_read(id_cred, &id);

    *out = NULL;
    if (err != EDHOC_OK)
        return err;
    return cred_new(
        &(struct made_of){
            .form = id.form, .key = key, .id = id_cred, .item = cred, .sub = id.sub, .exp = id.exp},
        out);
}

/* ---- reading ---- */

/* Is the next item the label of a map's entry? Consumes it if so. */
static bool read_label(struct cbor_reader *r, int64_t label)
{
    struct cbor_reader ahead = *r;

    if (cbor_read_int(&ahead) != label || ahead.failed)
        return false;
    *r = ahead;
    return true;
}

/* {1 : kty, ? 2 : kid, -1 : crv, -2 : x, ? -3 : y}, in this, the deterministic, order. A kid in there
 * is part of CRED_x and means nothing to us. */
static void read_cose_key(struct cbor_reader *r, struct cred_id *id)
{
    size_t pairs = cbor_read_map(r), read = 3;
    int64_t kty, curve;

    cbor_expect_int(r, COSE_KTY);
    kty = cbor_read_int(r);
    if (read_label(r, COSE_KID)) {
        (void)cbor_read_bstr(r);
        read++;
    }
    cbor_expect_int(r, COSE_CRV);
    curve = cbor_read_int(r);
    cbor_expect_int(r, COSE_X);
    id->x = cbor_read_bstr(r);
    if (kty == KTY_EC2) {
        cbor_expect_int(r, COSE_Y);
        id->y = cbor_read_bstr(r);
        read++;
    }
    if (pairs != read || (kty != KTY_EC2 && kty != KTY_OKP) || curve < CRV_P256 ||
        curve > CRV_ED448)
        r->failed = true;
    id->kty = (enum cose_kty)kty;
    id->curve = (enum cose_curve)curve;
}

/* { ? 2 : sub, ? 4 : exp, 8 : { 1 : COSE_Key } }, no other claim. */
static void read_ccs(struct cbor_reader *r, struct cred_id *id)
{
    struct bytes start = r->rest;
    size_t pairs = cbor_read_map(r), read = 1;

    if (read_label(r, CWT_SUB)) {
        id->sub = cbor_read_tstr(r);
        if (id->sub.len == 0 || id->sub.len > SUB_MAX)
            r->failed = true;
        read++;
    }
    if (read_label(r, CWT_EXP)) {
        id->exp = cbor_read_int(r);
        read++;
    }
    cbor_expect_int(r, CWT_CNF);
    if (pairs != read || cbor_read_map(r) != 1 || id->exp < 0)
        r->failed = true;
    cbor_expect_int(r, CNF_COSE_KEY);
    read_cose_key(r, id);
    id->ccs = bytes_of(start.p, start.len - r->rest.len);
}

/* One certificate as bstr, or an array of two and more (RFC 9360 section 2). */
static void read_x5chain(struct cbor_reader *r, struct cred_id *id)
{
    size_t count = 1;

    if (cbor_peek(r) == CBOR_ARRAY) {
        count = cbor_read_array(r);
        if (count < 2 || count > CRED_CHAIN_MAX)
            r->failed = true;
    }
    for (size_t i = 0; i < count && !r->failed; i++) {
        id->chain[i] = cbor_read_bstr(r);
        if (id->chain[i].len == 0)
            r->failed = true;
    }
    id->chain_length = r->failed ? 0 : count;
}

/* [ hashAlg : int / tstr, hashValue : bstr ]; compared as a whole, so its parts are only checked.
 */
static void read_x5t(struct cbor_reader *r)
{
    if (cbor_read_array(r) != 2)
        r->failed = true;
    if (cbor_peek(r) == CBOR_TSTR)
        (void)cbor_read_tstr(r);
    else
        (void)cbor_read_int(r);
    (void)cbor_read_bstr(r);
}

edhoc_err cred_id_read(struct bytes map, struct cred_id *out)
{
    struct cbor_reader r = cbor_reader(map);
    size_t pairs = cbor_read_map(&r);
    int64_t label = cbor_read_int(&r);

    *out = (struct cred_id){.map = map, .exp = INT64_MAX};
    if (r.failed)
        return report(EDHOC_ERR_CRED_FORM, "ID_CRED_x is not a header map with a known parameter");
    if (pairs != 1)
        return report(EDHOC_ERR_CRED_FORM, "ID_CRED_x has %zu parameters instead of one", pairs);
    switch (label) {
    case CRED_KID:
        out->kid = cbor_read_bstr(&r);
        break;
    case CRED_KCCS:
        read_ccs(&r, out);
        break;
    case CRED_X5CHAIN:
        read_x5chain(&r, out);
        break;
    case CRED_SSH_CERT:
        out->ssh_cert = cbor_read_bstr(&r);
        break;
    case CRED_X5T:
        read_x5t(&r);
        break;
    default:
        return report(EDHOC_ERR_CRED_FORM, "COSE header parameter %lld", (long long)label);
    }
    if (!cbor_finished(&r))
        return report(EDHOC_ERR_CRED_BAD, "ID_CRED_x with parameter %lld is malformed",
                      (long long)label);
    out->form = (enum cred_form)label;
    return EDHOC_OK;
}

static edhoc_err key_from_kccs(const struct cred_id *id, bool dh, struct key **out)
{
    const struct keytype *type = keytype_by_curve(id->curve, dh);
    edhoc_err err;

    *out = NULL;
    if (type == NULL || type->kty != id->kty)
        return report(EDHOC_ERR_CRED_BAD, "a key on COSE curve %d cannot %s", (int)id->curve,
                      dh ? "do static Diffie-Hellman" : "sign");
    err = key_from_public(type, id->x, id->y, out);
    if (err == EDHOC_ERR_BAD_POINT || (err == EDHOC_OK && type->kty == KTY_EC2 && id->y.len == 0))
        err = report(EDHOC_ERR_CRED_BAD, "the credential's key is not a point on its curve");
    return err;
}

edhoc_err cred_from_kccs(const struct cred_id *id, bool dh, struct cred **out)
{
    struct key *key;
    edhoc_err err = key_from_kccs(id, dh, &key);

    *out = NULL;
    if (err == EDHOC_OK)
        err = cred_of_kccs(id, key, NULL, out);
    key_free(key);
    return err;
}

edhoc_err cred_from_known_kccs(const struct cred_id *id, const struct cred *known,
                               struct cred **out)
{
    const struct keytype *type = key_type(known->key);

    *out = NULL;
    if (type->curve != id->curve || type->kty != id->kty ||
        !bytes_equal(key_x(known->key), id->x) || !bytes_equal(key_y(known->key), id->y))
        return report(EDHOC_ERR_BUG, "another key than the known one");
    return cred_of_kccs(id, known->key, known->thumbprint, out);
}

edhoc_err cred_from_x5chain(const struct cred_id *id, struct cred **out)
{
    struct key *key = NULL;
    edhoc_err err = key_from_certificate(id->chain[0], &key);

    *out = NULL;
    if (err == EDHOC_ERR_KEY_FORMAT)
        err = report(EDHOC_ERR_CRED_BAD,
                     "the certificate's key is of no type that EDHOC signs with");
    if (err == EDHOC_OK)
        err = cred_new_x5chain(key, id->chain, id->chain_length, out);
    key_free(key);
    return err;
}

edhoc_err cred_from_ssh_cert(const struct cred_id *id, struct cred **out)
{
    struct key *key = NULL;
    struct bytes rest;
    char why[256];
    edhoc_err err = ssh_certificate_key(id->ssh_cert, &key, &rest);

    *out = NULL;
    if (err == EDHOC_ERR_KEY_FORMAT) {
        (void)snprintf(why, sizeof(why), "%s", report_details(err));
        err = report(EDHOC_ERR_CRED_BAD, "%s", why);
    }
    if (err == EDHOC_OK)
        err = cred_new_ssh_cert(key, id->ssh_cert, out);
    key_free(key);
    return err;
}
