/* The GSS-API face, called the way applications call it: through MIT's mechglue, which loads the
 * plugin because GSS_MECH_CONFIG says so. Keys are made by the real command.
 *
 * Environment: MECH_SO, the plugin (default .libs/mech_edhoc.so); GSS_EDHOC, the command (default
 * ./gss-edhoc). */
#include "../gss_glue/glue.h"

#include <check.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SERVICE     "HTTP@web.example.org"
#define MINOR(name) (EDHOC_MINOR_BASE + EDHOC_ERR_##name)
#define ALWAYS      (GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG)

static gss_OID_desc mech = {33, "\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56"
                                "\x82\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5"
                                "\x45"};
static gss_OID_desc spnego = {6, "\x2b\x06\x01\x05\x05\x02"};
static gss_OID_set_desc only_us = {1, &mech};

static char plugin[PATH_MAX];

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

static char dir[64];

/* A text that lives until 15 more were made. */
static const char *text(const char *format, ...)
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

static const char *path(const char *name)
{
    return text("%s/%s", dir, name);
}

static void run(const char *command)
{
    if (system(command) != 0) {
        (void)fprintf(stderr, "failed: %s\n", command);
        exit(99);
    }
}

static void write_file(const char *name, const char *content)
{
    FILE *f = fopen(path(name), "w");

    if (f == NULL || fputs(content, f) < 0 || fclose(f) != 0)
        exit(99);
    (void)chmod(path(name), 0600);
}

/* Makes FILE and FILE.pub. */
static void keygen(const char *type, const char *file, const char *name)
{
    const char *command = getenv("GSS_EDHOC");

    run(text("%s keygen -t %s -o %s %s >/dev/null", command != NULL ? command : "./gss-edhoc", type,
             path(file), name));
}

/* A trust file of .pub lines: `files` are separated by blanks; each may be FILE=OPTIONS. */
static void make_trust(const char *name, const char *files)
{
    char *list = strdup(files), *rest = list, *file;

    write_file(name, "");
    while ((file = strsep(&rest, " ")) != NULL) {
        char *options = strchr(file, '=');

        if (options != NULL)
            *options++ = '\0';
        run(text("awk -v o='%s' '{ if (o != \"\") $1 = $1 \" \" o; print }' %s.pub >> %s",
                 options != NULL ? options : "", path(file), path(name)));
    }
    free(list);
}

static const char *const types[] = {"x25519",  "x448",  "p256dh", "p384dh",
                                    "ed25519", "ed448", "p256",   "p384"};
#define TYPES (sizeof(types) / sizeof(types[0]))

static void make_keys(void)
{
    char clients[512] = "";

    for (size_t i = 0; i < TYPES; i++) {
        keygen(types[i], text("client-%s", types[i]), "alice");
        keygen(types[i], text("server-%s", types[i]), SERVICE);
        make_trust(text("trust-server-%s", types[i]), text("server-%s", types[i]));
        (void)strcat(strcat(clients, i > 0 ? " client-" : "client-"), types[i]);
    }
    make_trust("trust-clients", clients);
    make_trust("trust-client-x25519", "client-x25519");
    keygen("x25519", "local", "host@localhost");
    make_trust("trust-local", "local");
    run(text("sed 's/^[^ ]*/*@web.example.org server/' %s > %s", path("server-x25519.pub"),
             path("trust-any")));
    keygen("x25519", "stranger", "alice");
    keygen("x25519", "mallory", SERVICE);
    make_trust("trust-mallory", "mallory");
    write_file("trust-nobody", "");
}

static void make_world(void)
{
    const char *so = getenv("MECH_SO");

    (void)strcpy(dir, "/tmp/check_glue.XXXXXX");
    if (mkdtemp(dir) == NULL || realpath(so != NULL ? so : ".libs/mech_edhoc.so", plugin) == NULL) {
        perror(so != NULL ? so : ".libs/mech_edhoc.so");
        exit(99);
    }
    make_keys();
    write_file("mech.conf", text("edhoc 1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121."
                                 "15104811.9052869 %s\n",
                                 plugin));
    (void)setenv("GSS_MECH_CONFIG", path("mech.conf"), 1);
    (void)setenv("KRB5_CONFIG", path("krb5.conf"), 1);
    (void)setenv("KRB5_KTNAME", path("none.keytab"), 1);
    (void)setenv("KRB5CCNAME", path("none.ccache"), 1);
    (void)setenv("XDG_CONFIG_HOME", path("config"), 1);
    (void)unsetenv("GSS_EDHOC_IDENTITY");
    (void)unsetenv("GSS_EDHOC_SERVICE_IDENTITY");
    (void)unsetenv("GSS_EDHOC_TRUST");
}

/* ---- what GSS-API needs ---- */

static gss_buffer_desc buffer(const void *p, size_t len)
{
    return (gss_buffer_desc){len, (void *)p};
}

static gss_buffer_desc of_text(const char *s)
{
    return buffer(s, strlen(s));
}

static gss_name_t import(const char *name, gss_OID type)
{
    gss_buffer_desc b = of_text(name);
    gss_name_t out = GSS_C_NO_NAME;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_import_name(&minor, &b, type, &out), GSS_S_COMPLETE);
    return out;
}

static void release_name(gss_name_t *name)
{
    OM_uint32 minor;

    if (*name != GSS_C_NO_NAME)
        ck_assert_uint_eq(gss_release_name(&minor, name), GSS_S_COMPLETE);
}

/* The whole text for a failure. */
static const char *status(OM_uint32 major, OM_uint32 minor)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, more = 0;
    const char *out;

    (void)gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &mech, &more, &b);
    out = text("major %08x minor %08x: %s", major, minor, b.value != NULL ? (char *)b.value : "");
    (void)gss_release_buffer(&ignored, &b);
    return out;
}

static void check_status(OM_uint32 major, OM_uint32 minor, OM_uint32 want_major,
                         OM_uint32 want_minor)
{
    ck_assert_msg(major == want_major && minor == want_minor, "%s, expected %08x %08x",
                  status(major, minor), want_major, want_minor);
}

/* A function of the plugin itself, for what the mechglue keeps from it. */
#define DIRECT(name) ((__typeof__(&name))(uintptr_t)dlsym(handle, #name))

#define check_complete(major, minor) check_status(major, minor, GSS_S_COMPLETE, 0)

