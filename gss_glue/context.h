/* Security contexts: from the first token to the last message. */
#ifndef GSS_GLUE_CONTEXT_H
#define GSS_GLUE_CONTEXT_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include <pthread.h>

#include "names.h"
#include "session.h"
#include "token/protect.h"

enum ctx_state {
    CTX_HALF_OPEN, /* `session` waits for a message */
    CTX_OPEN,      /* `protect` works */
    CTX_DEAD       /* failed, wiped */
};

struct glue_ctx {
    pthread_rwlock_t lock; /* writers establish and end; readers use what is established */
    enum ctx_state state;
    bool initiator;
    unsigned id;         /* a running number, for the trace */
    unsigned steps;      /* taken so far */
    uint64_t generation; /* fork_generation() of the process that began it */
    OM_uint32 flags;     /* half open: what the initiator asked for; open: ret_flags */
    struct glue_session *session;
    struct protect *protect;
    struct glue_name *target; /* initiator: whom it wants; acceptor: what its credential is for */
    struct glue_name *source_name; /* open: the initiator */
    struct glue_name *target_name; /* open: the acceptor */
    int64_t expires;               /* seconds since 1970; INT64_MAX: never */
};

/* Flags that are not sent: they tell what this side offers once the context is open. */
#define GLUE_LOCAL_FLAGS (GSS_C_PROT_READY_FLAG | GSS_C_TRANS_FLAG)

/* Half open, and with nothing else set than all contexts have. */
edhoc_err glue_ctx_new(bool initiator, struct glue_ctx **out) EDHOC_MUST_USE;
/* Wipes all that the context knows, under the writer's lock. What is left answers errors. */
void glue_ctx_kill(struct glue_ctx *ctx);
void glue_ctx_free(struct glue_ctx *ctx); /* wipes; NULL is fine */

/* The flags to tell, under the lock. Of the peer's none is visible before the peer is verified; of
 * BOUND nothing is known before message_4. */
OM_uint32 glue_ctx_flags(const struct glue_ctx *ctx);

/* Begin and end of a call that needs an open context: takes the reader's lock on success.
 * EDHOC_ERR_CONTEXT_PARTIAL, EDHOC_ERR_CONTEXT_EXPIRED. */
edhoc_err glue_ctx_use(struct glue_ctx *ctx) EDHOC_MUST_USE;
void glue_ctx_done(struct glue_ctx *ctx);
/* Would glue_ctx_use() succeed? */
edhoc_err glue_ctx_works(struct glue_ctx *ctx) EDHOC_MUST_USE;

#endif
