/* The plugin as the loader of Heimdal's library finds it: by dlsym(), without a mechglue of MIT's
 * between. That library itself runs over it in tools/check-debian.sh. */
#include "gss_pair.h"

/* ---- what the loader looks up (lib/gssapi/mech/gss_mech_switch.c of Heimdal 7.8) ---- */

static const char *const required[] = {
    "gss_acquire_cred",
    "gss_release_cred",
    "gss_init_sec_context",
    "gss_accept_sec_context",
    "gss_process_context_token",
    "gss_delete_sec_context",
    "gss_context_time",
    "gss_get_mic",
    "gss_verify_mic",
    "gss_wrap",
    "gss_unwrap",
    "gss_display_status",
    "gss_indicate_mechs",
    "gss_compare_name",
    "gss_display_name",
    "gss_import_name",
    "gss_export_name",
    "gss_release_name",
    "gss_inquire_cred",
    "gss_inquire_context",
    "gss_wrap_size_limit",
    "gss_add_cred",
    "gss_inquire_cred_by_mech",
    "gss_export_sec_context",
    "gss_import_sec_context",
    "gss_inquire_names_for_mech",
    "gss_inquire_mechs_for_name",
    "gss_canonicalize_name",
    "gss_duplicate_name",
};
static const char *const optional[] = {
    "gss_inquire_cred_by_oid",
    "gss_inquire_sec_context_by_oid",
    "gss_set_sec_context_option",
    "gssspi_set_cred_option",
    "gss_pseudo_random",
    "gss_wrap_iov",
    "gss_unwrap_iov",
    "gss_wrap_iov_length",
    "gss_store_cred",
    "gss_export_cred",
    "gss_import_cred",
    "gss_acquire_cred_ext",
    "gss_iter_creds",
    "gss_destroy_cred",
    "gss_cred_hold",
    "gss_cred_unhold",
    "gss_cred_label_get",
    "gss_cred_label_set",
    "gss_display_name_ext",
    "gss_inquire_name",
    "gss_get_name_attribute",
    "gss_set_name_attribute",
    "gss_delete_name_attribute",
    "gss_export_name_composite",
    "gss_localname",
    "gssspi_authorize_localname",
    "gss_mo_init",
    "gss_inquire_saslname_for_mech",
    "gss_inquire_mech_for_saslname",
    "gss_inquire_attrs_for_mech",
    "gssspi_acquire_cred_with_password",
};

/* Found by way of the plugin, in the plugin and not in a library that it is linked with? */
static bool is_ours(const void *symbol)
{
    Dl_info info, us;

    return dladdr(symbol, &info) != 0 && dladdr(dlsym(app_handle, "gss_wrap"), &us) != 0 &&
           info.dli_fbase == us.dli_fbase;
}

START_TEST(whatever_the_loader_requires_is_ours)
{
    for (int i = 0; i < ROWS(required); i++) {
        void *symbol = dlsym(app_handle, required[i]);

        ck_assert_msg(symbol != NULL && is_ours(symbol), "%s", required[i]);
    }
}
END_TEST

START_TEST(nothing_that_the_loader_finds_is_of_another_library)
{
    for (int i = 0; i < ROWS(optional); i++) {
        void *symbol = dlsym(app_handle, optional[i]);

        ck_assert_msg(symbol == NULL || is_ours(symbol), "%s", optional[i]);
    }
}
END_TEST

/* ---- what only Heimdal asks for ---- */

static void check_only_us(gss_OID_set set)
{
    OM_uint32 minor;

    ck_assert_uint_eq(set->count, 1);
    ck_assert(app_has_oid(set, &app_mech));
    (void)gss_release_oid_set(&minor, &set);
}

