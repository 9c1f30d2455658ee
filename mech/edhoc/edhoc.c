/* The session as a state machine: which message is awaited, what is done with it, what comes next;
 * and the one place where a session fails. See edhoc.h for the face and session.h for the state. */
#include "edhoc/edhoc.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/mac.h"
#include "edhoc/keysched.h"
#include "edhoc/message_1.h"
#include "edhoc/message_2.h"
#include "edhoc/message_3.h"
#include "edhoc/message_4.h"
#include "edhoc/message_error.h"
#include "edhoc/session.h"
#include "edhoc/suite.h"

#include <stdlib.h>

/* ---- beginning ---- */

/* METHOD, SUITES_I and our own credential. */
static edhoc_err begin_initiator(struct edhoc *s)
{
    struct edhoc_plan plan = {.method = 0};
    edhoc_err err = s->parties->renew(s->parties_arg);

    if (err == EDHOC_OK)
        err = s->parties->plan(s->parties_arg, &plan);
    if (err != EDHOC_OK)
        return err;
    session_use(s, plan.own);
    s->method = plan.method;
    s->suites = plan.suites;
    s->suite_at = plan.selected;
    return plan.selected < plan.suites.len
               ? EDHOC_OK
               : report(EDHOC_ERR_BUG, "the suite to begin with is not in the offer");
}

edhoc_err edhoc_new(const struct edhoc_config *config, struct edhoc **out)
{
    struct edhoc *s = calloc(1, sizeof(*s));
    edhoc_err err;

    *out = NULL;
    if (s == NULL)
        return EDHOC_ERR_NOMEM;
    session_init(s, config);
    err = buf_copy(config->role == EDHOC_INITIATOR ? &s->c_i : &s->c_r, config->c_x);
    if (err == EDHOC_OK)
        err = buf_copy(&s->fixed_ephemeral, config->ephemeral);
    if (err == EDHOC_OK && config->role == EDHOC_INITIATOR)
        err = begin_initiator(s);
    if (err == EDHOC_OK)
        *out = s;
    else
        edhoc_free(s);
    return err;
}

/* ---- ending ---- */

void edhoc_free(struct edhoc *s)
{
    if (s == NULL)
        return;
    session_wipe(s);
    bytes_wipe(s, sizeof(*s));
    free(s);
}

#define REFUSED "authentication failed"

void edhoc_refuse(struct buf *out)
{
    buf_reset(out);
    message_error_put(out, REFUSED);
}

/* What is wrong with a message_1 itself, or with its suites, is no secret; what it asks for is. */
static const char *words_for_stranger(edhoc_err err)
{
    switch (err) {
    case EDHOC_ERR_TOO_LONG:
    case EDHOC_ERR_MALFORMED:
    case EDHOC_ERR_METHOD:
    case EDHOC_ERR_BAD_POINT:
    case EDHOC_ERR_CONNECTION_ID:
    case EDHOC_ERR_EAD_CRITICAL:
    case EDHOC_ERR_EAD_ITEM:
    case EDHOC_ERR_NO_SUITE:
        return report_sentence(err);
    default:
        return REFUSED;
    }
}

/* What the peer is told. Who asks by trial must not learn which keys and names are known here: from
 * decrypting message_2 or message_3 on, there is one text for every reason. */
static const char *words_for_peer(enum session_state state, edhoc_err err)
{
    switch (state) {
    case RESPONDER_WAIT_1:
        return words_for_stranger(err);
    case INITIATOR_WAIT_2:
    case RESPONDER_WAIT_3:
        return REFUSED;
    default:
        return NULL; /* nothing was sent yet, or the peer is complete and reads no more */
    }
}

static bool peer_is_told(const struct edhoc *s, edhoc_err err)
{
    /* An error message is never answered; without a suite in common there is nothing to add. */
    return !s->answering_error && err != EDHOC_ERR_PEER_ERROR && err != EDHOC_ERR_NO_COMMON_SUITE &&
           err != EDHOC_ERR_SUITE_RETRY;
}

