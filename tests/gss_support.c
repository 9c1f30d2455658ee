#include "gss_support.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MECH_OID "1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869"

gss_OID_desc app_mech = {33, "\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56\x82"
                             "\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5\x45"};
gss_OID_desc app_spnego = {6, "\x2b\x06\x01\x05\x05\x02"};

/* Suites 6, 24 and 25: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305. */
const char *const app_types[APP_TYPES] = {"x25519", "p384", "x448"};

/* LeakSanitizer asks: MIT's mechglue never frees the handle of a plugin. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:krb5int_open_plugin\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

/* ---- the throwaway folder ---- */

static char dir[64], start[PATH_MAX];

const char *app_text(const char *format, ...)
{
    static _Thread_local char texts[16][PATH_MAX];
    static _Thread_local unsigned next;
    char *at = texts[next++ % 16];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(at, PATH_MAX, format, args);
    va_end(args);
    return at;
}

const char *app_path(const char *name)
{
    return app_text("%s/%s", dir, name);
}

void app_run(const char *command)
{
    if (system(command) != 0) {
        (void)fprintf(stderr, "failed: %s\n", command);
        exit(99);
    }
}

void app_write(const char *name, const char *content)
{
    FILE *f = fopen(app_path(name), "w");

    if (f == NULL || fputs(content, f) < 0 || fclose(f) != 0 || chmod(app_path(name), 0600) != 0) {
        perror(name);
        exit(99);
    }
}

void app_keygen(const char *type, const char *file, const char *name)
{
    const char *command = getenv("GSS_EDHOC");

    app_run(app_text("%s keygen -t %s -o %s %s >/dev/null",
                     command != NULL ? command : "./gss-edhoc", type, app_path(file), name));
}

void app_trust(const char *trust, const char *file, const char *options)
{
    app_run(app_text("awk -v o='%s' '{ if (o != \"\") $1 = $1 \" \" o; print }' %s.pub >> %s",
                     options != NULL ? options : "", app_path(file), app_path(trust)));
}

static void make_keys(void)
{
    app_write("trust-clients", "");
    for (size_t i = 0; i < APP_TYPES; i++) {
        app_keygen(app_types[i], app_text("client-%s", app_types[i]), "alice");
        app_keygen(app_types[i], app_text("server-%s", app_types[i]), APP_SERVICE);
        app_trust("trust-clients", app_text("client-%s", app_types[i]), NULL);
        app_write(app_text("trust-server-%s", app_types[i]), "");
        app_trust(app_text("trust-server-%s", app_types[i]), app_text("server-%s", app_types[i]),
                  NULL);
    }
    app_keygen("x25519", "stranger", "alice");
}

/* Nothing of the user's own comes into it. */
static void set_environment(void)
{
    static const char *const ours[] = {"IDENTITY", "SERVICE_IDENTITY", "CERTIFICATE",
                                       "TRUST",    "ANCHORS",          "CRLS",
                                       "SUITES",   "OPTIONS"};

    (void)setenv("GSS_MECH_CONFIG", app_path("mech.conf"), 1);
    (void)setenv("KRB5_CONFIG", app_path("krb5.conf"), 1);
    (void)setenv("KRB5_KTNAME", app_path("none.keytab"), 1);
    (void)setenv("KRB5CCNAME", app_path("none.ccache"), 1);
    (void)setenv("XDG_CONFIG_HOME", app_path("config"), 1);
    (void)unsetenv("NEGOEX_NO_OPTIMISTIC_TOKEN");
    for (size_t i = 0; i < ROWS(ours); i++)
        (void)unsetenv(app_text("GSS_EDHOC_%s", ours[i]));
    if (chdir(start) != 0)
        exit(99);
}

TCase *app_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_environment, NULL);
    suite_add_tcase(suite, tc);
    return tc;
}

int app_main(const char *name, void (*add)(Suite *suite))
{
    const char *so = getenv("MECH_SO");
    char plugin[PATH_MAX];
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    (void)snprintf(dir, sizeof(dir), "/tmp/check_%s.XXXXXX", name);
    if (so == NULL)
        so = ".libs/mech_edhoc.so";
    if (getcwd(start, sizeof(start)) == NULL || realpath(so, plugin) == NULL ||
        mkdtemp(dir) == NULL) {
        perror(so);
        return 99;
    }
    make_keys();
    app_write("mech.conf", app_text("edhoc " MECH_OID " %s\n", plugin));
    set_environment();
    add(suite);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    app_run(app_text("rm -rf %s", dir));
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- statuses, buffers, names ---- */

const char *app_status(OM_uint32 major, OM_uint32 minor)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, more = 0;
    const char *out;

    (void)gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &app_mech, &more, &b);
    out = app_text("major %08x minor %08x: %.*s", major, minor, (int)b.length,
                   b.value != NULL ? (char *)b.value : "");
    (void)gss_release_buffer(&ignored, &b);
    return out;
}

