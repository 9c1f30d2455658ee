/* message_1 = ( METHOD : int, SUITES_I : suites, G_X : bstr, C_I : bstr / -24..23, ? EAD_1 )
 * suites = [ 2* int ] / int
 * RFC 9528 section 5.2. */
#include "edhoc/message_1.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "crypto/key.h"
#include "edhoc/keysched.h"
#include "edhoc/session.h"
#include "edhoc/suite.h"

#define SUITES_I_MAX 32 /* more than that is no list of preferences */

/* ---- initiator, section 5.2.2 ---- */

edhoc_err message_1_compose(struct edhoc *s, struct buf *out)
{
    edhoc_err err;

    /* The selected suite, and an ephemeral key on its curve. */
    s->suite = suite_by_id(s->suites.id[s->suite_at]);
    err = session_new_ephemeral(s);
    if (err != EDHOC_OK)
        return err;

    /* METHOD */
    cbor_put_int(out, s->method);
    /* SUITES_I: those preferred to the selected one, then that one */
    if (s->suite_at > 0)
        cbor_put_array(out, s->suite_at + 1);
    for (size_t i = 0; i <= s->suite_at; i++)
        cbor_put_int(out, s->suites.id[i]);
    /* G_X */
    cbor_put_bstr(out, key_x(s->ephemeral));
    /* C_I */
    cbor_put_identifier(out, buf_bytes(&s->c_i));
    /* EAD_1 */
    buf_reset(&s->work->ead_1);
    err = s->profile->put_ead(s->profile_arg, 1, s->suite, &s->work->ead_1);
    buf_put_buf(out, &s->work->ead_1);
    if (err == EDHOC_OK)
        err = buf_err(out);

    /* H( message_1 ) */
    return err == EDHOC_OK ? keysched_message_1(&s->work->ks, s->suite, buf_bytes(out)) : err;
}

/* ---- responder, section 5.2.3 ---- */

/* What message_1 says: views into it. */
struct message_1 {
    int64_t method;
    int64_t suites_i[SUITES_I_MAX];
    size_t suites;
    struct bytes g_x, c_i, ead_1;
};

static void read_suites_i(struct cbor_reader *r, struct message_1 *m)
{
    m->suites = 1;
    if (cbor_peek(r) == CBOR_ARRAY) {
        m->suites = cbor_read_array(r);
        if (m->suites < 2 || m->suites > SUITES_I_MAX)
            r->failed = true;
    }
    for (size_t i = 0; i < m->suites && !r->failed; i++)
        m->suites_i[i] = cbor_read_int(r);
}

static edhoc_err read_message_1(const struct edhoc *s, struct bytes in, struct message_1 *m)
{
    struct cbor_reader r = cbor_reader(in);

    *m = (struct message_1){0};
    m->method = cbor_read_int(&r);
    read_suites_i(&r, m);
    m->g_x = cbor_read_bstr(&r);
    m->c_i = cbor_read_identifier(&r);
    m->ead_1 = r.rest;
    if (r.failed)
        return report(EDHOC_ERR_MALFORMED, "message_1 is not METHOD, SUITES_I, G_X, C_I, EAD_1");
    if (m->method < 0 || m->method > 3)
        return report(EDHOC_ERR_METHOD, "METHOD %lld", (long long)m->method);
    if (s->retried && m->method != s->method)
        return report(EDHOC_ERR_METHOD, "METHOD %lld after METHOD %d", (long long)m->method,
                      s->method);
    return EDHOC_OK;
}

/* The selected suite must be supported, and no suite preferred to it. */
static edhoc_err select_suite(struct edhoc *s, const struct message_1 *m)
{
    struct suite_list suites_r;
    edhoc_err err = s->parties->suites_r(s->parties_arg, s->method, &suites_r);

    if (err != EDHOC_OK)
        return err;
    for (size_t i = 0; i < m->suites; i++) {
        if (!suite_list_has(&suites_r, m->suites_i[i]))
            continue;
        if (i + 1 != m->suites)
            break;
        s->suite = suite_by_id(m->suites_i[i]);
        return EDHOC_OK;
    }
    return EDHOC_ERR_NO_COMMON_SUITE; /* told where it is decided what follows */
}

/* What we shall authenticate with in message_2: what fits METHOD, suite and target. */
static edhoc_err choose_own(struct edhoc *s)
{
    struct edhoc_own own = {NULL, NULL};
    edhoc_err err;

    s->target = s->profile->target(s->profile_arg);
    err = s->parties->choose(s->parties_arg, s->method, s->suite, s->target, &own);
    if (err == EDHOC_OK)
        session_use(s, own);
    return err;
}

edhoc_err message_1_process(struct edhoc *s, struct bytes in)
{
    struct message_1 m;
    edhoc_err err = read_message_1(s, in, &m);

    if (err == EDHOC_OK)
        err = session_peer_c(s, &s->c_i, m.c_i);
    if (err == EDHOC_OK)
        err = s->parties->renew(s->parties_arg);
    if (err != EDHOC_OK)
        return err;

    /* METHOD and SUITES_I */
    s->method = (int)m.method;
    err = select_suite(s, &m);
    /* H( message_1 ) */
    if (err == EDHOC_OK)
        err = keysched_message_1(&s->work->ks, s->suite, in);
    /* G_X */
    if (err == EDHOC_OK)
        err = session_peer_ephemeral(s, m.g_x);
    /* EAD_1, which counts only after the suite was accepted */
    if (err == EDHOC_OK)
        err = buf_copy(&s->work->ead_1, m.ead_1);
    if (err == EDHOC_OK)
        err = s->profile->read_ead(s->profile_arg, 1, s->suite, m.ead_1);
    return err == EDHOC_OK ? choose_own(s) : err;
}
