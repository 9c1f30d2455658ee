/* Credentials: where they come from, what they tell, and what they are good for. */
#include "gss_pair.h"

/* From a file that is the initiator's identity, or the acceptor's where the usage is that alone. */
static OM_uint32 acquire(OM_uint32 *minor, gss_cred_usage_t usage, gss_name_t desired,
                         const char *file, gss_cred_id_t *out)
{
    struct app_store from = {.trust = "trust-clients"};

    if (usage == GSS_C_ACCEPT)
        from.service_identity = file;
    else
        from.identity = file;
    return app_acquire(minor, &app_mech, usage, desired, from, out);
}

START_TEST(no_key_is_no_credential)
{
    gss_cred_id_t c;
    OM_uint32 minor, major;
    static const gss_cred_usage_t usages[] = {GSS_C_INITIATE, GSS_C_ACCEPT, GSS_C_BOTH};

    for (size_t i = 0; i < 3; i++) {
        major = acquire(&minor, usages[i], GSS_C_NO_NAME, "no-such-key", &c);
        ck_assert_uint_eq(major, GSS_S_NO_CRED);
        ck_assert_ptr_nonnull(
            strstr(app_status(major, minor), i == 2 ? "" : folder_path("no-such-key")));
        ck_assert_ptr_null(c);
    }
    major = gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, &app_mechs, GSS_C_INITIATE, &c, NULL, NULL);
    app_failed(major, minor, GSS_S_NO_CRED, MINOR(NO_IDENTITY));
}
END_TEST

START_TEST(readable_keys_are_refused)
{
    gss_cred_id_t c;
    OM_uint32 minor, major;

    folder_run("cp client-x25519 open-key; chmod 644 open-key");
    major = acquire(&minor, GSS_C_INITIATE, GSS_C_NO_NAME, "open-key", &c);
    app_failed(major, minor, GSS_S_NO_CRED, MINOR(PERMISSIONS));
}
END_TEST

static void check_cred(gss_cred_id_t c, const char *want, gss_cred_usage_t want_usage)
{
    gss_name_t name;
    OM_uint32 minor, lifetime, accept_lifetime;
    gss_cred_usage_t usage;
    gss_OID_set set;

    ck_assert_uint_eq(gss_inquire_cred(&minor, c, &name, &lifetime, &usage, &set), 0);
    app_check_name(name, want, GSS_C_NO_OID);
    ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
    ck_assert_int_eq(usage, want_usage);
    ck_assert(app_has_oid(set, &app_mech));
    (void)gss_release_oid_set(&minor, &set);
    app_release_name(&name);
    ck_assert_uint_eq(
        gss_inquire_cred_by_mech(&minor, c, &app_mech, &name, &lifetime, &accept_lifetime, &usage),
        0);
    app_check_name(name, want, GSS_C_NO_OID);
    ck_assert_uint_eq(lifetime, want_usage == GSS_C_ACCEPT ? 0 : GSS_C_INDEFINITE);
    ck_assert_uint_eq(accept_lifetime, want_usage == GSS_C_INITIATE ? 0 : GSS_C_INDEFINITE);
    ck_assert_int_eq(usage, want_usage);
    app_release_name(&name);
    ck_assert_uint_eq(gss_inquire_cred(&minor, c, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(gss_inquire_cred_by_mech(&minor, c, &app_mech, NULL, NULL, NULL, NULL), 0);
}

START_TEST(credentials_tell_about_themselves)
{
    gss_key_value_element_desc pairs[] = {{"edhoc_identity", folder_path("client-x25519")},
                                          {"edhoc_service_identity", folder_path("server-x25519")},
                                          {"edhoc_trust", folder_path("trust-clients")},
                                          {"ccache", "MEMORY:other"},
                                          {"ccache", "MEMORY:twice"}};
    gss_key_value_set_desc store = {5, pairs};
    gss_cred_id_t c = app_cred(&app_mech, GSS_C_INITIATE, "client-x25519", "trust-clients", NULL);
    gss_OID_set actual;
    gss_name_t desired;
    OM_uint32 minor, time_rec;

    check_cred(c, "alice", GSS_C_INITIATE);
    app_release_cred(&c);
    c = app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "trust-clients", NULL);
    check_cred(c, APP_SERVICE, GSS_C_ACCEPT);
    app_release_cred(&c);
    desired = app_name("HTTP", GSS_C_NT_HOSTBASED_SERVICE);
    ck_assert_uint_eq(acquire(&minor, GSS_C_ACCEPT, desired, "server-x25519", &c), 0);
    check_cred(c, "HTTP", GSS_C_ACCEPT);
    app_release_cred(&c);
    app_release_name(&desired);
    ck_assert_uint_eq(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &app_mechs, GSS_C_BOTH,
                                            &store, &c, &actual, &time_rec),
                      0);
    ck_assert_uint_eq(time_rec, GSS_C_INDEFINITE);
    ck_assert(app_has_oid(actual, &app_mech));
    (void)gss_release_oid_set(&minor, &actual);
    check_cred(c, "alice", GSS_C_BOTH);
    app_release_cred(&c);
    /* One side alone will do for GSS_C_BOTH. */
    ck_assert_uint_eq(acquire(&minor, GSS_C_BOTH, GSS_C_NO_NAME, "client-x25519", &c), 0);
    check_cred(c, "alice", GSS_C_INITIATE);
    app_release_cred(&c);
    /* A key of ours twice, and one that is not known. */
    store.count = 3;
    pairs[2] = (gss_key_value_element_desc){"edhoc_identity", folder_path("client-x448")};
    ck_assert_uint_eq(gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &app_mechs, GSS_C_BOTH,
                                            &store, &c, NULL, NULL),
                      GSS_S_DUPLICATE_ELEMENT);
}
END_TEST