/* A credential from a store; NULLs are left out. */
static OM_uint32 acquire(OM_uint32 *minor, gss_cred_usage_t usage, gss_name_t desired,
                         const char *identity, const char *trust, const char *options,
                         gss_cred_id_t *out)
{
    gss_key_value_element_desc pairs[3];
    gss_key_value_set_desc store = {0, pairs};

    if (identity != NULL)
        pairs[store.count++] = (gss_key_value_element_desc){
            usage == GSS_C_ACCEPT ? "edhoc_service_identity" : "edhoc_identity", path(identity)};
    if (trust != NULL)
        pairs[store.count++] = (gss_key_value_element_desc){"edhoc_trust", path(trust)};
    if (options != NULL)
        pairs[store.count++] = (gss_key_value_element_desc){"edhoc_options", options};
    return gss_acquire_cred_from(minor, desired, 0, &only_us, usage, &store, out, NULL, NULL);
}

static gss_cred_id_t cred(gss_cred_usage_t usage, const char *identity, const char *trust,
                          const char *options)
{
    gss_cred_id_t out = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major = acquire(&minor, usage, GSS_C_NO_NAME, identity, trust, options, &out);

    check_complete(major, minor);
    return out;
}

/* ---- a conversation ---- */

#define TOKENS 8

/* An initiator, an acceptor, and the tokens between them: even ones come from the initiator. */
struct talk {
    gss_cred_id_t initiator_cred, acceptor_cred;
    gss_name_t target;
    gss_OID mech;
    OM_uint32 flags;
    gss_channel_bindings_t initiator_bindings, acceptor_bindings;

    gss_ctx_id_t initiator, acceptor;
    OM_uint32 initiator_major, initiator_minor, acceptor_major, acceptor_minor;
    OM_uint32 initiator_flags, acceptor_flags, initiator_time, acceptor_time;
    gss_OID initiator_mech, acceptor_mech;
    gss_name_t source;
    gss_buffer_desc token[TOKENS];
    unsigned tokens;
};

static struct talk talk_of(const char *client, const char *server, const char *server_trust)
{
    return (struct talk){
        .initiator_cred = cred(GSS_C_INITIATE, client, server_trust, NULL),
        .acceptor_cred = cred(GSS_C_ACCEPT, server, "trust-clients", NULL),
        .target = import(SERVICE, GSS_C_NT_HOSTBASED_SERVICE),
        .mech = &mech,
        .initiator_major = GSS_S_CONTINUE_NEEDED,
        .acceptor_major = GSS_S_CONTINUE_NEEDED,
    };
}

static struct talk talk_new(void)
{
    return talk_of("client-x25519", "server-x25519", "trust-server-x25519");
}

/* One call of the side whose turn it is; its token, if any, becomes the last one. */
static void initiate(struct talk *t, gss_buffer_t in)
{
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;

    t->initiator_major = gss_init_sec_context(&t->initiator_minor, t->initiator_cred, &t->initiator,
                                              t->target, t->mech, t->flags, 0,
                                              t->initiator_bindings, in, &t->initiator_mech, &out,
                                              &t->initiator_flags, &t->initiator_time);
    if (out.length > 0)
        t->token[t->tokens++] = out;
}

static void accept_token(struct talk *t, gss_buffer_t in)
{
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;

    t->acceptor_major = gss_accept_sec_context(
        &t->acceptor_minor, &t->acceptor, t->acceptor_cred, in, t->acceptor_bindings, &t->source,
        &t->acceptor_mech, &out, &t->acceptor_flags, &t->acceptor_time, NULL);
    if (out.length > 0)
        t->token[t->tokens++] = out;
}

/* One step on; false when there is nothing more to do. */
static bool talk_step(struct talk *t)
{
    unsigned before = t->tokens;

    if ((before % 2 == 0 ? t->initiator_major : t->acceptor_major) != GSS_S_CONTINUE_NEEDED)
        return false;
    if (before == 0)
        initiate(t, GSS_C_NO_BUFFER);
    else if (before % 2 == 0)
        initiate(t, &t->token[before - 1]);
    else
        accept_token(t, &t->token[before - 1]);
    ck_assert_uint_lt(t->tokens, TOKENS);
    return t->tokens > before;
}

/* Until `tokens` tokens exist. */
static void talk_until(struct talk *t, unsigned tokens)
{
    while (t->tokens < tokens)
        ck_assert_msg(talk_step(t), "initiator %s; acceptor %s",
                      status(t->initiator_major, t->initiator_minor),
                      status(t->acceptor_major, t->acceptor_minor));
}

static void talk_run(struct talk *t)
{
    while (talk_step(t))
        ;
}

static void talk_complete(struct talk *t)
{
    talk_run(t);
    check_complete(t->initiator_major, t->initiator_minor);
    check_complete(t->acceptor_major, t->acceptor_minor);
}

static void delete_context(gss_ctx_id_t *ctx)
{
    gss_buffer_desc out = {1, "x"};
    OM_uint32 minor;

    if (*ctx == GSS_C_NO_CONTEXT)
        return;
    ck_assert_uint_eq(gss_delete_sec_context(&minor, ctx, &out), GSS_S_COMPLETE);
    ck_assert_ptr_null(*ctx);
    ck_assert(out.length == 0 && out.value == NULL);
}

/* Back to the start, with the same credentials and settings. */
static void talk_reset(struct talk *t)
{
    OM_uint32 minor;

    delete_context(&t->initiator);
    delete_context(&t->acceptor);
    release_name(&t->source);
    for (unsigned i = 0; i < t->tokens; i++)
        (void)gss_release_buffer(&minor, &t->token[i]);
    t->tokens = 0;
    t->initiator_major = t->acceptor_major = GSS_S_CONTINUE_NEEDED;
    t->initiator_minor = t->acceptor_minor = 0;
}

static void talk_free(struct talk *t)
{
    OM_uint32 minor;

    talk_reset(t);
    (void)gss_release_cred(&minor, &t->initiator_cred);
    (void)gss_release_cred(&minor, &t->acceptor_cred);
    release_name(&t->target);
}

/* Replaces a credential. */
static void use_cred(gss_cred_id_t *at, gss_cred_id_t with)
{
    OM_uint32 minor;

    (void)gss_release_cred(&minor, at);
    *at = with;
}

static void use_target(struct talk *t, const char *name, gss_OID type)
{
    release_name(&t->target);
    t->target = import(name, type);
}

static void check_name(gss_name_t name, const char *want, gss_OID want_type)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    gss_OID type = GSS_C_NO_OID;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_display_name(&minor, name, &b, &type), GSS_S_COMPLETE);
    ck_assert_msg(b.length == strlen(want) && memcmp(b.value, want, b.length) == 0,
                  "\"%.*s\", expected \"%s\"", (int)b.length, (char *)b.value, want);
    ck_assert_ptr_nonnull(type);
    if (want_type != GSS_C_NO_OID)
        ck_assert(gss_oid_equal(type, want_type));
    (void)gss_release_buffer(&minor, &b);
}

