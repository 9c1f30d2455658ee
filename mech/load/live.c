#include "live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stamps.h"

#define LOOK_EVERY 1 /* seconds between two looks at the files */

struct live {
    const struct settings *settings;
    bool initiator;
    char *passphrase;     /* of an encrypted key, to read it again; or NULL */
    pthread_mutex_t lock; /* over all that follows */
    struct identity_set *identities;
    struct trust *trust;
    struct stamps *stamps;
    time_t looked; /* monotonic */
};

static time_t monotonic(void)
{
    struct timespec t = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static edhoc_err load_both(struct live *live, struct identity_set **identities,
                           struct trust **trust)
{
    edhoc_err err = live->initiator ? load_identity(live->settings, live->passphrase, identities)
                                    : load_service_identities(live->settings, identities);

    return err == EDHOC_OK ? load_trust(live->settings, live->initiator, trust) : err;
}

/* Reads everything anew; what there was is replaced only as a whole. The stamps are replaced in any
 * case, so that a broken version is read once, not once per second. */
static edhoc_err reload(struct live *live)
{
    struct identity_set *identities = NULL;
    struct trust *trust = NULL;
    struct stamps *stamps;
    edhoc_err err = stamps_start(&stamps);

    if (err != EDHOC_OK)
        return err;
    err = load_both(live, &identities, &trust);
    stamps_stop();
    stamps_free(live->stamps);
    live->stamps = stamps;
    if (err != EDHOC_OK) {
        identity_set_free(identities);
        trust_free(trust);
        return err;
    }
    identity_set_free(live->identities);
    trust_free(live->trust);
    live->identities = identities;
    live->trust = trust;
    return EDHOC_OK;
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
    err = passphrase != NULL && live->passphrase == NULL ? EDHOC_ERR_NOMEM : reload(live);
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
    stamps_free(live->stamps);
    (void)pthread_mutex_destroy(&live->lock);
    free(live);
}

void live_get(struct live *live, struct identity_set **identities, struct trust **trust,
              edhoc_err *stale)
{
    time_t now = monotonic();

    *stale = EDHOC_OK;
    (void)pthread_mutex_lock(&live->lock);
    if (now - live->looked >= LOOK_EVERY) {
        live->looked = now;
        if (stamps_changed(live->stamps))
            *stale = reload(live);
    }
    *identities = identity_set_ref(live->identities);
    *trust = trust_ref(live->trust);
    (void)pthread_mutex_unlock(&live->lock);
}
