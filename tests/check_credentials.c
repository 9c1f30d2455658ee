/* Credentials: where they come from, what they tell, and what they are good for. */
#include "glue_support.h"

START_TEST(no_key_is_no_credential)
{
    gss_cred_id_t c;
    OM_uint32 minor, major;
    static const gss_cred_usage_t usages[] = {GSS_C_INITIATE, GSS_C_ACCEPT, GSS_C_BOTH};

    for (size_t i = 0; i < 3; i++) {
        major = acquire(&minor, usages[i], GSS_C_NO_NAME, "no-such-key", "trust-clients", NULL, &c);
        ck_assert_uint_eq(major, GSS_S_NO_CRED);
        ck_assert_ptr_nonnull(strstr(status(major, minor), i == 2 ? "" : path("no-such-key")));
        ck_assert_ptr_null(c);
    }
    major = gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, &only_us, GSS_C_INITIATE, &c, NULL, NULL);
    check_status(major, minor, GSS_S_NO_CRED, MINOR(NO_IDENTITY));
}
END_TEST

START_TEST(readable_keys_are_refused)
{
    gss_cred_id_t c;
    OM_uint32 minor, major;

    run(text("cp %s %s; chmod 644 %s", path("client-x25519"), path("open-key"), path("open-key")));
    major = acquire(&minor, GSS_C_INITIATE, GSS_C_NO_NAME, "open-key", NULL, NULL, &c);
    check_status(major, minor, GSS_S_NO_CRED, MINOR(PERMISSIONS));
}
END_TEST

static void check_cred(gss_cred_id_t c, const char *want, gss_cred_usage_t want_usage)
{
    gss_name_t name;
    OM_uint32 minor, lifetime, accept_lifetime;
    gss_cred_usage_t usage;
    gss_OID_set set;

    ck_assert_uint_eq(gss_inquire_cred(&minor, c, &name, &lifetime, &usage, &set), 0);
    check_name(name, want, GSS_C_NO_OID);
    ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
    ck_assert_int_eq(usage, want_usage);
    ck_assert(set_has(set, &mech));
    (void)gss_release_oid_set(&minor, &set);
    release_name(&name);
    ck_assert_uint_eq(
        gss_inquire_cred_by_mech(&minor, c, &mech, &name, &lifetime, &accept_lifetime, &usage), 0);
    check_name(name, want, GSS_C_NO_OID);
    ck_assert_uint_eq(lifetime, want_usage == GSS_C_ACCEPT ? 0 : GSS_C_INDEFINITE);
    ck_assert_uint_eq(accept_lifetime, want_usage == GSS_C_INITIATE ? 0 : GSS_C_INDEFINITE);
    ck_assert_int_eq(usage, want_usage);
    release_name(&name);
    ck_assert_uint_eq(gss_inquire_cred(&minor, c, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(gss_inquire_cred_by_mech(&minor, c, &mech, NULL, NULL, NULL, NULL), 0);
}

START_TEST(credentials_tell_about_themselves)
{
    gss_key_value_element_desc pairs[] = {{"edhoc_identity", path("client-x25519")},
                                          {"edhoc_service_identity", path("server-x25519")},
                                          {"edhoc_trust", path("trust-clients")},
                                          {"ccache", "MEMORY:other"},
                                          {"ccache", "MEMORY:twice"}};
    gss_key_value_set_desc store = {5, pairs};
    gss_cred_id_t c = cred(GSS_C_INITIATE, "client-x25519", "trust-clients", NULL);
    gss_OID_set actual;
    gss_name_t desired;
    OM_uint32 minor, time_rec;

    check_cred(c, "alice", GSS_C_INITIATE);
    (void)gss_release_cred(&minor, &c);
    c = cred(GSS_C_ACCEPT, "server-x25519", "trust-clients", NULL);
    check_cred(c, SERVICE, GSS_C_ACCEPT);
    (void)gss_release_cred(&minor, &c);
    desired = import("HTTP", GSS_C_NT_HOSTBASED_SERVICE);
    ck_assert_uint_eq(acquire(&minor, GSS_C_ACCEPT, desired, "server-x25519", NULL, NULL, &c), 0);
    check_cred(c, "HTTP", GSS_C_ACCEPT);
    (void)gss_release_cred(&minor, &c);
    release_name(&desired);
    ck_assert_uint_eq(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &only_us, GSS_C_BOTH, &store,
                                            &c, &actual, &time_rec),
                      0);
    ck_assert_uint_eq(time_rec, GSS_C_INDEFINITE);
    ck_assert(set_has(actual, &mech));
    (void)gss_release_oid_set(&minor, &actual);
    check_cred(c, "alice", GSS_C_BOTH);
    (void)gss_release_cred(&minor, &c);
    /* One side alone will do for GSS_C_BOTH. */
    ck_assert_uint_eq(acquire(&minor, GSS_C_BOTH, GSS_C_NO_NAME, "client-x25519", NULL, NULL, &c),
                      0);
    check_cred(c, "alice", GSS_C_INITIATE);
    (void)gss_release_cred(&minor, &c);
    /* A key of ours twice, and one that is not known. */
    store.count = 3;
    pairs[2] = (gss_key_value_element_desc){"edhoc_identity", path("client-x448")};
    ck_assert_uint_eq(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &only_us, GSS_C_BOTH, &store,
                                            &c, NULL, NULL),
                      GSS_S_DUPLICATE_ELEMENT);
}
END_TEST