/* One sealed message each way. */
static void check_message(gss_ctx_id_t from, gss_ctx_id_t to, const char *what, int conf)
{
    gss_buffer_desc in = of_text(what), token = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;
    int state = -1;

    ck_assert_uint_eq(gss_wrap(&minor, from, conf, 0, &in, &state, &token), GSS_S_COMPLETE);
    ck_assert_int_eq(state, conf);
    ck_assert_uint_eq(token.length, in.length + 32);
    if (in.length > 3)
        ck_assert_int_eq(memmem(token.value, token.length, what, in.length) == NULL, conf);
    state = -1;
    ck_assert_uint_eq(gss_unwrap(&minor, to, &token, &out, &state, NULL), GSS_S_COMPLETE);
    ck_assert_int_eq(state, conf);
    ck_assert_uint_eq(out.length, in.length);
    if (in.length > 0)
        ck_assert_mem_eq(out.value, what, in.length);
    else
        ck_assert_ptr_null(out.value);
    (void)gss_release_buffer(&minor, &token);
    (void)gss_release_buffer(&minor, &out);
}

static OM_uint32 verify_mic(gss_ctx_id_t from, gss_ctx_id_t to, const char *what)
{
    gss_buffer_desc in = of_text(what), token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major;

    ck_assert_uint_eq(gss_get_mic(&minor, from, 0, &in, &token), GSS_S_COMPLETE);
    ck_assert_uint_eq(token.length, 32);
    major = gss_verify_mic(&minor, to, &in, &token, NULL);
    (void)gss_release_buffer(&minor, &token);
    return major;
}

static void check_messages(struct talk *t)
{
    static const char *const messages[] = {"hello, this is sealed", "", "x"};

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        for (int conf = 0; conf < 2; conf++) {
            check_message(t->initiator, t->acceptor, messages[i], conf);
            check_message(t->acceptor, t->initiator, messages[i], conf);
            ck_assert_uint_eq(verify_mic(t->initiator, t->acceptor, messages[i]), 0);
            ck_assert_uint_eq(verify_mic(t->acceptor, t->initiator, messages[i]), 0);
        }
}

/* ---- the mechanism itself ---- */

static bool set_has(gss_OID_set set, gss_const_OID oid)
{
    OM_uint32 minor;
    int present = 0;

    ck_assert_uint_eq(gss_test_oid_set_member(&minor, (gss_OID)oid, set, &present), 0);
    return present;
}

START_TEST(registered_with_its_attributes)
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
    ck_assert(set_has(mechs, &mech));
    ck_assert_uint_eq(gss_inquire_attrs_for_mech(&minor, &mech, &attrs, &known), GSS_S_COMPLETE);
    for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++)
        ck_assert(set_has(attrs, has[i]) && set_has(known, has[i]));
    for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++)
        ck_assert(!set_has(attrs, lacks[i]) && set_has(known, lacks[i]));
    (void)gss_release_oid_set(&minor, &mechs);
    (void)gss_release_oid_set(&minor, &attrs);
    (void)gss_release_oid_set(&minor, &known);
    ck_assert_uint_eq(gss_inquire_attrs_for_mech(&minor, &mech, NULL, NULL), GSS_S_COMPLETE);
}
END_TEST

START_TEST(sasl_name)
{
    gss_buffer_desc sasl, name, description, other = of_text("GS2-AAAAAAAAAAA");
    gss_OID oid;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_inquire_saslname_for_mech(&minor, &mech, &sasl, &name, &description), 0);
    ck_assert_str_eq(sasl.value, "GS2-TVQBD6KGPEG");
    ck_assert_uint_eq(sasl.length, 15);
    ck_assert_str_eq(name.value, "edhoc");
    ck_assert_uint_eq(gss_inquire_mech_for_saslname(&minor, &sasl, &oid), GSS_S_COMPLETE);
    ck_assert(gss_oid_equal(oid, &mech));
    ck_assert_uint_eq(gss_inquire_mech_for_saslname(&minor, &sasl, NULL), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_inquire_mech_for_saslname(&minor, &other, &oid), GSS_S_BAD_MECH);
    ck_assert_uint_eq(gss_inquire_saslname_for_mech(&minor, &mech, NULL, NULL, NULL), 0);
    (void)gss_release_buffer(&minor, &sasl);
    (void)gss_release_buffer(&minor, &name);
    (void)gss_release_buffer(&minor, &description);
}
END_TEST

/* Asked directly: through the mechglue only those can be asked for that have happened. */
START_TEST(every_minor_status_has_a_sentence)
{
    const OM_uint32 odd[] = {
        0, 1, EDHOC_MINOR_BASE, EDHOC_MINOR_BASE + EDHOC_ERR_END, EDHOC_MINOR_BASE - 1, 0xffffffff};
    void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    gss_buffer_desc b, seen[EDHOC_ERR_END];
    OM_uint32 minor, more;

    for (OM_uint32 i = 1; i < EDHOC_ERR_END; i++) {
        more = 1;
        ck_assert_uint_eq(DIRECT(gss_display_status)(&minor, EDHOC_MINOR_BASE + i, GSS_C_MECH_CODE,
                                                     &mech, &more, &seen[i]),
                          GSS_S_COMPLETE);
        ck_assert_uint_eq(more, 0);
        ck_assert_uint_eq(strlen(seen[i].value), seen[i].length);
        ck_assert_uint_gt(seen[i].length, 10);
        for (OM_uint32 k = 1; k < i; k++)
            ck_assert_str_ne(seen[k].value, seen[i].value);
    }
    for (OM_uint32 i = 1; i < EDHOC_ERR_END; i++)
        (void)gss_release_buffer(&minor, &seen[i]);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        ck_assert_uint_eq(
            DIRECT(gss_display_status)(&minor, odd[i], GSS_C_MECH_CODE, NULL, NULL, &b), 0);
        ck_assert_uint_gt(b.length, 0);
        (void)gss_release_buffer(&minor, &b);
    }
    (void)dlclose(handle);
}
END_TEST

/* dlsym() finds what is exported, and nothing of the engine. */
START_TEST(exports_are_the_entry_points)
{
    void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    static const char *const hidden[] = {"edhoc_new",    "protect_seal",  "glue_status",
                                         "cbor_put_int", "settings_read", "report",
                                         "glue_mech_oid"};

    ck_assert_ptr_nonnull(handle);
    ck_assert_ptr_nonnull(dlsym(handle, "gssspi_set_cred_option"));
    ck_assert_ptr_nonnull(dlsym(handle, "gss_internal_release_oid"));
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        ck_assert_ptr_null(dlsym(handle, hidden[i]));
}
END_TEST

/* ---- names ---- */

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

