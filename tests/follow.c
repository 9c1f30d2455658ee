#include "follow.h"

#include "base/cbor.h"
#include "crypto/ecdh.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/encrypt0.h"
#include "edhoc/session.h"
#include "side.h"
#include "lib/errors.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct course {
    const struct vectors *v;
    size_t i;
    struct edhoc *initiator, *responder;
};

static struct bytes value(const struct course *c, const char *name)
{
    return vectors_hex(c->v, c->i, name);
}

/* CRED_x as a CBOR item: the traces have it under _cbor where it is a certificate. */
static struct bytes cred_value(const struct course *c, char side)
{
    char name[16];

    (void)snprintf(name, sizeof(name), "cred_%c_cbor", side);
    if (!vectors_has(c->v, c->i, name))
        name[6] = '\0';
    return value(c, name);
}

static void expect(const struct course *c, const char *name, struct bytes got)
{
    struct bytes want;

    if (!vectors_has(c->v, c->i, name))
        return;
    want = value(c, name);
    ck_assert_msg(bytes_equal(want, got), "%s: %s differs",
                  vectors_has(c->v, c->i, "name") ? vectors_text(c->v, c->i, "name") : "trace",
                  name);
}

static void expect_fixed(const struct course *c, const char *name, const struct fixed *got)
{
    expect(c, name, fixed_bytes(got));
}

/* ---- credentials ---- */

/* Signs nothing: hands out the signature that the vector has, after checking what is to be signed.
 */
struct vector_signer {
    const struct course *course;
    const char *to_be_signed, *signature;
};

static edhoc_err sign_from_vector(void *arg, struct bytes text, struct buf *signature)
{
    const struct vector_signer *signer = arg;

    expect(signer->course, signer->to_be_signed, text);
    buf_put(signature, value(signer->course, signer->signature));
    return EDHOC_OK;
}

static struct key *private_key(const struct course *c, char side, bool dh,
                               const struct suite *suite, struct vector_signer *signer)
{
    const struct keytype *type = keytype_by_curve(dh ? suite->dh : suite->sign, dh);
    struct key *real, *key;

    ck_assert_ok(key_from_private(type, value(c, side == 'i' ? "sk_i" : "sk_r"), &real));
    if (dh)
        return real;
    ck_assert_ok(key_with_signer(real, sign_from_vector, NULL, signer, &key));
    key_free(real);
    return key;
}

static struct identity_set *identity(const struct course *c, char side, struct key *key)
{
    struct identity *id;
    struct identity_set *set;

    ck_assert_ok(identity_new_raw(key, NULL, "vector", &id));
    cred_free(id->by_value);
    ck_assert_ok(cred_new_agreed(key, value(c, side == 'i' ? "id_cred_i" : "id_cred_r"),
                                 cred_value(c, side), &id->by_value));
    ck_assert_ok(identity_set_new(&id, 1, &set));
    return set;
}

static struct trust *trust_in(const struct identity_set *peer)
{
    struct buf line = buf_new(1024);
    struct trust *t;

    trust_line_format(cred_sub(peer->id[0]->by_value).len > 0 ? "*" : "peer", "client,server",
                      peer->id[0]->key, NULL, &line);
    ck_assert_ok(trust_new(&t));
    ck_assert_ok(trust_read(t, &line, "vector", 1));
    return t;
}

/* ---- comparing ---- */

static void compare_message_2(const struct course *c, const struct edhoc *s)
{
    expect_fixed(c, "h_message_1", &s->work->ks.h_message_1);
    expect_fixed(c, "th_2", &s->work->ks.th_2);
    expect_fixed(c, "prk_2e", &s->work->ks.prk_2e);
    if (session_responder_dh(s)) {
        expect_fixed(c, "salt_3e2m", &s->work->ks.salt_3e2m);
    } else {
        expect(c, "message_to_be_signed_2", buf_bytes(&s->work->m2.to_be_signed));
    }
    expect_fixed(c, "prk_3e2m", &s->work->ks.prk_3e2m);
    expect(c, "id_cred_r", buf_bytes(&s->work->m2.id_cred));
    expect(c, "context_2", buf_bytes(&s->work->m2.context));
    expect_fixed(c, "mac_2", &s->work->m2.mac);
    expect(c, "signature_or_mac_2", buf_bytes(&s->work->m2.signature_or_mac));
    expect(c, "plaintext_2", buf_bytes(&s->work->m2.plaintext));
    expect(c, "ead_2", buf_bytes(&s->work->m2.ead));
    expect_fixed(c, "th_3", &s->work->ks.th_3);
}

