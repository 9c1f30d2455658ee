/* What goes from one process to another: contexts, credentials, composite names. Each is one
 * deterministic CBOR array that begins with a version; reading it is strict, and leaves nothing
 * over.
 *
 *     Name       = [ kind : uint, text : tstr, Proof / null, comment : tstr / null,
 *                    local user : tstr / null ]
 *     Proof      = [ static DH : 0 / 1, ID_CRED_x by value ]
 *     Context    = [ 1, flags : uint, expires : uint, source : Name, target : Name,
 *                    protect : bstr (mech/token/protect.h) ]
 *     Credential = [ 1, usage : uint, desired : Name / null,
 *                    6 * (place : bstr / null), suites : [ * uint ], options : uint ]
 *
 * An exported context is secret: it holds the keys. An exported credential holds the settings and
 * the place of the private key, never its bytes, and is loaded again where it is imported; who may
 * forge one chooses with which of the importer's keys, and against which trust, it goes on. */
#include "glue.h"

#include "base/cbor.h"
#include "crypto/key.h"
#include "load/place.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION      1
#define EXPORT_MAX   (1u << 18) /* above a chain of certificates, its comment, and all names */
#define LABEL_MAX    4096       /* bytes of a comment or a local user */
#define PLACE_MAX    (2 * SETTING_MAX)
#define FLAGS_MASK   (EDHOC_FLAGS_MASK | GLUE_LOCAL_FLAGS)
#define OPTIONS_MASK (EDHOC_CONFIRM | EDHOC_HIDE_TARGET | EDHOC_CRED_BY_REFERENCE)

enum { NAME_FIELDS = 5, PROOF_FIELDS = 2, CONTEXT_FIELDS = 6, PLACES = 6 };
#define CREDENTIAL_FIELDS (3 + PLACES + 2)

/* ---- texts that may not be there ---- */

static void put_text(struct buf *out, const char *text)
{
    if (text != NULL)
        cbor_put_tstr(out, bytes_of_text(text));
    else
        cbor_put_null(out);
}

/* A new C string, or NULL for null; the reader fails for what does not fit into one. */
static char *read_text(struct cbor_reader *r, enum cbor_kind kind, size_t max)
{
    struct bytes text;
    char *copy;

    if (cbor_peek(r) == CBOR_OTHER) {
        cbor_read_null(r);
        return NULL;
    }
    text = kind == CBOR_BSTR ? cbor_read_bstr(r) : cbor_read_tstr(r);
    if (text.len == 0 || text.len > max || memchr(text.p, 0, text.len) != NULL)
        r->failed = true;
    copy = r->failed ? NULL : strndup((const char *)text.p, text.len);
    if (copy == NULL)
        r->failed = true;
    return copy;
}

/* ---- names ---- */

/* By value, also where the peer was known by reference: there is no trust file to look it up in. */
static void put_proof(struct buf *out, const struct cred *cred)
{
    cbor_put_array(out, PROOF_FIELDS);
    cbor_put_uint(out, key_type(cred_key(cred))->dh ? 1 : 0);
    if (cred_form(cred) == CRED_X5CHAIN) {
        buf_put(out, cred_id(cred));
        return;
    }
    cbor_put_map(out, 1);
    cbor_put_int(out, CRED_KCCS);
    buf_put(out, cred_item(cred));
}

static struct cred *read_proof(struct cbor_reader *r)
{
    size_t fields = cbor_read_array(r);
    uint64_t dh = cbor_read_uint(r);
    struct bytes map = cbor_read_any(r);
    struct cred *cred = NULL;
    struct cred_id id;
    edhoc_err err = EDHOC_ERR_CRED_FORM;

    if (r->failed || fields != PROOF_FIELDS || dh > 1 || cred_id_read(map, &id) != EDHOC_OK)
        r->failed = true;
    else if (id.form == CRED_KCCS)
        err = cred_from_kccs(&id, dh == 1, &cred);
    else if (id.form == CRED_X5CHAIN && dh == 0)
        err = cred_from_x5chain(&id, &cred);
    if (err != EDHOC_OK)
        r->failed = true;
    return cred;
}

/* `local`: with the local user. */
static void put_name(struct buf *out, const struct glue_name *name, bool local)
{
    cbor_put_array(out, NAME_FIELDS);
    cbor_put_uint(out, (uint64_t)name->kind);
    cbor_put_tstr(out, bytes_of_text(name->text));
    if (name->cred != NULL)
        put_proof(out, name->cred);
    else
        cbor_put_null(out);
    put_text(out, name->comment);
    put_text(out, local ? name->local_user : NULL);
}

