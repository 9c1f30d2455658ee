/* Names: what is imported is canonical, exported and compared strictly, and has attributes. */
#include "gss_pair.h"

#include "lib/hex.h"

static OM_uint32 canonical(const void *p, size_t len, gss_OID type, OM_uint32 *minor,
                           gss_name_t *out)
{
    gss_buffer_desc b = app_buffer(p, len);
    gss_name_t generic;
    OM_uint32 ignored, major = gss_import_name(minor, &b, type, &generic);

    *out = GSS_C_NO_NAME;
    if (major != GSS_S_COMPLETE)
        return major;
    major = gss_canonicalize_name(minor, generic, &app_mech, out);
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
    {SERVICE_TYPE, L("host@"), "host", SERVICE_TYPE},
    {SERVICE_TYPE, L("host@\0"), "host", SERVICE_TYPE},
    {SERVICE_TYPE, L("host@@"), NULL, USER},
    {SERVICE_TYPE, L("@"), NULL, USER},
    {UNTYPED, L("host@"), "host", SERVICE_TYPE},
    {USER, L("host@"), "host@", USER},
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
    app_release_name(&again);
    equal = 0;
    ck_assert_uint_eq(gss_compare_name(&minor, copy, name, &equal), GSS_S_COMPLETE);
    ck_assert_int_eq(equal, 1);
    app_release_name(&copy);
    app_release(&blob);
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
            app_failed(major, minor, GSS_S_BAD_NAMETYPE, MINOR(NAME_TYPE));
        else
            app_failed(major, minor, GSS_S_BAD_NAME, MINOR(NAME));
        return;
    }
    app_complete(major, minor);
    app_check_name(name, names[_i].out, type_oid(names[_i].out_type));
    check_round_trip(name);
    app_release_name(&name);
}
END_TEST

START_TEST(names_have_a_length)
{
    char longest[256];
    gss_name_t name;
    OM_uint32 minor;

    memset(longest, 'x', sizeof(longest));
    ck_assert_uint_eq(canonical(longest, 255, GSS_C_NT_USER_NAME, &minor, &name), 0);
    app_release_name(&name);
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
    app_release_name(&user);
    app_release_name(&service);
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
            app_release_name(&again);
        }
    }
    memcpy(copy, blob.value, blob.length);
    copy[blob.length] = 0;
    ck_assert_uint_ne(canonical(copy, blob.length + 1, GSS_C_NT_EXPORT_NAME, &minor, &again), 0);
    app_release(&blob);
    app_release_name(&name);
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
    app_release_name(&name);
    ((unsigned char *)blob.value)[blob.length - 5] = 3;
    ck_assert_uint_eq(canonical(blob.value, blob.length, GSS_C_NT_EXPORT_NAME, &minor, &name), 0);
    ck_assert_uint_eq(gss_display_name(&minor, name, &display, &type), 0);
    ck_assert(!gss_oid_equal(type, GSS_C_NT_USER_NAME));
    ck_assert_uint_eq(canonical(display.value, display.length, type, &minor, &again), 0);
    ck_assert_uint_eq(gss_compare_name(&minor, name, again, &equal), 0);
    ck_assert_int_eq(equal, 1);
    app_release_name(&name);
    app_release_name(&again);
    app_release(&blob);
    app_release(&display);
}
END_TEST

START_TEST(name_types_are_listed)
{
    gss_OID_set set;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_inquire_names_for_mech(&minor, &app_mech, &set), GSS_S_COMPLETE);
    ck_assert(app_has_oid(set, GSS_C_NT_USER_NAME));
    ck_assert(app_has_oid(set, GSS_C_NT_HOSTBASED_SERVICE));
    ck_assert(app_has_oid(set, GSS_C_NT_EXPORT_NAME));
    (void)gss_release_oid_set(&minor, &set);
}
END_TEST

/* ---- attributes and local login ---- */