static void check_expired(OM_uint32 major, OM_uint32 minor)
{
    app_failed(major, minor, GSS_S_CREDENTIALS_EXPIRED, MINOR(OWN_EXPIRED));
    ck_assert_ptr_nonnull(strstr(app_status(major, minor), folder_path("ended")));
}

/* As krb5 does with a ticket: it is acquired, since its file may be renewed, and then says so. */
START_TEST(an_expired_credential_says_so)
{
    struct app_pair p = {0};
    struct app_store both = {
        .identity = "ended", .service_identity = "server-x25519", .trust = "trust-clients"};
    gss_name_t name;
    OM_uint32 minor, major, lifetime = 1, other = 1;
    gss_cred_usage_t usage;

    folder_run("cp client-x25519 ended && sed 's/ / valid-before=\"20200101\" /' client-x25519.pub "
               "> ended.pub");
    p.initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, "ended", "trust-server-x25519", NULL);
    major = gss_inquire_cred(&minor, p.initiator_cred, &name, &lifetime, &usage, NULL);
    check_expired(major, minor);
    ck_assert(name == GSS_C_NO_NAME && lifetime == 0);
    major = gss_inquire_cred_by_mech(&minor, p.initiator_cred, &app_mech, &name, &other, NULL,
                                     NULL);
    check_expired(major, minor);
    ck_assert(name == GSS_C_NO_NAME && other == 0);
    app_prepare(&p);
    app_initiate(&p, GSS_C_NO_BUFFER);
    check_expired(p.initiator_major, p.initiator_minor);
    ck_assert_uint_eq(p.tokens, 0);
    app_close(&p);
    /* The other direction is still good. */
    app_complete(app_acquire(&minor, &app_mech, GSS_C_BOTH, GSS_C_NO_NAME, both, &p.acceptor_cred),
                 minor);
    major = gss_inquire_cred_by_mech(&minor, p.acceptor_cred, &app_mech, NULL, &lifetime, &other,
                                     &usage);
    app_complete(major, minor);
    ck_assert(lifetime == 0 && other == GSS_C_INDEFINITE && usage == GSS_C_BOTH);
    app_release_cred(&p.acceptor_cred);
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
        {GSS_C_ACCEPT, "server-x25519", APP_SERVICE, true},
        {GSS_C_ACCEPT, "server-x25519", "HTTP", true},
        {GSS_C_ACCEPT, "server-x25519", "ldap", false},
        {GSS_C_ACCEPT, "server-x25519", "HTTP@elsewhere.example.org", false},
    };
    gss_name_t name;
    gss_cred_id_t c;
    OM_uint32 minor, major;

    for (int i = 0; i < ROWS(rows); i++) {
        name = app_name(rows[i].name, rows[i].usage == GSS_C_INITIATE ? GSS_C_NT_USER_NAME
                                                                      : GSS_C_NT_HOSTBASED_SERVICE);
        major = acquire(&minor, rows[i].usage, name, rows[i].key, &c);
        if (rows[i].ok)
            app_complete(major, minor);
        else
            app_failed(major, minor, GSS_S_NO_CRED, MINOR(NO_IDENTITY));
        app_release_cred(&c);
        app_release_name(&name);
    }
}
END_TEST

