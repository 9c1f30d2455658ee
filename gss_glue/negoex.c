/* NegoEx (draft-zhu-negoex): negotiation inside SPNEGO, with a checksum over all of it. Only where
 * the option `negoex` asks for it: a mechanism that has an authentication scheme is offered in a
 * NegoEx message, which makes every SPNEGO token longer, also for those who do not know it. */
#include "buffers.h"
#include "load/sources.h"
#include "mechglue.h"
#include "oids.h"
#include "status.h"

#include <string.h>

/* The mechanism's UUID, as MIT compares it: 16 bytes in their order. */
static const uint8_t scheme[16] = {0x1a, 0xd2, 0x70, 0x56, 0xb9, 0x99, 0x46, 0x34,
                                   0x89, 0x31, 0xe6, 0x7b, 0x2b, 0x8a, 0x22, 0xc5};

/* Any error here makes MIT's SPNEGO treat us as a mechanism without NegoEx, and its token is as if
 * this function did not exist. */
GLUE_EXPORT OM_uint32 gssspi_query_mechanism_info(OM_uint32 *minor_status, gss_const_OID mech_oid,
                                                  unsigned char auth_scheme[16])
{
    GLUE_CALL();
    if (auth_scheme == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (!glue_is_our_mech(mech_oid))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    if (!sources_want_negoex())
        return glue_status(minor_status, EDHOC_ERR_UNSUPPORTED);
    memcpy(auth_scheme, scheme, sizeof(scheme));
    return glue_status(minor_status, EDHOC_OK);
}

/* We have nothing to tell before the first message. A failure would withdraw us. */
GLUE_EXPORT OM_uint32 gssspi_query_meta_data(OM_uint32 *minor_status, gss_const_OID mech_oid,
                                             gss_cred_id_t cred, gss_ctx_id_t *context_handle,
                                             const gss_name_t targ_name, OM_uint32 req_flags,
                                             gss_buffer_t meta_data)
{
    GLUE_CALL();
    (void)cred;
    (void)context_handle;
    (void)targ_name;
    (void)req_flags;
    glue_clear_buffer(meta_data);
    if (!glue_is_our_mech(mech_oid))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    return glue_status(minor_status, EDHOC_OK);
}

/* A later version may have something to tell: nothing that this one must know. */
GLUE_EXPORT OM_uint32 gssspi_exchange_meta_data(OM_uint32 *minor_status, gss_const_OID mech_oid,
                                                gss_cred_id_t cred, gss_ctx_id_t *context_handle,
                                                const gss_name_t targ_name, OM_uint32 req_flags,
                                                gss_const_buffer_t meta_data)
{
    GLUE_CALL();
    (void)cred;
    (void)context_handle;
    (void)targ_name;
    (void)req_flags;
    (void)meta_data;
    if (!glue_is_our_mech(mech_oid))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    return glue_status(minor_status, EDHOC_OK);
}
