/* The mechanism as the mechglue sees it: its registration, its texts, its entry points asked
 * directly, and its trace. */
#include "gss_pair.h"

START_TEST(it_is_registered_with_its_attributes)
{
    gss_const_OID const has[] = {
        GSS_C_MA_MECH_CONCRETE, GSS_C_MA_ITOK_FRAMED, GSS_C_MA_AUTH_INIT,  GSS_C_MA_AUTH_TARG,
        GSS_C_MA_CBINDINGS,     GSS_C_MA_PFS,         GSS_C_MA_MIC,        GSS_C_MA_WRAP,
        GSS_C_MA_INTEG_PROT,    GSS_C_MA_CONF_PROT,   GSS_C_MA_PROT_READY, GSS_C_MA_REPLAY_DET,
        GSS_C_MA_OOS_DET,
    };
    gss_const_OID const lacks[] = {GSS_C_MA_AUTH_INIT_ANON, GSS_C_MA_NOT_DFLT_MECH,
                                   GSS_C_MA_DEPRECATED,     GSS_C_MA_MECH_NEGO,
                                   GSS_C_MA_NOT_MECH,       GSS_C_MA_MECH_GLUE};
    gss_OID_set mechs, attrs, known;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_indicate_mechs(&minor, &mechs), GSS_S_COMPLETE);
    ck_assert(app_has_oid(mechs, &app_mech));
    ck_assert_uint_eq(gss_inquire_attrs_for_mech(&minor, &app_mech, &attrs, &known),
                      GSS_S_COMPLETE);
    for (int i = 0; i < ROWS(has); i++)
        ck_assert(app_has_oid(attrs, has[i]) && app_has_oid(known, has[i]));
    for (int i = 0; i < ROWS(lacks); i++)
        ck_assert(!app_has_oid(attrs, lacks[i]) && app_has_oid(known, lacks[i]));
    (void)gss_release_oid_set(&minor, &mechs);
    (void)gss_release_oid_set(&minor, &attrs);
    (void)gss_release_oid_set(&minor, &known);
    ck_assert_uint_eq(gss_inquire_attrs_for_mech(&minor, &app_mech, NULL, NULL), GSS_S_COMPLETE);
}
END_TEST

START_TEST(its_sasl_name_leads_there_and_back)
{
    gss_buffer_desc sasl, name, description, other = app_of_text("GS2-AAAAAAAAAAA");
    gss_OID oid;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_inquire_saslname_for_mech(&minor, &app_mech, &sasl, &name, &description),
                      0);
    ck_assert_str_eq(sasl.value, "GS2-TVQBD6KGPEG");
    ck_assert_uint_eq(sasl.length, 15);
    ck_assert_str_eq(name.value, "edhoc");
    ck_assert_uint_eq(gss_inquire_mech_for_saslname(&minor, &sasl, &oid), GSS_S_COMPLETE);
    ck_assert(gss_oid_equal(oid, &app_mech));
    ck_assert_uint_eq(gss_inquire_mech_for_saslname(&minor, &sasl, NULL), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_inquire_mech_for_saslname(&minor, &other, &oid), GSS_S_BAD_MECH);
    ck_assert_uint_eq(gss_inquire_saslname_for_mech(&minor, &app_mech, NULL, NULL, NULL), 0);
    app_release(&sasl);
    app_release(&name);
    app_release(&description);
}
END_TEST

/* Asked directly: through the mechglue only those can be asked for that have happened. */
START_TEST(every_minor_status_has_a_sentence)
{
    const OM_uint32 odd[] = {
        0, 1, EDHOC_MINOR_BASE, EDHOC_MINOR_BASE + EDHOC_ERR_END, EDHOC_MINOR_BASE - 1, 0xffffffff};
    gss_buffer_desc b, seen[EDHOC_ERR_END];
    OM_uint32 minor, more;

    for (OM_uint32 i = 1; i < EDHOC_ERR_END; i++) {
        more = 1;
        ck_assert_uint_eq(DIRECT(gss_display_status)(&minor, EDHOC_MINOR_BASE + i, GSS_C_MECH_CODE,
                                                     &app_mech, &more, &seen[i]),
                          GSS_S_COMPLETE);
        ck_assert_uint_eq(more, 0);
        ck_assert_uint_eq(strlen(seen[i].value), seen[i].length);
        ck_assert_uint_gt(seen[i].length, 10);
        for (OM_uint32 k = 1; k < i; k++)
            ck_assert_str_ne(seen[k].value, seen[i].value);
    }
    for (OM_uint32 i = 1; i < EDHOC_ERR_END; i++)
        app_release(&seen[i]);
    for (int i = 0; i < ROWS(odd); i++) {
        ck_assert_uint_eq(
            DIRECT(gss_display_status)(&minor, odd[i], GSS_C_MECH_CODE, NULL, NULL, &b), 0);
        ck_assert_uint_gt(b.length, 0);
        app_release(&b);
    }
}
END_TEST

