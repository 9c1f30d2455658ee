#include "load/live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/err.h"
#include "load/load.h"
#include "load/stamps.h"
#include "peer/identity.h"
#include "peer/trust.h"

#define LOOK_EVERY 1 /* seconds between two looks at the files */

/* Keys and trust follow their files each on its own: a broken key file must not keep a revoked
 * trust line alive. `stamps` is NULL while the files are broken: they are read again at every look.
 */
struct live {
    const struct settings *settings;
    bool initiator;
    char *passphrase;     /* of an encrypted key, to read it again; or NULL */
    pthread_mutex_t lock; /* over all that follows */
    struct identity_set *identities;
    struct stamps *identity_stamps;
    struct trust *trust;
    struct stamps *trust_stamps;
    time_t looked; /* monotonic */
    edhoc_err stale;
};

static time_t monotonic(void)
{
    struct timespec t = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static bool changed(const struct stamps *stamps)
{
    return stamps == NULL || stamps_changed(stamps);
}

/* Replaces the stamps by those of a load that went well; none after one that did not. */
static void keep_stamps(struct stamps **stamps, struct stamps *made, edhoc_err err)
{
    stamps_free(*stamps);
    *stamps = err == EDHOC_OK ? made : NULL;
    if (err != EDHOC_OK)
        stamps_free(made);
}

static edhoc_err reload_identities(struct live *live)
{
    struct loading loading = {.passphrase = live->passphrase};
    struct identity_set *set = NULL;
    edhoc_err err = stamps_new(&loading.stamps);

    if (err == EDHOC_OK)
        err = live->initiator ? load_identity(live->settings, &loading, &set)
                              : load_service_identities(live->settings, &loading, &set);
    keep_stamps(&live->identity_stamps, loading.stamps, err);
    if (err != EDHOC_OK)
        return err;
    identity_set_free(live->identities);
    live->identities = set;
    return EDHOC_OK;
}

static edhoc_err reload_trust(struct live *live)
{
    struct loading loading = {.passphrase = NULL};
    struct trust *trust = NULL;
    edhoc_err err = stamps_new(&loading.stamps);

    if (err == EDHOC_OK)
        err = load_trust(live->settings, live->initiator, &loading, &trust);
    keep_stamps(&live->trust_stamps, loading.stamps, err);
    if (err != EDHOC_OK)
        return err;
    trust_free(live->trust);
    live->trust = trust;
    return EDHOC_OK;
}

/* Trust last, so that where both are broken its reason is the one that is told. */
static edhoc_err look(struct live *live)
{
    edhoc_err err = changed(live->identity_stamps) ? reload_identities(live) : EDHOC_OK;
    edhoc_err trust_err = changed(live->trust_stamps) ? reload_trust(live) : EDHOC_OK;

    return trust_err != EDHOC_OK ? trust_err : err;
}

edhoc_err live_new(const struct settings *settings, bool initiator, const char *passphrase,
                   struct live **out)
{
    struct live *live = calloc(1, sizeof(*live));
    edhoc_err err;

    *out = NULL;
    if (live == NULL)
        return EDHOC_ERR_NOMEM;
    if (pthread_mutex_init(&live->lock, NULL) != 0) {
        free(live);
        return EDHOC_ERR_NOMEM;
    }
    live->settings = settings;
    live->initiator = initiator;
    live->looked = monotonic();
    live->passphrase = passphrase != NULL ? strdup(passphrase) : NULL;
    err = passphrase != NULL && live->passphrase == NULL ? EDHOC_ERR_NOMEM
                                                         : reload_identities(live);
    if (err == EDHOC_OK)
        err = reload_trust(live);
    if (err == EDHOC_OK)
        *out = live;
    else
        live_free(live);
    return err;
}

void live_free(struct live *live)
{
    if (live == NULL)
        return;
    if (live->passphrase != NULL)
        bytes_wipe(live->passphrase, strlen(live->passphrase));
    free(live->passphrase);
    identity_set_free(live->identities);
    trust_free(live->trust);
    stamps_free(live->identity_stamps);
    stamps_free(live->trust_stamps);
    (void)pthread_mutex_destroy(&live->lock);
    free(live);
}

void live_get(struct live *live, struct identity_set **identities, struct trust **trust,
              edhoc_err *stale)
{
    time_t now = monotonic();

    (void)pthread_mutex_lock(&live->lock);
    if (now - live->looked >= LOOK_EVERY) {
        live->looked = now;
        live->stale = look(live);
    }
    *stale = live->stale;
    *identities = identity_set_ref(live->identities);
    *trust = trust_ref(live->trust);
    (void)pthread_mutex_unlock(&live->lock);
}
