/* What the tests of the GSS-API face share: a folder with keys, made by the real command; names,
 * credentials, and conversations through MIT's mechglue, which loads the plugin because
 * GSS_MECH_CONFIG says so.
 *
 * Environment: MECH_SO, the plugin (default .libs/mech_edhoc.so); GSS_EDHOC, the command (default
 * ./gss-edhoc). */
#ifndef TESTS_GLUE_SUPPORT_H
#define TESTS_GLUE_SUPPORT_H

#include "../gss_glue/context.h"
#include "../gss_glue/mechglue.h"
#include "../gss_glue/status.h"

#include <check.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE     "HTTP@web.example.org"
#define MINOR(name) (EDHOC_MINOR_BASE + EDHOC_ERR_##name)
#define ALWAYS      (GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG)
#define LOCAL       GLUE_LOCAL_FLAGS
#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

extern gss_OID_desc mech, spnego;
extern gss_OID_set_desc only_us;
extern char plugin[PATH_MAX];

/* Makes the folder, runs the suite, removes the folder. For main(). */
int glue_main(const char *name, void (*add)(Suite *suite));

/* ---- the throwaway folder ---- */

/* A text that lives until 15 more were made. */
const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *path(const char *name);
void run(const char *command);
void write_file(const char *name, const char *content);
/* Makes FILE and FILE.pub. */
void keygen(const char *type, const char *file, const char *name);
/* A trust file of .pub lines: `files` are separated by blanks; each may be FILE=OPTIONS. */
void make_trust(const char *name, const char *files);

/* ---- what GSS-API needs ---- */

gss_buffer_desc buffer(const void *p, size_t len);
gss_buffer_desc of_text(const char *s);
gss_name_t import(const char *name, gss_OID type);
void release_name(gss_name_t *name);
/* The whole text for a failure. */
const char *status(OM_uint32 major, OM_uint32 minor);
void check_status(OM_uint32 major, OM_uint32 minor, OM_uint32 want_major, OM_uint32 want_minor);
#define check_complete(major, minor) check_status(major, minor, GSS_S_COMPLETE, 0)
/* A function of the plugin itself, for what the mechglue keeps from it. */
#define DIRECT(name) ((__typeof__(&name))(uintptr_t)dlsym(handle, #name))

bool set_has(gss_OID_set set, gss_const_OID oid);
/* A credential from a store; NULLs are left out. */
OM_uint32 acquire(OM_uint32 *minor, gss_cred_usage_t usage, gss_name_t desired,
                  const char *identity, const char *trust, const char *options, gss_cred_id_t *out);
gss_cred_id_t cred(gss_cred_usage_t usage, const char *identity, const char *trust,
                   const char *options);

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

struct talk talk_of(const char *client, const char *server, const char *server_trust);
struct talk talk_new(void);
/* One call of the side whose turn it is; its token, if any, becomes the last one. */
void initiate(struct talk *t, gss_buffer_t in);
void accept_token(struct talk *t, gss_buffer_t in);
/* Until `tokens` tokens exist. */
void talk_until(struct talk *t, unsigned tokens);
void talk_run(struct talk *t);
void talk_complete(struct talk *t);
void delete_context(gss_ctx_id_t *ctx);
/* Back to the start, with the same credentials and settings. */
void talk_reset(struct talk *t);
void talk_free(struct talk *t);
/* Replaces a credential. */
void use_cred(gss_cred_id_t *at, gss_cred_id_t with);
void use_target(struct talk *t, const char *name, gss_OID type);

/* ---- what must hold ---- */

void check_name(gss_name_t name, const char *want, gss_OID want_type);
/* One sealed message each way. */
void check_message(gss_ctx_id_t from, gss_ctx_id_t to, const char *what, int conf);
OM_uint32 verify_mic(gss_ctx_id_t from, gss_ctx_id_t to, const char *what);
void check_messages(struct talk *t);
void check_inquiry(gss_ctx_id_t ctx, OM_uint32 flags, int local);
/* A context that has failed answers errors only, and can be deleted. */
void check_dead(gss_ctx_id_t *ctx);
/* The acceptor refuses: it has an error token, and the initiator hears "authentication failed". */
void check_refused_by_acceptor(struct talk *t, OM_uint32 major, OM_uint32 minor);

#endif
