#include "glue_support.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

gss_OID_desc mech = {33, "\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56"
                         "\x82\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5"
                         "\x45"};
gss_OID_desc spnego = {6, "\x2b\x06\x01\x05\x05\x02"};
gss_OID_set_desc only_us = {1, &mech};

char plugin[PATH_MAX];

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
const char *text(const char *format, ...)
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

const char *path(const char *name)
{
    return text("%s/%s", dir, name);
}

void run(const char *command)
{
    if (system(command) != 0) {
        (void)fprintf(stderr, "failed: %s\n", command);
        exit(99);
    }
}

void write_file(const char *name, const char *content)
{
    FILE *f = fopen(path(name), "w");

    if (f == NULL || fputs(content, f) < 0 || fclose(f) != 0)
        exit(99);
    (void)chmod(path(name), 0600);
}

/* Makes FILE and FILE.pub. */
void keygen(const char *type, const char *file, const char *name)
{
    const char *command = getenv("GSS_EDHOC");

    run(text("%s keygen -t %s -o %s %s >/dev/null", command != NULL ? command : "./gss-edhoc", type,
             path(file), name));
}

/* A trust file of .pub lines: `files` are separated by blanks; each may be FILE=OPTIONS. */
void make_trust(const char *name, const char *files)
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

gss_buffer_desc buffer(const void *p, size_t len)
{
    return (gss_buffer_desc){len, (void *)p};
}

gss_buffer_desc of_text(const char *s)
{
    return buffer(s, strlen(s));
}

gss_name_t import(const char *name, gss_OID type)
{
    gss_buffer_desc b = of_text(name);
    gss_name_t out = GSS_C_NO_NAME;
    OM_uint32 minor;

    ck_assert_uint_eq(gss_import_name(&minor, &b, type, &out), GSS_S_COMPLETE);
    return out;
}

void release_name(gss_name_t *name)
{
    OM_uint32 minor;

    if (*name != GSS_C_NO_NAME)
        ck_assert_uint_eq(gss_release_name(&minor, name), GSS_S_COMPLETE);
}

/* The whole text for a failure. */
const char *status(OM_uint32 major, OM_uint32 minor)
{
    gss_buffer_desc b = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, more = 0;
    const char *out;

    (void)gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &mech, &more, &b);
    out = text("major %08x minor %08x: %s", major, minor, b.value != NULL ? (char *)b.value : "");
    (void)gss_release_buffer(&ignored, &b);
    return out;
}

void check_status(OM_uint32 major, OM_uint32 minor, OM_uint32 want_major, OM_uint32 want_minor)
{
    ck_assert_msg(major == want_major && minor == want_minor, "%s, expected %08x %08x",
                  status(major, minor), want_major, want_minor);
}

/* A credential from a store; NULLs are left out. */
OM_uint32 acquire(OM_uint32 *minor, gss_cred_usage_t usage, gss_name_t desired,
                  const char *identity, const char *trust, const char *options, gss_cred_id_t *out)
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

gss_cred_id_t cred(gss_cred_usage_t usage, const char *identity, const char *trust,
                   const char *options)
{
    gss_cred_id_t out = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor, major = acquire(&minor, usage, GSS_C_NO_NAME, identity, trust, options, &out);

    check_complete(major, minor);
    return out;
}

/* ---- a conversation ---- */

struct talk talk_of(const char *client, const char *server, const char *server_trust)
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

struct talk talk_new(void)
{
    return talk_of("client-x25519", "server-x25519", "trust-server-x25519");
}

/* One call of the side whose turn it is; its token, if any, becomes the last one. */
void initiate(struct talk *t, gss_buffer_t in)
{
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;

    t->initiator_major = gss_init_sec_context(&t->initiator_minor, t->initiator_cred, &t->initiator,
                                              t->target, t->mech, t->flags, 0,
                                              t->initiator_bindings, in, &t->initiator_mech, &out,
                                              &t->initiator_flags, &t->initiator_time);
    if (out.length > 0)
        t->token[t->tokens++] = out;
}

void accept_token(struct talk *t, gss_buffer_t in)
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
void talk_until(struct talk *t, unsigned tokens)
{
    while (t->tokens < tokens)
        ck_assert_msg(talk_step(t), "initiator %s; acceptor %s",
                      status(t->initiator_major, t->initiator_minor),
                      status(t->acceptor_major, t->acceptor_minor));
}

void talk_run(struct talk *t)
{
    while (talk_step(t))
        ;
}

void talk_complete(struct talk *t)
{
    talk_run(t);
    check_complete(t->initiator_major, t->initiator_minor);
    check_complete(t->acceptor_major, t->acceptor_minor);
}

void delete_context(gss_ctx_id_t *ctx)
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
void talk_reset(struct talk *t)
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

void talk_free(struct talk *t)
{
    OM_uint32 minor;

    talk_reset(t);
    (void)gss_release_cred(&minor, &t->initiator_cred);
    (void)gss_release_cred(&minor, &t->acceptor_cred);
    release_name(&t->target);
}

/* Replaces a credential. */
void use_cred(gss_cred_id_t *at, gss_cred_id_t with)
{
    OM_uint32 minor;

    (void)gss_release_cred(&minor, at);
    *at = with;
}

void use_target(struct talk *t, const char *name, gss_OID type)
{
    release_name(&t->target);
    t->target = import(name, type);
}

void check_name(gss_name_t name, const char *want, gss_OID want_type)
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
void check_message(gss_ctx_id_t from, gss_ctx_id_t to, const char *what, int conf)
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

OM_uint32 verify_mic(gss_ctx_id_t from, gss_ctx_id_t to, const char *what)
{
    gss_buffer_desc in = of_text(what), token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor, major;

    ck_assert_uint_eq(gss_get_mic(&minor, from, 0, &in, &token), GSS_S_COMPLETE);
    ck_assert_uint_eq(token.length, 32);
    major = gss_verify_mic(&minor, to, &in, &token, NULL);
    (void)gss_release_buffer(&minor, &token);
    return major;
}

void check_messages(struct talk *t)
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

/* ---- what must hold ---- */

bool set_has(gss_OID_set set, gss_const_OID oid)
{
    OM_uint32 minor;
    int present = 0;

    ck_assert_uint_eq(gss_test_oid_set_member(&minor, (gss_OID)oid, set, &present), 0);
    return present;
}

void check_inquiry(gss_ctx_id_t ctx, OM_uint32 flags, int local)
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

/* A context that has failed answers errors only, and can be deleted. */
void check_dead(gss_ctx_id_t *ctx)
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
void check_refused_by_acceptor(struct talk *t, OM_uint32 major, OM_uint32 minor)
{
    talk_run(t);
    check_status(t->acceptor_major, t->acceptor_minor, major, minor);
    ck_assert_ptr_null(t->source);
    ck_assert_uint_eq(t->acceptor_flags, 0);
    if (t->acceptor != GSS_C_NO_CONTEXT) /* it had begun before this call */
        check_dead(&t->acceptor);
}

int glue_main(const char *name, void (*add)(Suite *suite))
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    make_world();
    add(suite);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    run(text("rm -rf %s", dir));
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