static void check_inquiry(gss_ctx_id_t ctx, OM_uint32 flags, int local)
{
    gss_name_t source, target;
    gss_OID type;
    OM_uint32 minor, lifetime, got;
    int initiated, open;

    ck_assert_uint_eq(gss_inquire_context(&minor, ctx, &source, &target, &lifetime, &type, &got,
                                          &initiated, &open),
                      GSS_S_COMPLETE);
    check_name(source, "alice", GSS_C_NT_USER_NAME);
    check_name(target, SERVICE, GSS_C_NT_HOSTBASED_SERVICE);
    ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
    ck_assert(gss_oid_equal(type, &mech));
    ck_assert_uint_eq(got, flags);
    ck_assert_int_eq(initiated, local);
    ck_assert_int_eq(open, 1);
    release_name(&source);
    release_name(&target);
    ck_assert_uint_eq(gss_context_time(&minor, ctx, &lifetime), GSS_S_COMPLETE);
    ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
}

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

#define LOCAL GLUE_LOCAL_FLAGS
#define BOTH  (GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG)
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

/* ---- failures ---- */

/* A context that has failed answers errors only, and can be deleted. */
static void check_dead(gss_ctx_id_t *ctx)
{
    gss_buffer_desc b = of_text("x"), out = GSS_C_EMPTY_BUFFER;
    gss_name_t source, target;
    OM_uint32 minor, flags;

    ck_assert_uint_eq(gss_wrap(&minor, *ctx, 1, 0, &b, NULL, &out), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(gss_context_time(&minor, *ctx, &flags), GSS_S_NO_CONTEXT);
    ck_assert_uint_eq(
        gss_inquire_context(&minor, *ctx, &source, &target, NULL, NULL, &flags, NULL, NULL),
        GSS_S_NO_CONTEXT);
    delete_context(ctx);
}

/* The acceptor refuses: it has an error token, and the initiator hears "authentication failed". */
static void check_refused_by_acceptor(struct talk *t, OM_uint32 major, OM_uint32 minor)
{
    talk_run(t);
    check_status(t->acceptor_major, t->acceptor_minor, major, minor);
    ck_assert_ptr_null(t->source);
    ck_assert_uint_eq(t->acceptor_flags, 0);
    if (t->acceptor != GSS_C_NO_CONTEXT) /* it had begun before this call */
        check_dead(&t->acceptor);
}

START_TEST(an_unknown_server_is_refused)
{
    struct talk t = talk_of("client-x25519", "mallory", "trust-server-x25519");

    talk_until(&t, 2);
    initiate(&t, &t.token[1]);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_UNAUTHORIZED, MINOR(UNKNOWN_KEY));
    ck_assert_uint_eq(t.tokens, 3); /* the error message */
    check_dead(&t.initiator);
    accept_token(&t, &t.token[2]);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_FAILURE, MINOR(PEER_ERROR));
    ck_assert_ptr_nonnull(
        strstr(status(t.acceptor_major, t.acceptor_minor), "peer says: authentication failed"));
    ck_assert_uint_eq(t.tokens, 3); /* never answered */
    check_dead(&t.acceptor);
    talk_free(&t);
}
END_TEST

START_TEST(an_unknown_client_is_refused)
{
    struct talk t = talk_of("stranger", "server-x25519", "trust-server-x25519");

    talk_until(&t, 3);
    accept_token(&t, &t.token[2]);
    ck_assert_ptr_nonnull(
        strstr(status(t.acceptor_major, t.acceptor_minor), path("trust-clients")));
    check_refused_by_acceptor(&t, GSS_S_UNAUTHORIZED, MINOR(UNKNOWN_KEY));
    ck_assert_uint_eq(t.tokens, 4);
    talk_free(&t);
}
END_TEST

/* Nothing begins when nobody is expected: the call's own context is gone, and there is no token. */
START_TEST(a_first_call_that_fails_leaves_nothing)
{
    struct talk t = talk_new();
    gss_buffer_desc junk = of_text("\x60\x04\x06\x02\x2a\x03");

    use_target(&t, "HTTP@other.example.org", GSS_C_NT_HOSTBASED_SERVICE);
    initiate(&t, GSS_C_NO_BUFFER);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_FAILURE, MINOR(NO_TRUST));
    ck_assert_ptr_nonnull(
        strstr(status(t.initiator_major, t.initiator_minor), path("trust-server-x25519")));
    ck_assert_ptr_null(t.initiator);
    ck_assert_uint_eq(t.tokens, 0);
    accept_token(&t, &junk);
    ck_assert_uint_ne(GSS_ERROR(t.acceptor_major), 0);
    ck_assert_ptr_null(t.acceptor);
    talk_free(&t);
}
END_TEST

START_TEST(a_first_call_takes_no_token)
{
    struct talk t = talk_new();
    gss_buffer_desc empty = GSS_C_EMPTY_BUFFER, zero = {0, "x"}, some = of_text("x");

    initiate(&t, &some);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    ck_assert_ptr_null(t.initiator);
    initiate(&t, &empty);
    ck_assert_uint_eq(t.initiator_major, GSS_S_CONTINUE_NEEDED);
    talk_reset(&t);
    initiate(&t, &zero);
    ck_assert_uint_eq(t.initiator_major, GSS_S_CONTINUE_NEEDED);
    talk_free(&t);
}
END_TEST

START_TEST(later_tokens_are_not_empty)
{
    struct talk t = talk_new();
    gss_buffer_desc empty = GSS_C_EMPTY_BUFFER;

    talk_until(&t, 1);
    initiate(&t, &empty);
    ck_assert_uint_eq(t.initiator_major, GSS_S_DEFECTIVE_TOKEN);
    check_dead(&t.initiator);
    talk_reset(&t);
    talk_until(&t, 1);
    initiate(&t, GSS_C_NO_BUFFER);
    ck_assert_uint_eq(t.initiator_major, GSS_S_DEFECTIVE_TOKEN);
    talk_reset(&t);
    talk_until(&t, 2);
    accept_token(&t, &empty);
    ck_assert_uint_eq(t.acceptor_major, GSS_S_DEFECTIVE_TOKEN);
    check_dead(&t.acceptor);
    talk_free(&t);
}
END_TEST

/* After COMPLETE, and after a failure, any further token is out of turn and ends the context. */
START_TEST(tokens_out_of_turn_end_the_context)
{
    struct talk t = talk_new();

    talk_complete(&t);
    initiate(&t, &t.token[1]);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    initiate(&t, &t.token[1]);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    check_dead(&t.initiator);
    release_name(&t.source);
    accept_token(&t, &t.token[2]);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(STATE));
    ck_assert_uint_eq(t.acceptor_flags, 0);
    check_dead(&t.acceptor);
    talk_free(&t);
}
END_TEST

