/* From the engine's errors to GSS-API's status codes. */
#ifndef GSS_GLUE_STATUS_H
#define GSS_GLUE_STATUS_H

#include <gssapi/gssapi.h>

#include "base/report.h"

/* Minor status = this + edhoc_err. The bytes "EDH\0": a number that is no errno and no com_err code
 * of MIT's, so that logs keep showing it as it is. */
#define EDHOC_MINOR_BASE 0x45444800u

/* Sets the minor status and returns the major one: of an error by its row in the table. */
OM_uint32 glue_status(OM_uint32 *minor_status, edhoc_err err) EDHOC_MUST_USE;
/* The same where GSS-API has a more particular major status than the table. */
OM_uint32 glue_status_as(OM_uint32 *minor_status, edhoc_err err, OM_uint32 major) EDHOC_MUST_USE;
/* EDHOC_ERR_ARGUMENT, with the text that belongs to this major status. */
OM_uint32 glue_refuse(OM_uint32 *minor_status, OM_uint32 major) EDHOC_MUST_USE;

#endif
