#include "peer/party.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "edhoc/suite.h"
#include "peer/identity.h"
#include "peer/judge.h"
#include "peer/name.h"
#include "peer/peer.h"
#include "peer/trust.h"
#include "peer/trust_plan.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct party {
    struct party_config config;
    char *name; /* or NULL */
    struct identity_set *identities;
    struct trust *trust;
    struct identity_set *chosen_from; /* keeps `chosen` alive */
    const struct identity *chosen;
    int64_t chosen_until; /* the end of what is sent of it */
    struct peer peer;
    struct cred *proven; /* what the peer has proven to hold, whatever was thought of it */
    bool known;          /* and was believed, or a line pins its key */
};

static int64_t now(const struct party *p)
{
    return p->config.now != 0 ? p->config.now : (int64_t)time(NULL);
}

edhoc_err party_current_fixed(void *arg, struct identity_set **identities, struct trust **trust)
{
    const struct party_fixed *fixed = arg;

    *identities = identity_set_ref(fixed->identities);
    *trust = trust_ref(fixed->trust);
    return EDHOC_OK;
}

/* ---- life ---- */

edhoc_err party_new(const struct party_config *config, struct party **out)
{
    struct party *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (p == NULL)
        return EDHOC_ERR_NOMEM;
    p->config = *config;
    p->config.name = NULL;
    if (config->name != NULL && (p->name = strdup(config->name)) == NULL) {
        free(p);
        return EDHOC_ERR_NOMEM;
    }
    *out = p;
    return EDHOC_OK;
}

/* Lets go of what is current: an established context keeps nothing of it. */
static void drop_current(struct party *p)
{
    identity_set_free(p->identities);
    trust_free(p->trust);
    p->identities = NULL;
    p->trust = NULL;
}

static void forget(void *arg)
{
    struct party *p = arg;

    drop_current(p);
    identity_set_free(p->chosen_from);
    p->chosen_from = NULL;
    p->chosen = NULL;
    peer_clear(&p->peer);
}

void party_free(struct party *p)
{
    if (p == NULL)
        return;
    forget(p);
    cred_free(p->proven);
    free(p->name);
    free(p);
}

static edhoc_err renew(void *arg)
{
    struct party *p = arg;
    edhoc_err err;

    drop_current(p);
    err = p->config.current(p->config.arg, &p->identities, &p->trust);
    if (err == EDHOC_OK && p->identities->len == 0)
        err = report(EDHOC_ERR_NO_IDENTITY, "no identity was given");
    return err;
}

/* ---- who we are ---- */

/* What the session needs of an identity, which is then ours. */
static struct edhoc_own use(struct party *p, const struct identity *id)
{
    bool by_reference = p->config.by_reference && id->by_reference != NULL;
    bool certified = identity_is_certified(id, p->config.initiator, now(p));

    identity_set_free(p->chosen_from);
    p->chosen_from = identity_set_ref(p->identities);
    p->chosen = id;
    p->chosen_until = certified && id->ssh_until < id->expires ? id->ssh_until : id->expires;
    return (struct edhoc_own){key_ref(id->key), cred_ref(certified      ? id->ssh_cert
                                                         : by_reference ? id->by_reference
                                                                        : id->by_value)};
}

/* METHOD and SUITES_I: our half from our key, the other half from what pins the target. */
static edhoc_err plan(void *arg, struct edhoc_plan *out)
{
    struct party *p = arg;
    const struct identity *me = p->identities->id[0];
    const struct keytype *type = key_type(me->key);
    struct suite_list offer = suite_list_usable(&p->config.suites, type);
    struct trust_plan wanted;
    edhoc_err err;

    if (now(p) >= me->expires)
        return report(EDHOC_ERR_OWN_EXPIRED, "%s has expired; renew it", me->source);
    if (offer.len == 0)
        return report(EDHOC_ERR_NO_SUITE,
                      "none of the suites configured can use %s, a key of type %s", me->source,
                      type->ssh_name);
    err = trust_plan(p->trust, p->name, now(p), &offer, &wanted);
    if (err != EDHOC_OK)
        return err;
    *out = (struct edhoc_plan){
        .method = 2 * type->dh + wanted.dh, .suites = wanted.suites, .own = use(p, me)};
    return EDHOC_OK;
}

static bool responder_dh(int method)
{
    return method == 1 || method == 3;
}

/* Can this identity authenticate a responder so, now? */
static bool identity_fits(const struct party *p, const struct identity *id, int method,
                          const struct suite *suite)
{
    const struct keytype *type = key_type(id->key);

    return type->dh == responder_dh(method) && suite_fits(suite, type) && now(p) < id->expires;
}

static bool any_fits(const struct party *p, int method, const struct suite *suite)
{
    for (size_t i = 0; i < p->identities->len; i++)
        if (identity_fits(p, p->identities->id[i], method, suite))
            return true;
    return false;
}