/* Its own token comes back: as message_2 to the initiator, as message_3 to the acceptor. */
START_TEST(reflected_tokens_are_refused)
{
    struct talk t = talk_new();

    talk_until(&t, 1);
    initiate(&t, &t.token[0]);
    ck_assert_uint_ne(GSS_ERROR(t.initiator_major), 0);
    check_dead(&t.initiator);
    talk_reset(&t);
    talk_until(&t, 2);
    accept_token(&t, &t.token[1]);
    ck_assert_uint_ne(GSS_ERROR(t.acceptor_major), 0);
    check_dead(&t.acceptor);
    talk_free(&t);
}
END_TEST

/* A copy of token `number` that was tampered with goes to its receiver; afterwards nobody may
 * believe that both are complete. */
static void deliver_instead(struct talk *t, unsigned number, gss_buffer_t changed)
{
    OM_uint32 minor;
    bool by_acceptor = number % 2 == 0;

    talk_until(t, number + 1);
    (void)gss_release_buffer(&minor, &t->token[number]);
    if (changed->length > 0) {
        t->token[number].value = malloc(changed->length);
        memcpy(t->token[number].value, changed->value, changed->length);
        t->token[number].length = changed->length;
    }
    if (by_acceptor)
        accept_token(t, &t->token[number]);
    else
        initiate(t, &t->token[number]);
    if (!GSS_ERROR(by_acceptor ? t->acceptor_major : t->initiator_major))
        talk_run(t);
    ck_assert_msg(GSS_ERROR(t->initiator_major) || GSS_ERROR(t->acceptor_major),
                  "nobody minded a changed token %u", number);
    if (number > 0)
        ck_assert_uint_ne(GSS_ERROR(by_acceptor ? t->acceptor_major : t->initiator_major), 0);
    ck_assert_ptr_null(t->source);
    talk_reset(t);
}

START_TEST(truncated_and_changed_tokens_are_refused)
{
    struct talk t = talk_new();
    unsigned char original[512], changed[512];
    gss_buffer_desc b = {0, changed};

    for (unsigned number = 0; number < 3; number++) {
        size_t len;

        talk_until(&t, number + 1);
        len = t.token[number].length;
        ck_assert_uint_lt(len, sizeof(original));
        memcpy(original, t.token[number].value, len);
        talk_reset(&t);
        for (size_t i = 0; i < len; i++) {
            /* Each conversation has its own keys, so what is changed is its own token. */
            talk_until(&t, number + 1);
            ck_assert_uint_eq(t.token[number].length, len);
            memcpy(changed, t.token[number].value, len);
            b.length = i;
            deliver_instead(&t, number, &b);
            talk_until(&t, number + 1);
            memcpy(changed, t.token[number].value, len);
            changed[i] ^= (unsigned char)(1 << (i % 8));
            b.length = len;
            deliver_instead(&t, number, &b);
        }
        talk_until(&t, number + 1);
        memcpy(changed, t.token[number].value, len);
        changed[len] = 0;
        b.length = len + 1;
        deliver_instead(&t, number, &b);
    }
    talk_free(&t);
}
END_TEST

/* The framing, bit by bit, and in the longer forms of DER that RFC 2743 forbids. */
START_TEST(framing_is_exact)
{
    struct talk t = talk_new();
    unsigned char changed[512];
    gss_buffer_desc b = {0, changed};
    size_t len;

    talk_until(&t, 1);
    len = t.token[0].length;
    talk_reset(&t);
    for (size_t i = 0; i < 2 + 35; i++)
        for (int bit = 0; bit < 8; bit++) {
            talk_until(&t, 1);
            memcpy(changed, t.token[0].value, len);
            changed[i] ^= (unsigned char)(1 << bit);
            b.length = len;
            accept_token(&t, &b);
            ck_assert_uint_ne(GSS_ERROR(t.acceptor_major), 0);
            ck_assert_ptr_null(t.acceptor);
            talk_reset(&t);
        }
    talk_until(&t, 1);
    changed[0] = 0x60;
    changed[1] = 0x81;
    memcpy(changed + 2, (unsigned char *)t.token[0].value + 1, len - 1);
    b.length = len + 1;
    accept_token(&t, &b);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(FRAMING));
    talk_free(&t);
}
END_TEST

START_TEST(huge_tokens_are_refused)
{
    struct talk t = talk_new();
    size_t len = 1 << 20;
    unsigned char *big = calloc(1, len);
    gss_buffer_desc b = {len, big};

    talk_until(&t, 1);
    memcpy(big, t.token[0].value, t.token[0].length);
    accept_token(&t, &b);
    check_status(t.acceptor_major, t.acceptor_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(TOO_LONG));
    initiate(&t, &b);
    check_status(t.initiator_major, t.initiator_minor, GSS_S_DEFECTIVE_TOKEN, MINOR(TOO_LONG));
    check_dead(&t.initiator);
    free(big);
    talk_free(&t);
}
END_TEST

/* Tokens of one conversation in another one. */
START_TEST(tokens_belong_to_their_context)
{
    struct talk t = talk_new(), other = talk_new();

    talk_until(&t, 2);
    talk_until(&other, 2);
    initiate(&t, &other.token[1]);
    ck_assert_uint_ne(GSS_ERROR(t.initiator_major), 0);
    talk_reset(&t);
    talk_until(&t, 3);
    talk_until(&other, 3);
    accept_token(&t, &other.token[2]);
    ck_assert_uint_ne(GSS_ERROR(t.acceptor_major), 0);
    ck_assert_ptr_null(t.source);
    talk_free(&t);
    talk_free(&other);
}
END_TEST

