/* What an application of Kerberos or NTLMSSP gets from the GSS-API, written down line by line, so
 * that it can be compared with and without another mechanism's plugin. Driven by side_by_side.sh:
 *
 *     neighbour look TARGET USER PASSWORD   everything that an application can notice
 *     neighbour load                        what every GSS process does: list mechanisms, acquire
 *     neighbour time COUNT                  how long `load` takes, a new process each time
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

static gss_OID_desc krb5 = {9, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"};
static gss_OID_desc ntlmssp = {10, (void *)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};
static gss_OID_desc spnego = {6, (void *)"\x2b\x06\x01\x05\x05\x02"};
static gss_OID_desc impersonator = {11, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x0e"};
static gss_OID_desc no_ci_flags = {6, (void *)"\x2a\x85\x70\x2b\x0d\x1d"};

static const struct {
    const char *name;
    gss_OID oid;
} mechanisms[] = {{"krb5", &krb5}, {"ntlmssp", &ntlmssp}, {"spnego", &spnego}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- writing things down ---- */

static void hex(const char *label, const void *bytes, size_t len)
{
    printf("%s: ", label);
    for (size_t i = 0; i < len; i++)
        printf("%02x", ((const unsigned char *)bytes)[i]);
    printf("\n");
}

static void sentence(OM_uint32 status, int type, gss_OID mech)
{
    OM_uint32 minor, more = 0;
    gss_buffer_desc text;

    do {
        if (gss_display_status(&minor, status, type, mech, &more, &text) != GSS_S_COMPLETE)
            return;
        printf(" \"%.*s\"", (int)text.length, (char *)text.value);
        (void)gss_release_buffer(&minor, &text);
    } while (more != 0);
}

/* Both codes as numbers and in words. A minor code above 100000 is one that MIT's library made up,
 * the next that is free; the words are what counts. */
static OM_uint32 said(const char *what, const char *detail, gss_OID mech, OM_uint32 major,
                      OM_uint32 minor)
{
    printf("%s %s: %08x %u", what, detail, major, minor > 100000 ? 100000 : minor);
    if (major != GSS_S_COMPLETE) {
        sentence(major, GSS_C_GSS_CODE, mech);
        sentence(minor, GSS_C_MECH_CODE, mech);
    }
    printf("\n");
    return major;
}

static void show_name(const char *label, gss_name_t name)
{
    OM_uint32 minor;
    gss_buffer_desc text;

    if (name == GSS_C_NO_NAME)
        printf("%s: no name\n", label);
    else if (gss_display_name(&minor, name, &text, NULL) == GSS_S_COMPLETE) {
        printf("%s: %.*s\n", label, (int)text.length, (char *)text.value);
        (void)gss_release_buffer(&minor, &text);
    }
}

static void show_mechanisms(const char *label, gss_OID_set set)
{
    for (size_t i = 0; set != GSS_C_NO_OID_SET && i < set->count; i++)
        hex(label, set->elements[i].elements, set->elements[i].length);
}

/* ---- SPNEGO's first token ---- */

struct reader {
    const unsigned char *p, *end;
};

/* Enters a DER value with this tag. */
static int enter(struct reader *r, unsigned char tag)
{
    size_t len;

    if (r->end - r->p < 2 || *r->p++ != tag)
        return 0;
    len = *r->p++;
    if (len > 0x80) {
        size_t count = len & 0x7f;

        for (len = 0; count > 0 && r->p < r->end; count--)
            len = len << 8 | *r->p++;
    }
    if (len > (size_t)(r->end - r->p))
        return 0;
    r->end = r->p + len;
    return 1;
}

/* The list of mechanisms that it offers, byte by byte. */
static void show_offer(const char *label, gss_buffer_t token)
{
    struct reader r = {token->value, (unsigned char *)token->value + token->length};

    if (!enter(&r, 0x60) || r.end - r.p < 8 || memcmp(r.p, "\x06\x06\x2b\x06\x01\x05\x05\x02", 8))
        return;
    r.p += 8;
    if (enter(&r, 0xa0) && enter(&r, 0x30) && enter(&r, 0xa0))
        hex(label, r.p, (size_t)(r.end - r.p));
}

/* ---- what an application does ---- */