/* What is only known of somebody who proved it. */
static void read_knowledge(struct cbor_reader *r, struct glue_name *name)
{
    if (cbor_peek(r) == CBOR_OTHER)
        cbor_read_null(r);
    else
        name->cred = read_proof(r);
    name->comment = read_text(r, CBOR_TSTR, LABEL_MAX);
    name->local_user = read_text(r, CBOR_TSTR, LABEL_MAX);
    if (name->cred == NULL && (name->comment != NULL || name->local_user != NULL))
        r->failed = true;
}

/* NULL, and the reader has failed, for what is no name in canonical form. */
static struct glue_name *read_name(struct cbor_reader *r)
{
    size_t fields = cbor_read_array(r);
    uint64_t kind = cbor_read_uint(r);
    struct bytes text = cbor_read_tstr(r);
    struct glue_name *name = NULL;

    if (r->failed || fields != NAME_FIELDS || kind < NAME_USER || kind > NAME_SUBJECT ||
        glue_name_new((enum name_kind)kind, text, &name) != EDHOC_OK ||
        !bytes_equal(bytes_of_text(name->text), text))
        r->failed = true;
    else
        read_knowledge(r, name);
    if (!r->failed)
        return name;
    glue_name_free(name);
    return NULL;
}

/* ---- composite names (RFC 6680) ---- */

static edhoc_err export_composite(const struct glue_name *name, gss_buffer_t out)
{
    struct buf inner = buf_new(EXPORT_MAX), token = buf_new(EXPORT_MAX);
    edhoc_err err;

    put_name(&inner, name, false);
    glue_name_put_head(&token, 2, inner.len);
    buf_put(&token, buf_bytes(&inner));
    token.failed = token.failed || inner.failed;
    err = glue_move_out(out, &token);
    buf_free(&inner);
    buf_free(&token);
    return err;
}

/* The attributes come along as what somebody said: nobody can tell who wrote such a token. So none
 * is authenticated, and who may log in locally is not among them. */
edhoc_err glue_name_import_composite(struct bytes token, struct glue_name **out)
{
    struct buf head = buf_new(EXPORT_MAX);
    struct cbor_reader r = cbor_reader(BYTES_NONE);
    struct glue_name *name = NULL;
    size_t len;

    glue_name_put_head(&head, 2, 0);
    len = head.len;
    buf_reset(&head);
    glue_name_put_head(&head, 2, token.len > len ? token.len - len : 0);
    if (token.len > len && bytes_equal(buf_bytes(&head), bytes_of(token.p, len))) {
        r = cbor_reader(bytes_of(token.p + len, token.len - len));
        name = read_name(&r);
    }
    buf_free(&head);
    *out = NULL;
    if (name == NULL || !cbor_finished(&r) || name->local_user != NULL) {
        glue_name_free(name);
        return report(EDHOC_ERR_NAME, "it is not a composite name of this mechanism");
    }
    name->hearsay = name->cred != NULL;
    *out = name;
    return EDHOC_OK;
}

GLUE_EXPORT OM_uint32 gss_export_name_composite(OM_uint32 *minor_status, gss_name_t name,
                                                gss_buffer_t exp_composite_name)
{
    glue_clear_buffer(exp_composite_name);
    if (name == GSS_C_NO_NAME || exp_composite_name == NULL)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_BAD_NAME);
    return glue_status(minor_status,
                       export_composite((const struct glue_name *)name, exp_composite_name));
}

/* ---- contexts ---- */

static void put_context(struct buf *out, const struct glue_ctx *ctx)
{
    struct buf record = buf_new(EXPORT_MAX);

    protect_export(ctx->protect, &record);
    cbor_put_array(out, CONTEXT_FIELDS);
    cbor_put_uint(out, VERSION);
    cbor_put_uint(out, ctx->flags);
    cbor_put_uint(out, (uint64_t)ctx->expires); /* an open context's is not before 1970 */
    put_name(out, ctx->source_name, true);
    put_name(out, ctx->target_name, true);
    cbor_put_bstr(out, buf_bytes(&record));
    out->failed = out->failed || record.failed;
    buf_free(&record);
}

static edhoc_err export_context(struct glue_ctx *ctx, gss_buffer_t out)
{
    struct buf token = buf_new(EXPORT_MAX);
    edhoc_err err = glue_ctx_use(ctx);

    if (err != EDHOC_OK)
        return err;
    put_context(&token, ctx);
    glue_trace("context %u exported: %zu bytes", ctx->id, token.len);
    glue_ctx_done(ctx);
    err = glue_move_out(out, &token);
    buf_free(&token);
    return err;
}