/* What a credential says it is called equals what it was asked for, of either kind. */
static void check_called(gss_cred_id_t cred, gss_name_t asked, const char *shown, gss_OID type)
{
    gss_name_t name;
    OM_uint32 minor;
    int equal = 0;

    ck_assert_uint_eq(gss_inquire_cred(&minor, cred, &name, NULL, NULL, NULL), GSS_S_COMPLETE);
    app_check_name(name, shown, type);
    ck_assert_uint_eq(gss_compare_name(&minor, name, asked, &equal), GSS_S_COMPLETE);
    ck_assert_int_eq(equal, 1);
    app_release_name(&name);
}

static const struct {
    gss_cred_usage_t usage;
    bool user;
    const char *asked, *shown;
} asked_names[] = {
    {GSS_C_INITIATE, false, APP_SERVICE, APP_SERVICE},
    {GSS_C_INITIATE, false, "HTTP@WEB.example.org.", APP_SERVICE},
    {GSS_C_INITIATE, false, "HTTP", "HTTP"},
    {GSS_C_INITIATE, false, "HTTP@", "HTTP"},
    {GSS_C_INITIATE, true, APP_SERVICE, APP_SERVICE},
    {GSS_C_BOTH, false, APP_SERVICE, APP_SERVICE},
    {GSS_C_ACCEPT, false, APP_SERVICE, APP_SERVICE},
    {GSS_C_ACCEPT, false, "HTTP@", "HTTP"},
};

START_TEST(a_credential_is_called_as_it_was_asked_for)
{
    gss_OID type = asked_names[_i].user ? GSS_C_NT_USER_NAME : GSS_C_NT_HOSTBASED_SERVICE;
    gss_name_t asked = app_name(asked_names[_i].asked, type);
    gss_cred_id_t c;
    OM_uint32 minor, major = acquire(&minor, asked_names[_i].usage, asked, "server-x25519", &c);

    app_complete(major, minor);
    check_called(c, asked, asked_names[_i].shown, type);
    app_release_cred(&c);
    app_release_name(&asked);
}
END_TEST

/* A service that is another's client: it sees itself as the service that it asked to be, while the
 * acceptor sees what the key proved, a user. */
START_TEST(an_initiator_sees_itself_as_it_was_asked_for)
{
    struct app_pair p = {0};
    gss_name_t asked = app_name("imap@mail", GSS_C_NT_HOSTBASED_SERVICE), own;
    struct app_store from = {.identity = "imap", .trust = "trust-server-x25519"};
    OM_uint32 minor, major;

    app_keygen("x25519", "imap", "imap@mail");
    app_trust_only("trust-imap", "imap", NULL);
    major = app_acquire(&minor, &app_mech, GSS_C_INITIATE, asked, from, &p.initiator_cred);
    app_complete(major, minor);
    p.acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "trust-imap", NULL);
    app_open(&p);
    ck_assert_uint_eq(
        gss_inquire_context(&minor, p.initiator, &own, NULL, NULL, NULL, NULL, NULL, NULL), 0);
    app_check_name(own, "imap@mail", GSS_C_NT_HOSTBASED_SERVICE);
    app_check_name(p.source, "imap@mail", GSS_C_NT_USER_NAME);
    app_release_name(&own);
    app_release_name(&asked);
    app_close(&p);
}
END_TEST

