/* The world of a test that calls the mechanism the way applications do: a throwaway folder with keys
 * that the real command made, and an environment in which MIT's mechglue loads the plugin, because
 * GSS_MECH_CONFIG says so. Everything here that fails ends the test.
 *
 * Environment: MECH_SO, the plugin (default .libs/mech_edhoc.so); GSS_EDHOC, the command (default
 * ./gss-edhoc). */
#ifndef TESTS_GSS_WORLD_H
#define TESTS_GSS_WORLD_H

#include <dlfcn.h>
#include <stdint.h>

#include "lib/folder.h"
#include "lib/suite.h"

#define APP_SERVICE "HTTP@web.example.org"

/* Makes the folder with
 *     client-TYPE, server-TYPE    a key of each type, named "alice" and APP_SERVICE
 *     trust-clients               all of the client-TYPE
 *     trust-server-TYPE           that one server
 *     stranger, mallory           x25519 keys that nobody trusts and that say "alice" and APP_SERVICE
 * points the environment there, runs what `add` puts into the suite, removes the folder. */
int app_main(const char *name, void (*add)(Suite *suite));
/* A case of the suite; each of its tests begins in the environment and directory that app_main
 * made. */
TCase *app_case(Suite *suite, const char *name);

/* The plugin itself, without the mechglue: a fixture opens and closes it. */
extern void *app_handle;
void app_load(void);
void app_unload(void);
/* A function of it. */
#define DIRECT(name) ((__typeof__(&name))(uintptr_t)dlsym(app_handle, #name))

/* One type of key for each cipher of per-message tokens. */
extern const char *const app_types[];
#define APP_TYPES 3

/* The command's path. */
const char *app_command(void);
/* Makes FILE and FILE.pub. */
void app_keygen(const char *type, const char *file, const char *name);
/* Appends FILE.pub to a trust file, with options (NULL: none). */
void app_trust(const char *trust, const char *file, const char *options);
/* The same to a file that is new or emptied before. */
void app_trust_only(const char *trust, const char *file, const char *options);

#endif
