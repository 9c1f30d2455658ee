/* Credentials: the keys and the trust of an initiator, of an acceptor, or of both. Everything is
 * read when the credential is acquired; a handshake only looks, at most once per second, whether
 * the files are still the same. */
#include "creds.h"

#include "base/bytes.h"
#include "base/report.h"
#include "buffers.h"
#include "edhoc/cred.h"
#include "lifetime.h"
#include "load/live.h"
#include "load/settings.h"
#include "mechglue.h"
#include "names.h"
#include "oids.h"
#include "peer/identity.h"
#include "peer/trust.h"
#include "status.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

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

static edhoc_err load_side(const struct glue_cred *cred, bool initiator, const char *passphrase,
                           struct live **side)
{
    struct identity_set *identities = NULL;
    struct trust *trust = NULL;
    edhoc_err stale, err = live_new(&cred->settings, initiator, passphrase, side);

    if (err != EDHOC_OK)
        return err;
    live_get(*side, &identities, &trust, &stale);
    err = check_desired(identities, initiator, cred->desired);
    identity_set_free(identities);
    trust_free(trust);
    if (err != EDHOC_OK) {
        live_free(*side);
        *side = NULL;
    }
    return err;
}

edhoc_err glue_cred_current(const struct glue_cred *cred, bool initiator,
                            struct identity_set **identities, struct trust **trust)
{
    edhoc_err stale;

    live_get(initiator ? cred->initiator : cred->acceptor, identities, trust, &stale);
    if (stale != EDHOC_OK)
        glue_trace("changed files not used, going on with the old: %s: %s", report_sentence(stale),
                   report_details(stale));
    return check_desired(*identities, initiator, cred->desired);
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

edhoc_err glue_cred_load(struct glue_name *desired, gss_cred_usage_t usage, const char *passphrase,
                         struct settings *settings, struct glue_cred **out)
{
    struct glue_cred *cred = calloc(1, sizeof(*cred));
    edhoc_err err;

    *out = NULL;
    if (cred == NULL) {
        settings_clear(settings);
        return EDHOC_ERR_NOMEM;
    }
    atomic_init(&cred->refs, 1);
    cred->settings = *settings;
    *settings = (struct settings){.identity = NULL};
    cred->usage = usage;
    cred->desired = glue_name_ref(desired);
    err = load_sides(cred, passphrase);
    if (err == EDHOC_OK)
        *out = cred;
    else
        glue_cred_free(cred);
    glue_trace("acquire usage=%d name=%s: %s", usage, desired != NULL ? desired->text : "-",
               err == EDHOC_OK ? "ok" : report_sentence(err));
    return err;
}

edhoc_err glue_cred_acquire(struct glue_name *desired, gss_cred_usage_t usage,
                            const char *passphrase, const struct setting_pair *store, size_t count,
                            struct glue_cred **out)
{
    struct settings settings;
    edhoc_err err = settings_read(store, count, &settings);

    *out = NULL;
    if (err == EDHOC_OK)
        return glue_cred_load(desired, usage, passphrase, &settings, out);
    settings_clear(&settings);
    glue_trace("acquire usage=%d: %s", usage, report_sentence(err));
    return err;
}

void glue_cred_free(struct glue_cred *cred)
{
    if (cred == NULL || atomic_fetch_sub(&cred->refs, 1) != 1)
        return;
    live_free(cred->initiator);
    live_free(cred->acceptor);
    settings_clear(&cred->settings);
    glue_name_free(cred->desired);
    free(cred);
}

edhoc_err glue_cred_or_default(struct glue_cred *cred, gss_cred_usage_t usage,
                               struct glue_cred **out)
{
    *out = NULL;
    if (cred == NULL)
        return glue_cred_acquire(NULL, usage, NULL, NULL, 0, out);
    if (cred->usage != GSS_C_BOTH && cred->usage != usage)
        return report(EDHOC_ERR_USAGE, "it is only for %s contexts",
                      cred->usage == GSS_C_INITIATE ? "initiating" : "accepting");
    atomic_fetch_add_explicit(&cred->refs, 1, memory_order_relaxed);
    *out = cred;
    return EDHOC_OK;
}

/* ---- the credential store ---- */

#define STORE_MAX 1024

/* One of our keys twice is an error, as for krb5. */
static bool has_duplicate(gss_const_key_value_set_t store)
{
    for (OM_uint32 i = 0; i < store->count; i++) {
        const char *key = store->elements[i].key;

        for (OM_uint32 k = 0; k < i && strncmp(key, "edhoc_", 6) == 0; k++)
            if (strcmp(key, store->elements[k].key) == 0)
                return true;
    }
    return false;
}

static edhoc_err check_store(gss_const_key_value_set_t store)
{
    if (store->count > STORE_MAX || (store->count > 0 && store->elements == NULL))
        return report(EDHOC_ERR_ARGUMENT, "a credential store of %u entries", store->count);
    for (OM_uint32 i = 0; i < store->count; i++)
        if (store->elements[i].key == NULL || store->elements[i].value == NULL)
            return report(EDHOC_ERR_ARGUMENT, "entry %u of the credential store is incomplete", i);
    return EDHOC_OK;
}

static edhoc_err acquire_from(struct glue_name *desired, gss_cred_usage_t usage,
                              gss_const_key_value_set_t store, struct glue_cred **out)
{
    size_t count = store == NULL ? 0 : store->count;
    struct setting_pair *pairs = calloc(count + 1, sizeof(*pairs));
    edhoc_err err;

    if (pairs == NULL)
        return EDHOC_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct setting_pair){store->elements[i].key, store->elements[i].value};
    err = glue_cred_acquire(desired, usage, NULL, pairs, count, out);
    free(pairs);
    return err;
}

