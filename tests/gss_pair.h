/* A conversation: an initiator, an acceptor and the tokens between them, through MIT's mechglue. */
#ifndef TESTS_GSS_PAIR_H
#define TESTS_GSS_PAIR_H

#include "gss_support.h"

#define APP_TOKENS 10
/* The flags of every context, and what is said of an established one to its own side. */
#define APP_ALWAYS (GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG)
#define APP_LOCAL  (GSS_C_PROT_READY_FLAG | GSS_C_TRANS_FLAG)
/* All that is to be had for messages. */
#define APP_FLAGS (GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG)

struct app_pair {
    /* To be set, or left as they are: */
    const char *type;                           /* of both keys; NULL: the first of app_types */
    const char *client, *server, *server_trust; /* files; NULL: those of `type` */
    gss_OID mech;                               /* NULL: ours */
    OM_uint32 flags;                            /* to ask for */
    gss_channel_bindings_t initiator_bindings, acceptor_bindings;
    gss_cred_id_t initiator_cred, acceptor_cred; /* NULL: from the files; released in any case */
    gss_name_t target;                           /* NULL: APP_SERVICE; released in any case */

    bool prepared;
    gss_ctx_id_t initiator, acceptor;
    OM_uint32 initiator_major, initiator_minor, acceptor_major, acceptor_minor;
    OM_uint32 initiator_flags, acceptor_flags, initiator_time, acceptor_time;
    gss_OID initiator_mech, acceptor_mech;
    gss_name_t source;
    unsigned tokens;
    gss_buffer_desc token[APP_TOKENS]; /* even ones come from the initiator */
};

/* Makes what was left NULL; the others do this where it has not been done. */
void app_prepare(struct app_pair *p);
void app_use_target(struct app_pair *p, const char *name, gss_OID type);

/* One call of one side; its token, if any, becomes the last one. */
void app_initiate(struct app_pair *p, gss_buffer_t in);
void app_accept(struct app_pair *p, gss_buffer_t in);

/* Takes turns until `tokens` tokens exist, or neither side has more to say. */
void app_talk(struct app_pair *p, unsigned tokens);
/* Takes turns until `tokens` tokens exist. */
void app_until(struct app_pair *p, unsigned tokens);
/* To the end, which must be COMPLETE on both sides. */
void app_open(struct app_pair *p);
/* Back to the start, with the same credentials and settings. */
void app_reset(struct app_pair *p);
void app_close(struct app_pair *p);
/* It must succeed and leave nothing. */
void app_delete(gss_ctx_id_t *ctx);

/* ---- messages ---- */

/* One message of `len` bytes, wrapped and unwrapped; answers the major status of unwrapping, and
 * checks the text unless that is an error. */
OM_uint32 app_pass(gss_ctx_id_t from, gss_ctx_id_t to, const void *text, size_t len, int conf);
/* A MIC made and verified; answers the major status of verifying. */
OM_uint32 app_mic(gss_ctx_id_t from, gss_ctx_id_t to, const char *text);
/* Messages and MICs both ways. */
void app_converse(gss_ctx_id_t a, gss_ctx_id_t b);

/* ---- what must hold ---- */

/* An established context between "alice" and APP_SERVICE says so. */
void app_check_open(gss_ctx_id_t ctx, OM_uint32 flags, bool initiator);
/* One that is half open says little and does nothing. */
void app_check_partial(gss_ctx_id_t ctx, OM_uint32 flags, bool initiator);
/* One that has failed answers errors only, and can be deleted. */
void app_check_dead(gss_ctx_id_t *ctx);
/* Goes on to the end: the acceptor refuses with this error, and its context is dead. */
void app_check_refused(struct app_pair *p, OM_uint32 major, OM_uint32 minor);

#endif