static void look_at_credential(const char *label, gss_cred_id_t cred)
{
    OM_uint32 major, minor, lifetime;
    gss_name_t name = GSS_C_NO_NAME;
    gss_OID_set set = GSS_C_NO_OID_SET;
    gss_buffer_set_t answers = GSS_C_NO_BUFFER_SET;
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER, none = GSS_C_EMPTY_BUFFER;
    gss_cred_usage_t usage = -1;

    major = gss_inquire_cred(&minor, cred, &name, &lifetime, &usage, &set);
    if (said("  inquire_cred", label, NULL, major, minor) == GSS_S_COMPLETE) {
        show_name("    name", name);
        printf("    usage %d, %s\n", usage,
               lifetime == GSS_C_INDEFINITE ? "for ever"
               : lifetime == 0              ? "expired"
                                            : "for a while");
        show_mechanisms("    of", set);
    }
    (void)gss_release_name(&minor, &name);
    (void)gss_release_oid_set(&minor, &set);
    for (size_t i = 0; i < COUNT(mechanisms); i++) {
        major = gss_inquire_cred_by_mech(&minor, cred, mechanisms[i].oid, &name, NULL, NULL,
                                         &usage);
        said("  inquire_cred_by_mech", mechanisms[i].name, mechanisms[i].oid, major, minor);
        (void)gss_release_name(&minor, &name);
    }
    major = gss_inquire_cred_by_oid(&minor, cred, &impersonator, &answers);
    said("  inquire_cred_by_oid", label, NULL, major, minor);
    printf("    %zu answers\n", answers == GSS_C_NO_BUFFER_SET ? 0 : answers->count);
    (void)gss_release_buffer_set(&minor, &answers);
    if (cred == GSS_C_NO_CREDENTIAL)
        return;
    major = gss_export_cred(&minor, cred, &token);
    if (said("  export_cred", label, NULL, major, minor) == GSS_S_COMPLETE)
        hex("    exported", token.value, token.length);
    (void)gss_release_buffer(&minor, &token);
    major = gss_set_cred_option(&minor, &cred, &no_ci_flags, &none);
    said("  set_cred_option", label, NULL, major, minor);
}

static void look_at_context(const char *label, gss_cred_id_t cred, gss_OID mech, gss_name_t target)
{
    OM_uint32 major, minor, flags = 0;
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;

    major = gss_init_sec_context(&minor, cred, &ctx, target, mech, GSS_C_MUTUAL_FLAG, 0,
                                 GSS_C_NO_CHANNEL_BINDINGS, GSS_C_NO_BUFFER, NULL, &token, &flags,
                                 NULL);
    said("  init_sec_context", label, mech, major, minor);
    printf("    flags %x, %s\n", flags, token.length == 0 ? "no token" : "a token");
    if (mech == &spnego && token.length != 0)
        show_offer("    offer", &token);
    (void)gss_release_buffer(&minor, &token);
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
}

/* A server that speaks first, as with SMB, tells what it has. */
static void look_at_hints(const char *label, gss_cred_id_t cred)
{
    OM_uint32 major, minor;
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER, none = GSS_C_EMPTY_BUFFER;

    major = gss_accept_sec_context(&minor, &ctx, cred, &none, GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL,
                                   &token, NULL, NULL, NULL);
    said("  accept_sec_context, no token", label, &spnego, major, minor);
    hex("    hints", token.value, token.length);
    (void)gss_release_buffer(&minor, &token);
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
}

static void look_at_usage(const char *label, gss_cred_usage_t usage, gss_name_t name,
                          gss_OID_set wanted, gss_name_t target)
{
    OM_uint32 major, minor;
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    gss_OID_set set = GSS_C_NO_OID_SET;

    major = gss_acquire_cred(&minor, name, GSS_C_INDEFINITE, wanted, usage, &cred, &set, NULL);
    if (said("acquire_cred", label, wanted == NULL ? NULL : wanted->elements, major, minor) ==
        GSS_S_COMPLETE) {
        show_mechanisms("  of", set);
        look_at_credential(label, cred);
        if (usage != GSS_C_ACCEPT)
            for (size_t i = 0; i < COUNT(mechanisms); i++)
                look_at_context(mechanisms[i].name, cred, mechanisms[i].oid, target);
        if (usage != GSS_C_INITIATE)
            look_at_hints(label, cred);
    }
    (void)gss_release_oid_set(&minor, &set);
    (void)gss_release_cred(&minor, &cred);
}

static gss_name_t import(const char *text, gss_OID type)
{
    OM_uint32 minor;
    gss_buffer_desc buffer = {strlen(text), (void *)text};
    gss_name_t name = GSS_C_NO_NAME;

    (void)gss_import_name(&minor, &buffer, type, &name);
    return name;
}

