/* Contexts that come about: keys, suites, flags, targets, bindings, confirmation, threads. */
#include "gss_pair.h"

#include <pthread.h>

/* ---- handshakes ---- */

/* Kinds of keys on both sides (RFC 9528's four methods) that have a suite in common. */
static const struct {
    const char *client, *server;
} key_pairs[] = {
    {"x25519", "x25519"}, {"ed25519", "x25519"},  {"p256", "x25519"}, {"x25519", "ed25519"},
    {"x25519", "p256"},   {"ed25519", "ed25519"}, {"p256", "p256"},   {"p256dh", "p256dh"},
    {"p256dh", "p256"},   {"p256", "p256dh"},     {"p384", "p384dh"}, {"p384dh", "p384"},
    {"p384", "p384"},     {"p384dh", "p384dh"},   {"x448", "x448"},   {"ed448", "x448"},
    {"x448", "ed448"},    {"ed448", "ed448"},
};

START_TEST(three_tokens_for_every_kind_of_key)
{
    struct app_pair p = {.client = textf("client-%s", key_pairs[_i].client),
                         .server = textf("server-%s", key_pairs[_i].server),
                         .server_trust = textf("trust-server-%s", key_pairs[_i].server)};
    OM_uint32 flags = APP_ALWAYS | APP_LOCAL;

    app_open(&p);
    ck_assert_uint_eq(p.tokens, 3);
    app_check_name(p.source, "alice", GSS_C_NT_USER_NAME);
    ck_assert(gss_oid_equal(p.initiator_mech, &app_mech) &&
              gss_oid_equal(p.acceptor_mech, &app_mech));
    ck_assert_uint_eq(p.initiator_flags, flags);
    ck_assert_uint_eq(p.acceptor_flags, flags);
    ck_assert_uint_eq(p.initiator_time, GSS_C_INDEFINITE);
    ck_assert_uint_eq(p.acceptor_time, GSS_C_INDEFINITE);
    app_check_open(p.initiator, flags, 1);
    app_check_open(p.acceptor, flags, 0);
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
}
END_TEST

/* An acceptor that takes suite 5 only refuses the initiator's first choice: five tokens. */
START_TEST(five_tokens_after_another_choice_of_suite)
{
    struct app_store from = {
        .service_identity = "server-p256", .trust = "trust-clients", .suites = "5"};
    struct app_pair p = {.type = "p256"};
    OM_uint32 minor, major;

    major = app_acquire(&minor, &app_mech, GSS_C_ACCEPT, GSS_C_NO_NAME, from, &p.acceptor_cred);
    app_complete(major, minor);
    app_open(&p);
    ck_assert_uint_eq(p.tokens, 5);
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
}
END_TEST

/* The initiator signs with Ed25519, the acceptor holds a P-256 key: no suite has both. */
START_TEST(no_common_suite_is_told)
{
    struct app_pair p = {
        .client = "client-ed25519", .server = "server-p256", .server_trust = "trust-server-p256"};

    app_talk(&p, APP_TOKENS);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_FAILURE, MINOR(NO_SUITE));
    ck_assert_uint_eq(p.tokens, 0);
    app_close(&p);
}
END_TEST

#define BOTH (GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG)
static const struct {
    OM_uint32 asked, got;
} flag_table[] = {
    {0, BOTH},
    {GSS_C_MUTUAL_FLAG, BOTH},
    {GSS_C_INTEG_FLAG, BOTH},
    {GSS_C_REPLAY_FLAG, BOTH | GSS_C_REPLAY_FLAG},
    {GSS_C_SEQUENCE_FLAG, BOTH | GSS_C_SEQUENCE_FLAG},
    {GSS_C_CONF_FLAG, BOTH | GSS_C_CONF_FLAG},
    {GSS_C_DCE_STYLE, BOTH | GSS_C_DCE_STYLE},
    {GSS_C_IDENTIFY_FLAG, BOTH | GSS_C_IDENTIFY_FLAG},
    {GSS_C_EXTENDED_ERROR_FLAG, BOTH | GSS_C_EXTENDED_ERROR_FLAG},
    {GSS_C_CHANNEL_BOUND_FLAG, BOTH},
    {GSS_C_DELEG_FLAG | GSS_C_DELEG_POLICY_FLAG | GSS_C_ANON_FLAG, BOTH},
    {GSS_C_PROT_READY_FLAG | GSS_C_TRANS_FLAG, BOTH},
    {0xffffffff, BOTH | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG |
                     GSS_C_DCE_STYLE | GSS_C_IDENTIFY_FLAG | GSS_C_EXTENDED_ERROR_FLAG},
};

