/* Names: what is imported is canonical, exported and compared strictly, and has attributes. */
#include "glue_support.h"

static OM_uint32 canonical(const void *p, size_t len, gss_OID type, OM_uint32 *minor,
                           gss_name_t *out)
{
    gss_buffer_desc b = buffer(p, len);
    gss_name_t generic;
    OM_uint32 ignored, major = gss_import_name(minor, &b, type, &generic);

    *out = GSS_C_NO_NAME;
    if (major != GSS_S_COMPLETE)
        return major;
    major = gss_canonicalize_name(minor, generic, &mech, out);
    (void)gss_release_name(&ignored, &generic);
    return major;
}

enum type { USER, SERVICE_TYPE, SERVICE_X, UNTYPED, UID, ANONYMOUS };

static gss_OID type_oid(enum type type)
{
    switch (type) {
    case USER:
        return GSS_C_NT_USER_NAME;
    case SERVICE_TYPE:
        return GSS_C_NT_HOSTBASED_SERVICE;
    case SERVICE_X:
        return GSS_C_NT_HOSTBASED_SERVICE_X;
    case UID:
        return GSS_C_NT_MACHINE_UID_NAME;
    case ANONYMOUS:
        return GSS_C_NT_ANONYMOUS;
    default:
        return GSS_C_NO_OID;
    }
}

#define L(s) s, sizeof(s) - 1
static const struct {
    enum type type;
    const char *in;
    size_t len;
    const char *out; /* NULL: refused */
    enum type out_type;
} names[] = {
    {USER, L("alice"), "alice", USER},
    {USER, L("Alice@Example.ORG"), "Alice@Example.ORG", USER},
    {USER, L("alice\0"), "alice", USER},
    {USER, L("\xc3\xa9lise"), "\xc3\xa9lise", USER},
    {USER, L("a"), "a", USER},
    {USER, L("al\0ice"), NULL, USER},
    {USER, L("alice\0\0"), NULL, USER},
    {USER, L("al\nice"), NULL, USER},
    {USER, L("al\x7fice"), NULL, USER},
    {USER, L("al\xc2\x85ice"), NULL, USER},
    {USER, L("\xc3"), NULL, USER},
    {USER, L("\xed\xa0\x80"), NULL, USER},
    {USER, L("\0"), NULL, USER},
    {SERVICE_TYPE, L("HTTP@Web.Example.ORG"), "HTTP@web.example.org", SERVICE_TYPE},
    {SERVICE_TYPE, L("host@localhost."), "host@localhost", SERVICE_TYPE},
    {SERVICE_TYPE, L("host@localhost\0"), "host@localhost", SERVICE_TYPE},
    {SERVICE_TYPE, L("host\0"), "host", SERVICE_TYPE},
    {SERVICE_TYPE, L("host"), "host", SERVICE_TYPE},
    {SERVICE_X, L("host@A.B"), "host@a.b", SERVICE_TYPE},
    {SERVICE_TYPE, L("host@"), NULL, USER},
    {SERVICE_TYPE, L("host@."), NULL, USER},
    {SERVICE_TYPE, L("host@localhost.."), NULL, USER},
    {SERVICE_TYPE, L("@host"), NULL, USER},
    {SERVICE_TYPE, L("a@b@c"), NULL, USER},
    {SERVICE_TYPE, L("a\0@b"), NULL, USER},
    {UNTYPED, L("alice"), "alice", USER},
    {UNTYPED, L("HTTP@Web"), "HTTP@web", SERVICE_TYPE},
    {UID, L("\x00\x00\x00\x01"), NULL, USER},
    {ANONYMOUS, L("x"), NULL, USER},
};

/* Display, export, import again, duplicate, compare: the same name all the way. */
static void check_round_trip(gss_name_t name)
{
    gss_name_t again, copy;
    gss_buffer_desc blob;
    OM_uint32 minor;
    int equal = 0;

    ck_assert_uint_eq(gss_export_name(&minor, name, &blob), GSS_S_COMPLETE);
    ck_assert_uint_eq(canonical(blob.value, blob.length, GSS_C_NT_EXPORT_NAME, &minor, &again), 0);
    ck_assert_uint_eq(gss_compare_name(&minor, name, again, &equal), GSS_S_COMPLETE);
    ck_assert_int_eq(equal, 1);
    ck_assert_uint_eq(gss_duplicate_name(&minor, again, &copy), GSS_S_COMPLETE);
    release_name(&again);
    equal = 0;
    ck_assert_uint_eq(gss_compare_name(&minor, copy, name, &equal), GSS_S_COMPLETE);
    ck_assert_int_eq(equal, 1);
    release_name(&copy);
    (void)gss_release_buffer(&minor, &blob);
}

