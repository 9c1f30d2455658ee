/* Preloaded by gss-edhoc run: makes this mechanism the default of a program that names none, as
 * libpq does, where there is a key for it. MIT's library takes krb5 in that case, and asks nobody.
 *
 * It stands before the program's GSS-API library, whichever that is, and is linked with none. */
#include <gssapi/gssapi.h>

#include <dlfcn.h>
#include <stdint.h>

/* 1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869 */
static gss_OID_desc edhoc = {33,
                             "\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56\x82"
                             "\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5\x45"};

/* The next one in the order of the libraries. Where the program has loaded its library for itself
 * alone (RTLD_LOCAL, as Python does with a module's), there is none in that order. */
static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name), *library;

    if (found != NULL)
        return found;
    library = dlopen("libgssapi_krb5.so.2", RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL)
        return NULL;
    found = dlsym(library, name);
    (void)dlclose(library); /* the program's own handle keeps it */
    return found;
}

#define NEXT(function) ((__typeof__(&(function)))(uintptr_t)find(#function))

/* Has the credential, or the user where the program brings none, a key for the mechanism? */
static int is_ours(gss_cred_id_t cred)
{
    __typeof__(&gss_acquire_cred) acquire = NEXT(gss_acquire_cred);
    __typeof__(&gss_release_cred) release = NEXT(gss_release_cred);
    __typeof__(&gss_inquire_cred_by_mech) inquire = NEXT(gss_inquire_cred_by_mech);
    gss_OID_set_desc set = {1, &edhoc};
    gss_cred_id_t found = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor;

    if (acquire == NULL || release == NULL || inquire == NULL)
        return 0;
    if (cred != GSS_C_NO_CREDENTIAL)
        return inquire(&minor, cred, &edhoc, NULL, NULL, NULL, NULL) == GSS_S_COMPLETE;
    if (acquire(&minor, GSS_C_NO_NAME, 0, &set, GSS_C_INITIATE, &found, NULL, NULL) !=
        GSS_S_COMPLETE)
        return 0;
    (void)release(&minor, &found);
    return 1;
}

/* The mechanism of a context that was begun. MIT's library goes by the argument at every call, so
 * it must be the same each time; NULL lets it do what it would do without us. */
static gss_OID mechanism_of(gss_ctx_id_t ctx)
{
    __typeof__(&gss_inquire_context) inquire = NEXT(gss_inquire_context);
    gss_OID mech = GSS_C_NO_OID;
    OM_uint32 minor;

    if (inquire == NULL ||
        inquire(&minor, ctx, NULL, NULL, NULL, &mech, NULL, NULL, NULL) != GSS_S_COMPLETE)
        return GSS_C_NO_OID;
    return mech;
}

static gss_OID choose(gss_cred_id_t cred, gss_ctx_id_t ctx)
{
    if (ctx != GSS_C_NO_CONTEXT)
        return mechanism_of(ctx);
    return is_ours(cred) ? &edhoc : GSS_C_NO_OID;
}

__attribute__((visibility("default"))) OM_uint32
gss_init_sec_context(OM_uint32 *minor_status, gss_cred_id_t cred, gss_ctx_id_t *ctx,
                     gss_name_t target, gss_OID mech, OM_uint32 req_flags, OM_uint32 time_req,
                     gss_channel_bindings_t bindings, gss_buffer_t input_token,
                     gss_OID *actual_mech, gss_buffer_t output_token, OM_uint32 *ret_flags,
                     OM_uint32 *time_rec)
{
    __typeof__(&gss_init_sec_context) next = NEXT(gss_init_sec_context);

    if (next == NULL) /* nobody can have called us then */
        return GSS_S_UNAVAILABLE;
    if (mech == GSS_C_NO_OID && ctx != NULL)
        mech = choose(cred, *ctx);
    return next(minor_status, cred, ctx, target, mech, req_flags, time_req, bindings, input_token,
                actual_mech, output_token, ret_flags, time_rec);
}
