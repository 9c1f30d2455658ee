#include "load/load.h"

#include "base/err.h"
#include "base/report.h"
#include "load/loading.h"
#include "load/settings.h"
#include "load/wanted.h"
#include "peer/identity.h"
#include "peer/revoked.h"
#include "peer/trust.h"
#include "peer/x509_store.h"

static edhoc_err load(const struct wanted *w, struct loading *loading, void **contents)
{
    *contents = NULL;
    return w->spec.kind != NULL ? w->spec.kind->load(&w->spec, loading, contents) : EDHOC_OK;
}

static edhoc_err load_identities(const struct settings *s, bool initiator, struct loading *loading,
                                 struct identity_set **out)
{
    void *contents = NULL;
    struct wanted w;
    edhoc_err err = wanted_identities(s, initiator, &w);

    if (err == EDHOC_OK)
        err = load(&w, loading, &contents);
    wanted_clear(&w);
    *out = contents;
    return err;
}

edhoc_err load_identity(const struct settings *s, struct loading *loading,
                        struct identity_set **out)
{
    return load_identities(s, true, loading, out);
}

edhoc_err load_service_identities(const struct settings *s, struct loading *loading,
                                  struct identity_set **out)
{
    return load_identities(s, false, loading, out);
}

static edhoc_err load_files(const struct wanted *w, struct loading *loading, struct trust **parts,
                            size_t *count)
{
    edhoc_err err = EDHOC_OK;

    for (size_t i = 0; i < TRUST_PARTS_MAX && err == EDHOC_OK; i++) {
        void *contents;

        err = load(&w[i], loading, &contents);
        if (contents != NULL)
            parts[(*count)++] = contents;
    }
    return err;
}

static edhoc_err load_revoked(const struct settings *s, struct loading *loading, struct trust *t)
{
    void *contents = NULL;
    struct wanted w;
    edhoc_err err = wanted_revoked(s, &w);

    if (err == EDHOC_OK)
        err = load(&w, loading, &contents);
    if (err == EDHOC_OK)
        trust_set_revoked(t, contents);
    revoked_free(contents);
    wanted_clear(&w);
    return err;
}

/* Those that cannot be read refuse certificates, and nothing else. */
static edhoc_err load_store(const struct wanted *w, struct loading *loading, struct trust *t)
{
    void *contents = NULL;
    edhoc_err err = load(w, loading, &contents);

    if (err == EDHOC_OK)
        trust_set_anchors(t, contents);
    else if (err != EDHOC_ERR_NOMEM)
        err = trust_set_no_anchors(t, err, report_details(err));
    x509_store_free(contents);
    return err;
}

edhoc_err load_trust(const struct settings *s, bool initiator, struct loading *loading,
                     struct trust **out)
{
    struct trust *parts[TRUST_PARTS_MAX];
    struct wanted w[TRUST_PARTS_MAX], anchors = {.from_files = false};
    size_t count = 0;
    edhoc_err err = wanted_trust(s, initiator, w);

    *out = NULL;
    if (err == EDHOC_OK)
        err = wanted_anchors(s, &anchors);
    if (err == EDHOC_OK)
        err = load_files(w, loading, parts, &count);
    if (err == EDHOC_OK)
        err = trust_join(parts, count, NULL, out);
    if (err == EDHOC_OK)
        err = load_store(&anchors, loading, *out);
    if (err == EDHOC_OK)
        err = load_revoked(s, loading, *out);
    if (err == EDHOC_OK)
        err = trust_examine(*out);
    if (err != EDHOC_OK) {
        trust_free(*out);
        *out = NULL;
    }
    while (count > 0)
        trust_free(parts[--count]);
    for (size_t i = 0; i < TRUST_PARTS_MAX; i++)
        wanted_clear(&w[i]);
    wanted_clear(&anchors);
    return err;
}