START_TEST(the_mechanisms_are_this_one)
{
    gss_OID_set set;
    gss_name_t name;
    gss_buffer_desc alice = app_of_text("alice");
    OM_uint32 minor;

    ck_assert_uint_eq(DIRECT(gss_indicate_mechs)(&minor, &set), GSS_S_COMPLETE);
    check_only_us(set);
    ck_assert_uint_eq(DIRECT(gss_import_name)(&minor, &alice, GSS_C_NT_USER_NAME, &name), 0);
    ck_assert_uint_eq(DIRECT(gss_inquire_mechs_for_name)(&minor, name, &set), GSS_S_COMPLETE);
    check_only_us(set);
    ck_assert_uint_eq(DIRECT(gss_inquire_mechs_for_name)(&minor, GSS_C_NO_NAME, &set),
                      GSS_S_BAD_NAME);
    (void)DIRECT(gss_release_name)(&minor, &name);
}
END_TEST

START_TEST(a_name_is_canonical_already)
{
    gss_buffer_desc written = app_of_text("HTTP@WEB.Example.ORG."), shown;
    gss_name_t name, canonical;
    int equal = 0;
    OM_uint32 minor;

    ck_assert_uint_eq(DIRECT(gss_import_name)(&minor, &written, GSS_C_NT_HOSTBASED_SERVICE, &name),
                      0);
    ck_assert_uint_eq(DIRECT(gss_canonicalize_name)(&minor, name, &app_spnego, &canonical),
                      GSS_S_BAD_MECH);
    ck_assert_ptr_null(canonical);
    ck_assert_uint_eq(DIRECT(gss_canonicalize_name)(&minor, GSS_C_NO_NAME, &app_mech, &canonical),
                      GSS_S_BAD_NAME);
    ck_assert_uint_eq(DIRECT(gss_canonicalize_name)(&minor, name, &app_mech, &canonical), 0);
    ck_assert_uint_eq(DIRECT(gss_compare_name)(&minor, name, canonical, &equal), 0);
    ck_assert(equal);
    (void)DIRECT(gss_release_name)(&minor, &name);
    ck_assert_uint_eq(DIRECT(gss_display_name)(&minor, canonical, &shown, NULL), 0);
    ck_assert_str_eq(shown.value, APP_SERVICE);
    app_release(&shown);
    (void)DIRECT(gss_release_name)(&minor, &canonical);
}
END_TEST

/* ---- credentials ---- */

static void configure(void)
{
    app_trust_only("trust", "client-x25519", NULL);
    app_trust("trust", "server-x25519", NULL);
    (void)setenv("GSS_EDHOC_IDENTITY", folder_path("client-x25519"), 1);
    (void)setenv("GSS_EDHOC_SERVICE_IDENTITY", folder_path("server-x25519"), 1);
    (void)setenv("GSS_EDHOC_TRUST", folder_path("trust"), 1);
}

static gss_cred_id_t add(gss_cred_usage_t usage)
{
    OM_uint32 minor, initiator = 7, acceptor = 7;
    gss_cred_id_t out;
    gss_OID_set mechs;

    ck_assert_uint_eq(DIRECT(gss_add_cred)(&minor, GSS_C_NO_CREDENTIAL, GSS_C_NO_NAME, &app_mech,
                                           usage, 0, 0, &out, &mechs, &initiator, &acceptor),
                      GSS_S_COMPLETE);
    check_only_us(mechs);
    ck_assert_uint_eq(initiator, usage == GSS_C_ACCEPT ? 0 : GSS_C_INDEFINITE);
    ck_assert_uint_eq(acceptor, usage == GSS_C_INITIATE ? 0 : GSS_C_INDEFINITE);
    return out;
}

