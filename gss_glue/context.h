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
    CTX_DEAD       /* failed */
};

/* Once it is open, nothing of it changes but what has locks of its own, until it is freed: so messages
 * take no lock here. */
struct glue_ctx {
    pthread_mutex_t lock; /* of who establishes it, and asks meanwhile: context_lock.h */
    _Atomic enum ctx_state state;
    bool initiator;
    unsigned id;         /* a running number, for the trace */
    unsigned steps;      /* taken so far */
    uint64_t generation; /* fork_generation() of the process that began it */
    int64_t began;       /* half open: when, in seconds of CLOCK_BOOTTIME */
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
/* Ends it, under the lock: from now on it answers errors. A session is wiped at once; what an open
 * context has, others may be using, so it is wiped when the context is freed. */
void glue_ctx_kill(struct glue_ctx *ctx);
/* Wipes; NULL is fine. What a thread of the parent's had in hand when this process was forked stays as it
 * is: it may be half of something. */
void glue_ctx_free(struct glue_ctx *ctx);

/* The flags to tell, under the lock. Of the peer's none is visible before the peer is verified; of
 * BOUND nothing is known before message_4. */
OM_uint32 glue_ctx_flags(const struct glue_ctx *ctx);

/* Is it open and not expired? Then it may be used. EDHOC_ERR_CONTEXT_PARTIAL,
 * EDHOC_ERR_CONTEXT_EXPIRED. */
edhoc_err glue_ctx_check(const struct glue_ctx *ctx) EDHOC_MUST_USE;

#endif