START_TEST(credentials_have_a_direction)
{
    struct app_pair p = {0};
    gss_cred_id_t swap;

    app_until(&p, 1);
    swap = p.initiator_cred;
    p.initiator_cred = p.acceptor_cred;
    p.acceptor_cred = swap;
    app_accept(&p, &p.token[0]);
    app_failed(p.acceptor_major, p.acceptor_minor, GSS_S_NO_CRED, MINOR(USAGE));
    app_reset(&p);
    app_initiate(&p, GSS_C_NO_BUFFER);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_NO_CRED, MINOR(USAGE));
    app_close(&p);
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
        {"sealed", "open sesame", EDHOC_OK},
        {"sealed", "open sesam", EDHOC_ERR_KEY_FORMAT},
    };
    gss_name_t alice = app_name("alice", GSS_C_NT_USER_NAME);
    OM_uint32 minor, major;

    (void)folder_write("pass", "open sesame\n");
    folder_run("openssl pkey -in client-x25519 -aes128 -passout pass:'open sesame' -out locked");
    folder_run("chmod 600 locked && cp client-x25519.pub locked.pub");
    app_keygen("x25519 --passphrase-file=pass", "sealed", "alice");
    for (int i = 0; i < ROWS(rows); i++) {
        gss_buffer_desc passphrase = app_of_text(rows[i].passphrase);
        gss_cred_id_t got = GSS_C_NO_CREDENTIAL;

        (void)setenv("GSS_EDHOC_IDENTITY", folder_path(rows[i].key), 1);
        major = gss_acquire_cred_with_password(&minor, alice, &passphrase, 0, &app_mechs,
                                               GSS_C_INITIATE, &got, NULL, NULL);
        if (rows[i].err == EDHOC_OK)
            ck_assert_uint_eq(major, GSS_S_COMPLETE);
        else
            app_failed(major, minor, GSS_S_NO_CRED, MINOR(KEY_FORMAT));
        app_release_cred(&got);
    }
    app_release_name(&alice);
}
END_TEST

/* Without credentials, the settings of the environment. */
START_TEST(without_credentials_the_environment_tells)
{
    struct app_pair p = {0};
    gss_name_t name;
    OM_uint32 minor;
    gss_cred_usage_t usage;

    app_prepare(&p);
    app_use_cred(&p.initiator_cred, GSS_C_NO_CREDENTIAL);
    app_use_cred(&p.acceptor_cred, GSS_C_NO_CREDENTIAL);
    app_talk(&p, APP_TOKENS);
    app_failed(p.initiator_major, p.initiator_minor, GSS_S_NO_CRED, MINOR(NO_IDENTITY));
    app_reset(&p);
    folder_run("cat trust-clients trust-server-x25519 > trust-env");
    (void)setenv("GSS_EDHOC_IDENTITY", folder_path("client-x25519"), 1);
    (void)setenv("GSS_EDHOC_SERVICE_IDENTITY", folder_path("server-x25519"), 1);
    (void)setenv("GSS_EDHOC_TRUST", folder_path("trust-env"), 1);
    app_open(&p);
    app_check_open(p.acceptor, APP_ALWAYS | APP_LOCAL, 0);
    ck_assert_uint_eq(
        gss_inquire_cred_by_mech(&minor, GSS_C_NO_CREDENTIAL, &app_mech, &name, NULL, NULL, &usage),
        0);
    app_check_name(name, "alice", GSS_C_NT_USER_NAME);
    ck_assert_int_eq(usage, GSS_C_INITIATE);
    app_release_name(&name);
    app_close(&p);
}
END_TEST

START_TEST(options_of_others_are_taken_or_unavailable)
{
    static gss_OID_desc no_ci = {6, "\x2a\x85\x70\x2b\x0d\x1d"};
    gss_cred_id_t c = app_cred(&app_mech, GSS_C_INITIATE, "client-x25519", "trust-clients", NULL);
    gss_buffer_desc empty = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_set_cred_option(&minor, &c, &no_ci, &empty), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_set_cred_option(&minor, &c, &app_mech, &empty), GSS_S_UNAVAILABLE);
    app_release_cred(&c);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "credentials");

    tcase_add_test(tc, no_key_is_no_credential);
    tcase_add_test(tc, readable_keys_are_refused);
    tcase_add_test(tc, a_passphrase_opens_a_key);
    tcase_add_test(tc, credentials_tell_about_themselves);
    tcase_add_test(tc, an_expired_credential_says_so);
    tcase_add_test(tc, desired_names_are_matched);
    tcase_add_loop_test(tc, a_credential_is_called_as_it_was_asked_for, 0, ROWS(asked_names));
    tcase_add_test(tc, an_initiator_sees_itself_as_it_was_asked_for);
    tcase_add_test(tc, credentials_have_a_direction);
    tcase_add_test(tc, without_credentials_the_environment_tells);
    tcase_add_test(tc, options_of_others_are_taken_or_unavailable);
}

int main(void)
{
    return app_main("credentials", add);
}