START_TEST(a_credential_is_added_to_none)
{
    gss_cred_id_t both, out;
    OM_uint32 minor;

    configure();
    both = add(GSS_C_BOTH);
    ck_assert_uint_eq(DIRECT(gss_add_cred)(&minor, both, GSS_C_NO_NAME, &app_mech, GSS_C_BOTH, 0, 0,
                                           &out, NULL, NULL, NULL),
                      GSS_S_DUPLICATE_ELEMENT);
    ck_assert_ptr_null(out);
    ck_assert_uint_eq(DIRECT(gss_add_cred)(&minor, GSS_C_NO_CREDENTIAL, GSS_C_NO_NAME, &app_spnego,
                                           GSS_C_BOTH, 0, 0, &out, NULL, NULL, NULL),
                      GSS_S_BAD_MECH);
    ck_assert_uint_eq(DIRECT(gss_add_cred)(&minor, GSS_C_NO_CREDENTIAL, GSS_C_NO_NAME, &app_mech,
                                           GSS_C_BOTH, 0, 0, NULL, NULL, NULL, NULL),
                      GSS_S_CALL_INACCESSIBLE_WRITE);
    (void)setenv("GSS_EDHOC_IDENTITY", folder_path("nobody"), 1);
    ck_assert(GSS_ERROR(DIRECT(gss_add_cred)(&minor, GSS_C_NO_CREDENTIAL, GSS_C_NO_NAME, &app_mech,
                                             GSS_C_INITIATE, 0, 0, &out, NULL, NULL, NULL)));
    ck_assert_ptr_null(out);
    (void)DIRECT(gss_release_cred)(&minor, &both);
}
END_TEST

/* Tokens pass between two contexts until both are open. */
static void shake_hands(gss_cred_id_t from, gss_cred_id_t to, gss_name_t target,
                        gss_ctx_id_t ctx[2], gss_name_t *source)
{
    gss_buffer_desc token[2] = {GSS_C_EMPTY_BUFFER, GSS_C_EMPTY_BUFFER};
    OM_uint32 minor, major[2] = {GSS_S_CONTINUE_NEEDED, GSS_S_CONTINUE_NEEDED};
    gss_OID used;

    while (major[0] == GSS_S_CONTINUE_NEEDED || major[1] == GSS_S_CONTINUE_NEEDED) {
        if (major[0] == GSS_S_CONTINUE_NEEDED)
            major[0] = DIRECT(gss_init_sec_context)(&minor, from, &ctx[0], target, &app_mech,
                                                    APP_ALWAYS, 0, NULL, &token[1], NULL, &token[0],
                                                    NULL, NULL);
        app_release(&token[1]);
        ck_assert_uint_eq(GSS_ERROR(major[0]), 0);
        major[1] = DIRECT(gss_accept_sec_context)(&minor, &ctx[1], to, &token[0], NULL, source,
                                                  &used, &token[1], NULL, NULL, NULL);
        app_release(&token[0]);
        ck_assert_uint_eq(GSS_ERROR(major[1]), 0);
    }
    ck_assert(gss_oid_equal(used, &app_mech));
}

START_TEST(a_handshake_without_a_mechglue)
{
    gss_buffer_desc service = app_of_text(APP_SERVICE), shown, text = app_of_text("sealed"), token,
                    out;
    gss_cred_id_t from, to;
    gss_ctx_id_t ctx[2] = {GSS_C_NO_CONTEXT, GSS_C_NO_CONTEXT};
    gss_name_t target, source = GSS_C_NO_NAME;
    OM_uint32 minor;

    configure();
    from = add(GSS_C_INITIATE);
    to = add(GSS_C_ACCEPT);
    ck_assert_uint_eq(
        DIRECT(gss_import_name)(&minor, &service, GSS_C_NT_HOSTBASED_SERVICE, &target), 0);
    shake_hands(from, to, target, ctx, &source);
    ck_assert_uint_eq(DIRECT(gss_display_name)(&minor, source, &shown, NULL), 0);
    ck_assert_str_eq(shown.value, "alice");
    ck_assert_uint_eq(DIRECT(gss_wrap)(&minor, ctx[0], 1, 0, &text, NULL, &token), 0);
    ck_assert_uint_eq(DIRECT(gss_unwrap)(&minor, ctx[1], &token, &out, NULL, NULL), 0);
    ck_assert_uint_eq(out.length, strlen("sealed"));
    ck_assert_mem_eq(out.value, "sealed", out.length);
    app_release(&shown);
    app_release(&token);
    app_release(&out);
    for (int i = 0; i < 2; i++)
        (void)DIRECT(gss_delete_sec_context)(&minor, &ctx[i], GSS_C_NO_BUFFER);
    (void)DIRECT(gss_release_name)(&minor, &source);
    (void)DIRECT(gss_release_name)(&minor, &target);
    (void)DIRECT(gss_release_cred)(&minor, &from);
    (void)DIRECT(gss_release_cred)(&minor, &to);
}
END_TEST