/* dlsym() finds what is exported, and nothing of the engine. */
START_TEST(exports_are_the_entry_points)
{
    static const char *const hidden[] = {"edhoc_new",    "protect_seal",  "glue_status",
                                         "cbor_put_int", "settings_read", "report",
                                         "glue_mech_oid"};

    ck_assert_ptr_nonnull(dlsym(app_handle, "gssspi_set_cred_option"));
    ck_assert_ptr_nonnull(dlsym(app_handle, "gss_internal_release_oid"));
    for (int i = 0; i < ROWS(hidden); i++)
        ck_assert_ptr_null(dlsym(app_handle, hidden[i]));
}
END_TEST

/* The mechglue stops most of this; the plugin must not rely on that. */
START_TEST(no_name_hurts_no_function)
{
    gss_buffer_desc out = {1, "x"}, zero = {5, NULL};
    gss_name_t name = GSS_C_NO_NAME;
    gss_OID oid = GSS_C_NO_OID;
    OM_uint32 minor;
    int i;

    ck_assert_uint_eq(DIRECT(gss_release_name)(&minor, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_release_name)(&minor, &name), 0);
    ck_assert_uint_eq(DIRECT(gss_display_name)(&minor, name, &out, &oid), GSS_S_BAD_NAME);
    ck_assert_uint_eq(DIRECT(gss_compare_name)(&minor, name, name, &i), GSS_S_BAD_NAME);
    ck_assert_uint_eq(DIRECT(gss_duplicate_name)(&minor, name, &name), GSS_S_BAD_NAME);
    ck_assert_uint_eq(DIRECT(gss_export_name)(&minor, name, &out), GSS_S_BAD_NAME);
    ck_assert_uint_eq(DIRECT(gss_import_name)(&minor, NULL, NULL, &name), GSS_S_BAD_NAME);
    ck_assert_uint_eq(DIRECT(gss_import_name)(&minor, &zero, NULL, &name), GSS_S_BAD_NAME);
    ck_assert_uint_eq(DIRECT(gss_import_name)(&minor, &zero, GSS_C_NT_EXPORT_NAME, &name),
                      GSS_S_BAD_NAME);
    ck_assert_uint_ne(DIRECT(gss_import_name)(&minor, &zero, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_inquire_name)(&minor, name, NULL, NULL, NULL), GSS_S_BAD_NAME);
    i = -1;
    ck_assert_uint_eq(
        DIRECT(gss_get_name_attribute)(&minor, name, NULL, NULL, NULL, NULL, NULL, &i),
        GSS_S_BAD_NAME);
    ck_assert_int_eq(i, 0);
    ck_assert_uint_ne(DIRECT(gss_localname)(&minor, name, NULL, NULL), 0);
    ck_assert_uint_ne(DIRECT(gssspi_authorize_localname)(&minor, name, NULL, NULL), 0);
}
END_TEST

