/* Per-message calls: what a token tells beside its message. */
#ifndef GSS_GLUE_WRAP_H
#define GSS_GLUE_WRAP_H

#include <gssapi/gssapi.h>

#include "token/window.h"

/* What a context with these flags tells of the order in which tokens arrive. */
OM_uint32 glue_order_status(OM_uint32 flags, enum arrival arrival);

#endif
