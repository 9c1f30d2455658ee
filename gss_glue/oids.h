/* The mechanism's object identifiers, and sets of others'. */
#ifndef GSS_GLUE_OIDS_H
#define GSS_GLUE_OIDS_H

#include <gssapi/gssapi.h>

#include "base/report.h"

/* Static objects; their addresses are what applications get to hold, so they are never freed. */
extern gss_OID_desc glue_mech_oid;
/* The type of a certificate subject (kind 3): the mechanism's OID with one more arc, 3. */
extern gss_OID_desc glue_subject_oid;

bool glue_oid_is(gss_const_OID oid, gss_const_OID other);
/* NULL stands for "the mechanism that you are". */
bool glue_is_our_mech(gss_const_OID oid);
/* A set of this mechanism alone; NULL takes nothing. */
edhoc_err glue_mech_set(gss_OID_set *out) EDHOC_MUST_USE;
/* A set of the given OIDs, for gss_release_oid_set(). */
edhoc_err glue_oid_set(gss_const_OID const *oids, size_t count, gss_OID_set *out) EDHOC_MUST_USE;

#endif
