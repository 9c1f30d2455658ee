#include "load/kinds.h"

#include <stdio.h>

#include "base/err.h"
#include "base/report.h"
#include "load/anchors_file.h"
#include "load/choices.h"
#include "load/conf.h"
#include "load/host_keys.h"
#include "load/identity_dir.h"
#include "load/identity_file.h"
#include "load/revoked_file.h"
#include "load/trust_file.h"
#include "peer/identity.h"
#include "peer/revoked.h"
#include "peer/trust.h"
#include "peer/x509_store.h"

/* ---- registrations ---- */

static edhoc_err conf_load(const struct part_spec *spec, struct loading *loading, void **contents)
{
    return conf_read(spec->place[0], spec->place[1], loading, (struct conf **)contents);
}

static void *conf_share(void *contents)
{
    return conf_ref(contents);
}

static void conf_drop(void *contents)
{
    conf_free(contents);
}

const struct part_kind kind_conf = {conf_load, conf_share, conf_drop};

/* ---- identities ---- */

static edhoc_err identity_load(const struct part_spec *spec, struct loading *loading,
                               void **contents)
{
    struct identity_set *set = NULL;
    struct identity *id = NULL;
    edhoc_err err = load_identity_at(spec->place[0], spec->place[1], loading, &id);

    if (err == EDHOC_OK)
        err = identity_set_new(&id, 1, &set);
    *contents = set;
    return err;
}

static edhoc_err services_load(const struct part_spec *spec, struct loading *loading,
                               void **contents)
{
    struct identity_set *set = NULL;
    edhoc_err err = load_identity_files(spec->place[0], spec->place[1], loading, &set);

    *contents = set;
    return err;
}

/* What is said where there is nothing in either place: the first has the advice. */
static edhoc_err no_services(const char *advice, const char *why)
{
    return why[0] == '\0' ? report(EDHOC_ERR_NO_IDENTITY, "%s", advice)
                          : report(EDHOC_ERR_NO_IDENTITY,
                                   "%s; the keys of sshd were passed over: %s", advice, why);
}

static edhoc_err default_services_load(const struct part_spec *spec, struct loading *loading,
                                       void **contents)
{
    char advice[512], why[512];
    struct identity_set *set = NULL;
    edhoc_err err = load_identity_files(spec->place[0], spec->place[1], loading, &set);

    if (err == EDHOC_ERR_NO_IDENTITY) {
        (void)snprintf(advice, sizeof(advice), "%s", report_details(err));
        err = load_host_keys(HOST_KEYS_DIR, loading, &set, why, sizeof(why));
        if (err == EDHOC_ERR_NO_IDENTITY)
            err = no_services(advice, why);
    }
    *contents = set;
    return err;
}

static void *identities_share(void *contents)
{
    return identity_set_ref(contents);
}

static void identities_drop(void *contents)
{
    identity_set_free(contents);
}

const struct part_kind kind_identity = {identity_load, identities_share, identities_drop};
const struct part_kind kind_services = {services_load, identities_share, identities_drop};
const struct part_kind kind_default_services = {default_services_load, identities_share,
                                                identities_drop};

/* ---- trust ---- */

static edhoc_err trust_load(const struct part_spec *spec, struct loading *loading, void **contents)
{
    struct trust *t = NULL;
    edhoc_err err = trust_new(&t);

    if (err == EDHOC_OK)
        err = trust_file_read(spec->place[0], spec->optional, loading, t);
    if (err != EDHOC_OK)
        trust_free(t);
    else
        *contents = t;
    return err;
}

static void *trust_share(void *contents)
{
    return trust_ref(contents);
}

static void trust_drop(void *contents)
{
    trust_free(contents);
}

const struct part_kind kind_trust = {trust_load, trust_share, trust_drop};

/* ---- anchors ---- */

static edhoc_err anchors_load(const struct part_spec *spec, struct loading *loading,
                              void **contents)
{
    struct x509_store *store = NULL;
    edhoc_err err = load_anchors(spec->place[0], spec->place[1], loading, &store);

    *contents = store;
    return err;
}

static void *anchors_share(void *contents)
{
    return x509_store_ref(contents);
}

static void anchors_drop(void *contents)
{
    x509_store_free(contents);
}

const struct part_kind kind_anchors = {anchors_load, anchors_share, anchors_drop};

/* ---- what is revoked ---- */

static edhoc_err revoked_load(const struct part_spec *spec, struct loading *loading,
                              void **contents)
{
    struct revoked *r = NULL;
    edhoc_err err = revoked_file_read(spec->place[0], loading, &r);

    *contents = r;
    return err;
}

static void *revoked_share(void *contents)
{
    return revoked_ref(contents);
}

static void revoked_drop(void *contents)
{
    revoked_free(contents);
}

const struct part_kind kind_revoked = {revoked_load, revoked_share, revoked_drop};

/* ---- which identity is for which target ---- */

static edhoc_err choices_load(const struct part_spec *spec, struct loading *loading,
                              void **contents)
{
    struct choices *c = NULL;
    edhoc_err err = choices_read(spec->place[0], loading, &c);

    *contents = c;
    return err;
}

static void *choices_share(void *contents)
{
    return choices_ref(contents);
}

static void choices_drop(void *contents)
{
    choices_free(contents);
}

const struct part_kind kind_choices = {choices_load, choices_share, choices_drop};
