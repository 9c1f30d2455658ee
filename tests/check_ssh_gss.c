/* OpenSSH certificates as applications meet them, through MIT's mechglue: what a name tells of its
 * certificate, also after export and import; a certificate that ends while a context is open; and one
 * that is not the key's. Keys and certificates are made by the real ssh-keygen. */
#include "gss_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <gssapi/gssapi_ext.h>

/* ---- the clock, which is the plugin's too ---- */

static time_t ahead;

__attribute__((visibility("default"))) time_t time(time_t *out)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ahead;
    if (out != NULL)
        *out = t.tv_sec;
    return t.tv_sec;
}

/* ---- two sides ---- */

#define CA_LINE "*@example.org,*@*.example.org cert-authority,local-user=\"*\""

static void make_files(void)
{
    folder_run("test -e ca || { for k in ca alice web other; do ssh-keygen -q -N '' -C $k -f $k "
               "-t ed25519; done; echo '" CA_LINE "' \"$(cat ca.pub)\" > lines; "
               "ssh-keygen -q -s ca -h -I web -n web.example.org -z 1 web.pub; }");
    folder_run(
        "ssh-keygen -q -s ca -I 'alice, today' -n alice@example.org,al -z 18446744073709551615 "
        "-V -1m:+1h -O clear -O permit-pty -O extension:login@example.org=octocat alice.pub");
}

static void open_pair(struct app_pair *p)
{
    ahead = 0;
    make_files();
    p->client = "alice";
    p->server = "web";
    p->server_trust = "lines";
    p->flags = APP_FLAGS;
    p->initiator_cred = app_cred(&app_mech, GSS_C_INITIATE, "alice", "lines", NULL);
    p->acceptor_cred = app_cred(&app_mech, GSS_C_ACCEPT, "web", "lines", NULL);
    app_open(p);
}

/* ---- what a name tells ---- */

/* All values of an attribute, each followed by ";". */
static const char *values(gss_name_t name, const char *urn)
{
    gss_buffer_desc attr = app_of_text(urn), value, shown;
    int authenticated = 0, complete, more = -1;
    const char *out = "";
    OM_uint32 minor;

    while (more != 0) {
        OM_uint32 major = gss_get_name_attribute(&minor, name, &attr, &authenticated, &complete,
                                                 &value, &shown, &more);

        if (GSS_ERROR(major))
            return out;
        ck_assert_int_eq(authenticated, 1);
        out = textf("%s%.*s;", out, (int)value.length, (char *)value.value);
        app_release(&value);
        app_release(&shown);
    }
    return out;
}

static const char *ca_fingerprint(void)
{
    struct buf text;
    const char *out;

    folder_run("ssh-keygen -lf ca.pub | cut -d' ' -f2 | tr -d '\\n' > fingerprint");
    text = folder_read("fingerprint");
    out = textf("%.*s;", (int)text.len, (char *)text.p);
    buf_free(&text);
    return out;
}

static void check_attributes(gss_name_t name)
{
    app_check_name(name, "alice@example.org", GSS_C_NT_USER_NAME);
    ck_assert_str_eq(values(name, "urn:gss-edhoc:ssh-key-id"), "alice, today;");
    ck_assert_str_eq(values(name, "urn:gss-edhoc:ssh-serial"), "18446744073709551615;");
    ck_assert_str_eq(values(name, "urn:gss-edhoc:ssh-principal"), "alice@example.org;al;");
    ck_assert_str_eq(values(name, "urn:gss-edhoc:ssh-ca-sha256"), ca_fingerprint());
    ck_assert_str_eq(values(name, "urn:gss-edhoc:ssh-extension"),
                     "login@example.org=octocat;permit-pty;");
    /* local-user="*" lets the CA name local users, and none has an @. */
    ck_assert_str_eq(values(name, "local-login-user"), "");
}

START_TEST(a_name_tells_what_its_certificate_says)
{
    struct app_pair p = {0};

    open_pair(&p);
    check_attributes(p.source);
    app_close(&p);
}
END_TEST

static gss_name_t source_of(gss_ctx_id_t ctx)
{
    gss_name_t source;
    OM_uint32 minor,
        major = gss_inquire_context(&minor, ctx, &source, NULL, NULL, NULL, NULL, NULL, NULL);

    app_complete(major, minor);
    return source;
}

START_TEST(so_it_does_in_an_imported_context)
{
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    struct app_pair p = {0};
    gss_buffer_desc token;
    OM_uint32 minor;
    gss_name_t name;

    open_pair(&p);
    app_complete(gss_export_sec_context(&minor, &p.acceptor, &token), minor);
    app_complete(gss_import_sec_context(&minor, &token, &ctx), minor);
    app_release(&token);
    name = source_of(ctx);
    check_attributes(name);
    app_converse(p.initiator, ctx);
    app_release_name(&name);
    app_delete(&ctx);
    app_close(&p);
}
END_TEST

