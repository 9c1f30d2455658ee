/* Credentials: the keys and the trust of an initiator, of an acceptor, or of both. Everything is
 * read when the credential is acquired; a handshake only looks, at most once per second, whether
 * the files are still the same. */
#include "creds.h"

#include "base/report.h"
#include "lifetime.h"
#include "load/settings.h"
#include "load/sources.h"
#include "log.h"
#include "names.h"
#include "peer/identity.h"
#include "peer/trust.h"
#include "trace.h"

#include <stdlib.h>

static const char *whose(const struct identity *id, bool initiator)
{
    if (id->principals != NULL)
        return id->principals;
    return initiator && id->client_name != NULL ? id->client_name : "the hosts in its certificate";
}

static edhoc_err check_desired(const struct identity_set *set, bool initiator,
                               const struct glue_name *desired)
{
    if (desired == NULL)
        return EDHOC_OK;
    for (size_t i = 0; i < set->len; i++)
        if (identity_goes_by(set->id[i], initiator, desired->kind, desired->text))
            return EDHOC_OK;
    return set->len == 0 ? report(EDHOC_ERR_NO_IDENTITY, "none for %s", desired->text)
                         : report(EDHOC_ERR_NO_IDENTITY, "%s is for %s, not for %s",
                                  set->id[0]->source, whose(set->id[0], initiator), desired->text);
}

/* ---- loading ---- */

static void trace_stale(edhoc_err stale)
{
    if (stale != EDHOC_OK)
        glue_trace("not as its file is now: %s: %s", report_sentence(stale), report_details(stale));
}

static edhoc_err current(const struct glue_cred *cred, bool initiator, struct sources *sources,
                         struct identity_set **identities, struct trust **trust)
{
    edhoc_err stale, err = sources_get(sources, identities, trust, &stale);

    trace_stale(stale);
    if (!initiator && err == EDHOC_OK)
        glue_log_files(&cred->settings, *identities, *trust, stale);
    return err == EDHOC_OK ? check_desired(*identities, initiator, cred->desired) : err;
}

static void trace_keys(const struct identity_set *set)
{
    for (size_t i = 0; set != NULL && i < set->len; i++)
        if (set->id[i]->stale_pub)
            glue_trace("%s.pub is of another key: only its names count", set->id[i]->source);
}

static edhoc_err load_side(const struct glue_cred *cred, bool initiator, const char *passphrase,
                           struct sources **side)
{
    struct identity_set *identities = NULL;
    struct trust *trust = NULL;
    edhoc_err err = sources_new(&cred->settings, initiator, passphrase, side);

    if (err != EDHOC_OK)
        return err;
    err = current(cred, initiator, *side, &identities, &trust);
    trace_keys(identities);
    identity_set_free(identities);
    trust_free(trust);
    if (err != EDHOC_OK) {
        sources_free(*side);
        *side = NULL;
    }
    return err;
}

/* A user's programs ask for GSS_C_BOTH without having, or being allowed to read, a service's keys:
 * so one side is enough. When neither loads, the initiator's reason is told, unless it is only that
 * there is no key and the acceptor's is a better one. */
static edhoc_err load_sides(struct glue_cred *cred, const char *passphrase)
{
    edhoc_err init = EDHOC_ERR_NO_IDENTITY, accept = EDHOC_ERR_NO_IDENTITY;

    if (cred->usage != GSS_C_INITIATE)
        accept = load_side(cred, false, NULL, &cred->acceptor);
    if (cred->usage != GSS_C_ACCEPT)
        init = load_side(cred, true, passphrase, &cred->initiator);
    if (init == EDHOC_OK)
        cred->usage = accept == EDHOC_OK ? GSS_C_BOTH : GSS_C_INITIATE;
    else if (accept == EDHOC_OK)
        cred->usage = GSS_C_ACCEPT;
    else
        return init == EDHOC_ERR_NO_IDENTITY && cred->usage != GSS_C_INITIATE ? accept : init;
    return EDHOC_OK;
}

static edhoc_err load(struct glue_cred *cred, const char *passphrase)
{
    gss_cred_usage_t usage = cred->usage;
    edhoc_err err = load_sides(cred, passphrase);

    glue_trace("acquire usage=%d name=%s: %s", usage,
               cred->desired != NULL ? cred->desired->text : "-",
               err == EDHOC_OK ? "ok" : report_sentence(err));
    return err;
}

/* Takes over the settings, on failure too. Nothing is loaded yet. */
static edhoc_err cred_new(struct glue_name *desired, gss_cred_usage_t usage,
                          struct settings *settings, struct glue_cred **out)
{
    struct glue_cred *cred = calloc(1, sizeof(*cred));

    *out = cred;
    if (cred == NULL) {
        settings_clear(settings);
        return EDHOC_ERR_NOMEM;
    }
    atomic_init(&cred->refs, 1);
    cred->settings = *settings;
    *settings = (struct settings){.identity = NULL};
    cred->usage = usage;
    cred->desired = glue_name_ref(desired);
    if (desired != NULL) { /* who is somebody, is it towards everybody */
        free(cred->settings.identities);
        cred->settings.identities = NULL;
    }
    return EDHOC_OK;
}

