#include "side.h"

#include "base/cbor.h"
#include "base/report.h"
#include "edhoc/ead.h"
#include "edhoc/session.h"
#include "profile/item.h"

#include <stdlib.h>

/* ---- parties: those of the product, but for a plain initiator's plan ---- */

static edhoc_err renew(void *arg)
{
    return party_parties.renew(((struct side *)arg)->party);
}

static edhoc_err plan(void *arg, struct edhoc_plan *out)
{
    const struct side *s = arg;
    edhoc_err err = party_parties.plan(s->party, out);

    if (err == EDHOC_OK && (s->config.options & SIDE_PLAIN) != 0) {
        out->method = (out->method & 2) + s->config.method;
        out->suites = s->config.suites;
        out->selected = s->config.suite_at;
    }
    return err;
}

static edhoc_err suites_r(void *arg, int method, struct suite_list *out)
{
    return party_parties.suites_r(((struct side *)arg)->party, method, out);
}

static edhoc_err choose(void *arg, int method, const struct suite *suite, const char *target,
                        struct edhoc_own *out)
{
    return party_parties.choose(((struct side *)arg)->party, method, suite, target, out);
}

static edhoc_err answers(void *arg, const char *target)
{
    return party_parties.answers(((struct side *)arg)->party, target);
}

static struct cred *candidate(void *arg, const struct cred_id *id, bool dh, size_t *at)
{
    struct cred *const *agreed = ((struct side *)arg)->config.agreed;

    while (agreed[0] != NULL && *at < SIDE_AGREED_MAX && agreed[*at] != NULL) {
        struct cred *c = agreed[(*at)++];

        if (cred_is_dh(c) == dh && bytes_equal(cred_id(c), id->map))
            return c;
    }
    if (agreed[0] != NULL)
        return NULL;
    return party_parties.candidate(((struct side *)arg)->party, id, dh, at);
}

static edhoc_err no_candidate(void *arg, const struct cred_id *id, bool dh)
{
    return party_parties.no_candidate(((struct side *)arg)->party, id, dh);
}

static const struct cred *known(void *arg, const struct cred_id *id, bool dh)
{
    return party_parties.known(((struct side *)arg)->party, id, dh);
}

static edhoc_err judge(void *arg, struct cred *proven)
{
    return party_parties.judge(((struct side *)arg)->party, proven);
}

static void forget_party(void *arg)
{
    party_parties.forget(((struct side *)arg)->party);
}

static const struct edhoc_parties parties = {
    .renew = renew,
    .plan = plan,
    .suites_r = suites_r,
    .choose = choose,
    .answers = answers,
    .candidate = candidate,
    .no_candidate = no_candidate,
    .known = known,
    .judge = judge,
    .forget = forget_party,
};

/* ---- profiles: that of the product, and the plain RFC ---- */

static edhoc_err put_ead(void *arg, int message, const struct suite *suite, struct buf *ead)
{
    return profile_gss_api.put_ead(((struct side *)arg)->gss_api, message, suite, ead);
}

static edhoc_err read_ead(void *arg, int message, const struct suite *suite, struct bytes ead)
{
    return profile_gss_api.read_ead(((struct side *)arg)->gss_api, message, suite, ead);
}

static const char *target(const void *arg)
{
    return profile_gss_api.target(((const struct side *)arg)->gss_api);
}

static bool confirm(const void *arg)
{
    return profile_gss_api.confirm(((const struct side *)arg)->gss_api);
}

static void forget(void *arg)
{
    profile_gss_api.forget(((struct side *)arg)->gss_api);
}

static bool accepts_c_x(struct bytes c_x)
{
    return profile_gss_api.accepts_c_x(c_x);
}

static bool accepts_form(enum cred_form form)
{
    return profile_gss_api.accepts_form(form);
}

static bool by_value(enum cred_form form)
{
    return profile_gss_api.by_value(form);
}

static const struct edhoc_profile profile = {
    .put_ead = put_ead,
    .read_ead = read_ead,
    .target = target,
    .confirm = confirm,
    .accepts_c_x = accepts_c_x,
    .accepts_form = accepts_form,
    .by_value = by_value,
    .forget = forget,
};

static edhoc_err plain_put_ead(void *arg, int message, const struct suite *suite, struct buf *ead)
{
    (void)suite;
    buf_put(ead, ((struct side *)arg)->config.ead[message]);
    return buf_err(ead);
}

static edhoc_err plain_read_ead(void *arg, int message, const struct suite *suite, struct bytes ead)
{
    struct ead_item item;
    bool found;

    (void)arg;
    (void)message;
    (void)suite;
    return ead_find(ead, PROFILE_EAD_LABEL, &item, &found);
}

static const char *plain_target(const void *arg)
{
    (void)arg;
    return NULL;
}

static bool plain_confirm(const void *arg)
{
    return (((const struct side *)arg)->config.options & EDHOC_CONFIRM) != 0;
}

