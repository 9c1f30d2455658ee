/* What Heimdal's library looks up in a plugin beside what MIT's does. It asks dlsym(), and what we
 * did not export it would find in MIT's library, which we are linked with, and call with objects
 * that are not MIT's.
 *
 * Memory that crosses the border follows MIT's rules, which are those of malloc(). Of a set of OIDs
 * Heimdal frees the array and not the arcs, because it never copies them: 41 bytes stay behind for
 * each set that it takes from us. */
#include <string.h>

#include "base/bytes.h"
#include "base/report.h"
#include "buffers.h"
#include "creds.h"
#include "load/settings.h"
#include "load/sources.h"
#include "mechglue.h"
#include "names.h"
#include "oids.h"
#include "status.h"

GLUE_EXPORT OM_uint32 gss_indicate_mechs(OM_uint32 *minor_status, gss_OID_set *mech_set)
{
    GLUE_CALL();
    return glue_status(minor_status, glue_mech_set(mech_set));
}

/* ---- names ---- */

GLUE_EXPORT OM_uint32 gss_inquire_mechs_for_name(OM_uint32 *minor_status,
                                                 const gss_name_t input_name,
                                                 gss_OID_set *mech_types)
{
    GLUE_CALL();
    if (input_name == GSS_C_NO_NAME)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    return glue_status(minor_status, glue_mech_set(mech_types));
}

