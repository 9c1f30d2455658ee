/* Questions about a context. */
#include "base/bytes.h"
#include "base/report.h"
#include "context.h"
#include "context_lock.h"
#include "crypto/aead.h"
#include "lifetime.h"
#include "mechglue.h"
#include "names.h"
#include "oids.h"
#include "status.h"
#include "token/protect.h"

#include <endian.h>

GLUE_EXPORT OM_uint32 gss_context_time(OM_uint32 *minor_status, gss_ctx_id_t context,
                                       OM_uint32 *time_rec)
{
    GLUE_CALL();
    struct glue_ctx *ctx = (struct glue_ctx *)context;
    edhoc_err err;

    if (time_rec != NULL)
        *time_rec = 0;
    err = glue_ctx_check(ctx);
    if (err == EDHOC_OK && time_rec != NULL)
        *time_rec = glue_lifetime(ctx->expires);
    return glue_status(minor_status, err);
}

/* What gss_inquire_context tells. */
struct ctx_facts {
    struct glue_name *source, *target; /* references; NULL before the context is open */
    OM_uint32 lifetime, flags;
    int local, open;
};

static void fill_facts(const struct glue_ctx *ctx, struct ctx_facts *out)
{
    bool open = ctx->state == CTX_OPEN;

    *out = (struct ctx_facts){.source = glue_name_ref(ctx->source_name),
                              .target = glue_name_ref(ctx->target_name),
                              .lifetime = open ? glue_lifetime(ctx->expires) : 0,
                              .flags = glue_ctx_flags(ctx),
                              .local = ctx->initiator,
                              .open = open};
}

/* Of an open context without its lock, which a forked child may have inherited locked. */
static edhoc_err read_facts(struct glue_ctx *ctx, struct ctx_facts *out)
{
    edhoc_err err;

    *out = (struct ctx_facts){.source = NULL};
    if (ctx == NULL)
        return report(EDHOC_ERR_CONTEXT_PARTIAL, "there is none");
    if (ctx->state == CTX_OPEN) {
        fill_facts(ctx, out);
        return EDHOC_OK;
    }
    err = glue_ctx_enter(ctx);
    if (err != EDHOC_OK)
        return err;
    if (ctx->state == CTX_DEAD)
        err = report(EDHOC_ERR_CONTEXT_PARTIAL, "establishing it has failed");
    else
        fill_facts(ctx, out);
    glue_ctx_leave(ctx);
    return err;
}

static void give_name(gss_name_t *out, struct glue_name *name)
{
    if (out != NULL)
        *out = (gss_name_t)name;
    else
        glue_name_free(name);
}

/* A half-open context answers too (SPNEGO asks): no names, no lifetime, the flags asked for. */
GLUE_EXPORT OM_uint32 gss_inquire_context(OM_uint32 *minor_status, gss_ctx_id_t context,
                                          gss_name_t *src_name, gss_name_t *targ_name,
                                          OM_uint32 *lifetime_rec, gss_OID *mech_type,
                                          OM_uint32 *ctx_flags, int *locally_initiated, int *open)
{
    GLUE_CALL();
    struct ctx_facts facts;
    edhoc_err err = read_facts((struct glue_ctx *)context, &facts);

    give_name(src_name, facts.source);
    give_name(targ_name, facts.target);
    if (lifetime_rec != NULL)
        *lifetime_rec = facts.lifetime;
    if (mech_type != NULL)
        *mech_type = &glue_mech_oid;
    if (ctx_flags != NULL)
        *ctx_flags = facts.flags;
    if (locally_initiated != NULL)
        *locally_initiated = facts.local;
    if (open != NULL)
        *open = facts.open;
    return glue_status(minor_status, err);
}

/* ---- by OID ---- */

static edhoc_err add_member(gss_buffer_set_t *set, struct bytes value)
{
    gss_buffer_desc member = {value.len, (void *)value.p};
    OM_uint32 minor;

    return gss_add_buffer_set_member(&minor, &member, set) == GSS_S_COMPLETE ? EDHOC_OK
                                                                             : EDHOC_ERR_NOMEM;
}

enum { EXPORTER_SSPI_KEY = 0x8104, EXPORTER_NEGOEX_KEY = 0x8105 };

