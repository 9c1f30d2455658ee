/* The session as a state machine: which message is awaited, what is done with it, what comes next;
 * and the one place where a session fails. See edhoc.h for the face and session.h for the state. */
#include "edhoc/session.h"

#include "crypto/key.h"
#include "crypto/keytype.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- small answers that the message files share ---- */

bool session_initiator_dh(const struct edhoc *s)
{
    return s->method == 2 || s->method == 3;
}

bool session_responder_dh(const struct edhoc *s)
{
    return s->method == 1 || s->method == 3;
}

bool session_plain(const struct edhoc *s)
{
    return (s->options & EDHOC_PLAIN) != 0;
}

int64_t session_now(const struct edhoc *s)
{
    return s->fixed_now != 0 ? s->fixed_now : (int64_t)time(NULL);
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
    key_free(s->peer_ephemeral);
    s->peer_ephemeral = NULL;
    return key_from_public(keytype_by_curve(s->suite->dh, true), g, BYTES_NONE, &s->peer_ephemeral);
}

void session_use_identity(struct edhoc *s, struct identity *id)
{
    bool by_reference = (s->options & EDHOC_CRED_BY_REFERENCE) != 0 && id->by_reference != NULL;

    s->me = id;
    s->my_cred = by_reference ? id->by_reference : id->by_value;
}

/* A name with a service and no host allows that service on any host. */
bool session_name_allows(const struct edhoc *s, const char *target)
{
    const char *own = (const char *)s->target.p;
    size_t len;

    if (s->target.len == 0)
        return true;
    len = strlen(own);
    return strcmp(own, target) == 0 ||
           (strchr(own, '@') == NULL && strncmp(own, target, len) == 0 && target[len] == '@');
}

edhoc_err session_set_text(struct buf *to, struct bytes text)
{
    buf_reset(to);
    buf_put(to, text);
    buf_put_byte(to, 0);
    return buf_err(to);
}

/* ---- beginning ---- */

/* An initiator offers the suites that libcrypto has and that fit its key. */
static struct suite_list usable_suites(const struct suite_list *configured,
                                       const struct keytype *type)
{
    struct suite_list list = {{0}, 0};

    for (size_t i = 0; i < configured->len; i++) {
        const struct suite *suite = suite_by_id(configured->id[i]);

        if (suite != NULL && suite_fits(suite, type) && suite_available(suite))
            suite_list_add(&list, suite->id);
    }
    return list;
}

/* METHOD and SUITES_I: our half from our key, the other half from what pins the target. */
static edhoc_err plan_initiator(struct edhoc *s, const struct edhoc_config *config)
{
    struct identity *me = s->identities->len > 0 ? s->identities->id[0] : NULL;
    struct suite_list offer;
    struct trust_plan plan;
    edhoc_err err;

    if (me == NULL)
        return report(EDHOC_ERR_NO_IDENTITY, "no identity was given");
    if (session_now(s) >= me->expires)
        return report(EDHOC_ERR_NO_IDENTITY, "%s has expired; renew it", me->source);
    session_use_identity(s, me);
    if (session_plain(s)) {
        s->method = 2 * identity_is_dh(me) + config->method;
        s->suite_at = config->suite_at;
        return s->suite_at < s->suites.len ? EDHOC_OK : EDHOC_ERR_ARGUMENT;
    }
    offer = usable_suites(&config->suites, key_type(me->key));
    if (offer.len == 0)
        return report(EDHOC_ERR_NO_SUITE,
                      "none of the suites configured can use %s, a key of type %s", me->source,
                      key_type(me->key)->ssh_name);
    err = trust_plan(s->trust, (const char *)s->target.p, session_now(s), &offer, &plan);
    if (err != EDHOC_OK)
        return err;
    s->method = 2 * identity_is_dh(me) + plan.dh;
    s->suites = plan.suites;
    return EDHOC_OK;
}

static void init_bufs(struct edhoc *s)
{
    s->target = buf_new(1024 + 1);
    s->bindings = buf_new(1u << 20);
    s->fixed_ephemeral = buf_new(FIXED_MAX);
    for (size_t i = 0; i < 5; i++)
        s->fixed_ead[i] = buf_new(EDHOC_TOKEN_MAX);
    s->c_i = buf_new(256);
    s->c_r = buf_new(256);
    s->ead_1 = buf_new(EDHOC_TOKEN_MAX);
    auth_init(&s->m2);
    auth_init(&s->m3);
    s->ead_4 = buf_new(EDHOC_TOKEN_MAX);
    s->plaintext_4 = buf_new(EDHOC_TOKEN_MAX);
    s->asked = buf_new(PROFILE_TARGET_MAX + 1);
}

