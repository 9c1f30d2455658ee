#include "load.h"

#include <stdlib.h>

#include "place.h"
#include "trust_file.h"

#define DEFAULT_SERVICE_IDENTITY GSSCONFDIR "/edhoc/service.d"
#define DEFAULT_TRUST            GSSCONFDIR "/edhoc/trust"

/* ---- what this version does not have ---- */

edhoc_err load_without_x509(const char *what)
{
    return report(EDHOC_ERR_UNSUPPORTED, "%s: certificates are not supported by this version",
                  what);
}

/* Better no credential than one that silently lacks what was asked for. */
static edhoc_err refuse_x509(const struct settings *s)
{
    if (s->certificate != NULL)
        return load_without_x509("the setting certificate");
    if (s->anchors != NULL)
        return load_without_x509("the setting anchors");
    if (s->crls != NULL)
        return load_without_x509("the setting crls");
    return EDHOC_OK;
}

/* ---- identities ---- */

/* `where` is NULL for the default place. */
static edhoc_err load_own(const char *where, const char *passphrase, struct identity **out)
{
    char *path = NULL;
    edhoc_err err;

    if (where != NULL)
        return load_identity_file(where, passphrase, out);
    err = place_home("identity.pem", &path);
    if (err != EDHOC_OK)
        return err;
    err = load_identity_file(path, passphrase, out);
    if (err == EDHOC_ERR_NO_IDENTITY)
        err = report(err, "%s does not exist; make a key with: gss-edhoc keygen NAME", path);
    free(path);
    return err;
}

edhoc_err load_identity(const struct settings *s, const char *passphrase, struct identity_set **out)
{
    struct identity *id = NULL;
    edhoc_err err = refuse_x509(s);

    *out = NULL;
    if (err == EDHOC_OK)
        err = load_own(s->identity, passphrase, &id);
    return err == EDHOC_OK ? identity_set_new(&id, 1, out) : err;
}

edhoc_err load_service_identities(const struct settings *s, struct identity_set **out)
{
    edhoc_err err = refuse_x509(s);

    *out = NULL;
    if (err != EDHOC_OK)
        return err;
    return load_identity_files(
        s->service_identity != NULL ? s->service_identity : DEFAULT_SERVICE_IDENTITY, out);
}

/* ---- trust ---- */

static edhoc_err read_configured(const char *where, struct trust *t)
{
    const char *path;
    edhoc_err err = place_path(where, &path);

    return err == EDHOC_OK ? trust_file_read(path, false, t) : err;
}

/* A user's own lines come first; a user without a home has none. */
static edhoc_err read_own(struct trust *t)
{
    char *path;
    edhoc_err err = place_home("trust", &path);

    if (err == EDHOC_ERR_NO_IDENTITY) {
        report_clear();
        return EDHOC_OK;
    }
    if (err == EDHOC_OK)
        err = trust_file_read(path, true, t);
    free(path);
    return err;
}

static edhoc_err read_defaults(bool initiator, struct trust *t)
{
    edhoc_err err = initiator ? read_own(t) : EDHOC_OK;

    return err == EDHOC_OK ? trust_file_read(DEFAULT_TRUST, true, t) : err;
}

edhoc_err load_trust(const struct settings *s, bool initiator, struct trust **out)
{
    struct trust *t = NULL;
    edhoc_err err = refuse_x509(s);

    *out = NULL;
    if (err == EDHOC_OK)
        err = trust_new(&t);
    if (err == EDHOC_OK)
        err = s->trust != NULL ? read_configured(s->trust, t) : read_defaults(initiator, t);
    if (err == EDHOC_OK)
        *out = t;
    else
        trust_free(t);
    return err;
}