gss_buffer_desc app_buffer(const void *p, size_t len)
{
    return (gss_buffer_desc){len, (void *)p};
}

gss_buffer_desc app_of_text(const char *text)
{
    return app_buffer(text, strlen(text));
}

void app_release(gss_buffer_t buffer)
{
    OM_uint32 minor;

    (void)gss_release_buffer(&minor, buffer);
}

uint8_t *app_copy(struct bytes what)
{
    uint8_t *copy = malloc(what.len + 1);

    ck_assert_ptr_nonnull(copy);
    if (what.len > 0)
        memcpy(copy, what.p, what.len);
    return copy;
}

gss_name_t app_name(const char *text, gss_OID type)
{
    gss_buffer_desc b = app_of_text(text);
    gss_name_t out = GSS_C_NO_NAME;
    OM_uint32 minor, major = gss_import_name(&minor, &b, type, &out);

    app_complete(major, minor);
    return out;
}

void app_release_name(gss_name_t *name)
{
    OM_uint32 minor;

    (void)gss_release_name(&minor, name);
}

const char *app_shown(gss_name_t name)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_display_name(&minor, name, &b, NULL);
    const char *out;

    app_complete(major, minor);
    out = app_text("%.*s", (int)b.length, (char *)b.value);
    app_release(&b);
    return out;
}

const char *app_attribute(gss_name_t name, const char *urn, int *authenticated)
{
    gss_buffer_desc attr = app_of_text(urn), value = GSS_C_EMPTY_BUFFER, shown = GSS_C_EMPTY_BUFFER;
    const char *out = NULL;
    int complete, more = -1;
    OM_uint32 minor;

    *authenticated = -1;
    if (gss_get_name_attribute(&minor, name, &attr, authenticated, &complete, &value, &shown,
                               &more) == GSS_S_COMPLETE)
        out = app_text("%.*s", (int)value.length, (char *)value.value);
    ck_assert_int_eq(more, 0);
    app_release(&value);
    app_release(&shown);
    return out;
}

bool app_has_oid(gss_OID_set set, gss_const_OID oid)
{
    OM_uint32 minor;
    int present = 0;

    ck_assert_uint_eq(gss_test_oid_set_member(&minor, (gss_OID)oid, set, &present), 0);
    return present != 0;
}

gss_cred_id_t app_cred(gss_OID mech, gss_cred_usage_t usage, const char *identity,
                       const char *trust, const char *options)
{
    gss_key_value_element_desc pairs[4];
    gss_key_value_set_desc store = {0, pairs};
    gss_OID_set_desc mechs = {1, mech};
    gss_cred_id_t out = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major;

    if (identity != NULL && usage != GSS_C_ACCEPT)
        pairs[store.count++] = (gss_key_value_element_desc){"edhoc_identity", app_path(identity)};
    if (identity != NULL && usage != GSS_C_INITIATE)
        pairs[store.count++] = (gss_key_value_element_desc){"edhoc_service_identity",
                                                            app_path(identity)};
    if (trust != NULL)
        pairs[store.count++] = (gss_key_value_element_desc){"edhoc_trust", app_path(trust)};
    if (options != NULL)
        pairs[store.count++] = (gss_key_value_element_desc){"edhoc_options", options};
    major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &mechs, usage, &store, &out, NULL,
                                  NULL);
    app_complete(major, minor);
    return out;
}

void app_release_cred(gss_cred_id_t *cred)
{
    OM_uint32 minor;

    (void)gss_release_cred(&minor, cred);
}

/* ---- two contexts ---- */

static void prepare(struct app_pair *p)
{
    if (p->target != GSS_C_NO_NAME)
        return;
    if (p->type == NULL)
        p->type = app_types[0];
    if (p->mech == GSS_C_NO_OID)
        p->mech = &app_mech;
    if (p->initiator_cred == GSS_C_NO_CREDENTIAL)
        p->initiator_cred = app_cred(p->mech, GSS_C_INITIATE, app_text("client-%s", p->type),
                                     app_text("trust-server-%s", p->type), NULL);
    if (p->acceptor_cred == GSS_C_NO_CREDENTIAL)
        p->acceptor_cred = app_cred(p->mech, GSS_C_ACCEPT, app_text("server-%s", p->type),
                                    "trust-clients", NULL);
    p->target = app_name(APP_SERVICE, GSS_C_NT_HOSTBASED_SERVICE);
    p->initiator_major = p->acceptor_major = GSS_S_CONTINUE_NEEDED;
}

