#include "gss_pair.h"

/* ---- two contexts ---- */

static const char *of_type(const char *file, const char *prefix, const char *type)
{
    return file != NULL ? file : textf("%s%s", prefix, type != NULL ? type : app_types[0]);
}

void app_prepare(struct app_pair *p)
{
    if (p->prepared)
        return;
    if (p->mech == GSS_C_NO_OID)
        p->mech = &app_mech;
    if (p->initiator_cred == GSS_C_NO_CREDENTIAL)
        p->initiator_cred = app_cred(p->mech, GSS_C_INITIATE,
                                     of_type(p->client, "client-", p->type),
                                     of_type(p->server_trust, "trust-server-", p->type), NULL);
    if (p->acceptor_cred == GSS_C_NO_CREDENTIAL)
        p->acceptor_cred = app_cred(p->mech, GSS_C_ACCEPT, of_type(p->server, "server-", p->type),
                                    "trust-clients", NULL);
    if (p->target == GSS_C_NO_NAME)
        p->target = app_name(APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE);
    p->initiator_major = p->acceptor_major = GSS_S_CONTINUE_NEEDED;
    p->prepared = true;
}

void app_use_target(struct app_pair *p, const char *name, gss_OID type)
{
    if (p->target != GSS_C_NO_NAME)
        app_release_name(&p->target);
    p->target = app_name(name, type);
}

static void note_token(struct app_pair *p, gss_buffer_desc token)
{
    if (token.length == 0)
        return;
    ck_assert_uint_lt(p->tokens, APP_TOKENS);
    p->token[p->tokens++] = token;
}

void app_initiate(struct app_pair *p, gss_buffer_t in)
{
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;

    app_prepare(p);
    p->initiator_major = gss_init_sec_context(&p->initiator_minor, p->initiator_cred, &p->initiator,
                                              p->target, p->mech, p->flags, 0,
                                              p->initiator_bindings, in, &p->initiator_mech, &out,
                                              &p->initiator_flags, &p->initiator_time);
    note_token(p, out);
}

void app_accept(struct app_pair *p, gss_buffer_t in)
{
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;

    app_prepare(p);
    p->acceptor_major = gss_accept_sec_context(
        &p->acceptor_minor, &p->acceptor, p->acceptor_cred, in, p->acceptor_bindings, &p->source,
        &p->acceptor_mech, &out, &p->acceptor_flags, &p->acceptor_time, NULL);
    note_token(p, out);
}

/* Whose turn it is, by the number of tokens; false where nothing came of it, or it is done. */
static bool turn(struct app_pair *p)
{
    unsigned before = p->tokens;
    gss_buffer_t in = before > 0 ? &p->token[before - 1] : GSS_C_NO_BUFFER;

    if ((before % 2 == 0 ? p->initiator_major : p->acceptor_major) != GSS_S_CONTINUE_NEEDED)
        return false;
    if (before % 2 == 0)
        app_initiate(p, in);
    else
        app_accept(p, in);
    return p->tokens > before;
}

void app_talk(struct app_pair *p, unsigned tokens)
{
    app_prepare(p);
    while (p->tokens < tokens && turn(p))
        ;
}

static const char *statuses(const struct app_pair *p)
{
    return textf("initiator %s; acceptor %s", app_status(p->initiator_major, p->initiator_minor),
                 app_status(p->acceptor_major, p->acceptor_minor));
}

void app_until(struct app_pair *p, unsigned tokens)
{
    app_talk(p, tokens);
    ck_assert_msg(p->tokens == tokens, "%u tokens instead of %u; %s", p->tokens, tokens,
                  statuses(p));
}

void app_open(struct app_pair *p)
{
    app_talk(p, APP_TOKENS);
    ck_assert_msg(p->initiator_major == GSS_S_COMPLETE && p->acceptor_major == GSS_S_COMPLETE, "%s",
                  statuses(p));
}

void app_delete(gss_ctx_id_t *ctx)
{
    gss_buffer_desc out = {1, "x"};
    OM_uint32 minor;

    if (*ctx == GSS_C_NO_CONTEXT)
        return;
    ck_assert_uint_eq(gss_delete_sec_context(&minor, ctx, &out), GSS_S_COMPLETE);
    ck_assert_ptr_null(*ctx);
    ck_assert(out.length == 0 && out.value == NULL);
}

void app_reset(struct app_pair *p)
{
    app_delete(&p->initiator);
    app_delete(&p->acceptor);
    app_release_name(&p->source);
    for (unsigned i = 0; i < p->tokens; i++)
        app_release(&p->token[i]);
    p->tokens = 0;
    p->initiator_major = p->acceptor_major = GSS_S_CONTINUE_NEEDED;
    p->initiator_minor = p->acceptor_minor = 0;
}

void app_close(struct app_pair *p)
{
    app_reset(p);
    app_release_cred(&p->initiator_cred);
    app_release_cred(&p->acceptor_cred);
    app_release_name(&p->target);
}

/* ---- messages ---- */

OM_uint32 app_pass(gss_ctx_id_t from, gss_ctx_id_t to, const void *text, size_t len, int conf)
{
    gss_buffer_desc in = app_buffer(text, len), token = GSS_C_EMPTY_BUFFER,
                    out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major;
    int state = -1;

    major = gss_wrap(&minor, from, conf, 0, &in, &state, &token);
    app_complete(major, minor);
    ck_assert_int_eq(state, conf);
    ck_assert_uint_eq(token.length, len + APP_OVERHEAD);
    if (len > 3)
        ck_assert_int_eq(memmem(token.value, token.length, text, len) == NULL, conf);
    state = -1;
    major = gss_unwrap(&minor, to, &token, &out, &state, NULL);
    if (!GSS_ERROR(major)) {
        ck_assert_int_eq(state, conf);
        ck_assert_uint_eq(out.length, len);
        ck_assert(len == 0 ? out.value == NULL : memcmp(out.value, text, len) == 0);
    }
    app_release(&token);
    app_release(&out);
    return major;
}

