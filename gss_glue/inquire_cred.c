/* Questions about a credential. */
#include "base/report.h"
#include "creds.h"
#include "mechglue.h"
#include "names.h"
#include "oids.h"
#include "peer/identity.h"
#include "status.h"

static edhoc_err cred_name(const struct glue_cred *cred, struct glue_name **out)
{
    bool initiator = cred->initiator != NULL;
    struct identity_set *set = glue_cred_identities(cred, initiator);
    edhoc_err err = EDHOC_ERR_NOMEM;

    if (set != NULL)
        err = glue_name_of_own(set->id[0], initiator, cred->desired, out);
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

/* A credential for both directions is good as long as one of them is. */
static edhoc_err check_expiry(const struct glue_cred *cred)
{
    struct identity_set *set;
    edhoc_err err = EDHOC_ERR_NOMEM;

    if (glue_cred_lifetime(cred, GSS_C_INITIATE) > 0 || glue_cred_lifetime(cred, GSS_C_ACCEPT) > 0)
        return EDHOC_OK;
    set = glue_cred_identities(cred, cred->initiator != NULL);
    if (set != NULL)
        err = report(EDHOC_ERR_OWN_EXPIRED, "%s has expired; renew it", set->id[0]->source);
    identity_set_free(set);
    return err;
}

static edhoc_err fill_facts(const struct glue_cred *cred, const struct cred_facts *facts)
{
    struct glue_name *name = NULL;
    edhoc_err err = check_expiry(cred);

    if (err == EDHOC_OK && facts->name != NULL)
        err = cred_name(cred, &name);

    if (err == EDHOC_OK)
        err = glue_mech_set(facts->mechanisms);
    if (err != EDHOC_OK) {
        glue_name_free(name);
        return err;
    }
    if (facts->name != NULL)
        *facts->name = (gss_name_t)name;
    if (facts->lifetime != NULL)
        *facts->lifetime = glue_cred_lifetime(cred, cred->usage);
    if (facts->initiator_lifetime != NULL)
        *facts->initiator_lifetime = glue_cred_lifetime(cred, GSS_C_INITIATE);
    if (facts->acceptor_lifetime != NULL)
        *facts->acceptor_lifetime = glue_cred_lifetime(cred, GSS_C_ACCEPT);
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