/* ---- what MIT's library hands on as well ---- */

START_TEST(a_name_is_displayed_as_what_it_is)
{
    gss_name_t alice = app_name("alice", GSS_C_NT_USER_NAME), mine;
    gss_buffer_desc shown = GSS_C_EMPTY_BUFFER, urn = app_of_text("urn:gss-edhoc:kind"),
                    value = app_of_text("service");
    OM_uint32 minor;

    ck_assert_uint_eq(gss_canonicalize_name(&minor, alice, &app_mech, &mine), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_display_name_ext(&minor, mine, GSS_C_NT_USER_NAME, &shown), 0);
    ck_assert_str_eq(shown.value, "alice");
    app_release(&shown);
    ck_assert_uint_eq(gss_display_name_ext(&minor, mine, GSS_C_NT_HOSTBASED_SERVICE, &shown),
                      GSS_S_UNAVAILABLE);
    ck_assert_uint_eq(gss_set_name_attribute(&minor, mine, 1, &urn, &value), GSS_S_UNAVAILABLE);
    ck_assert_uint_eq(gss_delete_name_attribute(&minor, mine, &urn), GSS_S_UNAVAILABLE);
    ck_assert_uint_eq(
        DIRECT(gss_display_name_ext)(&minor, GSS_C_NO_NAME, GSS_C_NT_USER_NAME, &shown),
        GSS_S_BAD_NAME);
    app_release_name(&alice);
    app_release_name(&mine);
}
END_TEST

START_TEST(a_default_credential_is_stored_already_and_no_other)
{
    static gss_OID_desc any = {1, "\x2a"};
    gss_buffer_set_t set;
    gss_cred_id_t ours = GSS_C_NO_CREDENTIAL;
    gss_cred_usage_t usage = GSS_C_BOTH;
    gss_OID_set stored;
    OM_uint32 minor;

    configure();
    ck_assert_uint_eq(
        gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, &app_mechs, GSS_C_INITIATE, &ours, NULL, NULL),
        GSS_S_COMPLETE);
    ck_assert_uint_eq(
        gss_store_cred(&minor, ours, GSS_C_INITIATE, GSS_C_NO_OID, 1, 1, &stored, &usage),
        GSS_S_COMPLETE);
    check_only_us(stored);
    ck_assert_int_eq(usage, GSS_C_INITIATE);
    ck_assert_uint_eq(gss_inquire_cred_by_oid(&minor, ours, &any, &set), GSS_S_UNAVAILABLE);
    (void)setenv("GSS_EDHOC_IDENTITY", folder_path("server-x25519"), 1);
    ck_assert_uint_eq(gss_store_cred(&minor, ours, GSS_C_INITIATE, &app_mech, 1, 1, NULL, NULL),
                      GSS_S_UNAVAILABLE);
    app_release_cred(&ours);
}
END_TEST

/* ---- what failed hands out nothing ---- */

/* MIT's library clears what its callers hand in before it calls us; another need not. */
static struct outputs {
    gss_cred_id_t cred;
    gss_ctx_id_t ctx;
    gss_name_t name[2];
    gss_OID_set set;
    gss_buffer_set_t buffers;
    gss_buffer_desc buffer[2];
    OM_uint32 number[2];
    int flag[2];
} out;

/* The call failed, and cleared this many bytes in all; the rest is as it was. */
static void check_cleared(OM_uint32 major, size_t cleared)
{
    const uint8_t *bytes = (const uint8_t *)&out;
    size_t zero = 0;

    ck_assert(GSS_ERROR(major));
    for (size_t i = 0; i < sizeof(out); i++) {
        ck_assert(bytes[i] == 0 || bytes[i] == 0x5a);
        zero += bytes[i] == 0;
    }
    ck_assert_uint_eq(zero, cleared);
    memset(&out, 0x5a, sizeof(out));
}