/* A half-open context works only in the process that began it. */
START_TEST(half_open_contexts_do_not_fork)
{
    struct talk t = talk_new();
    pid_t child;
    int exited;

    talk_until(&t, 2);
    child = fork();
    if (child == 0) {
        initiate(&t, &t.token[1]);
        _exit(t.initiator_minor == MINOR(OTHER_PROCESS) && t.tokens == 2 &&
                      t.initiator_major == GSS_S_NO_CONTEXT
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(waitpid(child, &exited, 0), child);
    ck_assert_int_eq(exited, 0);
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

/* ---- messages ---- */

START_TEST(changed_messages_are_refused)
{
    struct talk t = talk_new();
    gss_buffer_desc in = of_text("a message"), token, out;
    OM_uint32 minor, major;

    talk_complete(&t);
    for (int conf = 0; conf < 2; conf++) {
        ck_assert_uint_eq(gss_wrap(&minor, t.initiator, conf, 0, &in, NULL, &token), 0);
        for (size_t i = 0; i < token.length; i++) {
            ((unsigned char *)token.value)[i] ^= 1;
            major = gss_unwrap(&minor, t.acceptor, &token, &out, NULL, NULL);
            ck_assert_msg(major == GSS_S_BAD_MIC || major == GSS_S_DEFECTIVE_TOKEN, "byte %zu: %s",
                          i, status(major, minor));
            ck_assert_ptr_null(out.value);
            ((unsigned char *)token.value)[i] ^= 1;
            if (i > 0) {
                gss_buffer_desc part = {i, token.value};

                major = gss_unwrap(&minor, t.acceptor, &part, &out, NULL, NULL);
                ck_assert_uint_ne(GSS_ERROR(major), 0);
            }
        }
        /* Nothing of that counted: the true one is still the next one. */
        ck_assert_uint_eq(gss_unwrap(&minor, t.acceptor, &token, &out, NULL, NULL), 0);
        (void)gss_release_buffer(&minor, &out);
        /* Not for its own sender. */
        major = gss_unwrap(&minor, t.initiator, &token, &out, NULL, NULL);
        check_status(major, minor, GSS_S_DEFECTIVE_TOKEN, MINOR(TOKEN));
        (void)gss_release_buffer(&minor, &token);
    }
    talk_free(&t);
}
END_TEST

START_TEST(mics_are_checked)
{
    struct talk t = talk_new();
    gss_buffer_desc in = of_text("a message"), other = of_text("a massage"), mic, token, out;
    OM_uint32 minor;

    talk_complete(&t);
    ck_assert_uint_eq(gss_get_mic(&minor, t.initiator, 0, &in, &mic), 0);
    ck_assert_uint_eq(gss_verify_mic(&minor, t.acceptor, &other, &mic, NULL), GSS_S_BAD_MIC);
    check_status(GSS_S_BAD_MIC, minor, GSS_S_BAD_MIC, MINOR(TOKEN_MIC));
    ck_assert_uint_eq(gss_unwrap(&minor, t.acceptor, &mic, &out, NULL, NULL),
                      GSS_S_DEFECTIVE_TOKEN);
    mic.length--;
    ck_assert_uint_eq(gss_verify_mic(&minor, t.acceptor, &in, &mic, NULL), GSS_S_DEFECTIVE_TOKEN);
    mic.length++;
    ck_assert_uint_eq(gss_verify_mic(&minor, t.acceptor, &in, &mic, NULL), GSS_S_COMPLETE);
    (void)gss_release_buffer(&minor, &mic);
    ck_assert_uint_eq(gss_wrap(&minor, t.initiator, 0, 0, &in, NULL, &token), 0);
    ck_assert_uint_eq(gss_verify_mic(&minor, t.acceptor, &in, &token, NULL), GSS_S_DEFECTIVE_TOKEN);
    (void)gss_release_buffer(&minor, &token);
    talk_free(&t);
}
END_TEST

START_TEST(only_the_default_quality)
{
    struct talk t = talk_new();
    gss_buffer_desc in = of_text("x"), out;
    OM_uint32 minor, size;
    gss_qop_t qop = 99;

    talk_complete(&t);
    ck_assert_uint_eq(gss_wrap(&minor, t.initiator, 1, 1, &in, NULL, &out), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_get_mic(&minor, t.initiator, 7, &in, &out), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_wrap_size_limit(&minor, t.initiator, 1, 1, 99, &size), GSS_S_BAD_QOP);
    ck_assert_uint_eq(gss_get_mic(&minor, t.initiator, 0, &in, &out), GSS_S_COMPLETE);
    ck_assert_uint_eq(gss_verify_mic(&minor, t.acceptor, &in, &out, &qop), GSS_S_COMPLETE);
    ck_assert_uint_eq(qop, GSS_C_QOP_DEFAULT);
    (void)gss_release_buffer(&minor, &out);
    talk_free(&t);
}
END_TEST

START_TEST(size_limits)
{
    static const OM_uint32 cases[][2] = {{0, 0},
                                         {31, 0},
                                         {32, 0},
                                         {33, 1},
                                         {1000, 968},
                                         {0x7fffffff, 0x7fffffdf},
                                         {0x8000001f, 0x7fffffff},
                                         {0xffffffff, 0x7fffffff}};
    struct talk t = talk_new();
    OM_uint32 minor, max;

    talk_complete(&t);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int conf = 0; conf < 2; conf++) {
            ck_assert_uint_eq(gss_wrap_size_limit(&minor, t.initiator, conf, 0, cases[i][0], &max),
                              0);
            ck_assert_uint_eq(max, cases[i][1]);
        }
    talk_free(&t);
}
END_TEST

START_TEST(a_large_message)
{
    struct talk t = talk_new();
    size_t len = 5 << 20;
    char *big = malloc(len);
    gss_buffer_desc in = {len, big}, token, out;
    OM_uint32 minor;

    memset(big, 'x', len);
    talk_complete(&t);
    ck_assert_uint_eq(gss_wrap(&minor, t.acceptor, 1, 0, &in, NULL, &token), 0);
    ck_assert_uint_eq(gss_unwrap(&minor, t.initiator, &token, &out, NULL, NULL), 0);
    ck_assert_uint_eq(out.length, len);
    ck_assert_mem_eq(out.value, big, len);
    (void)gss_release_buffer(&minor, &token);
    (void)gss_release_buffer(&minor, &out);
    free(big);
    talk_free(&t);
}
END_TEST

/* 2^31 bytes are refused before anything is read or allocated. */
START_TEST(a_message_that_is_too_long)
{
    struct talk t = talk_new();
    gss_buffer_desc in = {(size_t)1 << 31, "x"}, out;
    OM_uint32 minor, major;

    talk_complete(&t);
    major = gss_wrap(&minor, t.initiator, 1, 0, &in, NULL, &out);
    check_status(major, minor, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH));
    major = gss_get_mic(&minor, t.initiator, 0, &in, &out);
    check_status(major, minor, GSS_S_FAILURE, MINOR(MESSAGE_LENGTH));
    talk_free(&t);
}
END_TEST

/* Order of arrival of the tokens 0, 1, 2, ..., and what each flag makes of it. */
static const struct {
    unsigned token;
    OM_uint32 replay, sequence; /* with REPLAY alone; with SEQUENCE, alone or not */
} arrivals[] = {
    {0, GSS_S_COMPLETE, GSS_S_COMPLETE},
    {0, GSS_S_DUPLICATE_TOKEN, GSS_S_DUPLICATE_TOKEN},
    {3, GSS_S_COMPLETE, GSS_S_GAP_TOKEN},
    {1, GSS_S_COMPLETE, GSS_S_UNSEQ_TOKEN},
    {1, GSS_S_DUPLICATE_TOKEN, GSS_S_DUPLICATE_TOKEN},
    {4, GSS_S_COMPLETE, GSS_S_COMPLETE},
    {1200, GSS_S_COMPLETE, GSS_S_GAP_TOKEN},
    {2, GSS_S_OLD_TOKEN, GSS_S_OLD_TOKEN},
    {1201, GSS_S_COMPLETE, GSS_S_COMPLETE},
};
#define WRAPPED 1202
static const OM_uint32 order_flags[] = {0, GSS_C_REPLAY_FLAG, GSS_C_SEQUENCE_FLAG,
                                        GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG};

START_TEST(order_is_told_to_who_asked)
{
    static gss_buffer_desc token[WRAPPED];
    struct talk t = talk_new();
    gss_buffer_desc in = of_text("x"), out;
    OM_uint32 minor, major, want;

    t.flags = order_flags[_i];
    talk_complete(&t);
    for (unsigned i = 0; i < WRAPPED; i++)
        ck_assert_uint_eq(i % 2 == 0 ? gss_wrap(&minor, t.initiator, 1, 0, &in, NULL, &token[i])
                                     : gss_get_mic(&minor, t.initiator, 0, &in, &token[i]),
                          0);
    for (size_t i = 0; i < sizeof(arrivals) / sizeof(arrivals[0]); i++) {
        unsigned n = arrivals[i].token;

        want = t.flags == 0                   ? GSS_S_COMPLETE
               : t.flags == GSS_C_REPLAY_FLAG ? arrivals[i].replay
                                              : arrivals[i].sequence;
        out = (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
        major = n % 2 == 0 ? gss_unwrap(&minor, t.acceptor, &token[n], &out, NULL, NULL)
                           : gss_verify_mic(&minor, t.acceptor, &in, &token[n], NULL);
        ck_assert_msg(major == want, "row %zu: %08x, expected %08x", i, major, want);
        if (n % 2 == 0)
            ck_assert_uint_eq(out.length, 1); /* the message comes with the warning */
        (void)gss_release_buffer(&minor, &out);
    }
    for (unsigned i = 0; i < WRAPPED; i++)
        (void)gss_release_buffer(&minor, &token[i]);
    talk_free(&t);
}
END_TEST

START_TEST(both_sides_derive_the_same)
{
    struct talk t = talk_new();
    gss_buffer_desc in = of_text("input"), a, b, c;
    gss_buffer_set_t i_set, a_set;
    OM_uint32 minor;

    talk_complete(&t);
    for (int key = 0; key < 2; key++) {
        ck_assert_uint_eq(gss_pseudo_random(&minor, t.initiator, key, &in, 100, &a), 0);
        ck_assert_uint_eq(gss_pseudo_random(&minor, t.acceptor, key, &in, 100, &b), 0);
        ck_assert_uint_eq(gss_pseudo_random(&minor, t.acceptor, 1 - key, &in, 100, &c), 0);
        ck_assert_uint_eq(a.length, 100);
        ck_assert_mem_eq(a.value, b.value, 100);
        ck_assert_mem_ne(a.value, c.value, 100);
        (void)gss_release_buffer(&minor, &a);
        (void)gss_release_buffer(&minor, &b);
        (void)gss_release_buffer(&minor, &c);
    }
    ck_assert_uint_eq(gss_pseudo_random(&minor, t.initiator, 0, &in, 0, &a), 0);
    ck_assert(a.length == 0 && a.value == NULL);
    ck_assert_uint_ne(gss_pseudo_random(&minor, t.initiator, 2, &in, 16, &a), 0);
    ck_assert_uint_ne(gss_pseudo_random(&minor, t.initiator, 0, &in, -1, &a), 0);
    ck_assert_uint_eq(
        gss_inquire_sec_context_by_oid(&minor, t.initiator, GSS_C_INQ_SSPI_SESSION_KEY, &i_set), 0);
    ck_assert_uint_eq(
        gss_inquire_sec_context_by_oid(&minor, t.acceptor, GSS_C_INQ_SSPI_SESSION_KEY, &a_set), 0);
    ck_assert_uint_eq(i_set->count, 2);
    ck_assert_uint_eq(i_set->elements[0].length, 32);
    ck_assert_mem_eq(i_set->elements[0].value, a_set->elements[0].value, 32);
    ck_assert_mem_eq(i_set->elements[1].value, mech.elements, mech.length);
    (void)gss_release_buffer_set(&minor, &i_set);
    (void)gss_release_buffer_set(&minor, &a_set);
    talk_free(&t);
}
END_TEST

START_TEST(unknown_inquiries_are_unavailable)
{
    struct talk t = talk_new();
    gss_buffer_set_t set;
    OM_uint32 minor;

    for (unsigned i = 1; i <= 3; i++) {
        talk_until(&t, i);
        ck_assert_uint_eq(gss_inquire_sec_context_by_oid(&minor, t.initiator, &mech, &set),
                          GSS_S_UNAVAILABLE);
    }
    talk_free(&t);
}
END_TEST

START_TEST(there_are_no_context_tokens_to_process)
{
    struct talk t = talk_new();
    gss_buffer_desc b = of_text("x");
    OM_uint32 minor;

    talk_complete(&t);
    ck_assert_uint_eq(gss_process_context_token(&minor, t.acceptor, &b), GSS_S_DEFECTIVE_TOKEN);
    check_messages(&t);
    talk_free(&t);
}
END_TEST

/* The client's trust line ends in two seconds (more where handshakes are slow, as under valgrind),
 * and so does the context. */
START_TEST(contexts_end_with_their_credentials)
{
    struct talk t = talk_new();
    time_t begin = time(NULL), end;
    gss_buffer_desc in = of_text("x"), token, mic, out;
    OM_uint32 minor, left;
    char when[32];

    talk_complete(&t);
    talk_reset(&t);
    end = time(NULL) + 2 + 5 * (time(NULL) - begin);
    (void)strftime(when, sizeof(when), "%Y%m%d%H%M%S", gmtime(&end));
    make_trust("trust-ending", text("client-x25519=valid-before=\"%s\"", when));
    use_cred(&t.acceptor_cred, cred(GSS_C_ACCEPT, "server-x25519", "trust-ending", NULL));
    talk_complete(&t);
    ck_assert_uint_le(t.acceptor_time, (OM_uint32)(end - begin));
    ck_assert_uint_eq(t.initiator_time, GSS_C_INDEFINITE);
    ck_assert_uint_eq(gss_wrap(&minor, t.initiator, 1, 0, &in, NULL, &token), 0);
    ck_assert_uint_eq(gss_get_mic(&minor, t.initiator, 0, &in, &mic), 0);
    while (time(NULL) < end)
        (void)usleep(100000);
    ck_assert_uint_eq(gss_wrap(&minor, t.acceptor, 1, 0, &in, NULL, &out), GSS_S_CONTEXT_EXPIRED);
    ck_assert_uint_eq(gss_get_mic(&minor, t.acceptor, 0, &in, &out), GSS_S_CONTEXT_EXPIRED);
    ck_assert_uint_eq(gss_unwrap(&minor, t.acceptor, &token, &out, NULL, NULL),
                      GSS_S_CONTEXT_EXPIRED);
    ck_assert_uint_eq(minor, MINOR(CONTEXT_EXPIRED));
    ck_assert_uint_eq(gss_verify_mic(&minor, t.acceptor, &in, &mic, NULL), GSS_S_CONTEXT_EXPIRED);
    ck_assert_uint_eq(gss_context_time(&minor, t.acceptor, &left), GSS_S_CONTEXT_EXPIRED);
    left = 1;
    ck_assert_uint_eq(
        gss_inquire_context(&minor, t.acceptor, NULL, NULL, &left, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(left, 0);
    (void)gss_release_buffer(&minor, &token);
    (void)gss_release_buffer(&minor, &mic);
    talk_reset(&t);
    check_refused_by_acceptor(&t, GSS_S_UNAUTHORIZED, MINOR(TRUST_EXPIRED));
    talk_free(&t);
}
END_TEST

/* ---- credentials ---- */

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

/* Without credentials, the settings of the environment. */
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

/* ---- nothing where nothing is needed ---- */

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

/* The mechglue stops most of this; the plugin must not rely on that. */
START_TEST(nothing_hurts_the_plugin)
{
    void *handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    gss_buffer_desc out = {1, "x"}, zero = {5, NULL};
    gss_buffer_set_t set;
    OM_uint32 minor, n;
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_cred_id_t c = GSS_C_NO_CREDENTIAL;
    gss_name_t name = GSS_C_NO_NAME;
    gss_OID oid = GSS_C_NO_OID;
    gss_OID_set oids;
    int i;

    ck_assert_ptr_nonnull(handle);
    ck_assert_uint_eq(DIRECT(gss_release_name)(&minor, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_release_name)(&minor, &name), 0);
    ck_assert_uint_eq(DIRECT(gss_release_cred)(&minor, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_release_cred)(&minor, &c), 0);
    ck_assert_uint_eq(DIRECT(gss_delete_sec_context)(&minor, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_delete_sec_context)(&minor, &ctx, &out), 0);
    ck_assert(out.length == 0 && out.value == NULL);
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
    ck_assert_uint_eq(DIRECT(gss_inquire_sec_context_by_oid)(&minor, ctx, &mech, &set),
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
    ck_assert_uint_eq(DIRECT(gss_inquire_cred)(&minor, c, NULL, NULL, NULL, NULL), GSS_S_NO_CRED);
    ck_assert_uint_ne(
        DIRECT(gss_acquire_cred_from)(&minor, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_internal_release_oid)(&minor, &oid), GSS_S_CONTINUE_NEEDED);
    ck_assert_uint_eq(DIRECT(gss_internal_release_oid)(&minor, NULL), GSS_S_CONTINUE_NEEDED);
    ck_assert_uint_eq(DIRECT(gss_inquire_mech_for_saslname)(&minor, NULL, NULL), GSS_S_BAD_MECH);
    ck_assert_uint_ne(DIRECT(gss_inquire_names_for_mech)(&minor, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_inquire_attrs_for_mech)(&minor, &spnego, &oids, NULL),
                      GSS_S_BAD_MECH);
    ck_assert_uint_ne(DIRECT(gss_display_status)(&minor, 0, GSS_C_MECH_CODE, NULL, NULL, NULL), 0);
    ck_assert_uint_eq(DIRECT(gss_display_status)(&minor, 0, GSS_C_GSS_CODE, NULL, NULL, &out),
                      GSS_S_BAD_STATUS);
    (void)dlclose(handle);
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

/* ---- the trace ---- */

START_TEST(the_trace_tells_each_step)
{
    struct talk t = talk_new();

    (void)setenv("GSS_EDHOC_TRACE", path("trace"), 1);
    talk_complete(&t);
    (void)unsetenv("GSS_EDHOC_TRACE");
    run(text("test $(grep -c 'bytes in' %s) = 4", path("trace")));
    run(text("test $(grep -c 'open: method 3 suite 6' %s) = 2", path("trace")));
    run(text("test $(stat -c %%a %s) = 600", path("trace")));
    talk_free(&t);
}
END_TEST

/* ---- the suite ---- */

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

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

static void add_mechanism(Suite *suite)
{
    TCase *tc = tcase_create("mechanism");

    tcase_add_test(tc, registered_with_its_attributes);
    tcase_add_test(tc, sasl_name);
    tcase_add_test(tc, every_minor_status_has_a_sentence);
    tcase_add_test(tc, exports_are_the_entry_points);
    tcase_add_test(tc, the_trace_tells_each_step);
    suite_add_tcase(suite, tc);
}

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
    tcase_add_test(tc, nothing_hurts_the_plugin);
    tcase_add_test(tc, threads_share_credentials);
    tcase_add_test(tc, threads_share_a_context);
    suite_add_tcase(suite, tc);
}

static void add_failures(Suite *suite)
{
    TCase *tc = tcase_create("failures");

    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, an_unknown_server_is_refused);
    tcase_add_test(tc, an_unknown_client_is_refused);
    tcase_add_test(tc, a_first_call_that_fails_leaves_nothing);
    tcase_add_test(tc, a_first_call_takes_no_token);
    tcase_add_test(tc, later_tokens_are_not_empty);
    tcase_add_test(tc, tokens_out_of_turn_end_the_context);
    tcase_add_test(tc, reflected_tokens_are_refused);
    tcase_add_test(tc, truncated_and_changed_tokens_are_refused);
    tcase_add_test(tc, framing_is_exact);
    tcase_add_test(tc, huge_tokens_are_refused);
    tcase_add_test(tc, tokens_belong_to_their_context);
    tcase_add_test(tc, half_open_contexts_do_not_fork);
    suite_add_tcase(suite, tc);
}

static void add_messages(Suite *suite)
{
    TCase *tc = tcase_create("messages");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, changed_messages_are_refused);
    tcase_add_test(tc, mics_are_checked);
    tcase_add_test(tc, only_the_default_quality);
    tcase_add_test(tc, size_limits);
    tcase_add_test(tc, a_large_message);
    tcase_add_test(tc, a_message_that_is_too_long);
    tcase_add_loop_test(tc, order_is_told_to_who_asked, 0, ROWS(order_flags));
    tcase_add_test(tc, both_sides_derive_the_same);
    tcase_add_test(tc, unknown_inquiries_are_unavailable);
    tcase_add_test(tc, there_are_no_context_tokens_to_process);
    tcase_add_test(tc, contexts_end_with_their_credentials);
    suite_add_tcase(suite, tc);
}

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
    Suite *suite = suite_create("glue");
    SRunner *runner;
    int failed;

    make_world();
    add_mechanism(suite);
    add_names(suite);
    add_contexts(suite);
    add_failures(suite);
    add_messages(suite);
    add_credentials(suite);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    run(text("rm -rf %s", dir));
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