/* ---- acquire and release ---- */

/* The identities of one side as they are now, for the caller to free; NULL without that side. */
static struct identity_set *current_identities(struct live *side)
{
    struct identity_set *identities = NULL;
    struct trust *trust = NULL;
    edhoc_err stale;

    if (side != NULL)
        live_get(side, &identities, &trust, &stale);
    trust_free(trust);
    return identities;
}

/* An acceptor's credential is good as long as one of its identities is. */
OM_uint32 glue_cred_lifetime(const struct glue_cred *cred, bool initiator)
{
    struct identity_set *set = current_identities(initiator ? cred->initiator : cred->acceptor);
    int64_t latest = INT64_MIN;

    for (size_t i = 0; set != NULL && i < set->len; i++)
        if (set->id[i]->expires > latest)
            latest = set->id[i]->expires;
    identity_set_free(set);
    return latest == INT64_MIN ? 0 : glue_lifetime(latest);
}

static OM_uint32 cred_lifetime(const struct glue_cred *cred)
{
    OM_uint32 init = glue_cred_lifetime(cred, true), accept = glue_cred_lifetime(cred, false);

    if (cred->usage == GSS_C_BOTH)
        return init < accept ? init : accept;
    return cred->usage == GSS_C_INITIATE ? init : accept;
}

/* Where the three ways to acquire put what they got. */
struct acquired {
    gss_cred_id_t *cred;
    gss_OID_set *mechs;
    OM_uint32 *lifetime;
};

static bool acquired_clear(const struct acquired *out)
{
    if (out->mechs != NULL)
        *out->mechs = GSS_C_NO_OID_SET;
    if (out->lifetime != NULL)
        *out->lifetime = 0;
    if (out->cred == NULL)
        return false;
    *out->cred = GSS_C_NO_CREDENTIAL;
    return true;
}

/* Hands out the credential, which is NULL when `err` is one already. */
static edhoc_err acquired_fill(const struct acquired *out, edhoc_err err, struct glue_cred *cred)
{
    if (err == EDHOC_OK)
        err = glue_mech_set(out->mechs);
    if (err != EDHOC_OK) {
        glue_cred_free(cred);
        return err;
    }
    if (out->lifetime != NULL)
        *out->lifetime = cred_lifetime(cred);
    *out->cred = (gss_cred_id_t)cred;
    return EDHOC_OK;
}

/* time_req is ignored: keys live as long as they live. desired_mechs too: the mechglue asks each
 * mechanism for itself. */
GLUE_EXPORT OM_uint32 gss_acquire_cred_from(OM_uint32 *minor_status, gss_name_t desired_name,
                                            OM_uint32 time_req, gss_OID_set desired_mechs,
                                            gss_cred_usage_t cred_usage,
                                            gss_const_key_value_set_t cred_store,
                                            gss_cred_id_t *output_cred, gss_OID_set *actual_mechs,
                                            OM_uint32 *time_rec)
{
    GLUE_CALL();
    struct acquired out = {output_cred, actual_mechs, time_rec};
    struct glue_cred *cred = NULL;
    edhoc_err err;

    (void)time_req;
    (void)desired_mechs;
    if (!acquired_clear(&out))
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    err = cred_store == NULL ? EDHOC_OK : check_store(cred_store);
    if (err != EDHOC_OK)
        return glue_status(minor_status, err);
    if (cred_store != NULL && has_duplicate(cred_store))
        return glue_status_as(minor_status,
                              report(EDHOC_ERR_SETTING, "a credential store key appears twice"),
                              GSS_S_DUPLICATE_ELEMENT);
    err = acquire_from((struct glue_name *)desired_name, cred_usage, cred_store, &cred);
    return glue_status(minor_status, acquired_fill(&out, err, cred));
}

