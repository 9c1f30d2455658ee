#include "gss_world.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MECH_OID "1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869"

static char dir[64], start[PATH_MAX], plugin[PATH_MAX];
void *app_handle;

static const char *const types[] = {"x25519",  "x448",  "p256dh", "p384dh",
                                    "ed25519", "ed448", "p256",   "p384"};

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

/* ---- the folder ---- */

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

void app_trust_only(const char *trust, const char *file, const char *options)
{
    app_write(trust, "");
    app_trust(trust, file, options);
}

static void make_keys(void)
{
    app_write("trust-clients", "");
    for (int i = 0; i < ROWS(types); i++) {
        const char *client = app_text("client-%s", types[i]);
        const char *server = app_text("server-%s", types[i]);

        app_keygen(types[i], client, "alice");
        app_keygen(types[i], server, APP_SERVICE);
        app_trust("trust-clients", client, NULL);
        app_trust_only(app_text("trust-server-%s", types[i]), server, NULL);
    }
    app_keygen("x25519", "stranger", "alice");
    app_keygen("x25519", "mallory", APP_SERVICE);
}

static void make_folder(const char *name)
{
    const char *so = getenv("MECH_SO");

    if (so == NULL)
        so = ".libs/mech_edhoc.so";
    (void)snprintf(dir, sizeof(dir), "/tmp/check_%s.XXXXXX", name);
    if (getcwd(start, sizeof(start)) == NULL || realpath(so, plugin) == NULL ||
        mkdtemp(dir) == NULL) {
        perror(so);
        exit(99);
    }
    make_keys();
    app_write("mech.conf", app_text("edhoc " MECH_OID " %s\n", plugin));
}

/* ---- the environment ---- */

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
    for (int i = 0; i < ROWS(ours); i++)
        (void)unsetenv(app_text("GSS_EDHOC_%s", ours[i]));
    if (chdir(start) != 0)
        exit(99);
}

/* ---- the plugin itself ---- */

void app_load(void)
{
    app_handle = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(app_handle != NULL, "%s", dlerror());
}

void app_unload(void)
{
    (void)dlclose(app_handle);
}

/* ---- the suite ---- */

TCase *app_case(Suite *suite, const char *name)
{
    TCase *tc = suite_case(suite, name, 120);

    tcase_add_checked_fixture(tc, set_environment, NULL);
    return tc;
}

int app_main(const char *name, void (*add)(Suite *suite))
{
    int status;

    make_folder(name);
    set_environment();
    status = suite_main(name, add);
    app_run(app_text("rm -rf %s", dir));
    return status;
}