START_TEST(desired_names_are_matched)
{
    static const struct {
        gss_cred_usage_t usage;
        const char *key, *name;
        bool ok;
    } rows[] = {
        {GSS_C_INITIATE, "client-x25519", "alice", true},
        {GSS_C_INITIATE, "client-x25519", "bob", false},
        {GSS_C_ACCEPT, "server-x25519", SERVICE, true},
        {GSS_C_ACCEPT, "server-x25519", "HTTP", true},
        {GSS_C_ACCEPT, "server-x25519", "ldap", false},
        {GSS_C_ACCEPT, "server-x25519", "HTTP@elsewhere.example.org", false},
    };
    gss_name_t name;
    gss_cred_id_t c;
    OM_uint32 minor, major;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        name = import(rows[i].name, rows[i].usage == GSS_C_INITIATE ? GSS_C_NT_USER_NAME
                                                                    : GSS_C_NT_HOSTBASED_SERVICE);
        major = acquire(&minor, rows[i].usage, name, rows[i].key, "trust-clients", NULL, &c);
        if (rows[i].ok)
            check_complete(major, minor);
        else
            check_status(major, minor, GSS_S_NO_CRED, MINOR(NO_IDENTITY));
        (void)gss_release_cred(&minor, &c);
        release_name(&name);
    }
}
END_TEST

START_TEST(credentials_have_a_direction)
{
    struct talk t = talk_new();
    gss_cred_id_t swap = t.initiator_cred;

    talk_until(&t, 1);
    t.initiator_cred = t.acceptor_cred;
    t.acceptor_cred = swap;
    accept_token(&t, &t.token[0]);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_NO_CRED, MINOR(USAGE));
    talk_reset(&t);
    initiate(&t, GSS_C_NO_BUFFER);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_NO_CRED, MINOR(USAGE));
    talk_free(&t);
}
END_TEST

/* The passphrase of an encrypted key opens it; any other, and one for a key without, are refused.
 */