/* MIT's mechglue wants this name to exist, but calls the other. */
GLUE_EXPORT OM_uint32 gss_acquire_cred(OM_uint32 *minor_status, gss_name_t desired_name,
                                       OM_uint32 time_req, gss_OID_set desired_mechs,
                                       gss_cred_usage_t cred_usage, gss_cred_id_t *output_cred,
                                       gss_OID_set *actual_mechs, OM_uint32 *time_rec)
{
    GLUE_CALL();
    struct acquired out = {output_cred, actual_mechs, time_rec};
    struct glue_cred *cred = NULL;
    edhoc_err err;

    (void)time_req;
    (void)desired_mechs;
    if (!acquired_clear(&out))
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    err = acquire_from((struct glue_name *)desired_name, cred_usage, NULL, &cred);
    return glue_status(minor_status, acquired_fill(&out, err, cred));
}

#define PASSPHRASE_MAX 1024

/* The passphrase of an initiator's encrypted key (PEM, PKCS#8), from memory that is wiped. */
static edhoc_err acquire_with(struct glue_name *desired, struct bytes password,
                              struct glue_cred **out)
{
    struct buf passphrase = buf_new(PASSPHRASE_MAX + 1);
    edhoc_err err = EDHOC_OK;

    *out = NULL;
    buf_put(&passphrase, password);
    buf_put_byte(&passphrase, 0);
    if (buf_err(&passphrase) != EDHOC_OK || memchr(password.p, 0, password.len) != NULL)
        err = report(EDHOC_ERR_ARGUMENT, "a passphrase is 1 to %d bytes without NUL",
                     PASSPHRASE_MAX);
    if (err == EDHOC_OK)
        err = glue_cred_acquire(desired, GSS_C_INITIATE, (const char *)passphrase.p, NULL, 0, out);
    buf_free(&passphrase);
    return err;
}

GLUE_EXPORT OM_uint32 gssspi_acquire_cred_with_password(
    OM_uint32 *minor_status, const gss_name_t desired_name, const gss_buffer_t password,
    OM_uint32 time_req, const gss_OID_set desired_mechs, gss_cred_usage_t cred_usage,
    gss_cred_id_t *output_cred, gss_OID_set *actual_mechs, OM_uint32 *time_rec)
{
    GLUE_CALL();
    struct acquired out = {output_cred, actual_mechs, time_rec};
    struct glue_cred *cred = NULL;
    edhoc_err err;

    (void)time_req;
    (void)desired_mechs;
    if (!acquired_clear(&out))
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (cred_usage == GSS_C_ACCEPT || glue_bytes(password).len == 0)
        return glue_status(minor_status,
                           report(EDHOC_ERR_USAGE, "a passphrase opens an initiator's key only"));
    err = acquire_with((struct glue_name *)desired_name, glue_bytes(password), &cred);
    return glue_status(minor_status, acquired_fill(&out, err, cred));
}

GLUE_EXPORT OM_uint32 gss_release_cred(OM_uint32 *minor_status, gss_cred_id_t *cred)
{
    if (cred != NULL) {
        glue_cred_free((struct glue_cred *)*cred);
        *cred = GSS_C_NO_CREDENTIAL;
    }
    return glue_status(minor_status, EDHOC_OK);
}

/* ---- inquiries ---- */

/* What the peer will be told; where our key has no name, what the caller called it. */
static edhoc_err cred_name(const struct glue_cred *cred, struct glue_name **out)
{
    bool initiator = cred->initiator != NULL;
    struct identity_set *set = current_identities(initiator ? cred->initiator : cred->acceptor);
    const struct identity *id = set->id[0];
    bool named = id->name != NULL || id->client_name != NULL;
    edhoc_err err = EDHOC_OK;

    if (cred->desired != NULL && (!initiator || !named))
        *out = glue_name_ref(cred->desired);
    else
        err = glue_name_of_identity(id, initiator, out);
    identity_set_free(set);
    return err;
}

/* What both inquiries tell; each pointer may be NULL. */
struct cred_facts {
    gss_name_t *name;
    OM_uint32 *lifetime, *initiator_lifetime, *acceptor_lifetime;
    gss_cred_usage_t *usage;
    gss_OID_set *mechanisms;
};

