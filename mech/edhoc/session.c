#include "edhoc/session.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/auth.h"
#include "edhoc/cred.h"
#include "edhoc/keysched.h"

#include <stdlib.h>

#define C_X_MAX 256 /* bytes of a connection identifier */

/* ---- beginning and end ---- */

static struct work *work_new(void)
{
    struct work *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->ead_1 = buf_new(EDHOC_TOKEN_MAX);
    w->ead_4 = buf_new(EDHOC_TOKEN_MAX);
    w->plaintext_4 = buf_new(EDHOC_TOKEN_MAX);
    auth_init(&w->m2);
    auth_init(&w->m3);
    return w;
}

static void work_free(struct work *w)
{
    if (w == NULL)
        return;
    key_free(w->peer_ephemeral);
    keysched_wipe(&w->ks);
    auth_wipe(&w->m2);
    auth_wipe(&w->m3);
    cred_free(w->peer);
    buf_free(&w->ead_1);
    buf_free(&w->ead_4);
    buf_free(&w->plaintext_4);
    bytes_wipe(w, sizeof(*w));
    free(w);
}

void session_init(struct edhoc *s, const struct edhoc_config *config)
{
    *s = (struct edhoc){
        .state = config->role == EDHOC_INITIATOR ? INITIATOR_START : RESPONDER_WAIT_1,
        .role = config->role,
        .parties = config->parties,
        .parties_arg = config->parties_arg,
        .profile = config->profile,
        .profile_arg = config->profile_arg,
        .fixed_ephemeral = buf_new(FIXED_MAX),
        .c_i = buf_new(C_X_MAX),
        .c_r = buf_new(C_X_MAX),
        .keep = config->keep,
    };
}

edhoc_err session_resume(struct edhoc *s)
{
    if (s->work != NULL)
        return EDHOC_OK;
    s->work = work_new();
    if (s->work == NULL)
        return EDHOC_ERR_NOMEM;
    s->work->ks.suite = s->suite;
    s->work->ks.th_3 = s->th_3;
    s->work->ks.prk_3e2m = s->prk_3e2m;
    fixed_wipe(&s->prk_3e2m);
    return EDHOC_OK;
}

void session_rest(struct edhoc *s)
{
    if (s->keep)
        return;
    s->th_3 = s->work->ks.th_3;
    s->prk_3e2m = s->work->ks.prk_3e2m;
    work_free(s->work);
    s->work = NULL;
    session_use(s, (struct edhoc_own){NULL, NULL});
    if (!session_initiator_dh(s) && s->ephemeral != NULL)
        key_rest(s->ephemeral);
}

void session_wipe(struct edhoc *s)
{
    session_use(s, (struct edhoc_own){NULL, NULL});
    key_free(s->ephemeral);
    s->ephemeral = NULL;
    work_free(s->work);
    s->work = NULL;
    fixed_wipe(&s->th_3);
    fixed_wipe(&s->prk_3e2m);
    s->target = NULL;
    buf_free(&s->fixed_ephemeral);
    buf_free(&s->c_i);
    buf_free(&s->c_r);
}

/* ---- what the messages share ---- */

bool session_initiator_dh(const struct edhoc *s)
{
    return s->method == 2 || s->method == 3;
}

bool session_responder_dh(const struct edhoc *s)
{
    return s->method == 1 || s->method == 3;
}

edhoc_err session_new_ephemeral(struct edhoc *s)
{
    const struct keytype *type = keytype_by_curve(s->suite->dh, true);

    key_free(s->ephemeral);
    s->ephemeral = NULL;
    if (s->fixed_ephemeral.len > 0)
        return key_from_private(type, buf_bytes(&s->fixed_ephemeral), &s->ephemeral);
    return key_generate(type, &s->ephemeral);
}

edhoc_err session_peer_ephemeral(struct edhoc *s, struct bytes g)
{
    key_free(s->work->peer_ephemeral);
    s->work->peer_ephemeral = NULL;
    return key_from_ephemeral(keytype_by_curve(s->suite->dh, true), g, &s->work->peer_ephemeral);
}

void session_use(struct edhoc *s, struct edhoc_own own)
{
    key_free(s->me.key);
    cred_free(s->me.cred);
    s->me = own;
}

edhoc_err session_peer_c(struct edhoc *s, struct buf *c, struct bytes received)
{
    if (!s->profile->accepts_c_x(received))
        return report(EDHOC_ERR_CONNECTION_ID, "C_%c has %zu bytes", c == &s->c_i ? 'I' : 'R',
                      received.len);
    return buf_copy(c, received);
}

edhoc_err session_authenticate(struct edhoc *s, struct auth *a, const struct cred_id *id)
{
    const struct checker checker = {s->parties, s->parties_arg, s->profile, s->ephemeral};
    struct cred *proven = NULL;
    edhoc_err err = s->parties->renew(s->parties_arg);

    if (err == EDHOC_OK)
        err = auth_check(a, &s->work->ks, &checker, id, &proven);
    if (err == EDHOC_OK)
        err = s->parties->judge(s->parties_arg, proven);
    if (err == EDHOC_OK)
        err = s->profile->read_ead(s->profile_arg, a->message, s->suite, buf_bytes(&a->ead));
    if (err == EDHOC_OK)
        s->work->peer = proven;
    else
        cred_free(proven);
    return err;
}