/* The one place where a session fails. A token that is in `out` already is error code 2. */
static void fail(struct edhoc *s, enum session_state state, edhoc_err err, struct buf *out)
{
    const char *words = peer_is_told(s, err) ? words_for_peer(state, err) : NULL;

    if (words != NULL || err != EDHOC_ERR_NO_COMMON_SUITE || state != RESPONDER_WAIT_1)
        buf_reset(out);
    if (words != NULL)
        message_error_put(out, words);
    session_wipe(s);
    s->parties->forget(s->parties_arg);
    s->profile->forget(s->profile_arg);
    s->state = SESSION_FAILED;
}

/* ---- the states ---- */

static edhoc_err start_initiator(struct edhoc *s, struct bytes in, struct buf *out,
                                 enum session_state *next)
{
    if (in.len > 0)
        return report(EDHOC_ERR_STATE, "the initiator begins; it has nothing to read yet");
    *next = INITIATOR_WAIT_2;
    return message_1_compose(s, out);
}

/* Error code 2: once more from the start, with the suite that both have (section 6.3.1). */
static edhoc_err retry_suite(struct edhoc *s, const struct suite_list *suites_r, struct buf *out)
{
    if (s->retried)
        return report(EDHOC_ERR_SUITE_RETRY, "error code 2 came a second time");
    for (size_t i = 0; i < s->suites.len; i++) {
        if (!suite_list_has(suites_r, s->suites.id[i]))
            continue;
        if (i == s->suite_at)
            return report(EDHOC_ERR_SUITE_RETRY, "it refused cipher suite %d and lists it",
                          s->suites.id[i]);
        s->retried = true;
        s->suite_at = i;
        return message_1_compose(s, out);
    }
    return report(EDHOC_ERR_NO_COMMON_SUITE,
                  "this side's %s key and the keys of the peer share none; give the service an "
                  "X25519 key too (gss-edhoc keygen -t x25519) and pin it here",
                  key_type(s->me.key)->ssh_name);
}

static edhoc_err await_message_2(struct edhoc *s, struct bytes in, struct buf *out,
                                 enum session_state *next)
{
    struct suite_list suites_r;
    edhoc_err err;

    s->answering_error = message_is_error(in);
    if (s->answering_error) {
        *next = INITIATOR_WAIT_2;
        err = message_error_read(in, &suites_r);
        return err == EDHOC_OK ? retry_suite(s, &suites_r, out) : err;
    }
    *next = s->profile->confirm(s->profile_arg) ? INITIATOR_WAIT_4 : SESSION_DONE;
    err = message_2_process(s, in);
    return err == EDHOC_OK ? message_3_compose(s, out) : err;
}

static edhoc_err await_message_4(struct edhoc *s, struct bytes in, struct buf *out,
                                 enum session_state *next)
{
    (void)out;
    *next = SESSION_DONE;
    return message_is_error(in) ? message_error_read(in, NULL) : message_4_process(s, in);
}

/* No suite in common: error code 2, which the initiator may answer once with another message_1. */
static edhoc_err refuse_suite(struct edhoc *s, struct buf *out, enum session_state *next)
{
    struct suite_list suites_r;
    edhoc_err err = s->parties->suites_r(s->parties_arg, s->method, &suites_r);

    if (err != EDHOC_OK)
        return err;
    message_error_put_suites(&suites_r, out);
    if (buf_err(out) != EDHOC_OK)
        return buf_err(out);
    if (s->retried)
        return report(EDHOC_ERR_NO_COMMON_SUITE, "the initiator's second choice is none of ours");
    s->retried = true;
    *next = RESPONDER_WAIT_1;
    return EDHOC_OK;
}

static edhoc_err await_message_1(struct edhoc *s, struct bytes in, struct buf *out,
                                 enum session_state *next)
{
    edhoc_err err;