static edhoc_err copy_config(struct edhoc *s, const struct edhoc_config *config)
{
    bool ok;

    s->role = config->role;
    s->options = config->options;
    s->identities = identity_set_ref(config->identities);
    s->trust = trust_ref(config->trust);
    s->suites = config->suites;
    s->flags = (config->flags & EDHOC_FLAGS_MASK) | EDHOC_FLAG_MUTUAL | EDHOC_FLAG_INTEG;
    s->fixed_now = config->now;
    ok = buf_copy(&s->fixed_ephemeral, config->ephemeral) == EDHOC_OK &&
         buf_copy(s->role == EDHOC_INITIATOR ? &s->c_i : &s->c_r, config->c_x) == EDHOC_OK;
    for (size_t i = 1; i < 5; i++)
        ok = ok && buf_copy(&s->fixed_ead[i], config->ead[i]) == EDHOC_OK;
    if (!ok || s->identities == NULL || s->trust == NULL)
        return report(EDHOC_ERR_ARGUMENT, "session configuration");
    if (config->target != NULL &&
        session_set_text(&s->target, bytes_of_text(config->target)) != EDHOC_OK)
        return report(EDHOC_ERR_NAME, "longer than 1024 bytes");
    return edhoc_set_bindings(s, config->have_bindings, config->bindings);
}

edhoc_err edhoc_new(const struct edhoc_config *config, struct edhoc **out)
{
    struct edhoc *s = calloc(1, sizeof(*s));
    edhoc_err err;

    *out = NULL;
    if (s == NULL)
        return EDHOC_ERR_NOMEM;
    init_bufs(s);
    err = copy_config(s, config);
    s->state = config->role == EDHOC_INITIATOR ? INITIATOR_START : RESPONDER_WAIT_1;
    if (err == EDHOC_OK && config->role == EDHOC_INITIATOR && config->target == NULL)
        err = report(EDHOC_ERR_NAME, "no target name");
    if (err == EDHOC_OK && config->role == EDHOC_INITIATOR &&
        !profile_target_ok(bytes_of_text(config->target)))
        err = report(EDHOC_ERR_NAME,
                     "a target is service@host, the host in lower case, or a name without @, of at "
                     "most %d bytes",
                     PROFILE_TARGET_MAX);
    if (err == EDHOC_OK && config->role == EDHOC_INITIATOR)
        err = plan_initiator(s, config);
    if (err == EDHOC_OK && config->role == EDHOC_RESPONDER && s->identities->len == 0)
        err = report(EDHOC_ERR_NO_IDENTITY, "no identity was given");
    if (err == EDHOC_OK)
        *out = s;
    else
        edhoc_free(s);
    return err;
}

edhoc_err edhoc_set_bindings(struct edhoc *s, bool have, struct bytes bindings)
{
    if (buf_copy(&s->bindings, have ? bindings : BYTES_NONE) != EDHOC_OK)
        return report(EDHOC_ERR_ARGUMENT, "channel bindings longer than 1 MiB");
    s->have_bindings = have;
    return EDHOC_OK;
}

/* ---- ending ---- */

/* Everything secret, and everything that a dead session must not show. */
static void wipe(struct edhoc *s)
{
    key_free(s->ephemeral);
    key_free(s->peer_ephemeral);
    s->ephemeral = s->peer_ephemeral = NULL;
    bytes_wipe(&s->ks, sizeof(s->ks));
    auth_wipe(&s->m2);
    auth_wipe(&s->m3);
    buf_free(&s->fixed_ephemeral);
    buf_free(&s->bindings);
    buf_free(&s->ead_1);
    buf_free(&s->ead_4);
    buf_free(&s->plaintext_4);
    peer_clear(&s->peer);
    s->result_flags = 0;
    s->me = NULL;
    s->my_cred = NULL;
}

void edhoc_free(struct edhoc *s)
{
    if (s == NULL)
        return;
    wipe(s);
    buf_free(&s->target);
    buf_free(&s->c_i);
    buf_free(&s->c_r);
    buf_free(&s->asked);
    for (size_t i = 0; i < 5; i++)
        buf_free(&s->fixed_ead[i]);
    identity_set_free(s->identities);
    trust_free(s->trust);
    bytes_wipe(s, sizeof(*s));
    free(s);
}

#define REFUSED "authentication failed"

void edhoc_refuse(struct buf *out)
{
    buf_reset(out);
    message_error_put(out, REFUSED);
}

/* What the peer is told. From decrypting message_2 or message_3 on, one text for every reason: who
 * asks by trial must not learn which keys and names are known here. */
