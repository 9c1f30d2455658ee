/* Attacks that have names, by somebody in between who knows the protocol: an identity put in the place
 * of another, and both sides led to something weaker. Each fails, though all the keys are trusted. */
#include "support.h"

#include "crypto/key.h"
#include "edhoc/encrypt0.h"
#include "edhoc/session.h"

#include <string.h>

#include "lib/errors.h"
#include "lib/hex.h"
#include "lib/suite.h"

/* ---- identity misbinding ---- */

static const char *const types[] = {"x25519", "ed25519", "p256", "p384dh", "ed448"};

/* Whose key and whose identifier is in the message, and what is to be there. */
struct swap {
    struct bytes from, to;
};

/* What tells one key from another in an ID_CRED_x: x and y in a kccs, else the kid. */
static void swaps_of(struct key *from, struct key *to, bool by_reference, struct swap swaps[2])
{
    struct cred *a, *b;

    swaps[0] = (struct swap){key_x(from), key_x(to)};
    swaps[1] = (struct swap){key_y(from), key_y(to)};
    if (!by_reference)
        return;
    ck_assert_ok(cred_new_kid(from, &a));
    ck_assert_ok(cred_new_kid(to, &b));
    swaps[0] = (struct swap){unhex(hex(bytes_of(cred_thumbprint(a), 8))),
                             unhex(hex(bytes_of(cred_thumbprint(b), 8)))};
    swaps[1] = (struct swap){BYTES_NONE, BYTES_NONE};
    cred_free(a);
    cred_free(b);
}

/* Where `what` stands in the plaintext, which must have it. */
static size_t place_of(struct bytes plaintext, struct bytes what)
{
    const uint8_t *at = memmem(plaintext.p, plaintext.len, what.p, what.len);

    ck_assert_ptr_nonnull(at);
    return (size_t)(at - plaintext.p);
}

/* The judge pins two keys to the other side's name: its true one, and mallory's. */
static void prepare(struct pair *p, const char *type, enum edhoc_role judge, bool by_reference)
{
    enum edhoc_role other = judge == EDHOC_INITIATOR ? EDHOC_RESPONDER : EDHOC_INITIATOR;
    const char *name = judge == EDHOC_INITIATOR ? SUPPORT_TARGET : "alice";
    struct trust *t = support_trust();

    pair_init(p, support_key(type, 0), support_key(type, 1));
    (void)support_pin(
        t, (struct support_pin){.key = support_key(type, (size_t)other), .principals = name});
    (void)support_pin(t, (struct support_pin){.key = support_key(type, 2), .principals = name});
    pair_trust(p, judge, t);
    p->config[other].options = by_reference ? EDHOC_CRED_BY_REFERENCE : 0;
    ck_assert(pair_new(p));
}

/* message_2 is encrypted by XOR, and who knows what is in it can put something else there. `_i`: a
 * type of key, and whether the credential goes by reference. */
START_TEST(an_identity_misbinding_in_message_2_is_refused)
{
    const char *type = types[_i / 2];
    struct swap swaps[2];
    struct pair p;

    prepare(&p, type, EDHOC_INITIATOR, _i % 2 == 1);
    swaps_of(support_key(type, 1), support_key(type, 2), _i % 2 == 1, swaps);
    pair_advance(&p, 2);
    for (int i = 0; i < 2 && swaps[i].from.len > 0; i++) {
        struct bytes plaintext = buf_bytes(&p.side[EDHOC_RESPONDER]->work->m2.plaintext);
        struct buf *token = &p.token[2];
        uint8_t *at = token->p + token->len - plaintext.len + place_of(plaintext, swaps[i].from);

        for (size_t k = 0; k < swaps[i].from.len; k++)
            at[k] ^= swaps[i].from.p[k] ^ swaps[i].to.p[k];
    }
    pair_run(&p, NULL, NULL);
    support_check_refused(&p, EDHOC_INITIATOR, EDHOC_ERR_PROOF);
    pair_free(&p);
}
END_TEST

/* The same in message_3, by somebody who has even got hold of its encryption key. */
START_TEST(an_identity_misbinding_in_message_3_is_refused)
{
    const char *type = types[_i / 2];
    struct buf plaintext = buf_new(EDHOC_TOKEN_MAX);
    struct swap swaps[2];
    struct edhoc *i;
    struct pair p;

    prepare(&p, type, EDHOC_RESPONDER, _i % 2 == 1);
    swaps_of(support_key(type, 0), support_key(type, 2), _i % 2 == 1, swaps);
    pair_advance(&p, 3);
    i = p.side[EDHOC_INITIATOR];
    ck_assert_ok(buf_copy(&plaintext, buf_bytes(&i->work->m3.plaintext)));
    for (int k = 0; k < 2 && swaps[k].from.len > 0; k++)
        memcpy(plaintext.p + place_of(buf_bytes(&plaintext), swaps[k].from), swaps[k].to.p,
               swaps[k].to.len);
    buf_reset(&p.token[3]);
    ck_assert_ok(encrypt0_seal(edhoc_suite(i), &i->work->ks.k_3, &i->work->ks.iv_3,
                               &i->work->ks.th_3, &plaintext, &p.token[3]));
    pair_run(&p, NULL, NULL);
    support_check_refused(&p, EDHOC_RESPONDER, EDHOC_ERR_PROOF);
    buf_free(&plaintext);
    pair_free(&p);
}
END_TEST