START_TEST(names_are_canonical)
{
    gss_name_t name;
    OM_uint32 minor,
        major = canonical(names[_i].in, names[_i].len, type_oid(names[_i].type), &minor, &name);

    if (names[_i].out == NULL) {
        ck_assert_uint_ne(GSS_ERROR(major), 0);
        ck_assert_ptr_null(name);
        if (names[_i].type == UID || names[_i].type == ANONYMOUS)
            check_status(major, minor, GSS_S_BAD_NAMETYPE, MINOR(NAME_TYPE));
        else
            check_status(major, minor, GSS_S_BAD_NAME, MINOR(NAME));
        return;
    }
    check_complete(major, minor);
    check_name(name, names[_i].out, type_oid(names[_i].out_type));
    check_round_trip(name);
    release_name(&name);
}
END_TEST

START_TEST(names_have_a_length)
{
    char longest[256];
    gss_name_t name;
    OM_uint32 minor;

    memset(longest, 'x', sizeof(longest));
    ck_assert_uint_eq(canonical(longest, 255, GSS_C_NT_USER_NAME, &minor, &name), 0);
    release_name(&name);
    ck_assert_uint_eq(canonical(longest, 256, GSS_C_NT_USER_NAME, &minor, &name), GSS_S_BAD_NAME);
}
END_TEST

START_TEST(names_of_two_kinds_differ)
{
    gss_name_t user, service;
    OM_uint32 minor;
    int equal = -1;

    ck_assert_uint_eq(canonical(L("HTTP@web"), GSS_C_NT_USER_NAME, &minor, &user), 0);
    ck_assert_uint_eq(canonical(L("HTTP@web"), GSS_C_NT_HOSTBASED_SERVICE, &minor, &service), 0);
    ck_assert_uint_eq(gss_compare_name(&minor, user, service, &equal), GSS_S_COMPLETE);
    ck_assert_int_eq(equal, 0);
    release_name(&user);
    release_name(&service);
}
END_TEST

/* Any changed, missing or added byte of an exported name: no name, or another one, never this one.
 */
START_TEST(exported_names_are_strict)
{
    gss_name_t name, again;
    gss_buffer_desc blob;
    OM_uint32 minor;
    unsigned char copy[256];
    int equal;

    ck_assert_uint_eq(canonical(L("alice"), GSS_C_NT_USER_NAME, &minor, &name), 0);
    ck_assert_uint_eq(gss_export_name(&minor, name, &blob), GSS_S_COMPLETE);
    ck_assert_uint_eq(blob.length, 4 + 35 + 4 + 1 + 5);
    for (size_t i = 0; i < blob.length; i++) {
        ck_assert_uint_ne(canonical(blob.value, i, GSS_C_NT_EXPORT_NAME, &minor, &again), 0);
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, blob.value, blob.length);
            copy[i] ^= (unsigned char)(1 << bit);
            if (canonical(copy, blob.length, GSS_C_NT_EXPORT_NAME, &minor, &again) != 0)
                continue;
            ck_assert_uint_ge(i, blob.length - 6);
            ck_assert_uint_eq(gss_compare_name(&minor, name, again, &equal), 0);
            ck_assert_int_eq(equal, 0);
            release_name(&again);
        }
    }
    memcpy(copy, blob.value, blob.length);
    copy[blob.length] = 0;
    ck_assert_uint_ne(canonical(copy, blob.length + 1, GSS_C_NT_EXPORT_NAME, &minor, &again), 0);
    (void)gss_release_buffer(&minor, &blob);
    release_name(&name);
}
END_TEST

/* A certificate's subject: no printable form makes one yet but the exported one, whose display must
 * come back as the same name. */
START_TEST(subject_names_keep_their_type)
{
    gss_name_t name, again;
    gss_buffer_desc blob, display;
    gss_OID type;
    OM_uint32 minor;
    int equal = 0;

    ck_assert_uint_eq(canonical(L("CN=x"), GSS_C_NT_USER_NAME, &minor, &name), 0);
    ck_assert_uint_eq(gss_export_name(&minor, name, &blob), GSS_S_COMPLETE);
    release_name(&name);
    ((unsigned char *)blob.value)[blob.length - 5] = 3;
    ck_assert_uint_eq(canonical(blob.value, blob.length, GSS_C_NT_EXPORT_NAME, &minor, &name), 0);
    ck_assert_uint_eq(gss_display_name(&minor, name, &display, &type), 0);
    ck_assert(!gss_oid_equal(type, GSS_C_NT_USER_NAME));
    ck_assert_uint_eq(canonical(display.value, display.length, type, &minor, &again), 0);
    ck_assert_uint_eq(gss_compare_name(&minor, name, again, &equal), 0);
    ck_assert_int_eq(equal, 1);
    release_name(&name);
    release_name(&again);
    (void)gss_release_buffer(&minor, &blob);
    (void)gss_release_buffer(&minor, &display);
}
END_TEST

