#include "context_lock.h"

#include "crypto/fork.h"

edhoc_err glue_ctx_enter(struct glue_ctx *ctx)
{
    uint64_t generation;
    edhoc_err err = fork_generation(&generation);

    if (err == EDHOC_OK && generation == ctx->generation)
        (void)pthread_mutex_lock(&ctx->lock);
    else if (err == EDHOC_OK && pthread_mutex_trylock(&ctx->lock) != 0)
        err = EDHOC_ERR_OTHER_PROCESS;
    return err;
}

void glue_ctx_leave(struct glue_ctx *ctx)
{
    (void)pthread_mutex_unlock(&ctx->lock);
}