/* ---- downgrade ---- */

/* `p` goes on to its end with token `number` changed. Neither side may be led to believe it. What `role`
 * says, the first to see that something is wrong. */
static edhoc_err not_believed(struct pair *p, enum edhoc_role role)
{
    edhoc_err err;

    pair_run(p, NULL, NULL);
    err = p->err[role];
    ck_assert_err(p->err[1 - role], EDHOC_ERR_PEER_ERROR);
    ck_assert(!edhoc_done(p->side[EDHOC_INITIATOR]) && !edhoc_done(p->side[EDHOC_RESPONDER]));
    pair_free(p);
    return err;
}

/* The initiator has other keys for message_2 than the responder. It is a stream of bytes without a MAC of its
 * own, so what comes out is noise: malformed, or by chance something that stands where C_R or ID_CRED_R do. */
static void check_noise(struct pair *p)
{
    edhoc_err err = not_believed(p, EDHOC_INITIATOR);

    ck_assert_msg(err == EDHOC_ERR_MALFORMED || err == EDHOC_ERR_CONNECTION_ID ||
                      err == EDHOC_ERR_CRED_FORM,
                  "%s", errors_differ(err, EDHOC_ERR_MALFORMED));
}

/* The initiator hears that suite 4 alone is taken, which the responder never said, and says why it has
 * chosen it; the responder is shown suite 4 alone, as if it had been the first choice. */
START_TEST(a_downgrade_by_made_up_and_shortened_suites_is_refused)
{
    struct pair p;

    pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
    ck_assert(pair_new(&p));
    pair_advance(&p, 1);
    ck_assert_ok(pair_step(&p, EDHOC_INITIATOR, unhex("0204"), &p.token[3]));
    ck_assert_hex(bytes_of(p.token[3].p, 4), "03820604");
    memmove(p.token[3].p + 1, p.token[3].p + 3, p.token[3].len - 3);
    p.token[3].len -= 2;
    buf_reset(&p.token[4]);
    ck_assert_ok(pair_step(&p, EDHOC_RESPONDER, buf_bytes(&p.token[3]), &p.token[4]));
    p.tokens = 4;
    check_noise(&p);
}
END_TEST

/* `_i`: the METHOD that the responder gets to see. */
START_TEST(a_downgrade_of_the_method_is_refused)
{
    struct pair p;

    pair_init(&p, support_key("p256", 0), support_key("p256", 1));
    pair_identities(&p, EDHOC_RESPONDER,
                    support_set(support_identity(support_key("p256", 1), SUPPORT_TARGET, "sign"),
                                support_identity(support_key("p256dh", 2), SUPPORT_TARGET, "dh"),
                                NULL));
    ck_assert(pair_new(&p));
    pair_advance(&p, 1);
    ck_assert_uint_eq(p.token[1].p[0], 0);
    p.token[1].p[0] = (uint8_t)_i;
    if (_i == 2) /* the responder has what it takes, and the initiator cannot read the answer */
        check_noise(&p);
    else
        ck_assert_err(not_believed(&p, EDHOC_RESPONDER), EDHOC_ERR_METHOD);
}
END_TEST

/* message_1 asks for message_4 by the last byte of its EAD item. */
START_TEST(a_downgrade_of_confirmation_is_refused)
{
    struct pair p;

    pair_init(&p, support_key("x25519", 0), support_key("x25519", 1));
    p.config[EDHOC_INITIATOR].options = EDHOC_CONFIRM;
    ck_assert(pair_new(&p));
    pair_advance(&p, 1);
    ck_assert_uint_eq(p.token[1].p[p.token[1].len - 1], 1);
    p.token[1].p[p.token[1].len - 1] = 0;
    check_noise(&p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *identities = suite_case(suite, "identity misbinding", 120);
    TCase *downgrade = suite_case(suite, "downgrade", 120);

    tcase_add_loop_test(identities, an_identity_misbinding_in_message_2_is_refused, 0,
                        2 * ROWS(types));
    tcase_add_loop_test(identities, an_identity_misbinding_in_message_3_is_refused, 0,
                        2 * ROWS(types));
    tcase_add_test(downgrade, a_downgrade_by_made_up_and_shortened_suites_is_refused);
    tcase_add_loop_test(downgrade, a_downgrade_of_the_method_is_refused, 1, 4);
    tcase_add_test(downgrade, a_downgrade_of_confirmation_is_refused);
}

int main(void)
{
    support_make_keys();
    return suite_main("attacks", add);
}
