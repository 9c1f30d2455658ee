/* What goes from one process to another: contexts and credentials. Each is one deterministic CBOR
 * array that begins with a version; reading it is strict, and leaves nothing over. (Name: see
 * name_record.h.)
 *
 *     Context    = [ 1, flags : uint, expires : uint, source : Name, target : Name,
 *                    protect : bstr (mech/token/protect.h) ]
 *     Credential = [ 1, usage : uint, desired : Name / null,
 *                    8 * (place : bstr / null), suites : [ * uint ], options : uint ]
 *
 * An exported context is secret: it holds the keys. An exported credential holds the settings and
 * the place of the private key, never its bytes, and is loaded again where it is imported; who may
 * forge one chooses with which of the importer's keys, and against which trust, it goes on. */
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "buffers.h"
#include "context.h"
#include "creds.h"
#include "edhoc/suite.h"
#include "load/place.h"
#include "load/settings.h"
#include "load/sources.h"
#include "mechglue.h"
#include "name_record.h"
#include "names.h"
#include "peer/identity.h"
#include "status.h"
#include "token/protect.h"
#include "trace.h"

#include <errno.h>

#include <stdlib.h>
#include <unistd.h>

#define VERSION      1
#define EXPORT_MAX   (1u << 18) /* above a chain of certificates, its comment, and all names */
#define PLACE_MAX    (2 * SETTING_MAX)
#define FLAGS_MASK   (EDHOC_FLAGS_MASK | GLUE_LOCAL_FLAGS)
#define OPTIONS_MASK (EDHOC_CONFIRM | EDHOC_HIDE_TARGET | EDHOC_CRED_BY_REFERENCE)

enum { CONTEXT_FIELDS = 6, PLACES = 8 };
#define CREDENTIAL_FIELDS (3 + PLACES + 2)

/* ---- contexts ---- */

static void put_context(struct buf *out, const struct glue_ctx *ctx)
{
    struct buf record = buf_new(EXPORT_MAX);

    protect_export(ctx->protect, &record);
    cbor_put_array(out, CONTEXT_FIELDS);
    cbor_put_uint(out, VERSION);
    cbor_put_uint(out, ctx->flags);
    cbor_put_uint(out, (uint64_t)ctx->expires); /* an open context's is not before 1970 */
    glue_name_put(out, ctx->source_name, true);
    glue_name_put(out, ctx->target_name, true);
    cbor_put_bstr(out, buf_bytes(&record));
    buf_fail(out, buf_err(&record));
    buf_free(&record);
}

static edhoc_err export_context(struct glue_ctx *ctx, gss_buffer_t out)
{
    struct buf token = buf_new(EXPORT_MAX);
    edhoc_err err = glue_ctx_check(ctx);

    if (err != EDHOC_OK)
        return err;
    put_context(&token, ctx);
    glue_trace("context %u exported: %zu bytes", ctx->id, token.len);
    err = glue_move_out(out, &token);
    buf_free(&token);
    return err;
}

/* The context is gone when this succeeds, and untouched when it does not. A half-open one cannot go
 * to another process; a dead one has nothing to take there. */
