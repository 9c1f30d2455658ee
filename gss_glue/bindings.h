/* Channel bindings as one string of bytes (doc/mechanism.md, "Channel bindings"). */
#ifndef GSS_GLUE_BINDINGS_H
#define GSS_GLUE_BINDINGS_H

#include <gssapi/gssapi.h>

#include "base/report.h"

struct bindings {
    bool have; /* giving none differs from giving empty ones */
    struct buf text;
};

/* `out->text` is to be freed, also after a failure. */
edhoc_err glue_bindings_read(gss_channel_bindings_t given, struct bindings *out) EDHOC_MUST_USE;

#endif
