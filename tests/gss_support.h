/* What the tests of the GSS-API face call it with: statuses, buffers, names, credentials. Everything
 * here that fails ends the test. */
#ifndef TESTS_GSS_SUPPORT_H
#define TESTS_GSS_SUPPORT_H

#include "../gss_glue/mechglue.h"
#include "../gss_glue/status.h"

#include <stdlib.h>
#include <string.h>

#include "gss_world.h"

#define MINOR(name)  (EDHOC_MINOR_BASE + EDHOC_ERR_##name)
#define APP_OVERHEAD 32

extern gss_OID_desc app_mech, app_spnego;
extern gss_OID_set_desc app_mechs; /* ours alone */

/* ---- statuses ---- */

/* The whole text, for a failure. */
const char *app_status(OM_uint32 major, OM_uint32 minor);
#define app_check(major, minor, want)                                                              \
    ck_assert_msg((major) == (want), "%s, expected %08x", app_status(major, minor), (want))
#define app_complete(major, minor) app_failed(major, minor, GSS_S_COMPLETE, 0)
#define app_failed(major, minor, want_major, want_minor)                                           \
    ck_assert_msg((major) == (want_major) && (minor) == (want_minor), "%s, expected %08x %08x",    \
                  app_status(major, minor), (want_major), (want_minor))

/* ---- buffers ---- */

gss_buffer_desc app_buffer(const void *p, size_t len);
gss_buffer_desc app_of_text(const char *text);
void app_release(gss_buffer_t buffer);
/* A copy of its own, to be freed with free(). */
uint8_t *app_copy(struct bytes what);
bool app_has_oid(gss_OID_set set, gss_const_OID oid);

/* ---- names ---- */

gss_name_t app_name(const char *text, gss_OID type);
void app_release_name(gss_name_t *name);
/* The text that it displays; lives as long as app_text's. */
const char *app_shown(gss_name_t name);
/* It displays this text, with this type (GSS_C_NO_OID: any). */
void app_check_name(gss_name_t name, const char *want, gss_OID want_type);
/* An attribute's value, or NULL; lives as long as app_text's. */
const char *app_attribute(gss_name_t name, const char *urn, int *authenticated);

/* ---- credentials ---- */

/* A credential store. Files are in the folder; NULLs are left out. */
struct app_store {
    const char *identity, *service_identity, *trust;
    const char *options, *suites;
};
OM_uint32 app_acquire(OM_uint32 *minor, gss_OID mech, gss_cred_usage_t usage, gss_name_t desired,
                      struct app_store from, gss_cred_id_t *out);
/* From a key, whose side is told by `usage`. */
gss_cred_id_t app_cred(gss_OID mech, gss_cred_usage_t usage, const char *identity,
                       const char *trust, const char *options);
void app_release_cred(gss_cred_id_t *cred);
/* Replaces a credential. */
void app_use_cred(gss_cred_id_t *at, gss_cred_id_t with);

/* ---- per-message tokens ---- */

/* A context's token for "x", MIC or sealed. */
gss_buffer_desc app_token(gss_ctx_id_t from, bool mic);
uint64_t app_sequence(gss_buffer_desc token);
uint64_t app_instance(gss_buffer_desc token);
/* The sequence number that a context takes next; takes it. */
uint64_t app_next_sequence(gss_ctx_id_t ctx);

#endif