START_TEST(flags_travel)
{
    struct app_pair p = {.flags = flag_table[_i].asked};

    app_initiate(&p, GSS_C_NO_BUFFER);
    ck_assert_uint_eq(p.initiator_major, GSS_S_CONTINUE_NEEDED);
    ck_assert_uint_eq(p.initiator_flags, flag_table[_i].got);
    app_open(&p);
    ck_assert_uint_eq(p.tokens, 3);
    ck_assert_uint_eq(p.initiator_flags, flag_table[_i].got | APP_LOCAL);
    ck_assert_uint_eq(p.acceptor_flags, flag_table[_i].got | APP_LOCAL);
    app_converse(p.initiator, p.acceptor);
    app_close(&p);
}
END_TEST

START_TEST(half_open_contexts_say_little)
{
    struct app_pair p = {.flags = GSS_C_SEQUENCE_FLAG | GSS_C_CHANNEL_BOUND_FLAG};

    app_until(&p, 1);
    app_check_partial(p.initiator, APP_ALWAYS | GSS_C_SEQUENCE_FLAG, 1);
    ck_assert_uint_eq(p.initiator_time, 0);
    app_until(&p, 2);
    app_check_partial(p.acceptor, 0, 0);
    ck_assert_ptr_null(p.source);
    ck_assert_uint_eq(p.acceptor_flags, 0);
    app_open(&p);
    app_close(&p);
}
END_TEST

/* ---- targets ---- */

static const struct {
    const char *desired; /* the acceptor's own name; NULL: none */
    const char *target;
    bool refused;
} targets[] = {
    {NULL, APP_SERVICE, false},           {APP_SERVICE, APP_SERVICE, false},
    {"HTTP", APP_SERVICE, false},         {NULL, "HTTP@WEB.example.org.", false},
    {NULL, "ldap@web.example.org", true},
};

START_TEST(targets_are_matched)
{
    struct app_pair p = {.server_trust = "trust-any"};
    struct app_store from = {.service_identity = "server-x25519", .trust = "trust-clients"};
    gss_name_t desired = GSS_C_NO_NAME;
    OM_uint32 minor, major;

    if (targets[_i].desired != NULL)
        desired = app_name(targets[_i].desired, GSS_C_NT_HOSTBASED_SERVICE);
    major = app_acquire(&minor, &app_mech, GSS_C_ACCEPT, desired, from, &p.acceptor_cred);
    app_complete(major, minor);
    app_use_target(&p, targets[_i].target, GSS_C_NT_HOSTBASED_SERVICE);
    if (targets[_i].refused) {
        app_check_refused(&p, GSS_S_NO_CRED, MINOR(TARGET));
        ck_assert_uint_eq(p.initiator_minor, MINOR(PEER_ERROR));
    } else {
        app_open(&p);
        app_check_open(p.acceptor, APP_ALWAYS | APP_LOCAL, 0);
    }
    app_release_name(&desired);
    app_close(&p);
}
END_TEST

/* Names that stand for a service on any host are an acceptor's own, and nobody's target. */
static const struct {
    const char *text;
    bool user;
} hostless[] = {{"HTTP", false}, {"HTTP@", false}, {"HTTP@", true}};

START_TEST(a_target_without_a_host_is_refused)
{
    struct app_pair p = {0};

    app_use_target(&p, hostless[_i].text,
                   hostless[_i].user ? GSS_C_NT_USER_NAME : GSS_C_NT_HOSTBASED_SERVICE);
    app_initiate(&p, GSS_C_NO_BUFFER);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_BAD_NAME, MINOR(NAME));
    ck_assert_ptr_nonnull(strstr(app_status(p.initiator_major, p.initiator_minor),
                                 hostless[_i].user ? "service@host" : "HTTP@HOST"));
    app_close(&p);
}
END_TEST