static void compare_message_3(const struct course *c, const struct edhoc *s)
{
    expect_fixed(c, "k_3", &s->work->ks.k_3);
    expect_fixed(c, "iv_3", &s->work->ks.iv_3);
    if (session_initiator_dh(s))
        expect_fixed(c, "salt_4e3m", &s->work->ks.salt_4e3m);
    else
        expect(c, "message_to_be_signed_3", buf_bytes(&s->work->m3.to_be_signed));
    expect_fixed(c, "prk_4e3m", &s->work->ks.prk_4e3m);
    expect(c, "id_cred_i", buf_bytes(&s->work->m3.id_cred));
    expect(c, "context_3", buf_bytes(&s->work->m3.context));
    expect_fixed(c, "mac_3", &s->work->m3.mac);
    expect(c, "signature_or_mac_3", buf_bytes(&s->work->m3.signature_or_mac));
    expect(c, "plaintext_3", buf_bytes(&s->work->m3.plaintext));
    expect(c, "ead_3", buf_bytes(&s->work->m3.ead));
    expect_fixed(c, "th_4", &s->work->ks.th_4);
    expect_fixed(c, "prk_out", &s->work->ks.prk_out);
    expect_fixed(c, "prk_exporter", &s->work->ks.prk_exporter);
}

static void compare_message_4(const struct course *c, const struct edhoc *s)
{
    expect_fixed(c, "k_4", &s->work->ks.k_4);
    expect_fixed(c, "iv_4", &s->work->ks.iv_4);
    expect(c, "plaintext_4", buf_bytes(&s->work->plaintext_4));
}

static void compare_shared_secrets(const struct course *c, const struct key *x_or_y,
                                   const struct key *peer, const char *name)
{
    struct fixed secret;

    ck_assert_ok(crypto_ecdh(x_or_y, peer, &secret));
    expect_fixed(c, name, &secret);
}

static void compare_aads(const struct course *c, const struct edhoc *s)
{
    struct buf a_3 = buf_new(256), a_4 = buf_new(256);

    encrypt0_put_aad(&a_3, &s->work->ks.th_3);
    encrypt0_put_aad(&a_4, &s->work->ks.th_4);
    expect(c, "a_3", buf_bytes(&a_3));
    expect(c, "a_4", buf_bytes(&a_4));
    buf_free(&a_3);
    buf_free(&a_4);
}

static void compare_exporter(const struct course *c, struct edhoc *s)
{
    static const uint8_t exporter_context[] = {0xaa, 0xbb};
    uint8_t out[32];

    ck_assert_ok(edhoc_exporter(s, 0x8100, bytes_of(exporter_context, 2), out, 32));
    expect(c, "exporter_32", bytes_of(out, 32));
    ck_assert_ok(edhoc_exporter(s, 0, BYTES_NONE, out, 16));
    expect(c, "oscore_master_secret", bytes_of(out, 16));
    ck_assert_ok(edhoc_exporter(s, 1, BYTES_NONE, out, 8));
    expect(c, "oscore_master_salt", bytes_of(out, 8));

    ck_assert_ok(edhoc_key_update(s, value(c, "key_update_context")));
    expect_fixed(c, "prk_out_after_key_update", &s->work->ks.prk_out);
    expect_fixed(c, "prk_exporter_after_key_update", &s->work->ks.prk_exporter);
    ck_assert_ok(edhoc_exporter(s, 0, BYTES_NONE, out, 16));
    expect(c, "oscore_master_secret_after_key_update", bytes_of(out, 16));
    ck_assert_ok(edhoc_exporter(s, 1, BYTES_NONE, out, 8));
    expect(c, "oscore_master_salt_after_key_update", bytes_of(out, 8));
}

/* ---- the course ---- */

static struct suite_list read_suites_i(const struct course *c)
{
    struct cbor_reader r = cbor_reader(value(c, "suites_i"));
    struct suite_list list = {{0}, 0};
    size_t count = cbor_peek(&r) == CBOR_ARRAY ? cbor_read_array(&r) : 1;

    while (count-- > 0)
        suite_list_add(&list, (int)cbor_read_int(&r));
    ck_assert(cbor_finished(&r));
    return list;
}