static edhoc_err suites_r(void *arg, int method, struct suite_list *out)
{
    struct party *p = arg;

    out->len = 0;
    for (size_t i = 0; i < p->config.suites.len; i++) {
        const struct suite *suite = suite_by_id(p->config.suites.id[i]);

        if (suite_available(suite) && any_fits(p, method, suite))
            suite_list_add(out, suite->id);
    }
    if (out->len > 0)
        return EDHOC_OK;
    return report(EDHOC_ERR_NO_SUITE,
                  "METHOD %d needs a %s key here, and there is none that a cipher suite allowed "
                  "here can use and that has not expired",
                  method, responder_dh(method) ? "Diffie-Hellman" : "signature");
}

/* Does it answer to the target? While that is hidden, to our own name, which it must suit. */
static bool identity_suits(const struct party *p, const struct identity *id, const char *target)
{
    if (target != NULL)
        return identity_answers(id, target);
    return p->name == NULL ||
           identity_goes_by(id, false, name_kind_of(bytes_of_text(p->name)), p->name);
}

/* The first identity, in configured order, that fits METHOD and suite and suits the target. */
static edhoc_err choose(void *arg, int method, const struct suite *suite, const char *target,
                        struct edhoc_own *out)
{
    struct party *p = arg;

    if (target != NULL && p->name != NULL && !name_allows(p->name, target))
        return report(EDHOC_ERR_TARGET, "\"%s\" was asked for, and this acceptor is \"%s\"", target,
                      p->name);
    for (size_t i = 0; i < p->identities->len; i++) {
        const struct identity *id = p->identities->id[i];

        if (identity_fits(p, id, method, suite) && identity_suits(p, id, target)) {
            *out = use(p, id);
            return EDHOC_OK;
        }
    }
    return report(
        EDHOC_ERR_TARGET,
        "\"%s\" is not the name of any key here that METHOD %d and cipher suite %d can use",
        target != NULL ? target : "(hidden)", method, suite->id);
}

static edhoc_err answers(void *arg, const char *target)
{
    struct party *p = arg;

    if ((p->name == NULL || name_allows(p->name, target)) && identity_answers(p->chosen, target))
        return EDHOC_OK;
    return report(EDHOC_ERR_TARGET, "\"%s\" was asked for, hidden until message_3", target);
}

/* ---- who the peer is ---- */

static struct cred *candidate(void *arg, const struct cred_id *id, bool dh, size_t *at)
{
    return trust_candidate(((struct party *)arg)->trust, id, dh, at);
}

static edhoc_err no_candidate(void *arg, const struct cred_id *id, bool dh)
{
    return trust_no_candidate(((struct party *)arg)->trust, id, dh);
}

static const struct cred *known(void *arg, const struct cred_id *id, bool dh)
{
    return trust_known(((struct party *)arg)->trust, id, dh);
}

/* Somebody who sends our own messages back to us has proven nothing. */
static edhoc_err refuse_reflection(const struct identity_set *ours, const struct cred *cred)
{
    for (size_t i = 0; i < ours->len; i++)
        if (cred_same_secret(cred, ours->id[i]->by_value))
            return report(EDHOC_ERR_REFLECTED, "%s is ours; two endpoints need two keys",
                          ours->id[i]->source);
    return EDHOC_OK;
}

static edhoc_err judge_proven(struct party *p, struct cred *proven)
{
    edhoc_err err = refuse_reflection(p->identities, proven);

    if (err == EDHOC_OK)
        err = refuse_reflection(p->chosen_from, proven);
    if (err != EDHOC_OK)
        return err;
    if (now(p) >= cred_expires(proven))
        return report(EDHOC_ERR_CRED_EXPIRED, "its claim exp is over; the peer must renew it");
    peer_clear(&p->peer);
    err = p->config.initiator ? trust_judge_server(p->trust, proven, p->name, now(p), &p->peer)
                              : trust_judge_client(p->trust, proven, now(p), &p->peer);
    if (err == EDHOC_OK && cred_expires(proven) < p->peer.expires)
        p->peer.expires = cred_expires(proven);
    return err;
}

static edhoc_err judge(void *arg, struct cred *proven)
{
    struct trust_cursor at = {.part = 0};
    struct party *p = arg;
    edhoc_err err = judge_proven(p, proven);

    cred_free(p->proven);
    p->proven = cred_ref(proven);
    p->known = err == EDHOC_OK || trust_walk_key(p->trust, proven, &at);
    return err;
}

/* ---- results ---- */

const struct identity *party_identity(const struct party *p)
{
    return p->chosen;
}

const struct peer *party_peer(const struct party *p)
{
    return &p->peer;
}

const struct cred *party_proven(const struct party *p)
{
    return p->proven;
}

bool party_knows_peer(const struct party *p)
{
    return p->known;
}

int64_t party_expires(const struct party *p)
{
    if (p->chosen == NULL)
        return INT64_MAX;
    return p->peer.expires < p->chosen_until ? p->peer.expires : p->chosen_until;
}

const struct edhoc_parties party_parties = {
    .renew = renew,
    .plan = plan,
    .suites_r = suites_r,
    .choose = choose,
    .answers = answers,
    .candidate = candidate,
    .no_candidate = no_candidate,
    .known = known,
    .judge = judge,
    .forget = forget,
};