/* With hide-target, message_1 does not tell whom it is for; the acceptor learns it in message_3. */
START_TEST(hidden_targets_are_told_late)
{
    struct app_pair p = {0};

    p.initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, "client-x25519", "trust-server-x25519",
                                "hide-target");
    app_until(&p, 1);
    ck_assert_ptr_null(
        memmem(p.token[0].value, p.token[0].length, APP_SERVICE, strlen(APP_SERVICE)));
    app_open(&p);
    app_check_open(p.acceptor, APP_ALWAYS | APP_LOCAL, 0);
    app_close(&p);
}
END_TEST

static size_t total_length(const struct app_pair *p)
{
    size_t total = 0;

    for (unsigned i = 0; i < p->tokens; i++)
        total += p->token[i].length;
    return total;
}

/* By value with the target in message_1; by reference with the target hidden (krb5: about 850). */
START_TEST(tokens_are_small)
{
    struct app_pair p = {.server = "local", .server_trust = "trust-local"};

    app_use_target(&p, "host@localhost", GSS_C_NT_HOSTBASED_SERVICE);
    app_open(&p);
    ck_assert_uint_le(total_length(&p), 320);
    app_reset(&p);
    app_use_cred(&p.initiator_cred, app_cred(&app_mech, GSS_C_INITIATE, "client-x25519",
                                             "trust-local", "hide-target,cred-by-reference"));
    app_use_cred(&p.acceptor_cred, app_cred(&app_mech, GSS_C_ACCEPT, "local", "trust-client-x25519",
                                            "cred-by-reference"));
    app_open(&p);
    ck_assert_uint_le(total_length(&p), 215);
    app_check_name(p.source, "alice", GSS_C_NT_USER_NAME);
    app_close(&p);
}
END_TEST

/* ---- channel bindings and confirmation ---- */

static struct gss_channel_bindings_struct bindings_of(const char *data)
{
    struct gss_channel_bindings_struct b;

    memset(&b, 0, sizeof(b));
    b.application_data = app_of_text(data);
    return b;
}

/* NULL: none given. */
static const struct {
    const char *initiator, *acceptor;
    OM_uint32 flags;
    bool refused, bound;
} binding_table[] = {
    {NULL, NULL, 0, false, false},
    {NULL, NULL, GSS_C_CHANNEL_BOUND_FLAG, false, false},
    {"a", NULL, 0, false, false},
    {"a", NULL, GSS_C_CHANNEL_BOUND_FLAG, false, false},
    {"a", "a", 0, false, true},
    {"a", "a", GSS_C_CHANNEL_BOUND_FLAG, false, true},
    {"", "", 0, false, true},
    {"a", "b", 0, true, false},
    {"a", "", 0, true, false},
    {"", "a", 0, true, false},
    {"a", "b", GSS_C_CHANNEL_BOUND_FLAG, true, false},
    {NULL, "a", 0, false, false},
    {NULL, "", 0, false, false},
    {NULL, "a", GSS_C_CHANNEL_BOUND_FLAG, true, false},
    {NULL, "", GSS_C_CHANNEL_BOUND_FLAG, true, false},
};

START_TEST(bindings_bind)
{
    const bool initiator_gave = binding_table[_i].initiator != NULL;
    struct app_pair p = {0};
    struct gss_channel_bindings_struct i, a;
    OM_uint32 flags = APP_ALWAYS | APP_LOCAL |
                      (binding_table[_i].bound ? GSS_C_CHANNEL_BOUND_FLAG : 0);

    p.flags = binding_table[_i].flags;
    if (initiator_gave) {
        i = bindings_of(binding_table[_i].initiator);
        p.initiator_bindings = &i;
    }
    if (binding_table[_i].acceptor != NULL) {
        a = bindings_of(binding_table[_i].acceptor);
        p.acceptor_bindings = &a;
    }
    app_talk(&p, APP_TOKENS);
    if (binding_table[_i].refused) {
        app_failed(p.acceptor_major, p.acceptor_minor, GSS_S_BAD_BINDINGS, MINOR(BINDINGS));
        ck_assert_ptr_null(p.source);
        if (initiator_gave)
            ck_assert_uint_eq(p.initiator_minor, MINOR(PEER_ERROR));
    } else {
        app_open(&p);
        ck_assert_uint_eq(p.tokens, initiator_gave ? 4 : 3); /* bindings ask for message_4 */
        ck_assert_uint_eq(p.acceptor_flags, flags);
        ck_assert_uint_eq(p.initiator_flags, flags);
        app_converse(p.initiator, p.acceptor);
    }
    app_close(&p);
}
END_TEST

