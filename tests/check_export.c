/* What leaves the process: exported contexts, credentials and names. They go on exactly where they
 * were, no key and nonce ever meet twice whoever holds a copy, and nothing but what was exported is
 * taken in. */
#include "gss_pair.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MECH_HEAD (4 + 33) /* what the mechglue puts before our own record */

/* ---- exporting and importing ---- */

static gss_buffer_desc exported(gss_ctx_id_t *ctx)
{
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_export_sec_context(&minor, ctx, &token);

    app_complete(major, minor);
    ck_assert_ptr_eq(*ctx, GSS_C_NO_CONTEXT);
    ck_assert_uint_gt(token.length, MECH_HEAD);
    return token;
}

static gss_ctx_id_t imported(gss_buffer_t token)
{
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    OM_uint32 minor, major = gss_import_sec_context(&minor, token, &ctx);

    app_complete(major, minor);
    ck_assert_ptr_nonnull(ctx);
    return ctx;
}

static void hand_over(gss_ctx_id_t *ctx)
{
    gss_buffer_desc token = exported(ctx);

    *ctx = imported(&token);
    app_release(&token);
}

static OM_uint32 unwrap(gss_ctx_id_t ctx, gss_buffer_t token)
{
    gss_buffer_desc out;
    OM_uint32 minor, major = gss_unwrap(&minor, ctx, token, &out, NULL, NULL);

    app_release(&out);
    return major;
}

/* ---- contexts go on ---- */

/* After every number of messages, either side, three times in a row. */
START_TEST(contexts_go_on_from_any_point_of_a_stream)
{
    struct app_pair p = {.flags = APP_FLAGS,
                         .type = app_types[_i % APP_TYPES],
                         .mech = _i < APP_TYPES ? &app_mech : &app_spnego};

    app_open(&p);
    for (int i = 0; i < 40; i++) {
        for (int k = 0; k < 3; k++)
            hand_over(i % 3 == 0 ? &p.initiator : &p.acceptor);
        app_converse(p.initiator, p.acceptor);
        hand_over(i % 2 == 0 ? &p.initiator : &p.acceptor);
        ck_assert_uint_eq(app_pass(p.initiator, p.acceptor, "x", 1, i % 2), 0);
    }
    app_close(&p);
}
END_TEST

START_TEST(numbers_go_on)
{
    struct app_pair p = {.flags = APP_FLAGS};
    uint64_t instances[8];

    app_open(&p);
    for (uint64_t i = 0; i < 8; i++) {
        gss_buffer_desc token = app_token(p.initiator, i % 2 == 0);

        ck_assert_uint_eq(app_sequence(token), i);
        instances[i] = app_instance(token);
        ck_assert_int_eq(instances[i] == 0, i == 0);
        for (uint64_t k = 0; k < i; k++)
            ck_assert_uint_ne(instances[i], instances[k]);
        app_release(&token);
        hand_over(&p.initiator);
    }
    app_close(&p);
}
END_TEST

/* Tokens 0 to 5; the receiver moves between any two of them. */
START_TEST(order_is_remembered)
{
    static const struct {
        int token;
        OM_uint32 want;
    } rows[] = {
        {0, GSS_S_COMPLETE},    {0, GSS_S_DUPLICATE_TOKEN}, {2, GSS_S_GAP_TOKEN},
        {1, GSS_S_UNSEQ_TOKEN}, {1, GSS_S_DUPLICATE_TOKEN}, {2, GSS_S_DUPLICATE_TOKEN},
        {5, GSS_S_GAP_TOKEN},   {3, GSS_S_UNSEQ_TOKEN},     {5, GSS_S_DUPLICATE_TOKEN},
        {4, GSS_S_UNSEQ_TOKEN}, {0, GSS_S_DUPLICATE_TOKEN},
    };
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc token[6];

    app_open(&p);
    for (int i = 0; i < 6; i++) {
        token[i] = app_token(p.initiator, false);
        if (i == 3)
            hand_over(&p.initiator);
    }
    for (size_t i = 0; i < ROWS(rows); i++) {
        ck_assert_uint_eq(unwrap(p.acceptor, &token[rows[i].token]), rows[i].want);
        hand_over(&p.acceptor);
    }
    for (int i = 0; i < 6; i++)
        app_release(&token[i]);
    app_close(&p);
}
END_TEST

/* What an inquiry tells, as one text. */
static const char *facts(gss_ctx_id_t ctx)
{
    gss_name_t source = GSS_C_NO_NAME, target = GSS_C_NO_NAME;
    OM_uint32 minor, lifetime, flags, major;
    gss_OID mech;
    int local, open;
    const char *out;

    major = gss_inquire_context(&minor, ctx, &source, &target, &lifetime, &mech, &flags, &local,
                                &open);
    app_complete(major, minor);
    out = textf("%s to %s, %u s, flags %x, %s, %s, %s", app_shown(source), app_shown(target),
                lifetime, flags, gss_oid_equal(mech, &app_mech) ? "ours" : "not ours",
                local ? "initiator" : "acceptor", open ? "open" : "not open");
    app_release_name(&source);
    app_release_name(&target);
    return out;
}