START_TEST(name_types_are_listed)
{
    gss_OID_set set;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_inquire_names_for_mech(&minor, &mech, &set), GSS_S_COMPLETE);
    ck_assert(set_has(set, GSS_C_NT_USER_NAME));
    ck_assert(set_has(set, GSS_C_NT_HOSTBASED_SERVICE));
    ck_assert(set_has(set, GSS_C_NT_EXPORT_NAME));
    (void)gss_release_oid_set(&minor, &set);
}
END_TEST

/* ---- attributes and local login ---- */

/* The value of an attribute of the name, "" where there is none. */
static const char *attribute(gss_name_t name, const char *urn, int *authenticated)
{
    gss_buffer_desc b = of_text(urn), value = GSS_C_EMPTY_BUFFER, display = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major;
    int complete, more = -1;
    const char *out = "";

    major = gss_get_name_attribute(&minor, name, &b, authenticated, &complete, &value, &display,
                                   &more);
    ck_assert_int_eq(more, 0);
    if (major == GSS_S_COMPLETE) {
        out = text("%.*s", (int)value.length, (char *)value.value);
        ck_assert_uint_eq(display.length, value.length);
        ck_assert_int_eq(complete, 1);
    }
    (void)gss_release_buffer(&minor, &value);
    (void)gss_release_buffer(&minor, &display);
    return out;
}

START_TEST(names_have_attributes)
{
    struct talk t = talk_new();
    gss_buffer_set_t set;
    gss_name_t imported;
    gss_OID type;
    OM_uint32 minor;
    int is_mn, authenticated;

    run(text("sed 's/$/ the laptop/' %s > %s", path("client-x25519.pub"), path("trust-comment")));
    use_cred(&t.acceptor_cred, cred(GSS_C_ACCEPT, "server-x25519", "trust-comment", NULL));
    talk_complete(&t);
    ck_assert_uint_eq(gss_inquire_name(&minor, t.source, &is_mn, &type, &set), 0);
    ck_assert_int_eq(is_mn, 1);
    ck_assert(gss_oid_equal(type, &mech));
    ck_assert_uint_eq(set->count, 5);
    (void)gss_release_buffer_set(&minor, &set);
    (void)gss_release_oid(&minor, &type);
    ck_assert_str_eq(attribute(t.source, "urn:gss-edhoc:kind", &authenticated), "user");
    ck_assert_int_eq(authenticated, 1);
    ck_assert_uint_eq(strlen(attribute(t.source, "urn:gss-edhoc:key-sha256", &authenticated)), 64);
    ck_assert_str_eq(attribute(t.source, "urn:gss-edhoc:comment", &authenticated), "the laptop");
    ck_assert_str_eq(attribute(t.source, "local-login-user", &authenticated), "alice");
    ck_assert_int_eq(authenticated, 1);
    ck_assert_str_eq(attribute(t.source, "urn:other", &authenticated), "");
    /* An imported name has none but its kind, and that is not authenticated. */
    ck_assert_uint_eq(gss_canonicalize_name(&minor, t.target, &mech, &imported), 0);
    ck_assert_str_eq(attribute(imported, "urn:gss-edhoc:kind", &authenticated), "service");
    ck_assert_int_eq(authenticated, 0);
    ck_assert_str_eq(attribute(imported, "local-login-user", &authenticated), "");
    ck_assert_uint_eq(gss_inquire_name(&minor, imported, NULL, NULL, &set), 0);
    ck_assert_uint_eq(set->count, 1);
    (void)gss_release_buffer_set(&minor, &set);
    release_name(&imported);
    talk_free(&t);
}
END_TEST

static const struct {
    const char *client, *options;
    const char *user; /* who may log in; NULL: nobody */
} logins[] = {
    {"alice", "", "alice"},          {"alice", "local-user=\"bob\"", "bob"},
    {"alice@example.org", "", NULL}, {"alice@example.org", "local-user=\"carol\"", "carol"},
    {"host/admin", "", NULL},
};