static void initiate(struct app_pair *p, gss_buffer_t in, gss_buffer_t out)
{
    p->initiator_major = gss_init_sec_context(&p->minor, p->initiator_cred, &p->initiator,
                                              p->target, p->mech, p->flags, 0, p->bindings, in,
                                              NULL, out, &p->initiator_flags, NULL);
}

static void accept_token(struct app_pair *p, gss_buffer_t in, gss_buffer_t out)
{
    p->acceptor_major = gss_accept_sec_context(&p->minor, &p->acceptor, p->acceptor_cred, in,
                                               p->bindings, &p->source, NULL, out,
                                               &p->acceptor_flags, NULL, NULL);
}

/* Whose turn it is, by the number of tokens; false where nothing came of it, or it is done. */
static bool turn(struct app_pair *p)
{
    gss_buffer_t in = p->tokens > 0 ? &p->token[p->tokens - 1] : GSS_C_NO_BUFFER;
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;

    if ((p->tokens % 2 == 0 ? p->initiator_major : p->acceptor_major) != GSS_S_CONTINUE_NEEDED)
        return false;
    if (p->tokens % 2 == 0)
        initiate(p, in, &out);
    else
        accept_token(p, in, &out);
    if (out.length == 0)
        return false;
    ck_assert_uint_lt(p->tokens, APP_TOKENS);
    p->token[p->tokens++] = out;
    return true;
}

void app_talk(struct app_pair *p, unsigned tokens)
{
    prepare(p);
    while (p->tokens < tokens && turn(p))
        ;
}

void app_open(struct app_pair *p)
{
    app_talk(p, APP_TOKENS);
    app_complete(p->initiator_major, p->minor);
    app_complete(p->acceptor_major, p->minor);
}

void app_close(struct app_pair *p)
{
    OM_uint32 minor;

    (void)gss_delete_sec_context(&minor, &p->initiator, GSS_C_NO_BUFFER);
    (void)gss_delete_sec_context(&minor, &p->acceptor, GSS_C_NO_BUFFER);
    app_release_cred(&p->initiator_cred);
    app_release_cred(&p->acceptor_cred);
    app_release_name(&p->source);
    app_release_name(&p->target);
    for (unsigned i = 0; i < p->tokens; i++)
        app_release(&p->token[i]);
    p->tokens = 0;
}

OM_uint32 app_pass(gss_ctx_id_t from, gss_ctx_id_t to, const void *text, size_t len, int conf)
{
    gss_buffer_desc in = app_buffer(text, len), token = GSS_C_EMPTY_BUFFER,
                    out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = gss_wrap(&minor, from, conf, 0, &in, NULL, &token);
    int state = -1;

    app_complete(major, minor);
    ck_assert_uint_eq(token.length, len + APP_OVERHEAD);
    major = gss_unwrap(&minor, to, &token, &out, &state, NULL);
    if (!GSS_ERROR(major)) {
        ck_assert_int_eq(state, conf);
        ck_assert_uint_eq(out.length, len);
        ck_assert(len == 0 || memcmp(out.value, text, len) == 0);
    }
    app_release(&token);
    app_release(&out);
    return major;
}

void app_converse(gss_ctx_id_t a, gss_ctx_id_t b)
{
    gss_buffer_desc text = app_of_text("signed"), token;
    OM_uint32 minor;

    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(app_pass(a, b, "sealed", 6, i % 2), 0);
        ck_assert_uint_eq(app_pass(b, a, "", 0, i % 2), 0);
        ck_assert_uint_eq(gss_get_mic(&minor, i % 2 ? a : b, 0, &text, &token), 0);
        ck_assert_uint_eq(gss_verify_mic(&minor, i % 2 ? b : a, &text, &token, NULL), 0);
        app_release(&token);
    }
}

gss_buffer_desc app_token(gss_ctx_id_t from, bool mic)
{
    gss_buffer_desc in = app_of_text("x"), out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major = mic ? gss_get_mic(&minor, from, 0, &in, &out)
                                 : gss_wrap(&minor, from, 1, 0, &in, NULL, &out);

    app_complete(major, minor);
    return out;
}

static uint64_t number(struct bytes token, size_t at, size_t len)
{
    uint64_t value = 0;

    ck_assert_uint_ge(token.len, 16);
    for (size_t i = 0; i < len; i++)
        value = value << 8 | token.p[at + i];
    return value;
}

uint64_t app_sequence(struct bytes token)
{
    return number(token, 2, 6);
}

uint64_t app_instance(struct bytes token)
{
    return number(token, 8, 8);
}