edhoc_err glue_cred_load(struct glue_name *desired, gss_cred_usage_t usage, const char *passphrase,
                         struct settings *settings, struct glue_cred **out)
{
    edhoc_err err = cred_new(desired, usage, settings, out);

    if (err == EDHOC_OK)
        err = load(*out, passphrase);
    if (err != EDHOC_OK && usage == GSS_C_ACCEPT && *out != NULL)
        glue_log_unusable(&(*out)->settings, err);
    if (err != EDHOC_OK) {
        glue_cred_free(*out);
        *out = NULL;
    }
    return err;
}

static edhoc_err read_settings(gss_cred_usage_t usage, const struct setting_pair *store,
                               size_t count, struct settings *out)
{
    edhoc_err err = sources_settings(store, count, out);

    if (err == EDHOC_OK) {
        glue_trace_to(out->trace);
        return EDHOC_OK;
    }
    settings_clear(out);
    glue_trace("acquire usage=%d: %s", usage, report_sentence(err));
    return err;
}

edhoc_err glue_cred_acquire(struct glue_name *desired, gss_cred_usage_t usage,
                            const char *passphrase, const struct setting_pair *store, size_t count,
                            struct glue_cred **out)
{
    struct settings settings;
    edhoc_err err = read_settings(usage, store, count, &settings);

    *out = NULL;
    return err == EDHOC_OK ? glue_cred_load(desired, usage, passphrase, &settings, out) : err;
}

edhoc_err glue_cred_choose(struct glue_cred *cred, const char *target, struct sources **out)
{
    unsigned line;
    edhoc_err stale, err = sources_choose(cred->initiator, target, out, &line, &stale);

    trace_stale(stale);
    if (line > 0)
        glue_trace("target %s: identity of line %u of the file identities: %s", target, line,
                   err == EDHOC_OK ? "ok" : report_sentence(err));
    return err;
}

edhoc_err glue_cred_current(struct glue_cred *cred, bool initiator, struct sources *chosen,
                            struct identity_set **identities, struct trust **trust)
{
    bool later = (initiator ? cred->initiator : cred->acceptor) == NULL;
    edhoc_err err = later ? load(cred, NULL) : EDHOC_OK;

    *identities = NULL;
    *trust = NULL;
    if (err != EDHOC_OK)
        return err;
    if (chosen == NULL)
        chosen = initiator ? cred->initiator : cred->acceptor;
    return current(cred, initiator, chosen, identities, trust);
}

void glue_cred_free(struct glue_cred *cred)
{
    if (cred == NULL || atomic_fetch_sub(&cred->refs, 1) != 1)
        return;
    sources_free(cred->initiator);
    sources_free(cred->acceptor);
    settings_clear(&cred->settings);
    glue_name_free(cred->desired);
    free(cred);
}

/* An acceptor's is loaded when it is first asked for its keys (glue_cred_current): what a stranger
 * sends is looked at before. */
static edhoc_err cred_default(gss_cred_usage_t usage, struct glue_cred **out)
{
    struct settings settings;
    edhoc_err err;

    if (usage != GSS_C_ACCEPT)
        return glue_cred_acquire(NULL, usage, NULL, NULL, 0, out);
    err = read_settings(usage, NULL, 0, &settings);
    return err == EDHOC_OK ? cred_new(NULL, usage, &settings, out) : err;
}

edhoc_err glue_cred_or_default(struct glue_cred *cred, gss_cred_usage_t usage,
                               struct glue_cred **out)
{
    *out = NULL;
    if (cred == NULL)
        return cred_default(usage, out);
    if (cred->usage != GSS_C_BOTH && cred->usage != usage)
        return report(EDHOC_ERR_USAGE, "it is only for %s contexts",
                      cred->usage == GSS_C_INITIATE ? "initiating" : "accepting");
    atomic_fetch_add_explicit(&cred->refs, 1, memory_order_relaxed);
    *out = cred;
    return EDHOC_OK;
}

/* ---- what there is ---- */

struct identity_set *glue_cred_identities(const struct glue_cred *cred, bool initiator)
{
    struct sources *side = initiator ? cred->initiator : cred->acceptor;

    return side != NULL ? sources_identities(side) : NULL;
}

/* An acceptor's credential is good as long as one of its identities is. */
static OM_uint32 side_lifetime(const struct glue_cred *cred, bool initiator)
{
    struct identity_set *set = glue_cred_identities(cred, initiator);
    int64_t latest = INT64_MIN;

    for (size_t i = 0; set != NULL && i < set->len; i++)
        if (set->id[i]->expires > latest)
            latest = set->id[i]->expires;
    identity_set_free(set);
    return latest == INT64_MIN ? 0 : glue_lifetime(latest);
}

OM_uint32 glue_cred_lifetime(const struct glue_cred *cred, gss_cred_usage_t usage)
{
    OM_uint32 accept, init;

    if (usage != GSS_C_BOTH)
        return side_lifetime(cred, usage == GSS_C_INITIATE);
    init = side_lifetime(cred, true);
    accept = side_lifetime(cred, false);
    return init < accept ? init : accept;
}