    /* Nobody begins with an error message, so what looks like one is a malformed message_1. */
    if (s->retried && message_is_error(in))
        return message_error_read(in, NULL);
    *next = RESPONDER_WAIT_3;
    err = message_1_process(s, in);
    if (err == EDHOC_ERR_NO_COMMON_SUITE)
        return refuse_suite(s, out, next);
    return err == EDHOC_OK ? message_2_compose(s, out) : err;
}

static edhoc_err await_message_3(struct edhoc *s, struct bytes in, struct buf *out,
                                 enum session_state *next)
{
    edhoc_err err;

    *next = SESSION_DONE;
    if (message_is_error(in))
        return message_error_read(in, NULL);
    err = message_3_process(s, in);
    if (err == EDHOC_OK && s->profile->confirm(s->profile_arg))
        err = message_4_compose(s, out);
    return err;
}

/* What each state does with a token, which must be its own. Done and failed accept none. */
typedef edhoc_err (*handler)(struct edhoc *s, struct bytes in, struct buf *out,
                             enum session_state *next);

static const handler handlers[SESSION_STATES] = {
    [INITIATOR_START] = start_initiator,  [INITIATOR_WAIT_2] = await_message_2,
    [INITIATOR_WAIT_4] = await_message_4, [RESPONDER_WAIT_1] = await_message_1,
    [RESPONDER_WAIT_3] = await_message_3,
};

edhoc_err edhoc_step(struct edhoc *s, struct bytes in, struct buf *out)
{
    enum session_state state = s->state, next = SESSION_FAILED;
    edhoc_err err;

    buf_reset(out);
    if (handlers[state] == NULL)
        return report(EDHOC_ERR_STATE,
                      state == SESSION_DONE ? "the session is complete" : "the session has failed");
    /* Failed until proven otherwise: whatever happens below, only success leaves this state. */
    s->state = SESSION_FAILED;
    err = in.len > EDHOC_TOKEN_MAX ? report(EDHOC_ERR_TOO_LONG, "%zu bytes", in.len)
                                   : session_resume(s);
    if (err == EDHOC_OK)
        err = handlers[state](s, in, out, &next);
    if (err != EDHOC_OK) {
        fail(s, state, err, out);
        return err;
    }
    deriver_put_away(&s->work->ks.deriver);
    s->state = next;
    if (next == RESPONDER_WAIT_1 || next == RESPONDER_WAIT_3)
        session_rest(s);
    return EDHOC_OK;
}

/* ---- results ---- */

bool edhoc_done(const struct edhoc *s)
{
    return s->state == SESSION_DONE;
}

const struct suite *edhoc_suite(const struct edhoc *s)
{
    return s->suite;
}

int edhoc_method(const struct edhoc *s)
{
    return s->method;
}

edhoc_err edhoc_exporter(const struct edhoc *s, uint64_t label, struct bytes context, uint8_t *out,
                         size_t len)
{
    struct deriver d = {.ctx = NULL};
    edhoc_err err;

    if (s->state != SESSION_DONE)
        return report(EDHOC_ERR_STATE, "no keys before the session is complete");
    err = keysched_exporter(&d, s->suite, &s->work->ks.prk_exporter, label, context, out, len);
    deriver_put_away(&d);
    return err;
}

edhoc_err edhoc_key_update(struct edhoc *s, struct bytes context)
{
    edhoc_err err;

    if (s->state != SESSION_DONE)
        return report(EDHOC_ERR_STATE, "no keys before the session is complete");
    err = keysched_update(&s->work->ks, context);
    deriver_put_away(&s->work->ks.deriver);
    return err;
}

struct bytes edhoc_prk_exporter(const struct edhoc *s)
{
    return s->work != NULL ? fixed_bytes(&s->work->ks.prk_exporter) : BYTES_NONE;
}