static void check_login(gss_name_t source, const char *name, const char *user)
{
    static const char *const others[] = {"alice", "bob", "carol", "root", "alice@example.org"};
    gss_buffer_desc b;
    OM_uint32 minor, major = gss_localname(&minor, source, GSS_C_NO_OID, &b);

    if (user == NULL) {
        ck_assert_uint_ne(GSS_ERROR(major), 0);
        ck_assert_ptr_null(b.value);
    } else {
        ck_assert_uint_eq(major, GSS_S_COMPLETE);
        ck_assert_uint_eq(b.length, strlen(user));
        ck_assert_mem_eq(b.value, user, b.length);
    }
    (void)gss_release_buffer(&minor, &b);
    ck_assert_int_eq(gss_userok(source, name), user != NULL && strcmp(user, name) == 0);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(gss_userok(source, others[i]) ==
                          (user != NULL && strcmp(user, others[i]) == 0),
                      "%s as %s", name, others[i]);
}

/* By our own OID, and through SPNEGO, where the mechglue asks other questions. */
START_TEST(local_login)
{
    const char *key = text("login-%d", _i);
    struct talk t = talk_new();
    gss_name_t imported;
    OM_uint32 minor;

    keygen("x25519", key, logins[_i].client);
    make_trust("trust-login",
               logins[_i].options[0] == '\0' ? key : text("%s=%s", key, logins[_i].options));
    use_cred(&t.initiator_cred, cred(GSS_C_INITIATE, key, "trust-server-x25519", NULL));
    use_cred(&t.acceptor_cred, cred(GSS_C_ACCEPT, "server-x25519", "trust-login", NULL));
    talk_complete(&t);
    check_name(t.source, logins[_i].client, GSS_C_NT_USER_NAME);
    check_login(t.source, logins[_i].client, logins[_i].user);
    ck_assert_uint_eq(canonical(logins[_i].client, strlen(logins[_i].client), GSS_C_NT_USER_NAME,
                                &minor, &imported),
                      0);
    check_login(imported, logins[_i].client, NULL); /* saying so is not being so */
    release_name(&imported);
    talk_free(&t);
}
END_TEST

static gss_cred_id_t spnego_cred(gss_cred_usage_t usage, const char *key, const char *trust)
{
    gss_key_value_element_desc pairs[] = {
        {usage == GSS_C_ACCEPT ? "edhoc_service_identity" : "edhoc_identity", path(key)},
        {"edhoc_trust", path(trust)}};
    gss_key_value_set_desc store = {2, pairs};
    gss_OID_set_desc mechs = {1, &spnego};
    gss_cred_id_t out;
    OM_uint32 minor, major;

    major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &mechs, usage, &store, &out, NULL,
                                  NULL);
    ck_assert_uint_eq(major, GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_set_neg_mechs(&minor, out, &only_us), GSS_S_COMPLETE);
    return out;
}

START_TEST(local_login_through_spnego)
{
    const char *key = text("spnego-%d", _i);
    struct talk t = talk_new();

    keygen("x25519", key, logins[_i].client);
    make_trust("trust-spnego",
               logins[_i].options[0] == '\0' ? key : text("%s=%s", key, logins[_i].options));
    t.mech = &spnego;
    use_cred(&t.initiator_cred, spnego_cred(GSS_C_INITIATE, key, "trust-server-x25519"));
    use_cred(&t.acceptor_cred, spnego_cred(GSS_C_ACCEPT, "server-x25519", "trust-spnego"));
    talk_complete(&t);
    ck_assert_uint_eq(t.tokens, 4); /* SPNEGO wants an even number */
    check_login(t.source, logins[_i].client, logins[_i].user);
    ck_assert_uint_eq(verify_mic(t.initiator, t.acceptor, "through SPNEGO"), 0);
    talk_free(&t);
}
END_TEST

static void add_names(Suite *suite)
{
    TCase *tc = tcase_create("names");

    tcase_add_loop_test(tc, names_are_canonical, 0, ROWS(names));
    tcase_add_test(tc, names_have_a_length);
    tcase_add_test(tc, names_of_two_kinds_differ);
    tcase_add_test(tc, exported_names_are_strict);
    tcase_add_test(tc, subject_names_keep_their_type);
    tcase_add_test(tc, name_types_are_listed);
    tcase_add_test(tc, names_have_attributes);
    tcase_add_loop_test(tc, local_login, 0, ROWS(logins));
    tcase_add_loop_test(tc, local_login_through_spnego, 0, ROWS(logins));
    suite_add_tcase(suite, tc);
}

int main(void)
{
    return glue_main("names", add_names);
}