START_TEST(all_of_the_bindings_counts)
{
    struct gss_channel_bindings_struct same = bindings_of("data"), other[5];
    struct app_pair p = {0};

    same.initiator_addrtype = GSS_C_AF_INET;
    same.initiator_address = app_of_text("1234");
    same.acceptor_addrtype = GSS_C_AF_INET;
    same.acceptor_address = app_of_text("5678");
    for (size_t i = 0; i < 5; i++)
        other[i] = same;
    other[0].initiator_addrtype = GSS_C_AF_LOCAL;
    other[1].initiator_address = app_of_text("1235");
    other[2].acceptor_addrtype = GSS_C_AF_LOCAL;
    other[3].acceptor_address = app_of_text("567");
    other[4].application_data = app_of_text("datb");
    p.initiator_bindings = p.acceptor_bindings = &same;
    app_open(&p);
    app_reset(&p);
    for (size_t i = 0; i < 5; i++) {
        p.acceptor_bindings = &other[i];
        app_talk(&p, APP_TOKENS);
        ck_assert_uint_eq(p.acceptor_major, GSS_S_BAD_BINDINGS);
        app_reset(&p);
    }
    app_close(&p);
}
END_TEST

/* The initiator's are taken at its first call, the acceptor's at each. */
START_TEST(bindings_are_taken_when_they_count)
{
    struct gss_channel_bindings_struct a = bindings_of("a"), b = bindings_of("b");
    struct app_pair p = {0};

    p.initiator_bindings = &a;
    p.acceptor_bindings = &b;
    app_until(&p, 2);
    p.initiator_bindings = &b;
    p.acceptor_bindings = &a;
    app_open(&p);
    ck_assert_uint_ne(p.acceptor_flags & GSS_C_CHANNEL_BOUND_FLAG, 0);
    app_close(&p);
}
END_TEST

/* What an acceptor's caller said once is not forgotten because it says nothing more. */
START_TEST(bindings_are_not_taken_back)
{
    struct gss_channel_bindings_struct a = bindings_of("a"), b = bindings_of("b");
    struct app_pair p = {0};

    p.initiator_bindings = &a;
    p.acceptor_bindings = &b;
    app_until(&p, 2);
    p.acceptor_bindings = GSS_C_NO_CHANNEL_BINDINGS;
    app_check_refused(&p, GSS_S_BAD_BINDINGS, MINOR(BINDINGS));
    app_close(&p);
}
END_TEST

START_TEST(confirmation_takes_a_fourth_token)
{
    struct gss_channel_bindings_struct b = bindings_of("x");
    struct app_pair p = {0};

    p.initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, "client-x25519", "trust-server-x25519",
                                "confirm");
    app_until(&p, 3);
    ck_assert_uint_eq(p.initiator_major, GSS_S_CONTINUE_NEEDED);
    app_check_partial(p.initiator, APP_ALWAYS, 1);
    app_until(&p, 4);
    app_complete(p.acceptor_major, p.acceptor_minor);
    app_open(&p);
    app_converse(p.initiator, p.acceptor);
    app_reset(&p);
    /* ... but never in DCE's three legs. */
    p.flags = GSS_C_DCE_STYLE;
    p.initiator_bindings = p.acceptor_bindings = &b;
    app_open(&p);
    ck_assert_uint_eq(p.tokens, 3);
    ck_assert_uint_ne(p.acceptor_flags & GSS_C_CHANNEL_BOUND_FLAG, 0);
    ck_assert_uint_eq(p.initiator_flags & GSS_C_CHANNEL_BOUND_FLAG, 0);
    app_close(&p);
}
END_TEST

