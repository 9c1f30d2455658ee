#include "gss_world.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MECH_OID "1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869"

static char start[PATH_MAX], plugin[PATH_MAX], command[PATH_MAX];
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

/* ---- keys ---- */

const char *app_command(void)
{
    return command;
}

void app_keygen(const char *type, const char *file, const char *name)
{
    /* The command makes no key for a name with a slash; a .pub that was written by hand may have it. */
    folder_run("%s keygen -t %s -o %s alice >/dev/null && sed -i 's|^[^ ]*|%s|' %s.pub", command,
               type, file, name, file);
}

void app_trust(const char *trust, const char *file, const char *options)
{
    folder_run("awk -v o='%s' '{ if (o != \"\") $1 = $1 \" \" o; print }' %s.pub >> %s",
               options != NULL ? options : "", file, trust);
}

void app_trust_only(const char *trust, const char *file, const char *options)
{
    folder_write(trust, "");
    app_trust(trust, file, options);
}

static void make_keys(void)
{
    folder_write("trust-clients", "");
    for (int i = 0; i < ROWS(types); i++) {
        const char *client = textf("client-%s", types[i]);
        const char *server = textf("server-%s", types[i]);

        app_keygen(types[i], client, "alice");
        app_keygen(types[i], server, APP_SERVICE);
        app_trust("trust-clients", client, NULL);
        app_trust_only(textf("trust-server-%s", types[i]), server, NULL);
    }
    app_keygen("x25519", "stranger", "alice");
    app_keygen("x25519", "mallory", APP_SERVICE);
}

/* The absolute path of what was built, which the environment or a default names. */
static void find(const char *variable, const char *otherwise, char path[PATH_MAX])
{
    const char *given = getenv(variable);

    if (realpath(given != NULL ? given : otherwise, path) == NULL) {
        perror(variable);
        exit(99);
    }
}

static void make_folder(const char *name)
{
    find("MECH_SO", ".libs/mech_edhoc.so", plugin);
    find("GSS_EDHOC", "./gss-edhoc", command);
    if (getcwd(start, sizeof(start)) == NULL)
        exit(99);
    folder_make(name);
    make_keys();
    folder_write("mech.conf", textf("edhoc " MECH_OID " %s\n", plugin));
}

/* ---- the environment ---- */

/* Nothing of the user's own comes into it. */
static void set_environment(void)
{
    static const char *const ours[] = {
        "IDENTITY", "SERVICE_IDENTITY", "CERTIFICATE", "TRUST",   "ANCHORS",
        "CRLS",     "SUITES",           "OPTIONS",     "REVOKED", "LOG"};

    (void)setenv("GSS_MECH_CONFIG", folder_path("mech.conf"), 1);
    (void)setenv("KRB5_CONFIG", folder_path("krb5.conf"), 1);
    (void)setenv("KRB5_KTNAME", folder_path("none.keytab"), 1);
    (void)setenv("KRB5CCNAME", folder_path("none.ccache"), 1);
    (void)setenv("XDG_CONFIG_HOME", folder_path("config"), 1);
    (void)unsetenv("NEGOEX_NO_OPTIMISTIC_TOKEN");
    for (int i = 0; i < ROWS(ours); i++)
        (void)unsetenv(textf("GSS_EDHOC_%s", ours[i]));
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
    folder_remove();
    return status;
}