#define POINTERS(n) ((n) * sizeof(void *))
#define BUFFERS(n)  ((n) * sizeof(gss_buffer_desc))
#define NUMBERS(n)  ((n) * sizeof(OM_uint32))

START_TEST(a_credential_that_there_is_not_hands_out_nothing)
{
    gss_buffer_desc nonsense = app_of_text("nonsense");
    gss_cred_usage_t usage;
    OM_uint32 minor;

    memset(&out, 0x5a, sizeof(out));
    (void)setenv("GSS_EDHOC_IDENTITY", folder_path("nobody"), 1);
    check_cleared(DIRECT(gss_acquire_cred)(&minor, GSS_C_NO_NAME, 0, &app_mechs, GSS_C_INITIATE,
                                           &out.cred, &out.set, &out.number[0]),
                  POINTERS(2) + NUMBERS(1));
    check_cleared(DIRECT(gss_inquire_cred_by_mech)(&minor, GSS_C_NO_CREDENTIAL, &app_spnego,
                                                   &out.name[0], &out.number[0], &out.number[1],
                                                   &usage),
                  POINTERS(1) + NUMBERS(2));
    check_cleared(DIRECT(gss_export_cred)(&minor, GSS_C_NO_CREDENTIAL, &out.buffer[0]), BUFFERS(1));
    check_cleared(DIRECT(gss_import_cred)(&minor, &nonsense, &out.cred), POINTERS(1));
}
END_TEST

START_TEST(a_name_that_there_is_not_hands_out_nothing)
{
    gss_buffer_desc nonsense = app_of_text("nonsense");
    int more = 0;
    OM_uint32 minor;

    memset(&out, 0x5a, sizeof(out));
    check_cleared(DIRECT(gss_import_name)(&minor, &nonsense, &app_mech, &out.name[0]), POINTERS(1));
    check_cleared(DIRECT(gss_duplicate_name)(&minor, GSS_C_NO_NAME, &out.name[0]), POINTERS(1));
    check_cleared(DIRECT(gss_display_name)(&minor, GSS_C_NO_NAME, &out.buffer[0], NULL),
                  BUFFERS(1));
    check_cleared(DIRECT(gss_compare_name)(&minor, GSS_C_NO_NAME, GSS_C_NO_NAME, &out.flag[0]),
                  NUMBERS(1));
    check_cleared(DIRECT(gss_export_name)(&minor, GSS_C_NO_NAME, &out.buffer[0]), BUFFERS(1));
    check_cleared(DIRECT(gss_localname)(&minor, GSS_C_NO_NAME, &app_mech, &out.buffer[0]),
                  BUFFERS(1));
    check_cleared(DIRECT(gss_inquire_name)(&minor, GSS_C_NO_NAME, NULL, NULL, &out.buffers),
                  POINTERS(1));
    check_cleared(DIRECT(gss_get_name_attribute)(&minor, GSS_C_NO_NAME, &nonsense, &out.flag[0],
                                                 &out.flag[1], &out.buffer[0], &out.buffer[1],
                                                 &more),
                  NUMBERS(2) + BUFFERS(2));
}
END_TEST