/* All that a name knows, as one text. */
static const char *knowledge(gss_name_t name)
{
    static const char *const urns[] = {"urn:gss-edhoc:kind", "urn:gss-edhoc:key-sha256",
                                       "urn:gss-edhoc:comment", "local-login-user"};
    const char *out = app_shown(name);

    for (size_t i = 0; i < ROWS(urns); i++) {
        int authenticated;
        const char *value = app_attribute(name, urns[i], &authenticated);

        out = textf("%s, %s %d", out, value != NULL ? value : "-", authenticated);
    }
    return out;
}

static const char *peer_knowledge(gss_ctx_id_t ctx, bool source)
{
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor;
    const char *out;

    ck_assert_uint_eq(gss_inquire_context(&minor, ctx, source ? &name : NULL, source ? NULL : &name,
                                          NULL, NULL, NULL, NULL, NULL),
                      0);
    out = knowledge(name);
    app_release_name(&name);
    return out;
}

START_TEST(everything_known_goes_along)
{
    struct app_pair p = {.flags = APP_FLAGS, .type = app_types[_i]};
    gss_ctx_id_t *both[] = {&p.initiator, &p.acceptor};

    /* A file of its own for each type: one that was looked at within the second is not read again. */
    folder_write(textf("trust-boss-%d", _i), "");
    app_trust(textf("trust-boss-%d", _i), textf("client-%s", p.type), "local-user=\"root\"");
    p.acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, textf("server-%s", p.type),
                               textf("trust-boss-%d", _i), NULL);
    app_open(&p);
    for (size_t i = 0; i < 2; i++) {
        char *before = strdup(facts(*both[i])), *source = strdup(peer_knowledge(*both[i], true)),
             *target = strdup(peer_knowledge(*both[i], false));

        ck_assert_ptr_nonnull(strstr(before, "alice to HTTP@web.example.org"));
        ck_assert_int_eq(strstr(source, ", root 1") != NULL, i == 1);
        hand_over(both[i]);
        ck_assert_str_eq(facts(*both[i]), before);
        ck_assert_str_eq(peer_knowledge(*both[i], true), source);
        ck_assert_str_eq(peer_knowledge(*both[i], false), target);
        free(before);
        free(source);
        free(target);
    }
    app_close(&p);
}
END_TEST

/* Whatever a trust line may say of a peer. */
START_TEST(a_long_comment_goes_along)
{
    struct app_pair p = {.flags = APP_FLAGS, .type = "x25519"};

    folder_run(
        "sed \"s/$/ $(head -c 6000 /dev/zero | tr '\\0' c)/\" client-x25519.pub > trust-long");
    p.acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "trust-long", NULL);
    app_open(&p);
    hand_over(&p.acceptor);
    app_close(&p);
}
END_TEST

/* A peer that sent a key identifier only is known by value afterwards. */
START_TEST(a_peer_by_reference_is_known_by_value_afterwards)
{
    struct app_pair p = {.flags = APP_FLAGS, .type = app_types[_i]};
    char *source;

    p.initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, textf("client-%s", p.type),
                                textf("trust-server-%s", p.type), "cred-by-reference");
    p.acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, textf("server-%s", p.type), "trust-clients",
                               "cred-by-reference");
    app_open(&p);
    source = strdup(peer_knowledge(p.acceptor, true));
    hand_over(&p.acceptor);
    hand_over(&p.initiator);
    ck_assert_str_eq(peer_knowledge(p.acceptor, true), source);
    app_converse(p.initiator, p.acceptor);
    free(source);
    app_close(&p);
}
END_TEST

START_TEST(keys_for_callers_are_the_same)
{
    gss_OID const oids[] = {GSS_C_INQ_SSPI_SESSION_KEY, GSS_C_INQ_NEGOEX_KEY,
                            GSS_C_SEC_CONTEXT_SASL_SSF};
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc in = app_of_text("prf"), a, b;
    OM_uint32 minor;

    app_open(&p);
    hand_over(&p.acceptor);
    ck_assert_uint_eq(gss_pseudo_random(&minor, p.initiator, 0, &in, 100, &a), 0);
    ck_assert_uint_eq(gss_pseudo_random(&minor, p.acceptor, 0, &in, 100, &b), 0);
    ck_assert_mem_eq(a.value, b.value, 100);
    app_release(&a);
    app_release(&b);
    for (size_t i = 0; i < ROWS(oids); i++) {
        gss_buffer_set_t x, y;

        ck_assert_uint_eq(gss_inquire_sec_context_by_oid(&minor, p.initiator, oids[i], &x), 0);
        ck_assert_uint_eq(gss_inquire_sec_context_by_oid(&minor, p.acceptor, oids[i], &y), 0);
        ck_assert_mem_eq(x->elements[0].value, y->elements[0].value, x->elements[0].length);
        (void)gss_release_buffer_set(&minor, &x);
        (void)gss_release_buffer_set(&minor, &y);
    }
    app_close(&p);
}
END_TEST

START_TEST(only_open_contexts_leave)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc token;
    OM_uint32 minor;

    for (unsigned i = 1; i < 3; i++) {
        gss_ctx_id_t *ctx = i == 1 ? &p.initiator : &p.acceptor, before;

        app_talk(&p, i);
        before = *ctx;
        ck_assert_uint_eq(gss_export_sec_context(&minor, ctx, &token), GSS_S_NO_CONTEXT);
        ck_assert(token.length == 0 && token.value == NULL);
        ck_assert_ptr_eq(*ctx, before);
    }
    app_open(&p); /* refusing has not hurt them */
    app_converse(p.initiator, p.acceptor);
    ck_assert(GSS_ERROR(gss_export_sec_context(&minor, &p.initiator, NULL)));
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
    ck_assert(GSS_ERROR(gss_export_sec_context(&minor, &p.initiator, &token)));
    ck_assert(GSS_ERROR(gss_export_sec_context(&minor, NULL, &token)));
}
END_TEST