OM_uint32 app_mic(gss_ctx_id_t from, gss_ctx_id_t to, const char *text)
{
    gss_buffer_desc in = app_of_text(text), token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_get_mic(&minor, from, 0, &in, &token);

    app_complete(major, minor);
    ck_assert_uint_eq(token.length, APP_OVERHEAD);
    major = gss_verify_mic(&minor, to, &in, &token, NULL);
    app_release(&token);
    return major;
}

void app_converse(gss_ctx_id_t a, gss_ctx_id_t b)
{
    static const char *const texts[] = {"hello, this is sealed", "", "x"};

    for (int i = 0; i < ROWS(texts); i++)
        for (int conf = 0; conf < 2; conf++) {
            size_t len = strlen(texts[i]);

            ck_assert_uint_eq(app_pass(a, b, texts[i], len, conf), GSS_S_COMPLETE);
            ck_assert_uint_eq(app_pass(b, a, texts[i], len, conf), GSS_S_COMPLETE);
            ck_assert_uint_eq(app_mic(a, b, texts[i]), GSS_S_COMPLETE);
            ck_assert_uint_eq(app_mic(b, a, texts[i]), GSS_S_COMPLETE);
        }
}

/* ---- what must hold ---- */

void app_check_open(gss_ctx_id_t ctx, OM_uint32 flags, bool initiator)
{
    gss_name_t source, target;
    gss_OID type;
    OM_uint32 minor, lifetime, got;
    int initiated, open;

    ck_assert_uint_eq(gss_inquire_context(&minor, ctx, &source, &target, &lifetime, &type, &got,
                                          &initiated, &open),
                      GSS_S_COMPLETE);
    app_check_name(source, "alice", GSS_C_NT_USER_NAME);
    app_check_name(target, APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE);
    ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
    ck_assert(gss_oid_equal(type, &app_mech));
    ck_assert_uint_eq(got, flags);
    ck_assert_int_eq(initiated, initiator);
    ck_assert_int_eq(open, 1);
    app_release_name(&source);
    app_release_name(&target);
    ck_assert_uint_eq(gss_context_time(&minor, ctx, &lifetime), GSS_S_COMPLETE);
    ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
}

void app_check_partial(gss_ctx_id_t ctx, OM_uint32 flags, bool initiator)
{
    gss_buffer_desc b = app_of_text("x"), out = GSS_C_EMPTY_BUFFER;
    gss_name_t source, target;
    gss_OID type;
    OM_uint32 minor, major, lifetime, got;
    int initiated, open;

    ck_assert_uint_eq(gss_inquire_context(&minor, ctx, &source, &target, &lifetime, &type, &got,
                                          &initiated, &open),
                      GSS_S_COMPLETE);
    ck_assert(source == GSS_C_NO_NAME && target == GSS_C_NO_NAME && lifetime == 0);
    ck_assert(gss_oid_equal(type, &app_mech));
    ck_assert_uint_eq(got, flags);
    ck_assert_int_eq(initiated, initiator);
    ck_assert_int_eq(open, 0);
    ck_assert_uint_eq(gss_inquire_context(&minor, ctx, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                      GSS_S_COMPLETE);
    major = gss_wrap(&minor, ctx, 1, 0, &b, NULL, &out);
    app_failed(major, minor, GSS_S_NO_CONTEXT, MINOR(CONTEXT_PARTIAL));
    ck_assert_ptr_null(out.value);
    ck_assert_uint_eq(gss_get_mic(&minor, ctx, 0, &b, &out), GSS_S_NO_CONTEXT);
    ck_assert_uint_ne(gss_unwrap(&minor, ctx, &b, &out, NULL, NULL), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_verify_mic(&minor, ctx, &b, &b, NULL), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(gss_wrap_size_limit(&minor, ctx, 1, 0, 100, &got), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(gss_context_time(&minor, ctx, &got), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(gss_pseudo_random(&minor, ctx, 0, &b, 16, &out), GSS_S_NO_CONTEXT);
}

void app_check_dead(gss_ctx_id_t *ctx)
{
    gss_buffer_desc b = app_of_text("x"), out = GSS_C_EMPTY_BUFFER;
    gss_name_t source, target;
    OM_uint32 minor, flags;

    ck_assert_uint_eq(gss_wrap(&minor, *ctx, 1, 0, &b, NULL, &out), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(gss_context_time(&minor, *ctx, &flags), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(
        gss_inquire_context(&minor, *ctx, &source, &target, NULL, NULL, &flags, NULL, NULL),
        GSS_S_NO_CONTEXT);
    app_delete(ctx);
}

void app_check_refused(struct app_pair *p, OM_uint32 major, OM_uint32 minor)
{
    app_talk(p, APP_TOKENS);
    app_failed(p->acceptor_major, p->acceptor_minor, major, minor);
    ck_assert_ptr_null(p->source);
    ck_assert_uint_eq(p->acceptor_flags, 0);
    if (p->acceptor != GSS_C_NO_CONTEXT) /* it had begun before this call */
        app_check_dead(&p->acceptor);
}
