/* message_1 = ( METHOD : int, SUITES_I : suites, G_X : bstr, C_I : bstr / -24..23, ? EAD_1 )
 * RFC 9528 section 5.2. */
#include "edhoc/session.h"

#include "base/cbor.h"
#include "crypto/key.h"
#include "edhoc/ead.h"

#include <string.h>

#define SUITES_I_MAX 32 /* more than that is no list of preferences */

/* ---- initiator ---- */

/* suites = [ 2* int ] / int: those preferred to the selected one, then that one. */
static void put_suites_i(const struct edhoc *s, struct buf *out)
{
    if (s->suite_at > 0)
        cbor_put_array(out, s->suite_at + 1);
    for (size_t i = 0; i <= s->suite_at; i++)
        cbor_put_int(out, s->suites.id[i]);
}

static void put_ead_1(const struct edhoc *s, struct buf *ead)
{
    struct profile_item item = {.message = 1};

    if (session_plain(s)) {
        buf_put(ead, buf_bytes(&s->fixed_ead[1]));
        return;
    }
    if ((s->options & EDHOC_HIDE_TARGET) == 0)
        item.target = bytes_of_text((const char *)s->target.p);
    item.options = (s->options & EDHOC_CONFIRM) != 0 ? PROFILE_OPTION_CONFIRM : 0;
    profile_put(&item, ead);
}

edhoc_err message_1_compose(struct edhoc *s, struct buf *out)
{
    edhoc_err err;

    s->suite = suite_by_id(s->suites.id[s->suite_at]);
    err = session_new_ephemeral(s);
    if (err != EDHOC_OK)
        return err;
    buf_reset(&s->ead_1);
    put_ead_1(s, &s->ead_1);

    cbor_put_int(out, s->method);
    put_suites_i(s, out);
    cbor_put_bstr(out, key_x(s->ephemeral));
    cbor_put_identifier(out, buf_bytes(&s->c_i));
    buf_put_buf(out, &s->ead_1);
    if (buf_err(out) != EDHOC_OK)
        return buf_err(out);
    return keysched_message_1(&s->ks, s->suite, buf_bytes(out));
}

/* ---- responder ---- */

struct suites_i {
    int64_t id[SUITES_I_MAX];
    size_t len;
};

static void read_suites_i(struct cbor_reader *r, struct suites_i *list)
{
    list->len = 1;
    if (cbor_peek(r) == CBOR_ARRAY) {
        list->len = cbor_read_array(r);
        if (list->len < 2 || list->len > SUITES_I_MAX)
            r->failed = true;
    }
    for (size_t i = 0; i < list->len && !r->failed; i++)
        list->id[i] = cbor_read_int(r);
    if (r->failed)
        list->len = 0;
}

/* The selected suite must be supported, and no suite preferred to it (section 5.2.3). */
static edhoc_err select_suite(struct edhoc *s, const struct suites_i *suites_i)
{
    struct suite_list ours = message_suites_r(s);

    if (ours.len == 0)
        return report(EDHOC_ERR_NO_SUITE,
                      "METHOD %d needs a %s key here, and there is none that a "
                      "cipher suite allowed here can use and that has not expired",
                      s->method, session_responder_dh(s) ? "Diffie-Hellman" : "signature");
    for (size_t i = 0; i < suites_i->len; i++) {
        if (!suite_list_has(&ours, suites_i->id[i]))
            continue;
        if (i + 1 != suites_i->len)
            break;
        s->suite = suite_by_id(suites_i->id[i]);
        return EDHOC_OK;
    }
    return EDHOC_ERR_NO_COMMON_SUITE; /* told where it is decided what follows */
}

static bool identity_fits(const struct edhoc *s, const struct identity *id)
{
    const struct keytype *type = key_type(id->key);

    return type->dh == session_responder_dh(s) && suite_fits(s->suite, type) &&
           session_now(s) < id->expires &&
           (s->asked.len == 0 || identity_answers(id, (const char *)s->asked.p));
}