START_TEST(dead_contexts_stay)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc token;
    OM_uint32 minor;

    app_talk(&p, 2);
    ((uint8_t *)p.token[1].value)[p.token[1].length - 1] ^= 1;
    app_talk(&p, 3);
    ck_assert(GSS_ERROR(p.initiator_major));
    ck_assert_uint_eq(gss_export_sec_context(&minor, &p.initiator, &token), GSS_S_NO_CONTEXT);
    app_close(&p);
}
END_TEST

START_TEST(an_exported_context_does_nothing_more)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_buffer_desc token, in = app_of_text("x"), out;
    gss_ctx_id_t *ctx = &p.initiator;
    OM_uint32 minor, time;

    app_open(&p);
    token = exported(ctx);
    app_release(&token);
#define SAYS(call) ck_assert_uint_eq(GSS_ROUTINE_ERROR(call), GSS_S_NO_CONTEXT)
    SAYS(gss_wrap(&minor, *ctx, 1, 0, &in, NULL, &out));
    SAYS(gss_unwrap(&minor, *ctx, &in, &out, NULL, NULL));
    SAYS(gss_get_mic(&minor, *ctx, 0, &in, &out));
    SAYS(gss_verify_mic(&minor, *ctx, &in, &in, NULL));
    SAYS(gss_wrap_size_limit(&minor, *ctx, 1, 0, 100, &time));
    SAYS(gss_context_time(&minor, *ctx, &time));
    SAYS(gss_inquire_context(&minor, *ctx, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
    SAYS(gss_pseudo_random(&minor, *ctx, 0, &in, 5, &out));
    SAYS(gss_export_sec_context(&minor, ctx, &token));
#undef SAYS
    app_close(&p);
}
END_TEST

/* ---- copies ---- */

struct seen {
    bool acceptor;
    uint64_t instance, sequence;
};

#define SEEN_MAX 4096

/* Everybody who holds a copy sends; whoever watches sees each (direction, instance, sequence) once.
 */
struct watch {
    gss_ctx_id_t initiator, acceptor; /* the watchers: they receive */
    struct seen seen[SEEN_MAX];
    size_t count;
};

static void see(struct watch *w, gss_buffer_desc token)
{
    const bool acceptor = (((uint8_t *)token.value)[1] & 1) != 0;
    const struct seen now = {acceptor, app_instance(token), app_sequence(token)};
    gss_ctx_id_t to = acceptor ? w->initiator : w->acceptor;
    gss_buffer_desc text = app_of_text("x"), out;
    OM_uint32 minor, major;

    for (size_t i = 0; i < w->count; i++)
        ck_assert_msg(w->seen[i].acceptor != now.acceptor || w->seen[i].instance != now.instance ||
                          w->seen[i].sequence != now.sequence,
                      "instance %llx sequence %llu twice", (unsigned long long)now.instance,
                      (unsigned long long)now.sequence);
    ck_assert_uint_lt(w->count, SEEN_MAX);
    w->seen[w->count++] = now;
    major = ((uint8_t *)token.value)[0] == 1 ? gss_verify_mic(&minor, to, &text, &token, NULL)
                                             : gss_unwrap(&minor, to, &token, &out, NULL, NULL);
    ck_assert_msg(!GSS_ERROR(major), "%s", app_status(major, minor));
    if (((uint8_t *)token.value)[0] != 1)
        app_release(&out);
}

static void send_some(struct watch *w, gss_ctx_id_t from)
{
    for (int i = 0; i < 5; i++) {
        gss_buffer_desc token = app_token(from, i % 2 == 0);

        see(w, token);
        app_release(&token);
    }
}

#define FROM_CHILDREN 8
#define PIECE         64 /* of the pipe: a length, and a token of "x" */

/* In one write, because several processes share the pipe. */
static void send_into(int pipe, gss_ctx_id_t from, bool mic)
{
    gss_buffer_desc token = app_token(from, mic);
    uint8_t piece[PIECE] = {(uint8_t)token.length};

    memcpy(piece + 1, token.value, token.length);
    if (write(pipe, piece, PIECE) != PIECE)
        _exit(1);
    app_release(&token);
}

/* In a child, which has a child of its own when it has sent twice. */
static void send_from_children(gss_ctx_id_t from, int pipe)
{
    send_into(pipe, from, false);
    send_into(pipe, from, true);
    (void)fork();
    for (int i = 0; i < 3; i++)
        send_into(pipe, from, i == 1);
    while (wait(NULL) > 0)
        ;
    _exit(0);
}

/* Two children at once, each with a child; the parent sends in between. */
static void fork_some(struct watch *w, gss_ctx_id_t from)
{
    uint8_t piece[PIECE];
    int ends[2][2];

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pipe(ends[i]), 0);
        if (fork() == 0)
            send_from_children(from, ends[i][1]);
        ck_assert_int_eq(close(ends[i][1]), 0);
        send_some(w, from);
    }
    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < FROM_CHILDREN; n++) {
            ck_assert_int_eq(read(ends[i][0], piece, PIECE), PIECE);
            see(w, app_buffer(piece + 1, piece[0]));
        }
        (void)close(ends[i][0]);
    }
    while (wait(NULL) > 0)
        ;
    send_some(w, from);
}