GLUE_EXPORT OM_uint32 gss_export_sec_context(OM_uint32 *minor_status, gss_ctx_id_t *context_handle,
                                             gss_buffer_t interprocess_token)
{
    GLUE_CALL();
    edhoc_err err;

    glue_clear_buffer(interprocess_token);
    if (interprocess_token == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (context_handle == NULL || *context_handle == GSS_C_NO_CONTEXT)
        return glue_refuse(minor_status, GSS_S_NO_CONTEXT);
    err = export_context((struct glue_ctx *)*context_handle, interprocess_token);
    if (err == EDHOC_OK) {
        glue_ctx_free((struct glue_ctx *)*context_handle);
        *context_handle = GSS_C_NO_CONTEXT;
    }
    return glue_status(minor_status, err);
}

/* Names as an open context has them: the peer's is proven, ours is not, and only a client may log
 * in anywhere. */
static bool names_fit(const struct glue_ctx *ctx)
{
    const struct glue_name *peer = ctx->initiator ? ctx->target_name : ctx->source_name;
    const struct glue_name *own = ctx->initiator ? ctx->source_name : ctx->target_name;

    return peer->cred != NULL && own->cred == NULL && (!ctx->initiator || peer->local_user == NULL);
}

/* Fills a fresh context. */
static edhoc_err read_context(struct cbor_reader *r, struct glue_ctx *ctx)
{
    size_t fields = cbor_read_array(r);
    uint64_t version = cbor_read_uint(r);
    uint64_t flags = cbor_read_uint(r);
    uint64_t expires = cbor_read_uint(r);
    struct bytes record;

    ctx->source_name = glue_name_read(r);
    ctx->target_name = glue_name_read(r);
    record = cbor_read_bstr(r);
    if (r->cause != EDHOC_OK)
        return r->cause;
    if (!cbor_finished(r) || fields != CONTEXT_FIELDS || version != VERSION ||
        (flags & ~(uint64_t)FLAGS_MASK) != 0 || expires > INT64_MAX)
        return EDHOC_ERR_TOKEN;
    ctx->expires = (int64_t)expires;
    ctx->flags = (OM_uint32)flags;
    return protect_import(record, &ctx->protect);
}

static edhoc_err import_context(struct bytes token, struct glue_ctx **out)
{
    struct cbor_reader r = cbor_reader(token);
    struct glue_ctx *ctx;
    edhoc_err err = glue_ctx_new(false, &ctx);

    *out = NULL;
    if (err != EDHOC_OK)
        return err;
    err = read_context(&r, ctx);
    if (err == EDHOC_OK) {
        ctx->initiator = protect_initiator(ctx->protect);
        ctx->state = CTX_OPEN;
        if (!names_fit(ctx))
            err = EDHOC_ERR_TOKEN;
    }
    if (err == EDHOC_OK)
        *out = ctx;
    else
        glue_ctx_free(ctx);
    if (err == EDHOC_ERR_TOKEN)
        err = report(err, "not an exported context of this mechanism and version");
    return err;
}

GLUE_EXPORT OM_uint32 gss_import_sec_context(OM_uint32 *minor_status,
                                             gss_buffer_t interprocess_token,
                                             gss_ctx_id_t *context_handle)
{
    GLUE_CALL();
    struct glue_ctx *ctx = NULL;
    edhoc_err err;

    if (context_handle == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    err = import_context(glue_bytes(interprocess_token), &ctx);
    if (err == EDHOC_OK)
        glue_trace("context %u imported", ctx->id);
    *context_handle = (gss_ctx_id_t)ctx;
    return glue_status(minor_status, err);
}

/* ---- credentials ---- */

static void put_working_directory(struct buf *out)
{
    char *directory = getcwd(NULL, 0);

    if (directory == NULL) {
        buf_fail(out, errno == ENOMEM ? EDHOC_ERR_NOMEM : EDHOC_ERR_FILE);
        return;
    }
    buf_put_text(out, directory);
    buf_put_byte(out, '/');
    free(directory);
}

/* The importer may be in another directory, so a relative path does not travel. It is not resolved
 * any further: a symbolic link is how keys are exchanged. */
static void put_place(struct buf *out, const char *where)
{
    struct buf place = buf_new(PLACE_MAX);
    const char *path;

    if (where == NULL) {
        cbor_put_null(out);
        return;
    }
    if (place_is_file(where) && place_path(where, &path) == EDHOC_OK && path[0] != '/') {
        put_working_directory(&place);
        where = path;
    }
    buf_put_text(&place, where);
    cbor_put_bstr(out, buf_bytes(&place));
    buf_fail(out, buf_err(&place));
    buf_free(&place);
}

/* An initiator's default key is at its user's home, which another process may see elsewhere. */
static void put_initiator_place(struct buf *out, const struct glue_cred *cred)
{
    const char *place = cred->settings.identity;
    struct identity_set *identities = NULL;

    if (cred->settings.identity == NULL && cred->initiator != NULL) {
        identities = glue_cred_identities(cred, true);
        if (identities == NULL)
            buf_fail(out, EDHOC_ERR_NOMEM);
        else
            place = identities->id[0]->uri != NULL ? identities->id[0]->uri
                                                   : identities->id[0]->source;
    }
    put_place(out, place);
    identity_set_free(identities);
}

static void put_credential(struct buf *out, const struct glue_cred *cred)
{
    const struct settings *s = &cred->settings;

    cbor_put_array(out, CREDENTIAL_FIELDS);
    cbor_put_uint(out, VERSION);
    cbor_put_uint(out, (uint64_t)cred->usage);
    if (cred->desired != NULL)
        glue_name_put(out, cred->desired, false);
    else
        cbor_put_null(out);
    put_initiator_place(out, cred);
    put_place(out, s->service_identity);
    put_place(out, s->certificate);
    put_place(out, s->trust);
    put_place(out, s->anchors);
    put_place(out, s->crls);
    put_place(out, s->revoked);
    put_place(out, s->identities);
    cbor_put_array(out, s->suites.len);
    for (size_t i = 0; i < s->suites.len; i++)
        cbor_put_uint(out, (uint64_t)s->suites.id[i]);
    cbor_put_uint(out, s->options & OPTIONS_MASK);
}

static void read_suites(struct cbor_reader *r, struct suite_list *list)
{
    size_t count = cbor_read_array(r);

    if (count < 1 || count > SUITES_COUNT)
        r->failed = true;
    *list = (struct suite_list){.len = 0};
    for (size_t i = 0; i < count && !r->failed; i++) {
        int64_t id = cbor_read_int(r);

        if (suite_by_id(id) == NULL || suite_list_has(list, id))
            r->failed = true;
        else
            suite_list_add(list, (int)id);
    }
}

/* `settings` is to be cleared, also after a failure. */
static void read_settings(struct cbor_reader *r, struct settings *s)
{
    uint64_t options;

    s->identity = glue_text_read(r, CBOR_BSTR, PLACE_MAX);
    s->service_identity = glue_text_read(r, CBOR_BSTR, PLACE_MAX);
    s->certificate = glue_text_read(r, CBOR_BSTR, PLACE_MAX);
    s->trust = glue_text_read(r, CBOR_BSTR, PLACE_MAX);
    s->anchors = glue_text_read(r, CBOR_BSTR, PLACE_MAX);
    s->crls = glue_text_read(r, CBOR_BSTR, PLACE_MAX);
    s->revoked = glue_text_read(r, CBOR_BSTR, PLACE_MAX);
    s->identities = glue_text_read(r, CBOR_BSTR, PLACE_MAX);
    read_suites(r, &s->suites);
    options = cbor_read_uint(r);
    if ((options & ~(uint64_t)OPTIONS_MASK) != 0)
        r->failed = true;
    s->options = (unsigned)options;
}

struct credential {
    gss_cred_usage_t usage;
    struct glue_name *desired;
    struct settings settings;
};

static void credential_clear(struct credential *c)
{
    glue_name_free(c->desired);
    settings_clear(&c->settings);
}

/* `out` is to be cleared, also after a failure. */
static edhoc_err read_credential(struct bytes token, struct credential *out)
{
    struct cbor_reader r = cbor_reader(token);
    size_t fields = cbor_read_array(&r);
    uint64_t version = cbor_read_uint(&r);
    uint64_t usage = cbor_read_uint(&r);

    *out = (struct credential){.desired = NULL};
    if (cbor_peek(&r) == CBOR_OTHER)
        cbor_read_null(&r);
    else
        out->desired = glue_name_read(&r);
    read_settings(&r, &out->settings);
    if (r.cause != EDHOC_OK)
        return r.cause;
    if (!cbor_finished(&r) || fields != CREDENTIAL_FIELDS || version != VERSION ||
        usage > GSS_C_ACCEPT || (out->desired != NULL && out->desired->cred != NULL))
        return report(EDHOC_ERR_TOKEN, "not an exported credential of this mechanism and version");
    out->usage = (gss_cred_usage_t)usage;
    return EDHOC_OK;
}

/* What is told where is the importing process's own affair. */
static void use_own_log(struct settings *s)
{
    struct settings own;

    if (sources_settings(NULL, 0, &own) == EDHOC_OK) {
        s->log = own.log;
        own.log = NULL;
    } else {
        report_clear();
    }
    settings_clear(&own);
}

static edhoc_err import_credential(struct bytes token, struct glue_cred **out)
{
    struct credential c;
    edhoc_err err = read_credential(token, &c);

    *out = NULL;
    if (err == EDHOC_OK)
        use_own_log(&c.settings);
    if (err == EDHOC_OK)
        err = glue_cred_load(c.desired, c.usage, NULL, &c.settings, out);
    if (err == EDHOC_OK && (*out)->usage != c.usage) {
        glue_cred_free(*out);
        *out = NULL;
        err = report(EDHOC_ERR_NO_IDENTITY, "it was for both directions, and one is gone");
    }
    credential_clear(&c);
    return err;
}

static edhoc_err export_credential(const struct glue_cred *cred, gss_buffer_t out)
{
    struct buf token = buf_new(EXPORT_MAX);
    edhoc_err err;

    put_credential(&token, cred);
    err = glue_move_out(out, &token);
    buf_free(&token);
    return err;
}

GLUE_EXPORT OM_uint32 gss_export_cred(OM_uint32 *minor_status, gss_cred_id_t cred,
                                      gss_buffer_t token)
{
    GLUE_CALL();
    glue_clear_buffer(token);
    if (token == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (cred == GSS_C_NO_CREDENTIAL)
        return glue_refuse(minor_status, GSS_S_NO_CRED);
    return glue_status(minor_status, export_credential((const struct glue_cred *)cred, token));
}

GLUE_EXPORT OM_uint32 gss_import_cred(OM_uint32 *minor_status, gss_buffer_t token,
                                      gss_cred_id_t *cred_handle)
{
    GLUE_CALL();
    struct glue_cred *cred = NULL;
    edhoc_err err;

    if (cred_handle == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    err = import_credential(glue_bytes(token), &cred);
    *cred_handle = (gss_cred_id_t)cred;
    return glue_status(minor_status, err);
}