static void look_at_password(const char *user, const char *password, gss_OID_set wanted,
                             const char *label)
{
    OM_uint32 major, minor;
    gss_name_t name = import(user, GSS_C_NT_USER_NAME);
    gss_buffer_desc secret = {strlen(password), (void *)password};
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    gss_OID_set set = GSS_C_NO_OID_SET;

    major = gss_acquire_cred_with_password(&minor, name, &secret, GSS_C_INDEFINITE, wanted,
                                           GSS_C_INITIATE, &cred, &set, NULL);
    said("acquire_cred_with_password", label, NULL, major, minor);
    show_mechanisms("  of", set);
    (void)gss_release_oid_set(&minor, &set);
    (void)gss_release_cred(&minor, &cred);
    (void)gss_release_name(&minor, &name);
}

/* Everything is looked at by a process of its own: gss-ntlmssp crashes at a few questions. */
static int in_child(void)
{
    int status = 0;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child <= 0)
        return 1;
    if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))
        printf("killed by signal %d\n", WTERMSIG(status));
    return 0;
}

static int look(const char *target_text, const char *user, const char *password)
{
    static const struct {
        const char *name;
        gss_cred_usage_t usage;
    } usages[] = {{"initiate", GSS_C_INITIATE}, {"accept", GSS_C_ACCEPT}, {"both", GSS_C_BOTH}};
    OM_uint32 minor;
    gss_name_t target = import(target_text, GSS_C_NT_HOSTBASED_SERVICE);
    gss_name_t name = import(user, GSS_C_NT_USER_NAME);

    for (size_t i = 0; i < COUNT(usages); i++) {
        printf("by default, %s\n", usages[i].name);
        if (in_child()) {
            look_at_usage(usages[i].name, usages[i].usage, GSS_C_NO_NAME, GSS_C_NO_OID_SET, target);
            _exit(0);
        }
        for (size_t m = 0; m < COUNT(mechanisms); m++) {
            gss_OID_set_desc one = {1, mechanisms[m].oid};

            printf("%s, %s\n", mechanisms[m].name, usages[i].name);
            if (in_child()) {
                look_at_usage(usages[i].name, usages[i].usage, GSS_C_NO_NAME, &one, target);
                _exit(0);
            }
        }
    }
    printf("by name\n");
    if (in_child()) {
        look_at_usage("initiate", GSS_C_INITIATE, name, GSS_C_NO_OID_SET, target);
        _exit(0);
    }
    if (in_child()) {
        look_at_usage("accept", GSS_C_ACCEPT, target, GSS_C_NO_OID_SET, target);
        _exit(0);
    }
    printf("by password\n");
    if (in_child()) {
        look_at_password(user, password, GSS_C_NO_OID_SET, "by default");
        _exit(0);
    }
    for (size_t m = 0; m < COUNT(mechanisms); m++)
        if (in_child()) {
            gss_OID_set_desc one = {1, mechanisms[m].oid};

            look_at_password(user, password, &one, mechanisms[m].name);
            _exit(0);
        }
    printf("no credential\n");
    for (size_t m = 0; m < COUNT(mechanisms); m++)
        if (in_child()) {
            look_at_context(mechanisms[m].name, GSS_C_NO_CREDENTIAL, mechanisms[m].oid, target);
            _exit(0);
        }
    if (in_child()) {
        look_at_context("default", GSS_C_NO_CREDENTIAL, GSS_C_NO_OID, target);
        look_at_hints("none", GSS_C_NO_CREDENTIAL);
        look_at_credential("none", GSS_C_NO_CREDENTIAL);
        _exit(0);
    }
    (void)gss_release_name(&minor, &name);
    (void)gss_release_name(&minor, &target);
    return 0;
}

/* ---- the cost ---- */

static int load(void)
{
    OM_uint32 minor;
    gss_OID_set set = GSS_C_NO_OID_SET;
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;

    (void)gss_indicate_mechs(&minor, &set);
    (void)gss_release_oid_set(&minor, &set);
    (void)gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, GSS_C_NO_OID_SET,
                           GSS_C_INITIATE, &cred, NULL, NULL);
    (void)gss_release_cred(&minor, &cred);
    return 0;
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds of the quickest of `count` processes. */
static int time_it(const char *self, int count)
{
    double best = 1e9;

    for (int i = 0; i < count; i++) {
        double began = now(), took;
        int status = 1;
        pid_t child = fork();

        if (child == 0) {
            (void)execl(self, self, "load", (char *)NULL);
            _exit(127);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 1;
        took = now() - began;
        if (took < best)
            best = took;
    }
    printf("%.2f\n", best);
    return 0;
}

int main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 5 && strcmp(argv[1], "look") == 0)
        return look(argv[2], argv[3], argv[4]);
    if (argc == 2 && strcmp(argv[1], "load") == 0)
        return load();
    if (argc == 3 && strcmp(argv[1], "time") == 0)
        return time_it(argv[0], atoi(argv[2]));
    return 2;
}