/* `_i` bit 0: the acceptor is what is copied. Bit 1: it is copied before it has sent anything. */
START_TEST(copies_never_share_a_key_and_a_nonce)
{
    struct app_pair p = {.flags = GSS_C_CONF_FLAG, .type = app_types[_i / 4]};
    gss_ctx_id_t *ctx = _i & 1 ? &p.acceptor : &p.initiator, copy[4];
    struct watch *w = calloc(1, sizeof(*w));
    gss_buffer_desc token;

    app_open(&p);
    w->initiator = p.initiator;
    w->acceptor = p.acceptor;
    if ((_i & 2) == 0) {
        send_some(w, *ctx);
        fork_some(w, *ctx);
        send_some(w, *ctx);
    }
    token = exported(ctx);
    for (int i = 0; i < 4; i++)
        copy[i] = imported(&token);
    app_release(&token);
    for (int i = 0; i < 3; i++)
        send_some(w, copy[i]);
    for (int i = 0; i < 3; i++)
        fork_some(w, copy[i]);
    hand_over(&copy[1]); /* a copy of a copy */
    send_some(w, copy[1]);
    fork_some(w, copy[1]);
    send_some(w, copy[3]); /* one that has waited */
    for (int i = 0; i < 4; i++)
        app_delete(&copy[i]);
    free(w);
    app_close(&p);
}
END_TEST

/* ---- tokens that are not what was exported ---- */

/* Imports it; if that works, uses it all over. Whatever happens: no crash, and no key from a
 * changed key field passes for the right one unless nothing that matters has changed. */
static bool try_import(gss_buffer_t token, gss_ctx_id_t peer, bool *works)
{
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_buffer_desc in = app_of_text("x"), out = GSS_C_EMPTY_BUFFER;
    gss_name_t source = GSS_C_NO_NAME, target = GSS_C_NO_NAME;
    OM_uint32 minor, major = gss_import_sec_context(&minor, token, &ctx);

    *works = false;
    if (GSS_ERROR(major)) {
        ck_assert_ptr_eq(ctx, GSS_C_NO_CONTEXT);
        return false;
    }
    (void)gss_inquire_context(&minor, ctx, &source, &target, NULL, NULL, NULL, NULL, NULL);
    app_release_name(&source);
    app_release_name(&target);
    if (gss_wrap(&minor, ctx, 1, 0, &in, NULL, &out) == GSS_S_COMPLETE)
        *works = !GSS_ERROR(unwrap(peer, &out));
    app_release(&out);
    out = app_token(peer, false);
    (void)unwrap(ctx, &out);
    app_release(&out);
    app_delete(&ctx);
    return true;
}