/* Ours are canonical from the start. */
GLUE_EXPORT OM_uint32 gss_canonicalize_name(OM_uint32 *minor_status, const gss_name_t input_name,
                                            const gss_OID mech_type, gss_name_t *output_name)
{
    GLUE_CALL();
    if (output_name != NULL)
        *output_name = GSS_C_NO_NAME;
    if (!glue_is_our_mech(mech_type))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    if (input_name == GSS_C_NO_NAME || output_name == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    *output_name = (gss_name_t)glue_name_ref((struct glue_name *)input_name);
    return glue_status(minor_status, EDHOC_OK);
}

/* There is one way to display each name. */
GLUE_EXPORT OM_uint32 gss_display_name_ext(OM_uint32 *minor_status, gss_name_t input_name,
                                           gss_OID display_as_name_type, gss_buffer_t display_name)
{
    GLUE_CALL();
    const struct glue_name *name = (const struct glue_name *)input_name;

    glue_clear_buffer(display_name);
    if (name == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    if (!glue_oid_is(display_as_name_type, glue_name_type(name)))
        return glue_status(minor_status, EDHOC_ERR_UNSUPPORTED);
    return glue_status(minor_status, glue_copy_out(display_name, bytes_of_text(name->text)));
}

/* What is known of a name was proved by a peer; nobody else adds to it, or takes away. */
GLUE_EXPORT OM_uint32 gss_set_name_attribute(OM_uint32 *minor_status, gss_name_t name, int complete,
                                             gss_buffer_t attr, gss_buffer_t value)
{
    GLUE_CALL();
    (void)name;
    (void)complete;
    (void)attr;
    (void)value;
    return glue_status(minor_status, EDHOC_ERR_UNSUPPORTED);
}

GLUE_EXPORT OM_uint32 gss_delete_name_attribute(OM_uint32 *minor_status, gss_name_t name,
                                                gss_buffer_t attr)
{
    GLUE_CALL();
    (void)name;
    (void)attr;
    return glue_status(minor_status, EDHOC_ERR_UNSUPPORTED);
}

/* ---- credentials ---- */

static edhoc_err add_cred(struct glue_name *desired, gss_cred_usage_t usage, gss_OID_set *mechs,
                          struct glue_cred **out)
{
    edhoc_err err = glue_cred_acquire(desired, usage, NULL, NULL, 0, out);

    if (err != EDHOC_OK)
        return err;
    err = glue_mech_set(mechs);
    if (err == EDHOC_OK)
        return EDHOC_OK;
    glue_cred_free(*out);
    *out = NULL;
    return err;
}

/* A credential has one element, so nothing can be added to one that is there. */
GLUE_EXPORT OM_uint32 gss_add_cred(OM_uint32 *minor_status, gss_cred_id_t input_cred,
                                   gss_name_t desired_name, gss_OID desired_mech,
                                   gss_cred_usage_t cred_usage, OM_uint32 initiator_time_req,
                                   OM_uint32 acceptor_time_req, gss_cred_id_t *output_cred,
                                   gss_OID_set *actual_mechs, OM_uint32 *initiator_time_rec,
                                   OM_uint32 *acceptor_time_rec)
{
    GLUE_CALL();
    struct glue_cred *cred = NULL;
    edhoc_err err;

    (void)initiator_time_req;
    (void)acceptor_time_req;
    if (actual_mechs != NULL)
        *actual_mechs = GSS_C_NO_OID_SET;
    if (output_cred == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    *output_cred = GSS_C_NO_CREDENTIAL;
    if (!glue_is_our_mech(desired_mech))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    if (input_cred != GSS_C_NO_CREDENTIAL)
        return glue_refuse(minor_status, GSS_S_DUPLICATE_ELEMENT);
    err = add_cred((struct glue_name *)desired_name, cred_usage, actual_mechs, &cred);
    *output_cred = (gss_cred_id_t)cred;
    if (initiator_time_rec != NULL)
        *initiator_time_rec = cred == NULL ? 0 : glue_cred_lifetime(cred, GSS_C_INITIATE);
    if (acceptor_time_rec != NULL)
        *acceptor_time_rec = cred == NULL ? 0 : glue_cred_lifetime(cred, GSS_C_ACCEPT);
    return glue_status(minor_status, err);
}

GLUE_EXPORT OM_uint32 gss_inquire_cred_by_oid(OM_uint32 *minor_status, const gss_cred_id_t cred,
                                              const gss_OID desired_object,
                                              gss_buffer_set_t *data_set)
{
    GLUE_CALL();
    (void)cred;
    (void)desired_object;
    if (data_set != NULL)
        *data_set = GSS_C_NO_BUFFER_SET;
    return glue_status(minor_status, EDHOC_ERR_UNSUPPORTED);
}

static bool same_place(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Are its keys where the next default credential looks for them? */
static edhoc_err is_default(const struct settings *s, bool *answer)
{
    struct settings ours;
    edhoc_err err = sources_settings(NULL, 0, &ours);

    *answer = err == EDHOC_OK && same_place(s->identity, ours.identity) &&
              same_place(s->service_identity, ours.service_identity) &&
              same_place(s->certificate, ours.certificate);
    settings_clear(&ours);
    return err;
}

/* Keys stay where they are. Of the default ones "stored" is true already, and says so: MIT's library
 * hands on our answer as the last of all mechanisms, and krb5's success must not end as a failure. */
GLUE_EXPORT OM_uint32 gss_store_cred(OM_uint32 *minor_status, const gss_cred_id_t cred,
                                     gss_cred_usage_t cred_usage, const gss_OID desired_mech,
                                     OM_uint32 overwrite_cred, OM_uint32 default_cred,
                                     gss_OID_set *elements_stored, gss_cred_usage_t *usage_stored)
{
    GLUE_CALL();
    const struct glue_cred *ours = (const struct glue_cred *)cred;
    bool stored = false;
    edhoc_err err;

    (void)cred_usage;
    (void)overwrite_cred;
    (void)default_cred;
    if (elements_stored != NULL)
        *elements_stored = GSS_C_NO_OID_SET;
    if (ours == NULL || !glue_is_our_mech(desired_mech))
        return glue_refuse(minor_status, ours == NULL ? GSS_S_NO_CRED : GSS_S_BAD_MECH);
    err = is_default(&ours->settings, &stored);
    if (err == EDHOC_OK && !stored)
        err = EDHOC_ERR_UNSUPPORTED;
    if (err == EDHOC_OK)
        err = glue_mech_set(elements_stored);
    if (err == EDHOC_OK && usage_stored != NULL)
        *usage_stored = ours->usage;
    return glue_status(minor_status, err);
}
