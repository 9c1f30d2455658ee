/* What the mechanism is: attributes (RFC 5587) and the SASL name (RFC 5801). */
#include "base/bytes.h"
#include "buffers.h"
#include "load/sources.h"
#include "mechglue.h"
#include "oids.h"
#include "status.h"

/* Never AUTH_INIT_ANON: SASL would take the mechanism for an anonymous one; never NOT_DFLT_MECH:
 * SPNEGO would not offer it. NEGOEX_AND_SPNEGO says that peers without NegoEx are welcome too,
 * where there is NegoEx at all. */
static edhoc_err our_attributes(gss_OID_set *out)
{
    gss_const_OID const ours[] = {
        GSS_C_MA_MECH_CONCRETE, GSS_C_MA_ITOK_FRAMED, GSS_C_MA_AUTH_INIT,
        GSS_C_MA_AUTH_TARG,     GSS_C_MA_CBINDINGS,   GSS_C_MA_PFS,
        GSS_C_MA_MIC,           GSS_C_MA_WRAP,        GSS_C_MA_INTEG_PROT,
        GSS_C_MA_CONF_PROT,     GSS_C_MA_PROT_READY,  GSS_C_MA_REPLAY_DET,
        GSS_C_MA_OOS_DET,       GSS_C_MA_CTX_TRANS,   GSS_C_MA_NEGOEX_AND_SPNEGO,
    };
    const size_t count = sizeof(ours) / sizeof(ours[0]);

    return glue_oid_set(ours, sources_want_negoex() ? count : count - 1, out);
}

/* The attributes whose meaning we know, whether or not they hold. */
static edhoc_err known_attributes(gss_OID_set *out)
{
    gss_const_OID const known[] = {
        GSS_C_MA_MECH_CONCRETE,
        GSS_C_MA_MECH_PSEUDO,
        GSS_C_MA_MECH_COMPOSITE,
        GSS_C_MA_MECH_NEGO,
        GSS_C_MA_MECH_GLUE,
        GSS_C_MA_NOT_MECH,
        GSS_C_MA_DEPRECATED,
        GSS_C_MA_NOT_DFLT_MECH,
        GSS_C_MA_ITOK_FRAMED,
        GSS_C_MA_AUTH_INIT,
        GSS_C_MA_AUTH_TARG,
        GSS_C_MA_AUTH_INIT_INIT,
        GSS_C_MA_AUTH_TARG_INIT,
        GSS_C_MA_AUTH_INIT_ANON,
        GSS_C_MA_AUTH_TARG_ANON,
        GSS_C_MA_DELEG_CRED,
        GSS_C_MA_INTEG_PROT,
        GSS_C_MA_CONF_PROT,
        GSS_C_MA_MIC,
        GSS_C_MA_WRAP,
        GSS_C_MA_PROT_READY,
        GSS_C_MA_REPLAY_DET,
        GSS_C_MA_OOS_DET,
        GSS_C_MA_CBINDINGS,
        GSS_C_MA_PFS,
        GSS_C_MA_COMPRESS,
        GSS_C_MA_CTX_TRANS,
        GSS_C_MA_NEGOEX_AND_SPNEGO,
    };

    return glue_oid_set(known, sizeof(known) / sizeof(known[0]), out);
}

/* Every process that lists mechanisms asks this of every plugin. */
GLUE_EXPORT OM_uint32 gss_inquire_attrs_for_mech(OM_uint32 *minor_status, gss_const_OID mech,
                                                 gss_OID_set *mech_attrs,
                                                 gss_OID_set *known_mech_attrs)
{
    GLUE_CALL();
    OM_uint32 minor;
    edhoc_err err = EDHOC_OK;

    if (mech_attrs != NULL)
        *mech_attrs = GSS_C_NO_OID_SET;
    if (known_mech_attrs != NULL)
        *known_mech_attrs = GSS_C_NO_OID_SET;
    if (!glue_is_our_mech(mech))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    if (mech_attrs != NULL)
        err = our_attributes(mech_attrs);
    if (err == EDHOC_OK && known_mech_attrs != NULL)
        err = known_attributes(known_mech_attrs);
    if (err != EDHOC_OK && mech_attrs != NULL)
        (void)gss_release_oid_set(&minor, mech_attrs);
    return glue_status(minor_status, err);
}

/* ---- SASL ---- */

#define SASL_NAME   "GS2-TVQBD6KGPEG" /* RFC 5801 section 3.1: from SHA-1 of the OID's TLV */
#define MECH_NAME   "edhoc"
#define DESCRIPTION "EDHOC (RFC 9528): mutual authentication by public keys in three messages"

/* Frees what the earlier of several outputs got. */
static void take_back(gss_buffer_t buffer)
{
    OM_uint32 minor;

    if (buffer != NULL)
        (void)gss_release_buffer(&minor, buffer);
}

GLUE_EXPORT OM_uint32 gss_inquire_saslname_for_mech(OM_uint32 *minor_status,
                                                    const gss_OID desired_mech,
                                                    gss_buffer_t sasl_mech_name,
                                                    gss_buffer_t mech_name,
                                                    gss_buffer_t mech_description)
{
    GLUE_CALL();
    edhoc_err err;

    glue_clear_buffer(sasl_mech_name);
    glue_clear_buffer(mech_name);
    glue_clear_buffer(mech_description);
    if (!glue_is_our_mech(desired_mech))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    err = glue_copy_out(sasl_mech_name, BYTES_LITERAL(SASL_NAME));
    if (err == EDHOC_OK)
        err = glue_copy_out(mech_name, BYTES_LITERAL(MECH_NAME));
    if (err == EDHOC_OK)
        err = glue_copy_out(mech_description, BYTES_LITERAL(DESCRIPTION));
    if (err != EDHOC_OK) {
        take_back(sasl_mech_name);
        take_back(mech_name);
    }
    return glue_status(minor_status, err);
}

/* Of another name we say BAD_MECH and nothing else, or MIT stops looking for it. */
GLUE_EXPORT OM_uint32 gss_inquire_mech_for_saslname(OM_uint32 *minor_status,
                                                    const gss_buffer_t sasl_mech_name,
                                                    gss_OID *mech_type)
{
    GLUE_CALL();
    if (mech_type != NULL)
        *mech_type = GSS_C_NO_OID;
    if (!bytes_equal(glue_bytes(sasl_mech_name), BYTES_LITERAL(SASL_NAME)))
        return glue_status_as(minor_status, EDHOC_OK, GSS_S_BAD_MECH);
    if (mech_type != NULL)
        *mech_type = &glue_mech_oid;
    return glue_status(minor_status, EDHOC_OK);
}