/* `_i`: the acceptor's. */
START_TEST(changed_tokens_make_no_working_context)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_ctx_id_t peer;
    gss_buffer_desc token;
    size_t accepted = 0, working = 0;
    bool works;

    app_open(&p);
    token = exported(_i ? &p.acceptor : &p.initiator);
    peer = _i ? p.initiator : p.acceptor;
    ck_assert(try_import(&token, peer, &works) && works);
    for (size_t bit = 8 * MECH_HEAD; bit < 8 * token.length; bit++) {
        ((uint8_t *)token.value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += try_import(&token, peer, &works) ? 1 : 0;
        working += works ? 1 : 0;
        ((uint8_t *)token.value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    /* What may change and still be a context: texts, flags, times, numbers, keys. What may change
     * and still work: all of these but the keys. Everything else is structure. */
    ck_assert_uint_gt(accepted, 0);
    ck_assert_uint_gt(8 * (token.length - MECH_HEAD), accepted);
    ck_assert_uint_gt(accepted, working + 8 * 32 - 1); /* PRK_exporter, each of its bits */
    ck_assert(try_import(&token, peer, &works));
    app_release(&token);
    app_close(&p);
}
END_TEST

START_TEST(truncated_and_longer_tokens_are_refused)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_buffer_desc token, cut;
    OM_uint32 minor;

    app_open(&p);
    token = exported(&p.acceptor);
    for (size_t len = 0; len < token.length; len++) {
        uint8_t *copy = malloc(len);

        memcpy(copy, token.value, len);
        cut = app_buffer(copy, len);
        ck_assert(GSS_ERROR(gss_import_sec_context(&minor, &cut, &ctx)));
        ck_assert_ptr_eq(ctx, GSS_C_NO_CONTEXT);
        free(copy);
    }
    for (size_t more = 1; more < 20; more++) {
        uint8_t *copy = calloc(1, token.length + more);

        memcpy(copy, token.value, token.length);
        cut = app_buffer(copy, token.length + more);
        ck_assert_uint_eq(gss_import_sec_context(&minor, &cut, &ctx), GSS_S_DEFECTIVE_TOKEN);
        ck_assert_uint_eq(minor, MINOR(TOKEN));
        free(copy);
    }
    ck_assert(GSS_ERROR(gss_import_sec_context(&minor, NULL, &ctx)));
    ck_assert(GSS_ERROR(gss_import_sec_context(&minor, &token, NULL)));
    app_release(&token);
    app_close(&p);
}
END_TEST

START_TEST(other_versions_are_refused)
{
    struct app_pair p = {.flags = APP_FLAGS};
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_buffer_desc token;
    OM_uint32 minor;

    app_open(&p);
    token = exported(&p.acceptor);
    ck_assert_uint_eq(((uint8_t *)token.value)[MECH_HEAD + 1], 1);
    for (int version = 0; version < 24; version++) {
        ((uint8_t *)token.value)[MECH_HEAD + 1] = (uint8_t)version;
        ck_assert_uint_eq(gss_import_sec_context(&minor, &token, &ctx),
                          version == 1 ? GSS_S_COMPLETE : GSS_S_DEFECTIVE_TOKEN);
        app_delete(&ctx);
    }
    app_release(&token);
    app_close(&p);
}
END_TEST

/* ---- credentials ---- */

static gss_buffer_desc exported_cred(gss_cred_id_t cred)
{
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_export_cred(&minor, cred, &token);

    app_complete(major, minor);
    return token;
}

static gss_cred_id_t imported_cred(gss_buffer_t token)
{
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major = gss_import_cred(&minor, token, &cred);

    app_complete(major, minor);
    ck_assert_ptr_nonnull(cred);
    return cred;
}

static void hand_over_cred(gss_cred_id_t *cred)
{
    gss_buffer_desc token = exported_cred(*cred);

    app_release_cred(cred);
    *cred = imported_cred(&token);
    app_release(&token);
}

static const char *cred_facts(gss_cred_id_t cred)
{
    gss_name_t name = GSS_C_NO_NAME;
    gss_OID_set mechs = GSS_C_NO_OID_SET;
    OM_uint32 minor, lifetime, major;
    int usage;
    const char *out;

    major = gss_inquire_cred(&minor, cred, &name, &lifetime, &usage, &mechs);
    app_complete(major, minor);
    out = textf("%s, %u s, usage %d, %zu mechs", app_shown(name), lifetime, usage, mechs->count);
    app_release_name(&name);
    (void)gss_release_oid_set(&minor, &mechs);
    return out;
}

/* A credential for both directions: one party that talks to itself needs two keys. */
static gss_cred_id_t cred_for_both(void)
{
    gss_key_value_element_desc pairs[] = {{"edhoc_identity", folder_path("client-x25519")},
                                          {"edhoc_service_identity", folder_path("server-x25519")},
                                          {"edhoc_trust", folder_path("trust-both")},
                                          {"edhoc_suites", "6,4"}};
    gss_key_value_set_desc store = {4, pairs};
    gss_OID_set_desc mechs = {1, &app_mech};
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major;

    folder_write("trust-both", "");
    app_trust("trust-both", "client-x25519", NULL);
    app_trust("trust-both", "server-x25519", NULL);
    major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &mechs, GSS_C_BOTH, &store, &cred, NULL,
                                  NULL);
    app_complete(major, minor);
    return cred;
}

START_TEST(credentials_go_on)
{
    struct app_pair p = {.type = app_types[_i % APP_TYPES],
                         .mech = _i < APP_TYPES ? &app_mech : &app_spnego};
    char *initiator, *acceptor;

    app_prepare(&p);
    initiator = strdup(cred_facts(p.initiator_cred));
    acceptor = strdup(cred_facts(p.acceptor_cred));
    hand_over_cred(&p.initiator_cred);
    hand_over_cred(&p.acceptor_cred);
    hand_over_cred(&p.acceptor_cred);
    ck_assert_str_eq(cred_facts(p.initiator_cred), initiator);
    ck_assert_str_eq(cred_facts(p.acceptor_cred), acceptor);
    free(initiator);
    free(acceptor);
    app_open(&p);
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
}
END_TEST

START_TEST(credentials_for_both_directions_go_on)
{
    struct app_pair p = {.initiator_cred = cred_for_both(), .acceptor_cred = cred_for_both()};
    char *before = strdup(cred_facts(p.initiator_cred));

    ck_assert_ptr_nonnull(strstr(before, "usage 0"));
    hand_over_cred(&p.initiator_cred);
    hand_over_cred(&p.acceptor_cred);
    ck_assert_str_eq(cred_facts(p.initiator_cred), before);
    free(before);
    app_open(&p);
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
}
END_TEST

/* Settings of the importing process do not come in. */
START_TEST(settings_of_the_importer_do_not_come_in)
{
    struct app_pair p = {0};
    gss_buffer_desc initiator, acceptor;

    p.initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, "client-x25519", "trust-server-x25519",
                                "confirm,hide-target");
    app_prepare(&p);
    initiator = exported_cred(p.initiator_cred);
    acceptor = exported_cred(p.acceptor_cred);
    app_release_cred(&p.initiator_cred);
    app_release_cred(&p.acceptor_cred);
    (void)setenv("GSS_EDHOC_IDENTITY", "/nonexistent", 1);
    (void)setenv("GSS_EDHOC_SERVICE_IDENTITY", "/nonexistent", 1);
    (void)setenv("GSS_EDHOC_TRUST", "/nonexistent", 1);
    (void)setenv("GSS_EDHOC_SUITES", "25", 1);
    (void)setenv("GSS_EDHOC_OPTIONS", "none", 1);
    p.initiator_cred = imported_cred(&initiator);
    p.acceptor_cred = imported_cred(&acceptor);
    app_open(&p);
    ck_assert_uint_eq(p.tokens, 4); /* confirm */
    ck_assert_ptr_null(memmem(p.token[0].value, p.token[0].length, "web.example.org", 15));
    app_release(&initiator);
    app_release(&acceptor);
    app_close(&p);
}
END_TEST