START_TEST(a_context_that_there_is_not_hands_out_nothing)
{
    gss_buffer_desc nonsense = app_of_text("nonsense");
    gss_ctx_id_t none = GSS_C_NO_CONTEXT;
    gss_OID mech;
    OM_uint32 minor;

    configure();
    memset(&out, 0x5a, sizeof(out));
    check_cleared(DIRECT(gss_init_sec_context)(&minor, GSS_C_NO_CREDENTIAL, &none, GSS_C_NO_NAME,
                                               &app_mech, 0, 0, NULL, NULL, &mech, &out.buffer[0],
                                               &out.number[0], &out.number[1]),
                  BUFFERS(1) + NUMBERS(2));
    check_cleared(DIRECT(gss_accept_sec_context)(&minor, &none, GSS_C_NO_CREDENTIAL, &nonsense,
                                                 NULL, &out.name[0], &mech, &out.buffer[0],
                                                 &out.number[0], &out.number[1], &out.cred),
                  POINTERS(2) + BUFFERS(1) + NUMBERS(2));
    check_cleared(DIRECT(gss_inquire_context)(&minor, none, &out.name[0], &out.name[1],
                                              &out.number[0], &mech, &out.number[1], &out.flag[0],
                                              &out.flag[1]),
                  POINTERS(2) + NUMBERS(4));
    check_cleared(DIRECT(gss_context_time)(&minor, none, &out.number[0]), NUMBERS(1));
    check_cleared(DIRECT(gss_wrap)(&minor, none, 1, 0, &nonsense, &out.flag[0], &out.buffer[0]),
                  NUMBERS(1) + BUFFERS(1));
    check_cleared(
        DIRECT(gss_unwrap)(&minor, none, &nonsense, &out.buffer[0], &out.flag[0], &out.number[0]),
        NUMBERS(2) + BUFFERS(1));
    check_cleared(DIRECT(gss_get_mic)(&minor, none, 0, &nonsense, &out.buffer[0]), BUFFERS(1));
    check_cleared(DIRECT(gss_verify_mic)(&minor, none, &nonsense, &nonsense, &out.number[0]),
                  NUMBERS(1));
    check_cleared(DIRECT(gss_wrap_size_limit)(&minor, none, 1, 0, 100, &out.number[0]), NUMBERS(1));
    check_cleared(DIRECT(gss_pseudo_random)(&minor, none, 0, &nonsense, 16, &out.buffer[0]),
                  BUFFERS(1));
    check_cleared(DIRECT(gss_export_sec_context)(&minor, &none, &out.buffer[0]), BUFFERS(1));
    check_cleared(DIRECT(gss_import_sec_context)(&minor, &nonsense, &out.ctx), POINTERS(1));
    check_cleared(DIRECT(gss_inquire_sec_context_by_oid)(&minor, none, GSS_C_INQ_SSPI_SESSION_KEY,
                                                         &out.buffers),
                  POINTERS(1));
}
END_TEST

/* Numbers that are none of ours, just outside. */
START_TEST(a_foreign_minor_status_is_told_as_its_number)
{
    static const OM_uint32 foreign[] = {EDHOC_MINOR_BASE, EDHOC_MINOR_BASE + EDHOC_ERR_END,
                                        0xffffffff};
    OM_uint32 minor, more = 0;
    gss_buffer_desc text;

    for (int i = 0; i < ROWS(foreign); i++) {
        ck_assert_uint_eq(DIRECT(gss_display_status)(&minor, foreign[i], GSS_C_MECH_CODE, &app_mech,
                                                     &more, &text),
                          GSS_S_COMPLETE);
        ck_assert_str_eq(textf("%.*s", (int)text.length, (const char *)text.value),
                         textf("unknown minor status %lu", (unsigned long)foreign[i]));
        app_release(&text);
    }
}
END_TEST

static void add_tests(Suite *suite)
{
    TCase *tc = app_case(suite, "heimdal");

    tcase_add_checked_fixture(tc, app_load, app_unload);
    tcase_add_test(tc, whatever_the_loader_requires_is_ours);
    tcase_add_test(tc, nothing_that_the_loader_finds_is_of_another_library);
    tcase_add_test(tc, the_mechanisms_are_this_one);
    tcase_add_test(tc, a_name_is_canonical_already);
    tcase_add_test(tc, a_credential_is_added_to_none);
    tcase_add_test(tc, a_handshake_without_a_mechglue);
    tcase_add_test(tc, a_name_is_displayed_as_what_it_is);
    tcase_add_test(tc, a_default_credential_is_stored_already_and_no_other);
    tcase_add_test(tc, a_credential_that_there_is_not_hands_out_nothing);
    tcase_add_test(tc, a_name_that_there_is_not_hands_out_nothing);
    tcase_add_test(tc, a_context_that_there_is_not_hands_out_nothing);
    tcase_add_test(tc, a_foreign_minor_status_is_told_as_its_number);
}

int main(void)
{
    return app_main("heimdal", add_tests);
}
