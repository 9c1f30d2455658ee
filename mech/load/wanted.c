#include "load/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/report.h"
#include "load/kinds.h"
#include "load/part_spec.h"
#include "load/place.h"
#include "load/settings.h"
#include "peer/trust.h"

#define DEFAULT_SERVICE_IDENTITY GSSCONFDIR "/edhoc/service.d"
#define DEFAULT_TRUST            GSSCONFDIR "/edhoc/trust"

void wanted_clear(struct wanted *w)
{
    for (size_t i = 0; i < PART_PLACES; i++)
        free(w->path[i]);
    *w = (struct wanted){.from_files = false};
}

static edhoc_err want(const struct part_kind *kind, const char *first, const char *second,
                      struct wanted *out)
{
    const char *const places[PART_PLACES] = {first, second};
    edhoc_err err = EDHOC_OK;

    *out = (struct wanted){.spec = {.kind = kind}, .from_files = true};
    for (size_t i = 0; i < PART_PLACES && err == EDHOC_OK; i++) {
        if (places[i] != NULL)
            err = place_absolute(places[i], &out->path[i]);
        out->spec.place[i] = out->path[i];
    }
    if (err != EDHOC_OK)
        wanted_clear(out);
    return err;
}

/* ---- identities ---- */

/* A key that is no file's; its chain is one. */
static edhoc_err want_elsewhere(const char *where, const char *certificate, struct wanted *out)
{
    edhoc_err err = want(&kind_identity, NULL, certificate, out);

    if (err != EDHOC_OK)
        return err;
    out->path[0] = strdup(where);
    out->spec.place[0] = out->path[0];
    out->from_files = false;
    if (out->path[0] != NULL)
        return EDHOC_OK;
    wanted_clear(out);
    return EDHOC_ERR_NOMEM;
}

edhoc_err wanted_identities(const struct settings *s, bool initiator, struct wanted *out)
{
    const char *where = initiator ? s->identity : s->service_identity;
    const struct part_kind *kind = initiator       ? &kind_identity
                                   : where != NULL ? &kind_services
                                                   : &kind_default_services;
    char *home = NULL;
    edhoc_err err = EDHOC_OK;

    *out = (struct wanted){.from_files = false};
    if (where == NULL && initiator)
        err = place_home("identity.pem", &home);
    if (where == NULL)
        where = initiator ? home : DEFAULT_SERVICE_IDENTITY;
    if (err == EDHOC_OK && place_is_file(where))
        err = want(kind, where, s->certificate, out);
    else if (err == EDHOC_OK)
        err = want_elsewhere(where, s->certificate, out);
    if (out->spec.kind != NULL)
        out->spec.kind = kind;
    free(home);
    return err;
}

/* ---- trust ---- */

/* A user's own lines come first; a user without a home has none. */
static edhoc_err want_own(struct wanted *out)
{
    char *path;
    edhoc_err err = place_home("trust", &path);

    if (err == EDHOC_ERR_NO_IDENTITY) {
        report_clear();
        return EDHOC_OK;
    }
    if (err == EDHOC_OK)
        err = want(&kind_trust, path, NULL, out);
    out->spec.optional = true;
    free(path);
    return err;
}

edhoc_err wanted_trust(const struct settings *s, bool initiator, struct wanted out[TRUST_PARTS_MAX])
{
    edhoc_err err;

    for (size_t i = 0; i < TRUST_PARTS_MAX; i++)
        out[i] = (struct wanted){.from_files = false};
    if (s->trust != NULL)
        return want(&kind_trust, s->trust, NULL, &out[0]);
    err = initiator ? want_own(&out[0]) : EDHOC_OK;
    if (err != EDHOC_OK)
        return err;
    err = want(&kind_trust, DEFAULT_TRUST, NULL, &out[1]);
    out[1].spec.optional = true;
    if (err != EDHOC_OK)
        wanted_clear(&out[0]);
    return err;
}

/* ---- the rest ---- */

edhoc_err wanted_anchors(const struct settings *s, struct wanted *out)
{
    *out = (struct wanted){.from_files = false};
    if (s->anchors != NULL)
        return want(&kind_anchors, s->anchors, s->crls, out);
    if (s->crls != NULL)
        return report(EDHOC_ERR_SETTING, "crls without anchors: there is no CA to be asked about");
    return EDHOC_OK;
}

edhoc_err wanted_revoked(const struct settings *s, struct wanted *out)
{
    *out = (struct wanted){.from_files = false};
    return s->revoked != NULL ? want(&kind_revoked, s->revoked, NULL, out) : EDHOC_OK;
}

edhoc_err wanted_choices(const struct settings *s, struct wanted *out)
{
    edhoc_err err;

    *out = (struct wanted){.from_files = false};
    if (s->identities == NULL)
        return EDHOC_OK;
    err = want(&kind_choices, s->identities, NULL, out);
    out->spec.optional = true;
    return err;
}

edhoc_err wanted_conf(struct wanted *out)
{
    const char *instead = secure_getenv("GSS_MECH_CONFIG");

    return want(&kind_conf, instead, instead == NULL ? GSSCONFDIR : NULL, out);
}