/* The default key's place is where it was found; relative paths are from where they were given. */
START_TEST(places_go_along_as_they_were_found)
{
    struct app_pair p = {0};
    gss_buffer_desc initiator, acceptor;

    ck_assert_int_eq(chdir(folder_path(".")), 0);
    folder_run("mkdir -p config/gss-edhoc && cp client-x25519 config/gss-edhoc/identity.pem && "
               "cp client-x25519.pub config/gss-edhoc/identity.pem.pub");
    (void)setenv("GSS_EDHOC_TRUST", "trust-server-x25519", 1);
    p.initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, NULL, NULL, NULL);
    (void)setenv("GSS_EDHOC_SERVICE_IDENTITY", "file:server-x25519", 1);
    (void)setenv("GSS_EDHOC_TRUST", "./trust-clients", 1);
    p.acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, NULL, NULL, NULL);
    initiator = exported_cred(p.initiator_cred);
    acceptor = exported_cred(p.acceptor_cred);
    app_release_cred(&p.initiator_cred);
    app_release_cred(&p.acceptor_cred);
    ck_assert_int_eq(chdir("/"), 0);
    (void)setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    p.initiator_cred = imported_cred(&initiator);
    p.acceptor_cred = imported_cred(&acceptor);
    app_open(&p);
    app_release(&initiator);
    app_release(&acceptor);
    app_close(&p);
}
END_TEST

START_TEST(the_desired_name_goes_along)
{
    struct app_pair p = {0};
    gss_name_t name = app_name("HTTP@web.example.org", GSS_C_NT_HOSTBASED_SERVICE);
    gss_OID_set_desc mechs = {1, &app_mech};
    OM_uint32 minor;

    (void)setenv("GSS_EDHOC_SERVICE_IDENTITY", folder_path("server-x25519"), 1);
    (void)setenv("GSS_EDHOC_TRUST", folder_path("trust-clients"), 1);
    ck_assert_uint_eq(
        gss_acquire_cred(&minor, name, 0, &mechs, GSS_C_ACCEPT, &p.acceptor_cred, NULL, NULL), 0);
    hand_over_cred(&p.acceptor_cred);
    ck_assert_ptr_nonnull(strstr(cred_facts(p.acceptor_cred), "HTTP@web.example.org"));
    app_open(&p);
    app_release_name(&name);
    app_close(&p);
}
END_TEST

/* Neither the file's text nor the key's own bytes are in it. */
START_TEST(no_key_is_in_an_exported_credential)
{
    FILE *f = fopen(folder_path(textf("client-%s", app_types[_i])), "r");
    EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    uint8_t raw[4096], *der = raw;
    gss_cred_id_t cred = app_cred(&app_mech, GSS_C_INITIATE, textf("client-%s", app_types[_i]),
                                  NULL, NULL);
    gss_buffer_desc token = exported_cred(cred);
    int len;

    ck_assert_ptr_nonnull(key);
    len = i2d_PrivateKey(key, &der);
    ck_assert_int_gt(len, 32);
    for (int i = 0; i + 8 <= len; i++)
        ck_assert_ptr_null(memmem(token.value, token.length, raw + i, 8));
    ck_assert_ptr_nonnull(
        memmem(token.value, token.length, folder_path(""), strlen(folder_path(""))));
    EVP_PKEY_free(key);
    (void)fclose(f);
    app_release(&token);
    app_release_cred(&cred);
}
END_TEST

START_TEST(a_key_that_is_gone_refuses_the_import)
{
    gss_cred_id_t cred, again = GSS_C_NO_CREDENTIAL;
    gss_buffer_desc token;
    OM_uint32 minor;

    folder_run("cp client-x25519 short-lived");
    cred = app_cred(&app_mech, GSS_C_INITIATE, "short-lived", "trust-clients", NULL);
    token = exported_cred(cred);
    ck_assert_int_eq(unlink(folder_path("short-lived")), 0);
    (void)usleep(1100000); /* what is known may be a second old */
    ck_assert_uint_eq(gss_import_cred(&minor, &token, &again), GSS_S_NO_CRED);
    ck_assert_uint_eq(minor, MINOR(NO_IDENTITY));
    ck_assert_ptr_eq(again, GSS_C_NO_CREDENTIAL);
    app_release(&token);
    app_release_cred(&cred);
    cred = cred_for_both();
    token = exported_cred(cred);
    folder_run("mv server-x25519 server-x25519.away");
    (void)usleep(1100000);
    ck_assert_uint_eq(gss_import_cred(&minor, &token, &again), GSS_S_NO_CRED);
    folder_run("mv server-x25519.away server-x25519");
    app_release(&token);
    app_release_cred(&cred);
}
END_TEST