static const char *words_for_peer(enum session_state state, edhoc_err err)
{
    switch (state) {
    case RESPONDER_WAIT_1:
        return report_sentence(err);
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
    wipe(s);
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
    const char *me = key_type(s->me->key)->ssh_name;

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
    return report(
        EDHOC_ERR_NO_COMMON_SUITE,
        "this side's %s key and the keys of \"%s\" share none; give the service an X25519 "
        "key too (gss-edhoc keygen -t x25519) and pin it here",
        me, (const char *)s->target.p);
}

static edhoc_err await_message_2(struct edhoc *s, struct bytes in, struct buf *out,
                                 enum session_state *next)
{
    struct suite_list suites_r;
    edhoc_err err;

    s->answering_error = message_is_error(in);
    if (s->answering_error) {
        *next = INITIATOR_WAIT_2;
        err = message_error_read(s, in, &suites_r);
        return err == EDHOC_OK ? retry_suite(s, &suites_r, out) : err;
    }
    *next = (s->options & EDHOC_CONFIRM) != 0 ? INITIATOR_WAIT_4 : SESSION_DONE;
    err = message_2_process(s, in);
    return err == EDHOC_OK ? message_3_compose(s, out) : err;
}

static edhoc_err await_message_4(struct edhoc *s, struct bytes in, struct buf *out,
                                 enum session_state *next)
{
    struct suite_list none;

    (void)out;
    *next = SESSION_DONE;
    return message_is_error(in) ? message_error_read(s, in, &none) : message_4_process(s, in);
}

/* No suite in common: error code 2, which the initiator may answer once with another message_1. */
static edhoc_err refuse_suite(struct edhoc *s, struct buf *out, enum session_state *next)
{
    message_error_put_suites(s, out);
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
    struct suite_list none;
    edhoc_err err;

    if (message_is_error(in))
        return message_error_read(s, in, &none);
    *next = RESPONDER_WAIT_3;
    err = message_1_process(s, in);
    if (err == EDHOC_ERR_NO_COMMON_SUITE)
        return refuse_suite(s, out, next);
    return err == EDHOC_OK ? message_2_compose(s, out) : err;
}

static edhoc_err await_message_3(struct edhoc *s, struct bytes in, struct buf *out,
                                 enum session_state *next)
{
    struct suite_list none;
    edhoc_err err;

    *next = SESSION_DONE;
    if (message_is_error(in))
        return message_error_read(s, in, &none);
    err = message_3_process(s, in);
    if (err == EDHOC_OK && (s->options & EDHOC_CONFIRM) != 0)
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
    if (in.len > EDHOC_TOKEN_MAX)
        err = report(EDHOC_ERR_TOO_LONG, "%zu bytes", in.len);
    else
        err = handlers[state](s, in, out, &next);
    if (err == EDHOC_OK)
        s->state = next;
    else
        fail(s, state, err, out);
    return err;
}

/* ---- results ---- */

bool edhoc_done(const struct edhoc *s)
{
    return s->state == SESSION_DONE;
}

const struct peer *edhoc_peer(const struct edhoc *s)
{
    return &s->peer;
}

const struct suite *edhoc_suite(const struct edhoc *s)
{
    return s->suite;
}

int edhoc_method(const struct edhoc *s)
{
    return s->method;
}

const struct identity *edhoc_identity(const struct edhoc *s)
{
    return s->me;
}

uint32_t edhoc_flags(const struct edhoc *s)
{
    return s->result_flags;
}

const char *edhoc_target(const struct edhoc *s)
{
    const struct buf *target = s->role == EDHOC_INITIATOR ? &s->target : &s->asked;

    return target->len > 0 ? (const char *)target->p : NULL;
}

int64_t edhoc_expires(const struct edhoc *s)
{
    if (s->me == NULL)
        return INT64_MAX;
    return s->peer.expires < s->me->expires ? s->peer.expires : s->me->expires;
}

struct bytes edhoc_peer_c(const struct edhoc *s)
{
    return buf_bytes(s->role == EDHOC_INITIATOR ? &s->c_r : &s->c_i);
}

edhoc_err edhoc_exporter(const struct edhoc *s, uint64_t label, struct bytes context, uint8_t *out,
                         size_t len)
{
    if (s->state != SESSION_DONE)
        return report(EDHOC_ERR_STATE, "no keys before the session is complete");
    return keysched_exporter(s->suite, &s->ks.prk_exporter, label, context, out, len);
}

edhoc_err edhoc_key_update(struct edhoc *s, struct bytes context)
{
    if (s->state != SESSION_DONE)
        return report(EDHOC_ERR_STATE, "no keys before the session is complete");
    return keysched_update(&s->ks, context);
}

struct bytes edhoc_prk_exporter(const struct edhoc *s)
{
    return fixed_bytes(&s->ks.prk_exporter);
}