/* The first identity, in configured order, that fits METHOD and suite and answers to the target. */
static edhoc_err choose_identity(struct edhoc *s)
{
    const char *asked = (const char *)s->asked.p;

    if (asked != NULL && s->asked.len > 0 && !session_name_allows(s, asked))
        return report(EDHOC_ERR_TARGET, "\"%s\" was asked for, and this acceptor is \"%s\"", asked,
                      (const char *)s->target.p);
    for (size_t i = 0; i < s->identities->len; i++)
        if (identity_fits(s, s->identities->id[i])) {
            session_use_identity(s, s->identities->id[i]);
            return EDHOC_OK;
        }
    return report(EDHOC_ERR_TARGET,
                  "\"%s\" is not the name of any key here that METHOD %d and "
                  "cipher suite %d can use",
                  s->asked.len > 0 ? asked : "(hidden)", s->method, s->suite->id);
}

/* EAD_1 is read only after the suite was accepted (section 5.2.3). */
static edhoc_err process_ead_1(struct edhoc *s)
{
    struct profile_item item;
    struct ead_item unknown;
    bool found;
    edhoc_err err;

    if (session_plain(s))
        return ead_find(buf_bytes(&s->ead_1), PROFILE_EAD_LABEL, &unknown, &found);
    err = profile_read(1, buf_bytes(&s->ead_1), &item);
    if (err != EDHOC_OK)
        return err;
    s->options = item.options == PROFILE_OPTION_CONFIRM ? s->options | EDHOC_CONFIRM
                                                        : s->options & ~(unsigned)EDHOC_CONFIRM;
    s->options = item.target.len == 0 ? s->options | EDHOC_HIDE_TARGET
                                      : s->options & ~(unsigned)EDHOC_HIDE_TARGET;
    return item.target.len == 0 ? EDHOC_OK : session_set_text(&s->asked, item.target);
}

edhoc_err message_1_process(struct edhoc *s, struct bytes in)
{
    struct cbor_reader r = cbor_reader(in);
    int64_t method = cbor_read_int(&r);
    struct suites_i suites_i;
    struct bytes g_x, c_i;
    edhoc_err err;

    read_suites_i(&r, &suites_i);
    g_x = cbor_read_bstr(&r);
    c_i = cbor_read_identifier(&r);
    if (r.failed || buf_copy(&s->c_i, c_i) != EDHOC_OK || buf_copy(&s->ead_1, r.rest) != EDHOC_OK)
        return report(EDHOC_ERR_MALFORMED, "message_1 is not METHOD, SUITES_I, G_X, C_I, EAD_1");
    if (method < 0 || method > 3)
        return report(EDHOC_ERR_METHOD, "METHOD %lld", (long long)method);
    if (s->retried && method != s->method)
        return report(EDHOC_ERR_METHOD, "METHOD %lld after METHOD %d", (long long)method,
                      s->method);
    if (!session_plain(s) && c_i.len > 0)
        return report(EDHOC_ERR_CONNECTION_ID, "C_I has %zu bytes", c_i.len);

    s->method = (int)method;
    err = select_suite(s, &suites_i);
    if (err == EDHOC_OK)
        err = keysched_message_1(&s->ks, s->suite, in);
    if (err == EDHOC_OK)
        err = session_peer_ephemeral(s, g_x);
    if (err == EDHOC_OK)
        err = process_ead_1(s);
    if (err == EDHOC_OK)
        err = choose_identity(s);
    return err;
}

struct suite_list message_suites_r(const struct edhoc *s)
{
    struct suite_list list = {{0}, 0};

    for (size_t i = 0; i < s->suites.len; i++) {
        const struct suite *suite = suite_by_id(s->suites.id[i]);

        for (size_t k = 0; k < s->identities->len; k++) {
            const struct keytype *type = key_type(s->identities->id[k]->key);

            if (type->dh == session_responder_dh(s) && suite_fits(suite, type) &&
                session_now(s) < s->identities->id[k]->expires && suite_available(suite))
                suite_list_add(&list, suite->id);
        }
    }
    return list;
}
