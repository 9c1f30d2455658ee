/* Contexts that come about: keys, suites, flags, targets, bindings, confirmation, threads. */
#include "glue_support.h"

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
    struct talk t = talk_of(text("client-%s", key_pairs[_i].client),
                            text("server-%s", key_pairs[_i].server),
                            text("trust-server-%s", key_pairs[_i].server));
    OM_uint32 flags = ALWAYS | GLUE_LOCAL_FLAGS;

    talk_complete(&t);
    ck_assert_uint_eq(t.tokens, 3);
    check_name(t.source, "alice", GSS_C_NT_USER_NAME);
    ck_assert(gss_oid_equal(t.initiator_mech, &mech) && gss_oid_equal(t.acceptor_mech, &mech));
    ck_assert_uint_eq(t.initiator_flags, flags);
    ck_assert_uint_eq(t.acceptor_flags, flags);
    ck_assert_uint_eq(t.initiator_time, GSS_C_INDEFINITE);
    ck_assert_uint_eq(t.acceptor_time, GSS_C_INDEFINITE);
    check_inquiry(t.initiator, flags, 1);
    check_inquiry(t.acceptor, flags, 0);
    check_messages(&t);
    talk_free(&t);
}
END_TEST

/* An acceptor that takes suite 5 only refuses the initiator's first choice: five tokens. */
START_TEST(five_tokens_after_another_choice_of_suite)
{
    gss_key_value_element_desc pairs[] = {{"edhoc_service_identity", path("server-p256")},
                                          {"edhoc_trust", path("trust-clients")},
                                          {"edhoc_suites", "5"}};
    gss_key_value_set_desc store = {3, pairs};
    struct talk t = talk_of("client-p256", "server-p256", "trust-server-p256");
    gss_cred_id_t c;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &only_us, GSS_C_ACCEPT,
                                            &store, &c, NULL, NULL),
                      0);
    use_cred(&t.acceptor_cred, c);
    talk_complete(&t);
    ck_assert_uint_eq(t.tokens, 5);
    check_messages(&t);
    talk_free(&t);
}
END_TEST

/* The initiator signs with Ed25519, the acceptor holds a P-256 key: no suite has both. */
START_TEST(no_common_suite_is_told)
{
    struct talk t = talk_of("client-ed25519", "server-p256", "trust-server-p256");

    talk_run(&t);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_FAILURE, MINOR(NO_SUITE));
    ck_assert_uint_eq(t.tokens, 0);
    talk_free(&t);
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
    struct talk t = talk_new();

    t.flags = flag_table[_i].asked;
    initiate(&t, GSS_C_NO_BUFFER);
    ck_assert_uint_eq(t.initiator_major, GSS_S_CONTINUE_NEEDED);
    ck_assert_uint_eq(t.initiator_flags, flag_table[_i].got);
    talk_complete(&t);
    ck_assert_uint_eq(t.tokens, 3);
    ck_assert_uint_eq(t.initiator_flags, flag_table[_i].got | LOCAL);
    ck_assert_uint_eq(t.acceptor_flags, flag_table[_i].got | LOCAL);
    check_messages(&t);
    talk_free(&t);
}
END_TEST