START_TEST(optional_arguments_are_optional)
{
    struct app_pair p = {0};
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER, in = app_of_text("x"), token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major;
    gss_cred_id_t no_cred = GSS_C_NO_CREDENTIAL;

    app_prepare(&p);
    major = gss_init_sec_context(&minor, p.initiator_cred, &p.initiator, p.target, &app_mech, 0, 0,
                                 NULL, NULL, NULL, &out, NULL, NULL);
    ck_assert_uint_eq(major, GSS_S_CONTINUE_NEEDED);
    major = gss_accept_sec_context(&minor, &p.acceptor, p.acceptor_cred, &out, NULL, NULL, NULL,
                                   &token, NULL, NULL, NULL);
    ck_assert_uint_eq(major, GSS_S_CONTINUE_NEEDED);
    app_release(&out);
    major = gss_init_sec_context(&minor, p.initiator_cred, &p.initiator, p.target, &app_mech, 0, 0,
                                 NULL, &token, NULL, &out, NULL, NULL);
    app_complete(major, minor);
    app_release(&token);
    major = gss_accept_sec_context(&minor, &p.acceptor, p.acceptor_cred, &out, NULL, NULL, NULL,
                                   &token, NULL, NULL, NULL);
    app_complete(major, minor);
    ck_assert_ptr_null(token.value);
    app_release(&out);
    ck_assert_uint_eq(gss_wrap(&minor, p.initiator, 1, 0, &in, NULL, &token), 0);
    ck_assert_uint_eq(gss_unwrap(&minor, p.acceptor, &token, &out, NULL, NULL), 0);
    app_release(&token);
    app_release(&out);
    ck_assert_uint_eq(
        gss_inquire_context(&minor, p.initiator, NULL, NULL, NULL, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(gss_release_cred(&minor, &no_cred), 0);
    ck_assert_uint_eq(gss_delete_sec_context(&minor, &p.initiator, NULL), 0);
    app_close(&p);
}
END_TEST

/* ---- threads ---- */

#define THREADS 8

static void *handshakes(void *arg)
{
    const struct app_pair *shared = arg;

    for (int i = 0; i < 20; i++) {
        struct app_pair p = *shared;
        app_open(&p);
        app_converse(p.initiator, p.acceptor);
        app_reset(&p);
        /* A failure's story is this thread's own. */
        p.acceptor_cred = GSS_C_NO_CREDENTIAL;
        app_talk(&p, APP_TOKENS);
        ck_assert_uint_eq(p.acceptor_minor, MINOR(NO_IDENTITY));
        app_reset(&p);
    }
    return NULL;
}

static void *messages(void *arg)
{
    const struct app_pair *shared = arg;

    for (int i = 0; i < 200; i++) {
        ck_assert_uint_eq(app_pass(shared->initiator, shared->acceptor, "to you", 6, i % 2),
                          GSS_S_COMPLETE);
        ck_assert_uint_eq(app_pass(shared->acceptor, shared->initiator, "to me", 5, i % 2),
                          GSS_S_COMPLETE);
    }
    return NULL;
}

static void in_threads(void *(*work)(void *), struct app_pair *p)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, p), 0);
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
}

START_TEST(threads_share_credentials)
{
    struct app_pair p = {0};

    app_prepare(&p);
    in_threads(handshakes, &p);
    app_close(&p);
}
END_TEST

START_TEST(threads_share_a_context)
{
    struct app_pair p = {0};

    app_open(&p);
    in_threads(messages, &p);
    app_close(&p);
}
END_TEST

static void make_files(void)
{
    app_keygen("x25519", "local", "host@localhost");
    app_trust("trust-local", "local", NULL);
    app_trust("trust-client-x25519", "client-x25519", NULL);
    folder_run("sed 's/^[^ ]*/*@web.example.org server/' server-x25519.pub > trust-any");
}

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "contexts");

    make_files();
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, three_tokens_for_every_kind_of_key, 0, ROWS(key_pairs));
    tcase_add_test(tc, five_tokens_after_another_choice_of_suite);
    tcase_add_test(tc, no_common_suite_is_told);
    tcase_add_loop_test(tc, flags_travel, 0, ROWS(flag_table));
    tcase_add_test(tc, half_open_contexts_say_little);
    tcase_add_loop_test(tc, targets_are_matched, 0, ROWS(targets));
    tcase_add_loop_test(tc, a_target_without_a_host_is_refused, 0, ROWS(hostless));
    tcase_add_test(tc, hidden_targets_are_told_late);
    tcase_add_test(tc, tokens_are_small);
    tcase_add_loop_test(tc, bindings_bind, 0, ROWS(binding_table));
    tcase_add_test(tc, all_of_the_bindings_counts);
    tcase_add_test(tc, bindings_are_taken_when_they_count);
    tcase_add_test(tc, bindings_are_not_taken_back);
    tcase_add_test(tc, confirmation_takes_a_fourth_token);
    tcase_add_test(tc, optional_arguments_are_optional);
    tcase_add_test(tc, threads_share_credentials);
    tcase_add_test(tc, threads_share_a_context);
}

int main(void)
{
    return app_main("contexts", add);
}