/* An exported name is its text alone: it proves nothing, and says nothing of a certificate. */
START_TEST(an_imported_name_tells_nothing)
{
    struct app_pair p = {0};
    gss_buffer_desc token;
    OM_uint32 minor;
    gss_name_t name;
    int same;

    open_pair(&p);
    app_complete(gss_export_name(&minor, p.source, &token), minor);
    app_complete(gss_import_name(&minor, &token, GSS_C_NT_EXPORT_NAME, &name), minor);
    app_complete(gss_compare_name(&minor, name, p.source, &same), minor);
    ck_assert_int_eq(same, 1);
    ck_assert_str_eq(values(name, "urn:gss-edhoc:ssh-key-id"), "");
    ck_assert_str_eq(values(name, "local-login-user"), "");
    app_release(&token);
    app_release_name(&name);
    app_close(&p);
}
END_TEST

START_TEST(a_raw_key_has_no_such_attributes)
{
    struct app_pair p = {.flags = APP_FLAGS};

    app_open(&p);
    ck_assert_str_eq(values(p.source, "urn:gss-edhoc:ssh-serial"), "");
    ck_assert_str_eq(values(p.source, "urn:gss-edhoc:ssh-extension"), "");
    app_close(&p);
}
END_TEST

/* ---- a certificate that ends ---- */

static OM_uint32 seconds_left(gss_ctx_id_t ctx)
{
    OM_uint32 minor, seconds = 0, major = gss_context_time(&minor, ctx, &seconds);

    ck_assert(major == GSS_S_COMPLETE || major == GSS_S_CONTEXT_EXPIRED);
    return major == GSS_S_COMPLETE ? seconds : 0;
}

static OM_uint32 wrapping(gss_ctx_id_t ctx)
{
    gss_buffer_desc text = app_of_text("hello"), token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_wrap(&minor, ctx, 1, GSS_C_QOP_DEFAULT, &text, NULL, &token);

    app_release(&token);
    return major;
}

START_TEST(a_context_ends_with_the_certificate)
{
    struct app_pair p = {0};
    gss_ctx_id_t sides[2];

    open_pair(&p);
    app_converse(p.initiator, p.acceptor);
    sides[0] = p.initiator;
    sides[1] = p.acceptor;
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_gt(seconds_left(sides[i]), 1800);
        ck_assert_uint_le(seconds_left(sides[i]), 3600);
    }
    ahead = (time_t)3600 + 1;
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(seconds_left(sides[i]), 0);
        ck_assert_uint_eq(wrapping(sides[i]), GSS_S_CONTEXT_EXPIRED);
    }
    ahead = 0;
    app_close(&p);
}
END_TEST

START_TEST(an_imported_one_ends_with_it_too)
{
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    struct app_pair p = {0};
    gss_buffer_desc token;
    OM_uint32 minor;

    open_pair(&p);
    app_complete(gss_export_sec_context(&minor, &p.acceptor, &token), minor);
    app_complete(gss_import_sec_context(&minor, &token, &ctx), minor);
    app_release(&token);
    ck_assert_uint_gt(seconds_left(ctx), 1800);
    ahead = (time_t)3600 + 1;
    ck_assert_uint_eq(wrapping(ctx), GSS_S_CONTEXT_EXPIRED);
    ahead = 0;
    app_delete(&ctx);
    app_close(&p);
}
END_TEST

/* It is passed over, and the key itself is nobody's here. */
START_TEST(after_its_end_no_context_begins_with_it)
{
    struct app_pair p = {0};

    open_pair(&p);
    app_reset(&p);
    ahead = (time_t)3600 + 1;
    app_talk(&p, APP_TOKENS);
    ck_assert(GSS_ERROR(p.acceptor_major));
    ahead = 0;
    app_close(&p);
}
END_TEST

/* ---- a certificate of another key ---- */

START_TEST(a_certificate_of_another_key_is_told)
{
    struct app_store store = {.identity = "other", .trust = "lines"};
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major;

    ahead = 0;
    make_files();
    folder_run("cp alice-cert.pub other-cert.pub");
    major = app_acquire(&minor, &app_mech, GSS_C_INITIATE, GSS_C_NO_NAME, store, &cred);
    ck_assert(GSS_ERROR(major));
    ck_assert_ptr_nonnull(strstr(app_status(major, minor),
                                 "other-cert.pub: the OpenSSH certificate is not for "
                                 "this private key"));
}
END_TEST

static void add(Suite *suite)
{
    TCase *c = app_case(suite, "OpenSSH certificates");

    tcase_add_test(c, a_name_tells_what_its_certificate_says);
    tcase_add_test(c, so_it_does_in_an_imported_context);
    tcase_add_test(c, an_imported_name_tells_nothing);
    tcase_add_test(c, a_raw_key_has_no_such_attributes);
    tcase_add_test(c, a_context_ends_with_the_certificate);
    tcase_add_test(c, an_imported_one_ends_with_it_too);
    tcase_add_test(c, after_its_end_no_context_begins_with_it);
    tcase_add_test(c, a_certificate_of_another_key_is_told);
}

int main(void)
{
    if (system("command -v ssh-keygen >/dev/null") != 0) {
        printf("1..0 # SKIP ssh-keygen is not installed (Debian: openssh-client)\n");
        return 0;
    }
    return app_main("ssh_gss", add);
}
