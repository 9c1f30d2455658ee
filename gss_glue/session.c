#include "session.h"

#include "base/bytes.h"
#include "base/report.h"
#include "creds.h"
#include "edhoc/edhoc.h"
#include "load/sources.h"
#include "names.h"
#include "peer/name.h"
#include "peer/party.h"
#include "profile/gss_api.h"

#include <stdlib.h>

static edhoc_err current(void *arg, struct identity_set **identities, struct trust **trust)
{
    const struct glue_session *s = arg;

    return glue_cred_current(s->cred, s->initiator, s->chosen, identities, trust);
}

static edhoc_err session_new(struct glue_cred *cred, bool initiator, struct glue_session **out)
{
    struct glue_session *s = calloc(1, sizeof(*s));
    edhoc_err err;

    *out = NULL;
    if (s == NULL)
        return EDHOC_ERR_NOMEM;
    s->initiator = initiator;
    err = glue_cred_or_default(cred, initiator ? GSS_C_INITIATE : GSS_C_ACCEPT, &s->cred);
    if (err == EDHOC_OK)
        *out = s;
    else
        glue_session_free(s);
    return err;
}

/* The end of both constructors: takes over `s`, on failure too. `name` is the party's. */
static edhoc_err finish(struct glue_session *s, const char *name, struct glue_session **out)
{
    struct party_config party = {
        .initiator = s->initiator,
        .current = current,
        .arg = s,
        .name = name,
        .suites = s->cred->settings.suites,
        .by_reference = (s->cred->settings.options & EDHOC_CRED_BY_REFERENCE) != 0};
    struct edhoc_config config = {.role = s->initiator ? EDHOC_INITIATOR : EDHOC_RESPONDER,
                                  .parties = &party_parties,
                                  .profile = &profile_gss_api,
                                  .profile_arg = s->profile};
    edhoc_err err = party_new(&party, &s->party);

    config.parties_arg = s->party;
    if (err == EDHOC_OK)
        err = edhoc_new(&config, &s->engine);
    if (err == EDHOC_OK)
        *out = s;
    else
        glue_session_free(s);
    return err;
}

/* What the application asked for, as far as it travels. Bindings call for confirmation, because
 * only then the initiator learns that they were compared; a DCE exchange has no room for it. */
static struct profile_wish wish_of(const struct glue_session *s, const char *target,
                                   OM_uint32 flags, bool bindings)
{
    unsigned options = s->cred->settings.options;

    return (struct profile_wish){
        .target = target,
        .hide_target = (options & EDHOC_HIDE_TARGET) != 0,
        .confirm = (bindings || (options & EDHOC_CONFIRM) != 0) && (flags & GSS_C_DCE_STYLE) == 0,
        .flags = flags,
    };
}

edhoc_err glue_session_initiator(struct glue_cred *cred, const struct glue_name *target,
                                 OM_uint32 flags, const struct bindings *bindings,
                                 struct glue_session **out)
{
    struct glue_session *s;
    struct profile_wish wish;
    edhoc_err err = session_new(cred, true, &s);

    *out = NULL;
    if (err != EDHOC_OK)
        return err;
    if (target->kind == NAME_SERVICE && name_host(target->text) == NULL)
        err = report(EDHOC_ERR_NAME, "a target is a service on a host: %s@HOST", target->text);
    if (err == EDHOC_OK)
        err = glue_cred_choose(s->cred, target->text, &s->chosen);
    wish = wish_of(s, target->text, flags, bindings->have);
    if (err == EDHOC_OK)
        err = profile_new_initiator(&wish, &s->profile);
    if (err == EDHOC_OK)
        err = profile_set_bindings(s->profile, bindings->have, buf_bytes(&bindings->text));
    if (err == EDHOC_OK)
        return finish(s, target->text, out);
    glue_session_free(s);
    return err;
}

/* Whether to confirm and whether to hide the target is the initiator's choice, not our settings'. */
edhoc_err glue_session_acceptor(struct glue_cred *cred, struct glue_session **out)
{
    struct glue_session *s;
    edhoc_err err = session_new(cred, false, &s);

    *out = NULL;
    if (err != EDHOC_OK)
        return err;
    err = profile_new_responder(&s->profile);
    if (err == EDHOC_OK)
        return finish(s, s->cred->desired != NULL ? s->cred->desired->text : NULL, out);
    glue_session_free(s);
    return err;
}

void glue_session_free(struct glue_session *s)
{
    if (s == NULL)
        return;
    edhoc_free(s->engine);
    profile_free(s->profile);
    party_free(s->party);
    sources_free(s->chosen);
    glue_cred_free(s->cred);
    free(s);
}

/* ---- names ---- */

/* An acceptor is called what the initiator called it. */
static edhoc_err own_name(const struct glue_session *s, struct glue_name **out)
{
    const char *asked = s->initiator ? NULL : profile_target(s->profile);

    return asked != NULL
               ? glue_name_of_target(asked, out)
               : glue_name_of_own(party_identity(s->party), s->initiator, s->cred->desired, out);
}

edhoc_err glue_session_names(const struct glue_session *s, const struct glue_name *target,
                             struct glue_name **source_name, struct glue_name **target_name)
{
    const struct peer *peer = party_peer(s->party);
    edhoc_err err;

    if (s->initiator) {
        err = own_name(s, source_name);
        return err == EDHOC_OK ? glue_name_of_peer(peer, target->kind, false, target_name) : err;
    }
    err = glue_name_of_peer(peer, peer->kind, true, source_name);
    return err == EDHOC_OK ? own_name(s, target_name) : err;
}
