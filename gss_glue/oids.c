/* Object identifiers. */
#include "oids.h"

#include "mechglue.h"

#include <stdlib.h>
#include <string.h>

/* 1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869 */
#define MECH_ARCS                                                                                  \
    "\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56\x82"                         \
    "\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5\x45"
#define SUBJECT_ARCS MECH_ARCS "\x03"

gss_OID_desc glue_mech_oid = {sizeof(MECH_ARCS) - 1, (void *)MECH_ARCS};
gss_OID_desc glue_subject_oid = {sizeof(SUBJECT_ARCS) - 1, (void *)SUBJECT_ARCS};

bool glue_oid_is(gss_const_OID oid, gss_const_OID other)
{
    return oid != NULL && other != NULL && oid->length == other->length &&
           memcmp(oid->elements, other->elements, oid->length) == 0;
}

bool glue_is_our_mech(gss_const_OID oid)
{
    return oid == GSS_C_NO_OID || glue_oid_is(oid, &glue_mech_oid);
}

/* The mechglue asks, with its lock held, whose static object this is before it would free() it. */
GLUE_EXPORT OM_uint32 gss_internal_release_oid(OM_uint32 *minor_status, gss_OID *oid)
{
    GLUE_CALL_BETWEEN();
    *minor_status = 0;
    if (oid == NULL || (*oid != &glue_mech_oid && *oid != &glue_subject_oid))
        return GSS_S_CONTINUE_NEEDED;
    *oid = GSS_C_NO_OID;
    return GSS_S_COMPLETE;
}

static bool copy_oid(gss_const_OID from, gss_OID to)
{
    to->elements = malloc(from->length);
    if (to->elements == NULL)
        return false;
    memcpy(to->elements, from->elements, from->length);
    to->length = from->length;
    return true;
}

/* From memory, as buffers are. gss_add_oid_set_member() would copy the whole set for each member, and
 * SPNEGO asks for our attributes whenever somebody acquires or accepts. */
edhoc_err glue_oid_set(gss_const_OID const *oids, size_t count, gss_OID_set *out)
{
    gss_OID_set set = calloc(1, sizeof(*set));
    OM_uint32 minor;

    if (set == NULL) {
        *out = NULL;
        return EDHOC_ERR_NOMEM;
    }
    set->elements = calloc(count, sizeof(*set->elements));
    while (set->elements != NULL && set->count < count &&
           copy_oid(oids[set->count], &set->elements[set->count]))
        set->count++;
    *out = set;
    if (set->count == count)
        return EDHOC_OK;
    (void)gss_release_oid_set(&minor, out);
    return EDHOC_ERR_NOMEM;
}

edhoc_err glue_mech_set(gss_OID_set *out)
{
    gss_const_OID const oids[] = {&glue_mech_oid};

    return out == NULL ? EDHOC_OK : glue_oid_set(oids, 1, out);
}