static void step(const struct course *c, struct edhoc *s, const char *in, const char *out)
{
    struct buf made = buf_new(EDHOC_TOKEN_MAX);
    edhoc_err err = edhoc_step(s, in == NULL ? BYTES_NONE : value(c, in), &made);

    ck_assert_msg(err == EDHOC_OK, "%s -> %s: %s: %s",
                  vectors_has(c->v, c->i, "name") ? vectors_text(c->v, c->i, "name") : "trace",
                  out == NULL ? "done" : out, report_sentence(err), report_details(err));
    if (out != NULL)
        expect(c, out, buf_bytes(&made));
    else
        ck_assert_uint_eq(made.len, 0);
    buf_free(&made);
}

static void begin(struct course *c, enum edhoc_role role, struct identity_set *own,
                  struct identity_set *peer, struct suite_list suites, int method,
                  struct edhoc **out)
{
    bool initiator = role == EDHOC_INITIATOR;
    struct side_config config = {
        .role = role,
        .options = SIDE_PLAIN | EDHOC_CONFIRM,
        .identities = own,
        .trust = trust_in(peer),
        .agreed = {peer->id[0]->by_value},
        .suites = suites,
        .target = initiator ? "peer" : NULL,
        .now = 1700000000,
        .method = method & 1,
        .c_x = value(c, initiator ? "c_i" : "c_r"),
        .ephemeral = value(c, initiator ? "x" : "y"),
        .ead = {BYTES_NONE, value(c, "ead_1"), value(c, "ead_2"), value(c, "ead_3"),
                value(c, "ead_4")},
        .suite_at = suites.len - 1,
    };

    ck_assert_ok(side_new(&config, out));
    trust_free(config.trust);
}

void follow_session(const struct vectors *v, size_t i)
{
    struct course c = {v, i, NULL, NULL};
    struct suite_list offer = read_suites_i(&c), only = {{0}, 0};
    const struct suite *suite = suite_by_id(offer.id[offer.len - 1]);
    int method = value(&c, "method").p[0];
    struct vector_signer signer_i = {&c, "message_to_be_signed_3", "signature_or_mac_3"};
    struct vector_signer signer_r = {&c, "message_to_be_signed_2", "signature_or_mac_2"};
    struct key *sk_i = private_key(&c, 'i', method >= 2, suite, &signer_i);
    struct key *sk_r = private_key(&c, 'r', method % 2 == 1, suite, &signer_r);
    struct identity_set *id_i = identity(&c, 'i', sk_i), *id_r = identity(&c, 'r', sk_r);

    suite_list_add(&only, suite->id);
    begin(&c, EDHOC_INITIATOR, id_i, id_r, offer, method, &c.initiator);
    begin(&c, EDHOC_RESPONDER, id_r, id_i, only, method, &c.responder);

    step(&c, c.initiator, NULL, "message_1");
    expect(&c, "g_x", key_x(c.initiator->ephemeral));
    step(&c, c.responder, "message_1", "message_2");
    expect(&c, "g_y", key_x(c.responder->ephemeral));
    compare_message_2(&c, c.responder);
    compare_shared_secrets(&c, c.responder->ephemeral, c.responder->work->peer_ephemeral, "g_xy");
    if (method % 2 == 1)
        compare_shared_secrets(&c, sk_r, c.responder->work->peer_ephemeral, "g_rx");
    step(&c, c.initiator, "message_2", "message_3");
    compare_message_2(&c, c.initiator);
    compare_message_3(&c, c.initiator);
    if (method >= 2)
        compare_shared_secrets(&c, sk_i, c.initiator->work->peer_ephemeral, "g_iy");
    compare_aads(&c, c.initiator);
    step(&c, c.responder, "message_3", "message_4");
    compare_message_3(&c, c.responder);
    compare_message_4(&c, c.responder);
    step(&c, c.initiator, "message_4", NULL);
    compare_message_4(&c, c.initiator);
    ck_assert(edhoc_done(c.initiator) && edhoc_done(c.responder));
    expect(&c, "c_r", buf_bytes(&c.initiator->c_r));
    expect(&c, "c_i", buf_bytes(&c.responder->c_i));
    compare_exporter(&c, c.initiator);
    compare_exporter(&c, c.responder);

    side_free(c.initiator);
    side_free(c.responder);
    identity_set_free(id_i);
    identity_set_free(id_r);
    key_free(sk_i);
    key_free(sk_r);
}
