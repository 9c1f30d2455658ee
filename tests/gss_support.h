/* What the tests of the GSS-API face share: they call it the way applications do, through MIT's
 * mechglue, which loads the plugin because GSS_MECH_CONFIG says so. Everything here that fails ends
 * the test.
 *
 * Environment: MECH_SO, the plugin (default .libs/mech_edhoc.so); GSS_EDHOC, the command that makes
 * the keys (default ./gss-edhoc). */
#ifndef TESTS_GSS_SUPPORT_H
#define TESTS_GSS_SUPPORT_H

#include "../gss_glue/mechglue.h"
#include "../gss_glue/status.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(table)  (sizeof(table) / sizeof((table)[0]))
#define MINOR(name)  (EDHOC_MINOR_BASE + EDHOC_ERR_##name)
#define APP_SERVICE  "HTTP@web.example.org"
#define APP_OVERHEAD 32

extern gss_OID_desc app_mech, app_spnego;

/* ---- the throwaway folder ---- */

/* Makes it with two keys for each row of app_types (client-TYPE for "alice", server-TYPE for
 * APP_SERVICE), the trust files trust-clients and trust-server-TYPE, and a stranger who also
 * says "alice"; points the environment there; runs the suite; removes it. For main(). */
int app_main(const char *name, void (*add)(Suite *suite));
/* A case of the suite; each of its tests begins in the environment and directory that app_main
 * made. */
TCase *app_case(Suite *suite, const char *name);

/* One type of key for each cipher of per-message tokens. */
extern const char *const app_types[];
#define APP_TYPES 3

const char *app_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *app_path(const char *name); /* in the folder; both live until 15 more were made */
void app_run(const char *command);
void app_write(const char *name, const char *content);
void app_keygen(const char *type, const char *file, const char *name);
/* Appends FILE.pub to a trust file, with options (NULL: none). */
void app_trust(const char *trust, const char *file, const char *options);

/* ---- statuses, buffers, names ---- */

/* The whole text, for a failure. */
const char *app_status(OM_uint32 major, OM_uint32 minor);
#define app_check(major, minor, want)                                                              \
    ck_assert_msg((major) == (want), "%s, expected %08x", app_status(major, minor), (want))
#define app_complete(major, minor) app_check(major, minor, GSS_S_COMPLETE)

gss_buffer_desc app_buffer(const void *p, size_t len);
gss_buffer_desc app_of_text(const char *text);
void app_release(gss_buffer_t buffer);
/* A copy of its own, to be freed with free(). */
uint8_t *app_copy(struct bytes what);

gss_name_t app_name(const char *text, gss_OID type);
void app_release_name(gss_name_t *name);
/* The text that it displays; lives as long as app_text's. */
const char *app_shown(gss_name_t name);
/* An attribute's value, or NULL; lives as long as app_text's. */
const char *app_attribute(gss_name_t name, const char *urn, int *authenticated);
bool app_has_oid(gss_OID_set set, gss_const_OID oid);

/* From the folder's files, each of which may be NULL. `mech` is what the credential is for. */
gss_cred_id_t app_cred(gss_OID mech, gss_cred_usage_t usage, const char *identity,
                       const char *trust, const char *options);
void app_release_cred(gss_cred_id_t *cred);

/* ---- two contexts ---- */

#define APP_TOKENS 10

struct app_pair {
    /* To be set, or left as they are: */
    const char *type;                            /* of both keys; NULL: the first of app_types */
    gss_OID mech;                                /* NULL: ours */
    OM_uint32 flags;                             /* to ask for */
    gss_cred_id_t initiator_cred, acceptor_cred; /* NULL: made from `type`; released in any case */
    gss_channel_bindings_t bindings;             /* of both */

    gss_ctx_id_t initiator, acceptor;
    OM_uint32 initiator_major, acceptor_major, minor;
    OM_uint32 initiator_flags, acceptor_flags;
    gss_name_t source;
    gss_name_t target;
    unsigned tokens;
    gss_buffer_desc token[APP_TOKENS]; /* even ones come from the initiator */
};

/* Takes turns until `tokens` tokens exist, or neither side has more to say. */
void app_talk(struct app_pair *p, unsigned tokens);
/* To the end, which must be COMPLETE on both sides. */
void app_open(struct app_pair *p);
void app_close(struct app_pair *p);

/* One message of `len` bytes, wrapped and unwrapped; answers the major status of unwrapping, and
 * checks the text unless that is an error. */
OM_uint32 app_pass(gss_ctx_id_t from, gss_ctx_id_t to, const void *text, size_t len, int conf);
/* Messages and MICs both ways. */
void app_converse(gss_ctx_id_t a, gss_ctx_id_t b);
/* A context's token for "x", MIC or sealed. */
gss_buffer_desc app_token(gss_ctx_id_t from, bool mic);
uint64_t app_sequence(struct bytes token);
uint64_t app_instance(struct bytes token);

#endif