static void clear_facts(const struct cred_facts *facts)
{
    if (facts->name != NULL)
        *facts->name = GSS_C_NO_NAME;
    if (facts->lifetime != NULL)
        *facts->lifetime = 0;
    if (facts->initiator_lifetime != NULL)
        *facts->initiator_lifetime = 0;
    if (facts->acceptor_lifetime != NULL)
        *facts->acceptor_lifetime = 0;
    if (facts->usage != NULL)
        *facts->usage = GSS_C_BOTH;
    if (facts->mechanisms != NULL)
        *facts->mechanisms = GSS_C_NO_OID_SET;
}

static edhoc_err fill_facts(const struct glue_cred *cred, const struct cred_facts *facts)
{
    struct glue_name *name = NULL;
    edhoc_err err = facts->name == NULL ? EDHOC_OK : cred_name(cred, &name);

    if (err == EDHOC_OK)
        err = glue_mech_set(facts->mechanisms);
    if (err != EDHOC_OK) {
        glue_name_free(name);
        return err;
    }
    if (facts->name != NULL)
        *facts->name = (gss_name_t)name;
    if (facts->lifetime != NULL)
        *facts->lifetime = cred_lifetime(cred);
    if (facts->initiator_lifetime != NULL)
        *facts->initiator_lifetime = glue_cred_lifetime(cred, true);
    if (facts->acceptor_lifetime != NULL)
        *facts->acceptor_lifetime = glue_cred_lifetime(cred, false);
    if (facts->usage != NULL)
        *facts->usage = cred->usage;
    return EDHOC_OK;
}

/* Without a credential the question is about the default one for initiating (RFC 2744). */
static edhoc_err inquire(struct glue_cred *handle, const struct cred_facts *facts)
{
    gss_cred_usage_t usage = handle != NULL ? handle->usage : GSS_C_INITIATE;
    struct glue_cred *cred;
    edhoc_err err;

    clear_facts(facts);
    err = glue_cred_or_default(handle, usage, &cred);
    if (err == EDHOC_OK)
        err = fill_facts(cred, facts);
    glue_cred_free(cred);
    return err;
}

GLUE_EXPORT OM_uint32 gss_inquire_cred(OM_uint32 *minor_status, gss_cred_id_t cred,
                                       gss_name_t *name, OM_uint32 *lifetime,
                                       gss_cred_usage_t *cred_usage, gss_OID_set *mechanisms)
{
    GLUE_CALL();
    const struct cred_facts facts = {
        .name = name, .lifetime = lifetime, .usage = cred_usage, .mechanisms = mechanisms};

    return glue_status(minor_status, inquire((struct glue_cred *)cred, &facts));
}

GLUE_EXPORT OM_uint32 gss_inquire_cred_by_mech(OM_uint32 *minor_status, gss_cred_id_t cred,
                                               gss_OID mech_type, gss_name_t *name,
                                               OM_uint32 *initiator_lifetime,
                                               OM_uint32 *acceptor_lifetime,
                                               gss_cred_usage_t *cred_usage)
{
    GLUE_CALL();
    const struct cred_facts facts = {.name = name,
                                     .initiator_lifetime = initiator_lifetime,
                                     .acceptor_lifetime = acceptor_lifetime,
                                     .usage = cred_usage};

    if (!glue_is_our_mech(mech_type)) {
        clear_facts(&facts);
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    }
    return glue_status(minor_status, inquire((struct glue_cred *)cred, &facts));
}

/* GSS_KRB5_CRED_NO_CI_FLAGS_X, 1.2.752.43.13.29: Cyrus SASL over TLS asks that confidentiality and
 * integrity are not claimed unless they were requested, and gives up where that is refused. We
 * never claim confidentiality unrequested, so there is nothing to do. Everything else is somebody
 * else's.
 *
 * This name must be defined here: MIT looks it up without its guard against finding
 * libgssapi_krb5's own symbol of that name, which takes other arguments. */
GLUE_EXPORT OM_uint32 gssspi_set_cred_option(OM_uint32 *minor_status, gss_cred_id_t *cred,
                                             const gss_OID desired_object, const gss_buffer_t value)
{
    GLUE_CALL();
    static const gss_OID_desc no_ci_flags = {6, (void *)"\x2a\x85\x70\x2b\x0d\x1d"};

    (void)cred;
    (void)value;
    return glue_status(
        minor_status, glue_oid_is(desired_object, &no_ci_flags) ? EDHOC_OK : EDHOC_ERR_UNSUPPORTED);
}