START_TEST(changed_credentials_are_mostly_refused_and_never_hurt)
{
    gss_cred_id_t cred = cred_for_both(), again;
    gss_buffer_desc token = exported_cred(cred), cut;
    const size_t head = 4 + 33 + 4;
    size_t accepted = 0;
    OM_uint32 minor;

    for (size_t bit = 8 * head; bit < 8 * token.length; bit++) {
        again = GSS_C_NO_CREDENTIAL;
        ((uint8_t *)token.value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (gss_import_cred(&minor, &token, &again) == GSS_S_COMPLETE)
            accepted++;
        else
            ck_assert_ptr_eq(again, GSS_C_NO_CREDENTIAL);
        app_release_cred(&again);
        ((uint8_t *)token.value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert_uint_lt(accepted, 32); /* usage, the suites' order, options */
    for (size_t len = 1; len < token.length; len++) {
        uint8_t *copy = malloc(len);

        memcpy(copy, token.value, len);
        /* Also with the length that the mechglue puts before it made right. */
        if (len > head) {
            copy[head - 1] = (uint8_t)(len - head);
            copy[head - 2] = (uint8_t)((len - head) >> 8);
        }
        cut = app_buffer(copy, len);
        ck_assert(GSS_ERROR(gss_import_cred(&minor, &cut, &again)));
        free(copy);
    }
    ck_assert(GSS_ERROR(gss_import_cred(&minor, NULL, &again)));
    ck_assert(GSS_ERROR(gss_import_cred(&minor, &token, NULL)));
    ck_assert(GSS_ERROR(gss_export_cred(&minor, GSS_C_NO_CREDENTIAL, &cut)));
    ck_assert(GSS_ERROR(gss_export_cred(&minor, cred, NULL)));
    app_release(&token);
    app_release_cred(&cred);
}
END_TEST

/* gss_add_cred with an output copies every element, through export and import. */
START_TEST(add_cred_copies_through_export_and_import)
{
    struct app_pair p = {.mech = &app_mech};
    gss_key_value_element_desc pairs[] = {{"edhoc_identity", folder_path("client-x25519")}};
    gss_key_value_set_desc store = {1, pairs};
    gss_cred_id_t copy = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major;

    app_prepare(&p);
    major = gss_add_cred_from(&minor, p.initiator_cred, GSS_C_NO_NAME, &app_spnego, GSS_C_INITIATE,
                              0, 0, &store, &copy, NULL, NULL, NULL);
    app_complete(major, minor);
    ck_assert_ptr_ne(copy, p.initiator_cred);
    app_release_cred(&p.initiator_cred);
    p.initiator_cred = copy;
    ck_assert_ptr_nonnull(strstr(cred_facts(copy), "2 mechs"));
    hand_over_cred(&p.initiator_cred);
    app_open(&p);
    app_close(&p);
}
END_TEST

/* What krb5's users do with all they have: a default credential that we are part of can leave. */
START_TEST(default_credentials_leave)
{
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major;

    (void)setenv("GSS_EDHOC_IDENTITY", folder_path("client-x25519"), 1);
    major = gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, GSS_C_NO_OID_SET, GSS_C_INITIATE, &cred,
                             NULL, NULL);
    app_complete(major, minor);
    hand_over_cred(&cred);
    ck_assert_ptr_nonnull(strstr(cred_facts(cred), "alice"));
    app_release_cred(&cred);
}
END_TEST

/* ---- composite names ---- */

static gss_buffer_desc exported_name(gss_name_t name)
{
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_export_name_composite(&minor, name, &token);

    app_complete(major, minor);
    ck_assert_mem_eq(token.value, "\x04\x02\x00", 3);
    return token;
}

static void check_hearsay(gss_name_t name, gss_name_t original)
{
    gss_buffer_desc local;
    OM_uint32 minor;
    int authenticated, equal = 0;

    ck_assert_str_eq(app_shown(name), app_shown(original));
    ck_assert_str_eq(app_attribute(name, "urn:gss-edhoc:key-sha256", &authenticated),
                     app_attribute(original, "urn:gss-edhoc:key-sha256", &equal));
    ck_assert_int_eq(authenticated, 0);
    ck_assert_int_eq(equal, 1);
    ck_assert_ptr_null(app_attribute(name, "local-login-user", &authenticated));
    ck_assert_str_eq(app_attribute(original, "local-login-user", &authenticated), "alice");
    ck_assert(GSS_ERROR(gss_localname(&minor, name, &app_mech, &local)));
    ck_assert(GSS_ERROR(gss_authorize_localname(&minor, name, original)));
    ck_assert_int_eq(gss_userok(name, "alice"), 0);
    ck_assert_int_eq(gss_userok(original, "alice"), 1);
    ck_assert_uint_eq(gss_compare_name(&minor, name, original, &equal), 0);
    ck_assert_int_eq(equal, 1);
}

/* What was authenticated here is hearsay there. */
START_TEST(what_was_authenticated_here_is_hearsay_there)
{
    gss_OID const types[] = {GSS_C_NT_COMPOSITE_EXPORT, GSS_C_NT_EXPORT_NAME};
    struct app_pair p = {.type = app_types[_i]};
    gss_buffer_desc token, again;
    OM_uint32 minor, major;

    app_open(&p);
    token = exported_name(p.source);
    for (size_t i = 0; i < ROWS(types); i++) {
        gss_name_t name = GSS_C_NO_NAME, copy = GSS_C_NO_NAME;

        major = gss_import_name(&minor, &token, types[i], &name);
        app_complete(major, minor);
        check_hearsay(name, p.source);
        ck_assert_uint_eq(gss_duplicate_name(&minor, name, &copy), 0);
        check_hearsay(copy, p.source);
        again = exported_name(copy);
        ck_assert_uint_eq(again.length, token.length);
        ck_assert_mem_eq(again.value, token.value, token.length);
        app_release(&again);
        app_release_name(&name);
        app_release_name(&copy);
    }
    app_release(&token);
    app_close(&p);
}
END_TEST

START_TEST(changed_composite_names_are_refused_or_hearsay)
{
    struct app_pair p = {0};
    gss_buffer_desc token, cut;
    gss_name_t name;
    OM_uint32 minor;
    int authenticated;

    app_open(&p);
    token = exported_name(p.source);
    for (size_t bit = 0; bit < 8 * token.length; bit++) {
        ((uint8_t *)token.value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        name = GSS_C_NO_NAME;
        if (gss_import_name(&minor, &token, GSS_C_NT_COMPOSITE_EXPORT, &name) == 0) {
            (void)app_attribute(name, "urn:gss-edhoc:key-sha256", &authenticated);
            ck_assert_int_ne(authenticated, 1);
            ck_assert_ptr_null(app_attribute(name, "local-login-user", &authenticated));
        }
        app_release_name(&name);
        ((uint8_t *)token.value)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < token.length; len++) {
        uint8_t *copy = malloc(len + 1);

        memcpy(copy, token.value, len);
        cut = app_buffer(copy, len);
        ck_assert(GSS_ERROR(gss_import_name(&minor, &cut, GSS_C_NT_COMPOSITE_EXPORT, &name)));
        free(copy);
    }
    app_release(&token);
    app_close(&p);
}
END_TEST

/* A name that nobody has proven has a composite form, too. */
START_TEST(a_name_that_nobody_proved_has_a_composite_form)
{
    gss_name_t said = app_name(APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE), mine = GSS_C_NO_NAME,
               back = GSS_C_NO_NAME;
    gss_buffer_desc token;
    OM_uint32 minor;

    ck_assert(GSS_ERROR(gss_export_name_composite(&minor, said, &token)));
    ck_assert_uint_eq(gss_canonicalize_name(&minor, said, &app_mech, &mine), 0);
    token = exported_name(mine);
    ck_assert_uint_eq(gss_import_name(&minor, &token, GSS_C_NT_COMPOSITE_EXPORT, &back), 0);
    ck_assert_str_eq(knowledge(back), knowledge(mine));
    app_release(&token);
    app_release_name(&said);
    app_release_name(&mine);
    app_release_name(&back);
}
END_TEST

/* ---- */

static void add_contexts(Suite *suite)
{
    TCase *tc = app_case(suite, "contexts");

    tcase_add_loop_test(tc, contexts_go_on_from_any_point_of_a_stream, 0, 2 * APP_TYPES);
    tcase_add_test(tc, numbers_go_on);
    tcase_add_test(tc, order_is_remembered);
    tcase_add_test(tc, a_long_comment_goes_along);
    tcase_add_loop_test(tc, everything_known_goes_along, 0, APP_TYPES);
    tcase_add_loop_test(tc, a_peer_by_reference_is_known_by_value_afterwards, 0, APP_TYPES);
    tcase_add_test(tc, keys_for_callers_are_the_same);
    tcase_add_test(tc, only_open_contexts_leave);
    tcase_add_test(tc, dead_contexts_stay);
    tcase_add_test(tc, an_exported_context_does_nothing_more);
    tcase_add_loop_test(tc, copies_never_share_a_key_and_a_nonce, 0, 4 * APP_TYPES);
    tcase_add_loop_test(tc, changed_tokens_make_no_working_context, 0, 2);
    tcase_add_test(tc, truncated_and_longer_tokens_are_refused);
    tcase_add_test(tc, other_versions_are_refused);
}

static void add_credentials(Suite *suite)
{
    TCase *tc = app_case(suite, "credentials");

    tcase_add_loop_test(tc, credentials_go_on, 0, 2 * APP_TYPES);
    tcase_add_test(tc, credentials_for_both_directions_go_on);
    tcase_add_test(tc, settings_of_the_importer_do_not_come_in);
    tcase_add_test(tc, places_go_along_as_they_were_found);
    tcase_add_test(tc, the_desired_name_goes_along);
    tcase_add_loop_test(tc, no_key_is_in_an_exported_credential, 0, APP_TYPES);
    tcase_add_test(tc, a_key_that_is_gone_refuses_the_import);
    tcase_add_test(tc, changed_credentials_are_mostly_refused_and_never_hurt);
    tcase_add_test(tc, add_cred_copies_through_export_and_import);
    tcase_add_test(tc, default_credentials_leave);
}

static void add_names(Suite *suite)
{
    TCase *tc = app_case(suite, "names");

    tcase_add_loop_test(tc, what_was_authenticated_here_is_hearsay_there, 0, APP_TYPES);
    tcase_add_test(tc, changed_composite_names_are_refused_or_hearsay);
    tcase_add_test(tc, a_name_that_nobody_proved_has_a_composite_form);
}

static void add(Suite *suite)
{
    add_contexts(suite);
    add_credentials(suite);
    add_names(suite);
}

int main(void)
{
    return app_main("export", add);
}