/* The context is gone when this succeeds, and untouched when it does not. A half-open one cannot go
 * to another process; a dead one has nothing to take there. */
GLUE_EXPORT OM_uint32 gss_export_sec_context(OM_uint32 *minor_status, gss_ctx_id_t *context_handle,
                                             gss_buffer_t interprocess_token)
{
    edhoc_err err;

    glue_clear_buffer(interprocess_token);
    if (interprocess_token == NULL)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (context_handle == NULL || *context_handle == GSS_C_NO_CONTEXT)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_NO_CONTEXT);
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

    ctx->source_name = read_name(r);
    ctx->target_name = read_name(r);
    record = cbor_read_bstr(r);
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
    struct glue_ctx *ctx = NULL;
    edhoc_err err;

    if (context_handle == NULL)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_CALL_INACCESSIBLE_WRITE);
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
        out->failed = true;
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
    bool relative;

    if (where == NULL) {
        cbor_put_null(out);
        return;
    }
    relative = where[0] != '/' && !place_has_scheme(where);
    if (strncasecmp(where, "file:", 5) == 0 && where[5] != '/') {
        relative = true;
        where += 5;
    }
    if (relative)
        put_working_directory(&place);
    buf_put_text(&place, where);
    cbor_put_bstr(out, buf_bytes(&place));
    out->failed = out->failed || place.failed;
    buf_free(&place);
}

/* An initiator's default key is at its user's home, which another process may see elsewhere. */
static void put_initiator_place(struct buf *out, const struct glue_cred *cred)
{
    struct identity_set *identities = NULL;
    struct trust *trust = NULL;
    edhoc_err stale;

    if (cred->settings.identity == NULL && cred->initiator != NULL)
        live_get(cred->initiator, &identities, &trust, &stale);
    put_place(out, identities != NULL ? identities->id[0]->source : cred->settings.identity);
    identity_set_free(identities);
    trust_free(trust);
}

static void put_credential(struct buf *out, const struct glue_cred *cred)
{
    const struct settings *s = &cred->settings;

    cbor_put_array(out, CREDENTIAL_FIELDS);
    cbor_put_uint(out, VERSION);
    cbor_put_uint(out, (uint64_t)cred->usage);
    if (cred->desired != NULL)
        put_name(out, cred->desired, false);
    else
        cbor_put_null(out);
    put_initiator_place(out, cred);
    put_place(out, s->service_identity);
    put_place(out, s->certificate);
    put_place(out, s->trust);
    put_place(out, s->anchors);
    put_place(out, s->crls);
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

    s->identity = read_text(r, CBOR_BSTR, PLACE_MAX);
    s->service_identity = read_text(r, CBOR_BSTR, PLACE_MAX);
    s->certificate = read_text(r, CBOR_BSTR, PLACE_MAX);
    s->trust = read_text(r, CBOR_BSTR, PLACE_MAX);
    s->anchors = read_text(r, CBOR_BSTR, PLACE_MAX);
    s->crls = read_text(r, CBOR_BSTR, PLACE_MAX);
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
        out->desired = read_name(&r);
    read_settings(&r, &out->settings);
    if (!cbor_finished(&r) || fields != CREDENTIAL_FIELDS || version != VERSION ||
        usage > GSS_C_ACCEPT || (out->desired != NULL && out->desired->cred != NULL))
        return report(EDHOC_ERR_TOKEN, "not an exported credential of this mechanism and version");
    out->usage = (gss_cred_usage_t)usage;
    return EDHOC_OK;
}

static edhoc_err import_credential(struct bytes token, struct glue_cred **out)
{
    struct credential c;
    edhoc_err err = read_credential(token, &c);

    *out = NULL;
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
    glue_clear_buffer(token);
    if (token == NULL)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (cred == GSS_C_NO_CREDENTIAL)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_NO_CRED);
    return glue_status(minor_status, export_credential((const struct glue_cred *)cred, token));
}

GLUE_EXPORT OM_uint32 gss_import_cred(OM_uint32 *minor_status, gss_buffer_t token,
                                      gss_cred_id_t *cred_handle)
{
    struct glue_cred *cred = NULL;
    edhoc_err err;

    if (cred_handle == NULL)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_CALL_INACCESSIBLE_WRITE);
    report_clear();
    err = import_credential(glue_bytes(token), &cred);
    *cred_handle = (gss_cred_id_t)cred;
    return glue_status(minor_status, err);
}