START_TEST(a_passphrase_opens_a_key)
{
    static const struct {
        const char *key, *passphrase;
        edhoc_err err; /* EDHOC_OK: it opens */
    } rows[] = {
        {"locked", "open sesame", EDHOC_OK},
        {"locked", "open", EDHOC_ERR_KEY_FORMAT},
        {"client-x25519", "open sesame", EDHOC_ERR_KEY_FORMAT},
    };
    gss_OID_set_desc mechs = {1, &mech};
    gss_name_t alice = import("alice", GSS_C_NT_USER_NAME);
    OM_uint32 minor, major;

    run(text("openssl pkey -in %s -aes128 -passout pass:'open sesame' -out %s",
             path("client-x25519"), path("locked")));
    run(text("chmod 600 %s && cp %s %s", path("locked"), path("client-x25519.pub"),
             path("locked.pub")));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        gss_buffer_desc passphrase = of_text(rows[i].passphrase);
        gss_cred_id_t got = GSS_C_NO_CREDENTIAL;

        (void)setenv("GSS_EDHOC_IDENTITY", path(rows[i].key), 1);
        major = gss_acquire_cred_with_password(&minor, alice, &passphrase, 0, &mechs,
                                               GSS_C_INITIATE, &got, NULL, NULL);
        if (rows[i].err == EDHOC_OK)
            ck_assert_uint_eq(major, GSS_S_COMPLETE);
        else
            check_status(major, minor, GSS_S_NO_CRED, MINOR(KEY_FORMAT));
        (void)gss_release_cred(&minor, &got);
    }
    (void)unsetenv("GSS_EDHOC_IDENTITY"); /* also for the next test, where tests do not fork */
    release_name(&alice);
}
END_TEST

/* Without credentials, the settings of the environment. */
START_TEST(defaults_come_from_the_environment)
{
    struct talk t = talk_new();
    gss_name_t name;
    OM_uint32 minor;
    gss_cred_usage_t usage;

    use_cred(&t.initiator_cred, GSS_C_NO_CREDENTIAL);
    use_cred(&t.acceptor_cred, GSS_C_NO_CREDENTIAL);
    talk_run(&t);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_NO_CRED, MINOR(NO_IDENTITY));
    talk_reset(&t);
    run(text("cat %s %s > %s", path("trust-clients"), path("trust-server-x25519"),
             path("trust-env")));
    (void)setenv("GSS_EDHOC_IDENTITY", path("client-x25519"), 1);
    (void)setenv("GSS_EDHOC_SERVICE_IDENTITY", path("server-x25519"), 1);
    (void)setenv("GSS_EDHOC_TRUST", path("trust-env"), 1);
    talk_complete(&t);
    check_inquiry(t.acceptor, ALWAYS | LOCAL, 0);
    ck_assert_uint_eq(
        gss_inquire_cred_by_mech(&minor, GSS_C_NO_CREDENTIAL, &mech, &name, NULL, NULL, &usage), 0);
    check_name(name, "alice", GSS_C_NT_USER_NAME);
    ck_assert_int_eq(usage, GSS_C_INITIATE);
    release_name(&name);
    talk_free(&t);
}
END_TEST

START_TEST(cred_options)
{
    static gss_OID_desc no_ci = {6, "\x2a\x85\x70\x2b\x0d\x1d"};
    gss_cred_id_t c = cred(GSS_C_INITIATE, "client-x25519", "trust-clients", NULL);
    gss_buffer_desc empty = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_set_cred_option(&minor, &c, &no_ci, &empty), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_set_cred_option(&minor, &c, &mech, &empty), GSS_S_UNAVAILABLE);
    (void)gss_release_cred(&minor, &c);
}
END_TEST

static void add_credentials(Suite *suite)
{
    TCase *tc = tcase_create("credentials");

    tcase_add_test(tc, no_key_is_no_credential);
    tcase_add_test(tc, readable_keys_are_refused);
    tcase_add_test(tc, a_passphrase_opens_a_key);
    tcase_add_test(tc, credentials_tell_about_themselves);
    tcase_add_test(tc, desired_names_are_matched);
    tcase_add_test(tc, credentials_have_a_direction);
    tcase_add_test(tc, defaults_come_from_the_environment);
    tcase_add_test(tc, cred_options);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    return glue_main("credentials", add_credentials);
}