START_TEST(no_context_hurts_no_function)
{
    gss_buffer_desc out = {1, "x"};
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_cred_id_t c = GSS_C_NO_CREDENTIAL;
    gss_name_t name = GSS_C_NO_NAME;
    gss_buffer_set_t set;
    OM_uint32 minor, n;

    ck_assert_uint_eq(DIRECT(gss_delete_sec_context)(&minor, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_delete_sec_context)(&minor, &ctx, &out), 0);
    ck_assert(out.length == 0 && out.value == NULL);
    ck_assert_uint_eq(DIRECT(gss_inquire_sec_context_by_oid)(&minor, ctx, &app_mech, &set),
                      GSS_S_UNAVAILABLE);
    ck_assert_uint_eq(
        DIRECT(gss_inquire_sec_context_by_oid)(&minor, ctx, GSS_C_INQ_SSPI_SESSION_KEY, &set),
        GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(DIRECT(gss_wrap)(&minor, ctx, 1, 0, NULL, NULL, &out), GSS_S_NO_CONTEXT);
    ck_assert_uint_ne(DIRECT(gss_wrap)(&minor, ctx, 1, 0, NULL, NULL, NULL), 0);
    ck_assert_uint_ne(DIRECT(gss_unwrap)(&minor, ctx, NULL, &out, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_get_mic)(&minor, ctx, 0, NULL, &out), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(DIRECT(gss_verify_mic)(&minor, ctx, NULL, NULL, NULL), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(DIRECT(gss_context_time)(&minor, ctx, &n), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(DIRECT(gss_process_context_token)(&minor, ctx, NULL), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(
        DIRECT(gss_inquire_context)(&minor, ctx, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        GSS_S_NO_CONTEXT);
    ck_assert_uint_ne(DIRECT(gss_init_sec_context)(&minor, c, &ctx, name, NULL, 0, 0, NULL, NULL,
                                                   NULL, &out, NULL, NULL),
                      0);
    ck_assert_uint_ne(DIRECT(gss_init_sec_context)(&minor, c, NULL, name, NULL, 0, 0, NULL, NULL,
                                                   NULL, &out, NULL, NULL),
                      0);
    ck_assert_uint_ne(DIRECT(gss_accept_sec_context)(&minor, &ctx, c, NULL, NULL, NULL, NULL, &out,
                                                     NULL, NULL, NULL),
                      0);
    ck_assert_ptr_null(ctx);
}
END_TEST

START_TEST(no_credential_and_no_mechanism_hurt_no_function)
{
    gss_buffer_desc out = {1, "x"};
    gss_cred_id_t c = GSS_C_NO_CREDENTIAL;
    gss_OID oid = GSS_C_NO_OID;
    gss_OID_set oids;
    OM_uint32 minor;

    ck_assert_uint_eq(DIRECT(gss_release_cred)(&minor, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_release_cred)(&minor, &c), 0);
    ck_assert_uint_eq(DIRECT(gss_inquire_cred)(&minor, c, NULL, NULL, NULL, NULL), GSS_S_NO_CRED);
    ck_assert_uint_ne(
        DIRECT(gss_acquire_cred_from)(&minor, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_internal_release_oid)(&minor, &oid), GSS_S_CONTINUE_NEEDED);
    ck_assert_uint_eq(DIRECT(gss_internal_release_oid)(&minor, NULL), GSS_S_CONTINUE_NEEDED);
    ck_assert_uint_eq(DIRECT(gss_inquire_mech_for_saslname)(&minor, NULL, NULL), GSS_S_BAD_MECH);
    ck_assert_uint_ne(DIRECT(gss_inquire_names_for_mech)(&minor, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_inquire_attrs_for_mech)(&minor, &app_spnego, &oids, NULL),
                      GSS_S_BAD_MECH);
    ck_assert_uint_ne(DIRECT(gss_display_status)(&minor, 0, GSS_C_MECH_CODE, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_display_status)(&minor, 0, GSS_C_GSS_CODE, NULL, NULL, &out),
                      GSS_S_BAD_STATUS);
}
END_TEST

/* ---- the trace ---- */

START_TEST(the_trace_tells_each_step)
{
    struct app_pair p = {0};

    (void)setenv("GSS_EDHOC_TRACE", folder_path("trace"), 1);
    app_open(&p);
    (void)unsetenv("GSS_EDHOC_TRACE");
    folder_run("test $(grep -c 'bytes in' trace) = 4");
    folder_run("test $(grep -c 'open: method 3 suite 6' trace) = 2");
    folder_run("test $(stat -c %%a trace) = 600");
    app_close(&p);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tc = app_case(suite, "mechanism"), *direct = app_case(suite, "asked directly");

    tcase_add_test(tc, it_is_registered_with_its_attributes);
    tcase_add_test(tc, its_sasl_name_leads_there_and_back);
    tcase_add_test(tc, the_trace_tells_each_step);
    tcase_add_checked_fixture(direct, app_load, app_unload);
    tcase_add_test(direct, every_minor_status_has_a_sentence);
    tcase_add_test(direct, exports_are_the_entry_points);
    tcase_add_test(direct, no_name_hurts_no_function);
    tcase_add_test(direct, no_context_hurts_no_function);
    tcase_add_test(direct, no_credential_and_no_mechanism_hurt_no_function);
}

int main(void)
{
    return app_main("mechanism", add);
}
