/* The door to MIT's mechglue, which looks every function of gss_edhoc.exports up by name. Each is a
 * few lines that cast, check and call a function of ours; what follows from an error is one row of a
 * table in status.c.
 *
 * No function here or in its callers calls a gss_* function that this object exports: the name
 * would bind to MIT's mechglue in one program and to ours in another. Utilities that we do not
 * export (gss_release_buffer, gss_release_oid_set, ...) are libgssapi_krb5's and safe. */
#ifndef GSS_GLUE_MECHGLUE_H
#define GSS_GLUE_MECHGLUE_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdbool.h>

#define GLUE_EXPORT __attribute__((visibility("default")))

/* How every exported function begins: until it returns, its thread cannot be cancelled, for it would
 * leave a lock of ours, or of libcrypto's, held for ever. And what the thread remembers of an older
 * failure is not the story of this one. */
#define GLUE_CALL() GLUE_CALL_(true)
/* The same for those that the mechglue itself, or a program that tidies up, calls between a failure
 * and its text: gss_display_status, the release functions and gss_delete_sec_context. */
#define GLUE_CALL_BETWEEN() GLUE_CALL_(false)

#define GLUE_CALL_(forget)                                                                         \
    int cancel_state __attribute__((cleanup(glue_leave), unused)) = glue_enter(forget)
int glue_enter(bool forget);
void glue_leave(const int *cancel_state);

/* Those that no installed header declares. */
OM_uint32 gss_internal_release_oid(OM_uint32 *minor_status, gss_OID *oid);
OM_uint32 gssspi_authorize_localname(OM_uint32 *minor_status, const gss_name_t name,
                                     gss_const_buffer_t user, gss_const_OID user_type);
OM_uint32 gssspi_set_cred_option(OM_uint32 *minor_status, gss_cred_id_t *cred,
                                 const gss_OID desired_object, const gss_buffer_t value);

#endif