static bool plain_accepts_c_x(struct bytes c_x)
{
    (void)c_x;
    return true;
}

static bool plain_accepts_form(enum cred_form form)
{
    (void)form;
    return true;
}

static bool plain_by_value(enum cred_form form)
{
    return form == CRED_KCCS;
}

static const struct edhoc_profile plain_profile = {
    .put_ead = plain_put_ead,
    .read_ead = plain_read_ead,
    .target = plain_target,
    .confirm = plain_confirm,
    .accepts_c_x = plain_accepts_c_x,
    .accepts_form = plain_accepts_form,
    .by_value = plain_by_value,
    .forget = forget,
};

/* ---- life ---- */

static edhoc_err new_profile(struct side *s)
{
    const struct side_config *c = &s->config;
    struct profile_wish wish = {.target = c->target,
                                .hide_target = (c->options & EDHOC_HIDE_TARGET) != 0,
                                .confirm = (c->options & EDHOC_CONFIRM) != 0,
                                .flags = c->flags};
    edhoc_err err = c->role == EDHOC_INITIATOR ? profile_new_initiator(&wish, &s->gss_api)
                                               : profile_new_responder(&s->gss_api);

    return err == EDHOC_OK ? profile_set_bindings(s->gss_api, c->have_bindings, c->bindings) : err;
}

static edhoc_err new_party(struct side *s)
{
    const struct side_config *c = &s->config;
    struct party_config config = {.initiator = c->role == EDHOC_INITIATOR,
                                  .current = party_current_fixed,
                                  .arg = &s->current,
                                  .name = c->target,
                                  .suites = c->suites,
                                  .by_reference = (c->options & EDHOC_CRED_BY_REFERENCE) != 0,
                                  .now = c->now};

    s->current = (struct party_fixed){identity_set_ref(c->identities), trust_ref(c->trust)};
    return party_new(&config, &s->party);
}

static void objects_free(struct side *s)
{
    party_free(s->party);
    profile_free(s->gss_api);
    identity_set_free(s->current.identities);
    trust_free(s->current.trust);
    for (size_t i = 0; i < SIDE_AGREED_MAX; i++)
        cred_free(s->config.agreed[i]);
    free(s);
}

edhoc_err side_new(const struct side_config *config, struct edhoc **out)
{
    struct side *s = calloc(1, sizeof(*s));
    struct edhoc_config engine = {.role = config->role,
                                  .parties = &parties,
                                  .parties_arg = s,
                                  .profile_arg = s,
                                  .c_x = config->c_x,
                                  .ephemeral = config->ephemeral,
                                  .keep = (config->options & SIDE_LETS_GO) == 0};
    edhoc_err err;

    *out = NULL;
    if (s == NULL)
        return EDHOC_ERR_NOMEM;
    engine.profile = (config->options & SIDE_PLAIN) != 0 ? &plain_profile : &profile;
    s->config = *config;
    for (size_t i = 0; i < SIDE_AGREED_MAX; i++)
        (void)cred_ref(config->agreed[i]);
    err = new_profile(s);
    if (err == EDHOC_OK)
        err = new_party(s);
    if (err == EDHOC_OK)
        err = edhoc_new(&engine, out);
    if (err != EDHOC_OK)
        objects_free(s);
    return err;
}

void side_free(struct edhoc *s)
{
    struct side *side = s != NULL ? side_of(s) : NULL;

    edhoc_free(s);
    if (side != NULL)
        objects_free(side);
}

void side_replace_cred(struct identity *id, struct bytes ccs)
{
    struct buf id_cred = buf_new(1024);

    cbor_put_map(&id_cred, 1);
    cbor_put_int(&id_cred, CRED_KCCS);
    buf_put(&id_cred, ccs);
    cred_free(id->by_value);
    if (cred_new_agreed(id->key, buf_bytes(&id_cred), ccs, &id->by_value) != EDHOC_OK)
        abort();
    buf_free(&id_cred);
}

void side_turn_plain(struct edhoc *s)
{
    side_of(s)->config.options |= SIDE_PLAIN | EDHOC_CONFIRM;
    s->profile = &plain_profile;
}

/* ---- what became of it ---- */

struct side *side_of(const struct edhoc *s)
{
    return s->parties_arg;
}

const struct peer *side_peer(const struct edhoc *s)
{
    return party_peer(side_of(s)->party);
}

const struct identity *side_identity(const struct edhoc *s)
{
    return party_identity(side_of(s)->party);
}

int64_t side_expires(const struct edhoc *s)
{
    return party_expires(side_of(s)->party);
}

const char *side_target(const struct edhoc *s)
{
    return profile_target(side_of(s)->gss_api);
}

uint32_t side_flags(const struct edhoc *s)
{
    return profile_flags(side_of(s)->gss_api);
}