START_TEST(names_have_attributes)
{
    struct app_pair p = {0};
    gss_buffer_set_t set;
    gss_name_t imported;
    gss_OID type;
    OM_uint32 minor;
    int is_mn, authenticated;

    folder_run("sed 's/$/ the laptop/' client-x25519.pub > trust-comment");
    app_use_cred(&p.acceptor_cred,
                 app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519", "trust-comment", NULL));
    app_open(&p);
    ck_assert_uint_eq(gss_inquire_name(&minor, p.source, &is_mn, &type, &set), 0);
    ck_assert_int_eq(is_mn, 1);
    ck_assert(gss_oid_equal(type, &app_mech));
    ck_assert_uint_eq(set->count, 5);
    (void)gss_release_buffer_set(&minor, &set);
    (void)gss_release_oid(&minor, &type);
    ck_assert_str_eq(app_attribute(p.source, "urn:gss-edhoc:kind", &authenticated), "user");
    ck_assert_int_eq(authenticated, 1);
    ck_assert_uint_eq(strlen(app_attribute(p.source, "urn:gss-edhoc:key-sha256", &authenticated)),
                      64);
    ck_assert_str_eq(app_attribute(p.source, "urn:gss-edhoc:comment", &authenticated),
                     "the laptop");
    ck_assert_str_eq(app_attribute(p.source, "local-login-user", &authenticated), "alice");
    ck_assert_int_eq(authenticated, 1);
    ck_assert_ptr_null(app_attribute(p.source, "urn:other", &authenticated));
    /* An imported name has none but its kind, and that is not authenticated. */
    ck_assert_uint_eq(gss_canonicalize_name(&minor, p.target, &app_mech, &imported), 0);
    ck_assert_str_eq(app_attribute(imported, "urn:gss-edhoc:kind", &authenticated), "service");
    ck_assert_int_eq(authenticated, 0);
    ck_assert_ptr_null(app_attribute(imported, "local-login-user", &authenticated));
    ck_assert_uint_eq(gss_inquire_name(&minor, imported, NULL, NULL, &set), 0);
    ck_assert_uint_eq(set->count, 1);
    (void)gss_release_buffer_set(&minor, &set);
    app_release_name(&imported);
    app_close(&p);
}
END_TEST

START_TEST(a_credential_is_shown_as_hexadecimal)
{
    struct app_pair p = {0};
    gss_buffer_desc urn = app_of_text("urn:gss-edhoc:credential"), value, shown;
    int authenticated, complete, more = -1;
    OM_uint32 minor;

    app_open(&p);
    ck_assert_uint_eq(gss_get_name_attribute(&minor, p.source, &urn, &authenticated, &complete,
                                             &value, &shown, &more),
                      GSS_S_COMPLETE);
    ck_assert_uint_gt(value.length, 0);
    ck_assert_str_eq(textf("%.*s", (int)shown.length, (const char *)shown.value),
                     hex(bytes_of(value.value, value.length)));
    app_release(&value);
    app_release(&shown);
    app_close(&p);
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
    app_release(&b);
    ck_assert_int_eq(gss_userok(source, name), user != NULL && strcmp(user, name) == 0);
    for (int i = 0; i < ROWS(others); i++)
        ck_assert_msg(gss_userok(source, others[i]) ==
                          (user != NULL && strcmp(user, others[i]) == 0),
                      "%s as %s", name, others[i]);
}

/* By our own OID, and through SPNEGO, where the mechglue asks other questions. */
START_TEST(a_peer_logs_in_as_its_local_user_only)
{
    const char *key = textf("login-%d", _i);
    struct app_pair p = {0};
    gss_name_t imported;
    OM_uint32 minor;

    app_keygen("x25519", key, logins[_i].client);
    app_trust_only(textf("trust-login-%d", _i), key, logins[_i].options);
    app_use_cred(&p.initiator_cred,
                 app_cred(&app_mech, GSS_C_INITIATE, key, "trust-server-x25519", NULL));
    app_use_cred(&p.acceptor_cred, app_cred(&app_mech, GSS_C_ACCEPT, "server-x25519",
                                            textf("trust-login-%d", _i), NULL));
    app_open(&p);
    app_check_name(p.source, logins[_i].client, GSS_C_NT_USER_NAME);
    check_login(p.source, logins[_i].client, logins[_i].user);
    ck_assert_uint_eq(canonical(logins[_i].client, strlen(logins[_i].client), GSS_C_NT_USER_NAME,
                                &minor, &imported),
                      0);
    check_login(imported, logins[_i].client, NULL); /* saying so is not being so */
    app_release_name(&imported);
    app_close(&p);
}
END_TEST

static gss_cred_id_t spnego_cred(gss_cred_usage_t usage, const char *key, const char *trust)
{
    gss_cred_id_t out = app_cred(&app_spnego, usage, key, trust, NULL);
    OM_uint32 minor;

    ck_assert_uint_eq(gss_set_neg_mechs(&minor, out, &app_mechs), GSS_S_COMPLETE);
    return out;
}

START_TEST(a_peer_logs_in_through_spnego_just_so)
{
    const char *key = textf("spnego-%d", _i);
    struct app_pair p = {0};

    app_keygen("x25519", key, logins[_i].client);
    app_trust_only(textf("trust-spnego-%d", _i), key, logins[_i].options);
    p.mech = &app_spnego;
    app_use_cred(&p.initiator_cred, spnego_cred(GSS_C_INITIATE, key, "trust-server-x25519"));
    app_use_cred(&p.acceptor_cred,
                 spnego_cred(GSS_C_ACCEPT, "server-x25519", textf("trust-spnego-%d", _i)));
    app_open(&p);
    ck_assert_uint_eq(p.tokens, 4); /* SPNEGO wants an even number */
    check_login(p.source, logins[_i].client, logins[_i].user);
    ck_assert_uint_eq(app_mic(p.initiator, p.acceptor, "through SPNEGO"), 0);
    app_close(&p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "names");

    tcase_add_loop_test(tc, names_are_canonical, 0, ROWS(names));
    tcase_add_test(tc, names_have_a_length);
    tcase_add_test(tc, names_of_two_kinds_differ);
    tcase_add_test(tc, exported_names_are_strict);
    tcase_add_test(tc, subject_names_keep_their_type);
    tcase_add_test(tc, name_types_are_listed);
    tcase_add_test(tc, names_have_attributes);
    tcase_add_test(tc, a_credential_is_shown_as_hexadecimal);
    tcase_add_loop_test(tc, a_peer_logs_in_as_its_local_user_only, 0, ROWS(logins));
    tcase_add_loop_test(tc, a_peer_logs_in_through_spnego_just_so, 0, ROWS(logins));
}

int main(void)
{
    return app_main("names", add);
}