#define KEY_LENGTH 32

/* A key of the context's, then what kind of key it is. */
static edhoc_err add_key(const struct glue_ctx *ctx, uint64_t label, struct bytes kind,
                         gss_buffer_set_t *set)
{
    uint8_t key[KEY_LENGTH];
    edhoc_err err = protect_exporter(ctx->protect, label, BYTES_NONE, key, sizeof(key));

    if (err == EDHOC_OK)
        err = add_member(set, bytes_of(key, sizeof(key)));
    if (err == EDHOC_OK)
        err = add_member(set, kind);
    bytes_wipe(key, sizeof(key));
    return err;
}

static edhoc_err sspi_session_key(const struct glue_ctx *ctx, gss_buffer_set_t *set)
{
    return add_key(ctx, EXPORTER_SSPI_KEY, bytes_of(glue_mech_oid.elements, glue_mech_oid.length),
                   set);
}

/* The kind is a Kerberos encryption type in little-endian order: 20, aes256-cts-hmac-sha384-192.
 * The two directions have one key; the checksums in them have key usages of their own. */
static edhoc_err negoex_key(const struct glue_ctx *ctx, gss_buffer_set_t *set)
{
    return add_key(ctx, EXPORTER_NEGOEX_KEY, BYTES_LITERAL("\x14\0\0\0"), set);
}

/* The key length of the per-message cipher in bits, big-endian. */
static edhoc_err sasl_ssf(const struct glue_ctx *ctx, gss_buffer_set_t *set)
{
    const size_t key = crypto_aead_key(protect_suite(ctx->protect)->tokens);
    const uint32_t ssf = htobe32((uint32_t)(8 * key));

    return add_member(set, bytes_of(&ssf, sizeof(ssf)));
}

/* The inquiries that are known here; each sees an open context. */
static const struct {
    gss_OID const *oid;
    edhoc_err (*answer)(const struct glue_ctx *ctx, gss_buffer_set_t *set);
} inquiries[] = {
    {&GSS_C_INQ_SSPI_SESSION_KEY, sspi_session_key},
    {&GSS_C_INQ_NEGOEX_KEY, negoex_key},
    {&GSS_C_INQ_NEGOEX_VERIFY_KEY, negoex_key},
    {&GSS_C_SEC_CONTEXT_SASL_SSF, sasl_ssf},
};

static edhoc_err answer(struct glue_ctx *ctx, size_t i, gss_buffer_set_t *set)
{
    OM_uint32 minor;
    edhoc_err err = glue_ctx_check(ctx);

    if (err == EDHOC_OK)
        err = inquiries[i].answer(ctx, set);
    if (err != EDHOC_OK)
        (void)gss_release_buffer_set(&minor, set);
    return err;
}

/* To what is not known here the answer is UNAVAILABLE exactly, whatever the context: SPNEGO asks
 * half-open ones, and Cyrus SASL takes anything else for a failed login. */
GLUE_EXPORT OM_uint32 gss_inquire_sec_context_by_oid(OM_uint32 *minor_status,
                                                     const gss_ctx_id_t context,
                                                     const gss_OID desired_object,
                                                     gss_buffer_set_t *data_set)
{
    GLUE_CALL();
    if (data_set == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    *data_set = GSS_C_NO_BUFFER_SET;
    for (size_t i = 0; i < sizeof(inquiries) / sizeof(inquiries[0]); i++)
        if (glue_oid_is(desired_object, *inquiries[i].oid))
            return glue_status(minor_status, answer((struct glue_ctx *)context, i, data_set));
    return glue_status(minor_status, EDHOC_ERR_UNSUPPORTED);
}

/* There is nothing to set: what a context is to do is asked for when it begins. */
GLUE_EXPORT OM_uint32 gss_set_sec_context_option(OM_uint32 *minor_status,
                                                 gss_ctx_id_t *context_handle,
                                                 const gss_OID desired_object,
                                                 const gss_buffer_t value)
{
    GLUE_CALL();
    (void)context_handle;
    (void)desired_object;
    (void)value;
    return glue_status(minor_status, EDHOC_ERR_UNSUPPORTED);
}
