/* From a moment to the seconds until then, as GSS-API counts them. */
#ifndef GSS_GLUE_LIFETIME_H
#define GSS_GLUE_LIFETIME_H

#include <gssapi/gssapi.h>
#include <stdint.h>

/* Seconds until `expires`: GSS_C_INDEFINITE for INT64_MAX, 0 when it is over. */
OM_uint32 glue_lifetime(int64_t expires);

#endif
