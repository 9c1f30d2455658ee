/* One message of an open context: how it is sealed and opened, and what the caller is told of it,
 * whatever the layout that it comes in. */
#ifndef GSS_GLUE_MESSAGE_H
#define GSS_GLUE_MESSAGE_H

#include <gssapi/gssapi.h>

#include "base/report.h"
#include "context.h"
#include "token/protect.h"

/* Makes a token: protect_seal() while the context is open. */
edhoc_err glue_seal(struct glue_ctx *ctx, enum token_type type, const struct piece *pieces,
                    size_t count, uint8_t *header, uint8_t *tag) EDHOC_MUST_USE;

/* What a received token turned out to be. */
struct opened {
    bool conf;
    OM_uint32 order; /* supplementary status */
};

/* Opens a token, which must be a MIC or must be none: protect_open() while the context is open. */
edhoc_err glue_open(struct glue_ctx *ctx, bool mic, struct bytes header, const struct piece *pieces,
                    size_t count, const uint8_t *tag, struct opened *opened) EDHOC_MUST_USE;

/* Why these bytes are no token for this side: the context takes none; or the peer says that it has
 * refused us (EDHOC_ERR_PEER_ERROR), where it was expected to send a message; or EDHOC_ERR_TOKEN. */
edhoc_err glue_no_token(const struct glue_ctx *ctx, bool mic, struct bytes token) EDHOC_MUST_USE;

/* Both pointers may be NULL. */
void glue_clear_states(int *conf_state, gss_qop_t *qop_state);
/* The end of a call that opened something: an error's status, else what the order says. `conf_state` may be NULL. */
OM_uint32 glue_tell_opened(OM_uint32 *minor_status, edhoc_err err, const struct opened *opened,
                           int *conf_state) EDHOC_MUST_USE;
/* The end of a call that sealed something, or told how. */
OM_uint32 glue_tell_sealed(OM_uint32 *minor_status, edhoc_err err, int conf_req_flag,
                           int *conf_state) EDHOC_MUST_USE;

#endif