static void check_partial(gss_ctx_id_t ctx, OM_uint32 flags, int local)
{
    gss_buffer_desc b = of_text("x"), out = GSS_C_EMPTY_BUFFER;
    gss_name_t source, target;
    gss_OID type;
    OM_uint32 minor, major, lifetime, got;
    int initiated, open;

    ck_assert_uint_eq(gss_inquire_context(&minor, ctx, &source, &target, &lifetime, &type, &got,
                                          &initiated, &open),
                      GSS_S_COMPLETE);
    ck_assert(source == GSS_C_NO_NAME && target == GSS_C_NO_NAME && lifetime == 0);
    ck_assert(gss_oid_equal(type, &mech));
    ck_assert_uint_eq(got, flags);
    ck_assert_int_eq(initiated, local);
    ck_assert_int_eq(open, 0);
    ck_assert_uint_eq(gss_inquire_context(&minor, ctx, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                      GSS_S_COMPLETE);
    major = gss_wrap(&minor, ctx, 1, 0, &b, NULL, &out);
    check_status(major, minor, GSS_S_NO_CONTEXT, MINOR(CONTEXT_PARTIAL));
    ck_assert_ptr_null(out.value);
    ck_assert_uint_eq(gss_get_mic(&minor, ctx, 0, &b, &out), GSS_S_NO_CONTEXT);
    ck_assert_uint_ne(gss_unwrap(&minor, ctx, &b, &out, NULL, NULL), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_verify_mic(&minor, ctx, &b, &b, NULL), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(gss_wrap_size_limit(&minor, ctx, 1, 0, 100, &got), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(gss_context_time(&minor, ctx, &got), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(gss_pseudo_random(&minor, ctx, 0, &b, 16, &out), GSS_S_NO_CONTEXT);
}

START_TEST(half_open_contexts_say_little)
{
    struct talk t = talk_new();

    t.flags = GSS_C_SEQUENCE_FLAG | GSS_C_CHANNEL_BOUND_FLAG;
    talk_until(&t, 1);
    check_partial(t.initiator, ALWAYS | GSS_C_SEQUENCE_FLAG, 1);
    ck_assert_uint_eq(t.initiator_time, 0);
    talk_until(&t, 2);
    check_partial(t.acceptor, 0, 0);
    ck_assert_ptr_null(t.source);
    ck_assert_uint_eq(t.acceptor_flags, 0);
    talk_complete(&t);
    talk_free(&t);
}
END_TEST

/* ---- targets ---- */

static const struct {
    const char *desired; /* the acceptor's own name; NULL: none */
    const char *target;
    bool refused;
} targets[] = {
    {NULL, SERVICE, false},
    {SERVICE, SERVICE, false},
    {"HTTP", SERVICE, false},
    {NULL, "HTTP@WEB.example.org.", false},
    {NULL, "ldap@web.example.org", true},
};

START_TEST(targets_are_matched)
{
    struct talk t = talk_of("client-x25519", "server-x25519", "trust-any");
    gss_name_t desired = GSS_C_NO_NAME;
    gss_cred_id_t c;
    OM_uint32 minor, major;

    if (targets[_i].desired != NULL)
        desired = import(targets[_i].desired, GSS_C_NT_HOSTBASED_SERVICE);
    major = acquire(&minor, GSS_C_ACCEPT, desired, "server-x25519", "trust-clients", NULL, &c);
    check_complete(major, minor);
    use_cred(&t.acceptor_cred, c);
    use_target(&t, targets[_i].target, GSS_C_NT_HOSTBASED_SERVICE);
    if (targets[_i].refused) {
        check_refused_by_acceptor(&t, GSS_S_NO_CRED, MINOR(TARGET));
        ck_assert_uint_eq(t.initiator_minor, MINOR(PEER_ERROR));
    } else {
        talk_complete(&t);
        check_inquiry(t.acceptor, ALWAYS | LOCAL, 0);
    }
    release_name(&desired);
    talk_free(&t);
}
END_TEST

/* With hide-target, message_1 does not tell whom it is for; the acceptor learns it in message_3. */
START_TEST(hidden_targets_are_told_late)
{
    struct talk t = talk_new();

    use_cred(&t.initiator_cred,
             cred(GSS_C_INITIATE, "client-x25519", "trust-server-x25519", "hide-target"));
    talk_until(&t, 1);
    ck_assert_ptr_null(memmem(t.token[0].value, t.token[0].length, SERVICE, strlen(SERVICE)));
    talk_complete(&t);
    check_inquiry(t.acceptor, ALWAYS | LOCAL, 0);
    talk_free(&t);
}
END_TEST

static size_t total_length(const struct talk *t)
{
    size_t total = 0;

    for (unsigned i = 0; i < t->tokens; i++)
        total += t->token[i].length;
    return total;
}

/* By value with the target in message_1; by reference with the target hidden (krb5: about 850). */
START_TEST(tokens_are_small)
{
    struct talk t = talk_of("client-x25519", "local", "trust-local");

    use_target(&t, "host@localhost", GSS_C_NT_HOSTBASED_SERVICE);
    talk_complete(&t);
    ck_assert_uint_le(total_length(&t), 320);
    talk_reset(&t);
    use_cred(&t.initiator_cred,
             cred(GSS_C_INITIATE, "client-x25519", "trust-local", "hide-target,cred-by-reference"));
    use_cred(&t.acceptor_cred,
             cred(GSS_C_ACCEPT, "local", "trust-client-x25519", "cred-by-reference"));
    talk_complete(&t);
    ck_assert_uint_le(total_length(&t), 215);
    check_name(t.source, "alice", GSS_C_NT_USER_NAME);
    talk_free(&t);
}
END_TEST

/* ---- channel bindings and confirmation ---- */

static struct gss_channel_bindings_struct bindings_of(const char *data)
{
    struct gss_channel_bindings_struct b;

    memset(&b, 0, sizeof(b));
    b.application_data = of_text(data);
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
    struct talk t = talk_new();
    struct gss_channel_bindings_struct i, a;
    OM_uint32 flags = ALWAYS | LOCAL | (binding_table[_i].bound ? GSS_C_CHANNEL_BOUND_FLAG : 0);

    t.flags = binding_table[_i].flags;
    if (initiator_gave) {
        i = bindings_of(binding_table[_i].initiator);
        t.initiator_bindings = &i;
    }
    if (binding_table[_i].acceptor != NULL) {
        a = bindings_of(binding_table[_i].acceptor);
        t.acceptor_bindings = &a;
    }
    talk_run(&t);
    if (binding_table[_i].refused) {
        check_status(t.acceptor_major, t.acceptor_minor, GSS_S_BAD_BINDINGS, MINOR(BINDINGS));
        ck_assert_ptr_null(t.source);
        if (initiator_gave)
            ck_assert_uint_eq(t.initiator_minor, MINOR(PEER_ERROR));
    } else {
        talk_complete(&t);
        ck_assert_uint_eq(t.tokens, initiator_gave ? 4 : 3); /* bindings ask for message_4 */
        ck_assert_uint_eq(t.acceptor_flags, flags);
        ck_assert_uint_eq(t.initiator_flags, flags);
        check_messages(&t);
    }
    talk_free(&t);
}
END_TEST

START_TEST(all_of_the_bindings_counts)
{
    struct gss_channel_bindings_struct same = bindings_of("data"), other[5];
    struct talk t = talk_new();

    same.initiator_addrtype = GSS_C_AF_INET;
    same.initiator_address = of_text("1234");
    same.acceptor_addrtype = GSS_C_AF_INET;
    same.acceptor_address = of_text("5678");
    for (size_t i = 0; i < 5; i++)
        other[i] = same;
    other[0].initiator_addrtype = GSS_C_AF_LOCAL;
    other[1].initiator_address = of_text("1235");
    other[2].acceptor_addrtype = GSS_C_AF_LOCAL;
    other[3].acceptor_address = of_text("567");
    other[4].application_data = of_text("datb");
    t.initiator_bindings = t.acceptor_bindings = &same;
    talk_complete(&t);
    talk_reset(&t);
    for (size_t i = 0; i < 5; i++) {
        t.acceptor_bindings = &other[i];
        talk_run(&t);
        ck_assert_uint_eq(t.acceptor_major, GSS_S_BAD_BINDINGS);
        talk_reset(&t);
    }
    talk_free(&t);
}
END_TEST

/* The initiator's are taken at its first call, the acceptor's at each. */
START_TEST(bindings_are_taken_when_they_count)
{
    struct gss_channel_bindings_struct a = bindings_of("a"), b = bindings_of("b");
    struct talk t = talk_new();

    t.initiator_bindings = &a;
    t.acceptor_bindings = &b;
    talk_until(&t, 2);
    t.initiator_bindings = &b;
    t.acceptor_bindings = &a;
    talk_complete(&t);
    ck_assert_uint_ne(t.acceptor_flags & GSS_C_CHANNEL_BOUND_FLAG, 0);
    talk_free(&t);
}
END_TEST

START_TEST(confirmation_takes_a_fourth_token)
{
    struct gss_channel_bindings_struct b = bindings_of("x");
    struct talk t = talk_new();

    use_cred(&t.initiator_cred,
             cred(GSS_C_INITIATE, "client-x25519", "trust-server-x25519", "confirm"));
    talk_until(&t, 3);
    ck_assert_uint_eq(t.initiator_major, GSS_S_CONTINUE_NEEDED);
    check_partial(t.initiator, ALWAYS, 1);
    talk_until(&t, 4);
    check_complete(t.acceptor_major, t.acceptor_minor);
    talk_complete(&t);
    check_messages(&t);
    talk_reset(&t);
    /* ... but never in DCE's three legs. */
    t.flags = GSS_C_DCE_STYLE;
    t.initiator_bindings = t.acceptor_bindings = &b;
    talk_complete(&t);
    ck_assert_uint_eq(t.tokens, 3);
    ck_assert_uint_ne(t.acceptor_flags & GSS_C_CHANNEL_BOUND_FLAG, 0);
    ck_assert_uint_eq(t.initiator_flags & GSS_C_CHANNEL_BOUND_FLAG, 0);
    talk_free(&t);
}
END_TEST

START_TEST(optional_arguments_are_optional)
{
    struct talk t = talk_new();
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER, in = of_text("x"), token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major;
    gss_cred_id_t no_cred = GSS_C_NO_CREDENTIAL;

    major = gss_init_sec_context(&minor, t.initiator_cred, &t.initiator, t.target, &mech, 0, 0,
                                 NULL, NULL, NULL, &out, NULL, NULL);
    ck_assert_uint_eq(major, GSS_S_CONTINUE_NEEDED);
    major = gss_accept_sec_context(&minor, &t.acceptor, t.acceptor_cred, &out, NULL, NULL, NULL,
                                   &token, NULL, NULL, NULL);
    ck_assert_uint_eq(major, GSS_S_CONTINUE_NEEDED);
    (void)gss_release_buffer(&minor, &out);
    major = gss_init_sec_context(&minor, t.initiator_cred, &t.initiator, t.target, &mech, 0, 0,
                                 NULL, &token, NULL, &out, NULL, NULL);
    check_complete(major, minor);
    (void)gss_release_buffer(&minor, &token);
    major = gss_accept_sec_context(&minor, &t.acceptor, t.acceptor_cred, &out, NULL, NULL, NULL,
                                   &token, NULL, NULL, NULL);
    check_complete(major, minor);
    ck_assert_ptr_null(token.value);
    (void)gss_release_buffer(&minor, &out);
    ck_assert_uint_eq(gss_wrap(&minor, t.initiator, 1, 0, &in, NULL, &token), 0);
    ck_assert_uint_eq(gss_unwrap(&minor, t.acceptor, &token, &out, NULL, NULL), 0);
    (void)gss_release_buffer(&minor, &token);
    (void)gss_release_buffer(&minor, &out);
    ck_assert_uint_eq(
        gss_inquire_context(&minor, t.initiator, NULL, NULL, NULL, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(gss_release_cred(&minor, &no_cred), 0);
    ck_assert_uint_eq(gss_delete_sec_context(&minor, &t.initiator, NULL), 0);
    talk_free(&t);
}
END_TEST

/* ---- threads ---- */

#define THREADS 8

static void *handshakes(void *arg)
{
    const struct talk *shared = arg;

    for (int i = 0; i < 20; i++) {
        struct talk t = *shared;
        talk_complete(&t);
        check_messages(&t);
        talk_reset(&t);
        /* A failure's story is this thread's own. */
        t.acceptor_cred = GSS_C_NO_CREDENTIAL;
        talk_run(&t);
        ck_assert_uint_eq(t.acceptor_minor, MINOR(NO_IDENTITY));
        talk_reset(&t);
    }
    return NULL;
}

static void *messages(void *arg)
{
    const struct talk *shared = arg;

    for (int i = 0; i < 200; i++) {
        check_message(shared->initiator, shared->acceptor, "to the acceptor", i % 2);
        check_message(shared->acceptor, shared->initiator, "to the initiator", i % 2);
    }
    return NULL;
}

static void in_threads(void *(*work)(void *), struct talk *t)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, t), 0);
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
}

START_TEST(threads_share_credentials)
{
    struct talk t = talk_new();

    in_threads(handshakes, &t);
    talk_free(&t);
}
END_TEST

START_TEST(threads_share_a_context)
{
    struct talk t = talk_new();

    talk_complete(&t);
    in_threads(messages, &t);
    talk_free(&t);
}
END_TEST

static void add_contexts(Suite *suite)
{
    TCase *tc = tcase_create("contexts");

    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, three_tokens_for_every_kind_of_key, 0, ROWS(key_pairs));
    tcase_add_test(tc, five_tokens_after_another_choice_of_suite);
    tcase_add_test(tc, no_common_suite_is_told);
    tcase_add_loop_test(tc, flags_travel, 0, ROWS(flag_table));
    tcase_add_test(tc, half_open_contexts_say_little);
    tcase_add_loop_test(tc, targets_are_matched, 0, ROWS(targets));
    tcase_add_test(tc, hidden_targets_are_told_late);
    tcase_add_test(tc, tokens_are_small);
    tcase_add_loop_test(tc, bindings_bind, 0, ROWS(binding_table));
    tcase_add_test(tc, all_of_the_bindings_counts);
    tcase_add_test(tc, bindings_are_taken_when_they_count);
    tcase_add_test(tc, confirmation_takes_a_fourth_token);
    tcase_add_test(tc, optional_arguments_are_optional);
    tcase_add_test(tc, threads_share_credentials);
    tcase_add_test(tc, threads_share_a_context);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    return glue_main("contexts", add_contexts);
}
