#include "load/load.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/file.h"
#include "load/identity_dir.h"
#include "load/identity_file.h"
#include "load/place.h"
#include "load/settings.h"
#include "load/trust_file.h"
#include "peer/identity.h"
#include "peer/trust.h"
#include "peer/x509_store.h"

#define DEFAULT_SERVICE_IDENTITY GSSCONFDIR "/edhoc/service.d"
#define DEFAULT_TRUST            GSSCONFDIR "/edhoc/trust"

/* ---- identities ---- */

static edhoc_err load_own(const struct settings *s, struct loading *loading, struct identity **out)
{
    char *path = NULL;
    edhoc_err err;

    if (s->identity != NULL)
        return load_identity_at(s->identity, s->certificate, loading, out);
    err = place_home("identity.pem", &path);
    if (err != EDHOC_OK)
        return err;
    err = load_identity_at(path, s->certificate, loading, out);
    if (err == EDHOC_ERR_NO_IDENTITY)
        err = report(err, "%s does not exist; make a key with: gss-edhoc keygen NAME", path);
    free(path);
    return err;
}

edhoc_err load_identity(const struct settings *s, struct loading *loading,
                        struct identity_set **out)
{
    struct identity *id = NULL;
    edhoc_err err = load_own(s, loading, &id);

    *out = NULL;
    return err == EDHOC_OK ? identity_set_new(&id, 1, out) : err;
}

edhoc_err load_service_identities(const struct settings *s, struct loading *loading,
                                  struct identity_set **out)
{
    const char *where = s->service_identity != NULL ? s->service_identity
                                                    : DEFAULT_SERVICE_IDENTITY;

    return load_identity_files(where, s->certificate, loading, out);
}

/* ---- trust ---- */

static edhoc_err read_configured(const char *where, struct loading *loading, struct trust *t)
{
    const char *path;
    edhoc_err err = place_path(where, &path);

    return err == EDHOC_OK ? trust_file_read(path, false, loading, t) : err;
}

/* A user's own lines come first; a user without a home has none. */
static edhoc_err read_own(struct loading *loading, struct trust *t)
{
    char *path;
    edhoc_err err = place_home("trust", &path);

    if (err == EDHOC_ERR_NO_IDENTITY) {
        report_clear();
        return EDHOC_OK;
    }
    if (err == EDHOC_OK)
        err = trust_file_read(path, true, loading, t);
    free(path);
    return err;
}

static edhoc_err read_defaults(bool initiator, struct loading *loading, struct trust *t)
{
    edhoc_err err = initiator ? read_own(loading, t) : EDHOC_OK;

    return err == EDHOC_OK ? trust_file_read(DEFAULT_TRUST, true, loading, t) : err;
}

/* ---- anchors and CRLs ---- */

#define ANCHORS_MAX (8u << 20)  /* bytes: a distribution's bundle is a quarter of a megabyte */
#define CRLS_MAX    (64u << 20) /* bytes: a large CA's lists */

static edhoc_err read_trusted(const char *where, size_t max, struct loading *loading,
                              struct buf *out)
{
    const char *path;
    edhoc_err err = place_path(where, &path);

    return err == EDHOC_OK ? file_read(path, FILE_TRUSTED, max, loading, NULL, out) : err;
}

static edhoc_err read_store(const struct settings *s, struct loading *loading,
                            struct x509_store **out)
{
    struct buf anchors = buf_new(0), crls = buf_new(0);
    edhoc_err err = read_trusted(s->anchors, ANCHORS_MAX, loading, &anchors);

    if (err == EDHOC_OK && s->crls != NULL)
        err = read_trusted(s->crls, CRLS_MAX, loading, &crls);
    if (err == EDHOC_OK && s->crls != NULL && crls.len == 0)
        err = report(EDHOC_ERR_KEY_FORMAT, "%s: the file is empty", s->crls);
    if (err == EDHOC_OK)
        err = x509_store_new(buf_bytes(&anchors), s->anchors, buf_bytes(&crls), s->crls, out);
    buf_free(&anchors);
    buf_free(&crls);
    return err;
}

static edhoc_err add_anchors(const struct settings *s, struct loading *loading, struct trust *t)
{
    struct x509_store *store = NULL;
    edhoc_err err;

    if (s->anchors == NULL && s->crls == NULL)
        return EDHOC_OK;
    if (s->anchors == NULL)
        return report(EDHOC_ERR_SETTING, "crls without anchors: there is no CA to be asked about");
    err = read_store(s, loading, &store);
    if (err == EDHOC_OK)
        trust_set_anchors(t, store);
    x509_store_free(store);
    return err;
}

edhoc_err load_trust(const struct settings *s, bool initiator, struct loading *loading,
                     struct trust **out)
{
    struct trust *t = NULL;
    edhoc_err err = trust_new(&t);

    *out = NULL;
    if (err == EDHOC_OK)
        err = s->trust != NULL ? read_configured(s->trust, loading, t)
                               : read_defaults(initiator, loading, t);
    if (err == EDHOC_OK)
        err = add_anchors(s, loading, t);
    if (err == EDHOC_OK)
        *out = t;
    else
        trust_free(t);
    return err;
}
