/* From the engine's errors to GSS-API's status codes and to sentences. */
#include "status.h"

#include "base/bytes.h"
#include "base/report.h"
#include "buffers.h"
#include "mechglue.h"
#include "oids.h"

#include <stdio.h>

/* One row per error: forget one, and the table below does not compile.
 *
 * DEFECTIVE_TOKEN: the bytes are wrong, whoever sent them. BAD_MIC: they do not verify.
 * UNAUTHORIZED: the peer is who it says, or says who it is, and our trust says no. NO_CRED: our own
 * keys; CREDENTIALS_EXPIRED: when their time is over. FAILURE: everything for which the minor status
 * has the only useful sentence. */
#define MAJOR_NOMEM           GSS_S_FAILURE
#define MAJOR_CRYPTO          GSS_S_FAILURE
#define MAJOR_BUG             GSS_S_FAILURE
#define MAJOR_STATE           GSS_S_DEFECTIVE_TOKEN
#define MAJOR_TOO_LONG        GSS_S_DEFECTIVE_TOKEN
#define MAJOR_FRAMING         GSS_S_DEFECTIVE_TOKEN
#define MAJOR_MALFORMED       GSS_S_DEFECTIVE_TOKEN
#define MAJOR_METHOD          GSS_S_FAILURE
#define MAJOR_NO_COMMON_SUITE GSS_S_FAILURE
#define MAJOR_SUITE_RETRY     GSS_S_DEFECTIVE_TOKEN
#define MAJOR_PEER_ERROR      GSS_S_FAILURE
#define MAJOR_BAD_POINT       GSS_S_DEFECTIVE_TOKEN
#define MAJOR_CONNECTION_ID   GSS_S_DEFECTIVE_TOKEN
#define MAJOR_EAD_CRITICAL    GSS_S_DEFECTIVE_TOKEN
#define MAJOR_EAD_ITEM        GSS_S_DEFECTIVE_TOKEN
#define MAJOR_DECRYPT         GSS_S_BAD_MIC
#define MAJOR_PROOF           GSS_S_BAD_MIC
#define MAJOR_CRED_FORM       GSS_S_DEFECTIVE_TOKEN
#define MAJOR_CRED_BAD        GSS_S_DEFECTIVE_TOKEN
#define MAJOR_UNKNOWN_KEY     GSS_S_UNAUTHORIZED
#define MAJOR_WRONG_NAME      GSS_S_UNAUTHORIZED
#define MAJOR_WRONG_ROLE      GSS_S_UNAUTHORIZED
#define MAJOR_WRONG_KIND      GSS_S_UNAUTHORIZED
#define MAJOR_TRUST_EXPIRED   GSS_S_UNAUTHORIZED
#define MAJOR_TRUST_NOT_YET   GSS_S_UNAUTHORIZED
#define MAJOR_REFLECTED       GSS_S_UNAUTHORIZED
#define MAJOR_NO_PEER_NAME    GSS_S_UNAUTHORIZED
#define MAJOR_BINDINGS        GSS_S_BAD_BINDINGS
#define MAJOR_TARGET          GSS_S_NO_CRED
#define MAJOR_NO_TRUST        GSS_S_FAILURE
#define MAJOR_NO_IDENTITY     GSS_S_NO_CRED
#define MAJOR_NO_SUITE        GSS_S_FAILURE
#define MAJOR_FILE            GSS_S_NO_CRED
#define MAJOR_PERMISSIONS     GSS_S_NO_CRED
#define MAJOR_KEY_FORMAT      GSS_S_NO_CRED
#define MAJOR_TRUST_SYNTAX    GSS_S_FAILURE
#define MAJOR_SETTING         GSS_S_FAILURE
#define MAJOR_TOKEN           GSS_S_DEFECTIVE_TOKEN
#define MAJOR_TOKEN_MIC       GSS_S_BAD_MIC
#define MAJOR_SEQUENCE_END    GSS_S_CONTEXT_EXPIRED
#define MAJOR_MESSAGE_LENGTH  GSS_S_FAILURE
#define MAJOR_CONTEXT_EXPIRED GSS_S_CONTEXT_EXPIRED
#define MAJOR_CONTEXT_PARTIAL GSS_S_NO_CONTEXT
#define MAJOR_NAME            GSS_S_BAD_NAME
#define MAJOR_NAME_TYPE       GSS_S_BAD_NAMETYPE
#define MAJOR_OTHER_PROCESS   GSS_S_NO_CONTEXT
#define MAJOR_ARGUMENT        GSS_S_CALL_BAD_STRUCTURE
#define MAJOR_USAGE           GSS_S_NO_CRED
#define MAJOR_LOCAL_USER      GSS_S_UNAUTHORIZED
#define MAJOR_UNSUPPORTED     GSS_S_UNAVAILABLE
#define MAJOR_CERT_UNTRUSTED  GSS_S_UNAUTHORIZED
#define MAJOR_CERT_EXPIRED    GSS_S_UNAUTHORIZED
#define MAJOR_CERT_NOT_YET    GSS_S_UNAUTHORIZED
#define MAJOR_CERT_REVOKED    GSS_S_UNAUTHORIZED
#define MAJOR_CERT_CRL        GSS_S_UNAUTHORIZED
#define MAJOR_CERT_PURPOSE    GSS_S_UNAUTHORIZED
#define MAJOR_CERT_NAME       GSS_S_UNAUTHORIZED
#define MAJOR_CERT_BAD        GSS_S_UNAUTHORIZED
#define MAJOR_NAME_TAKEN      GSS_S_UNAUTHORIZED
#define MAJOR_KEY_REVOKED     GSS_S_UNAUTHORIZED
#define MAJOR_CERT_OPTION     GSS_S_UNAUTHORIZED
#define MAJOR_CRED_EXPIRED    GSS_S_UNAUTHORIZED
#define MAJOR_OWN_EXPIRED     GSS_S_CREDENTIALS_EXPIRED

#define ROW(name, sentence) [EDHOC_ERR_##name] = MAJOR_##name,
static const OM_uint32 majors[EDHOC_ERR_END] = {[EDHOC_OK] = GSS_S_COMPLETE, EDHOC_ERRORS(ROW)};
#undef ROW

OM_uint32 glue_status(OM_uint32 *minor_status, edhoc_err err)
{
    return glue_status_as(minor_status, err, majors[err]);
}

OM_uint32 glue_status_as(OM_uint32 *minor_status, edhoc_err err, OM_uint32 major)
{
    *minor_status = err == EDHOC_OK ? 0 : EDHOC_MINOR_BASE + (OM_uint32)err;
    return major;
}

/* What is the matter with an argument, by the status that says so. */
static const struct {
    OM_uint32 major;
    const char *text;
} refusals[] = {
    {GSS_S_CALL_INACCESSIBLE_WRITE, "there is no place for the result"},
    {GSS_S_BAD_MECH, "it is for another mechanism"},
    {GSS_S_BAD_NAME, "there is no name, or no place for what is asked of it"},
    {GSS_S_BAD_QOP, "the only quality of protection is GSS_C_QOP_DEFAULT"},
    {GSS_S_NO_CONTEXT, "there is no context"},
    {GSS_S_NO_CRED, "there is no credential"},
    {GSS_S_DUPLICATE_ELEMENT, "it has a credential of this mechanism already"},
};

OM_uint32 glue_refuse(OM_uint32 *minor_status, OM_uint32 major)
{
    edhoc_err err = EDHOC_ERR_ARGUMENT;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (refusals[i].major == major)
            err = report(EDHOC_ERR_ARGUMENT, "%s", refusals[i].text);
    return glue_status_as(minor_status, err, major);
}

/* The sentence for a minor status, with what this thread remembers of it. */
static void sentence(OM_uint32 value, struct buf *out)
{
    edhoc_err err = (edhoc_err)(value - EDHOC_MINOR_BASE);
    const char *text = value > EDHOC_MINOR_BASE && value < EDHOC_MINOR_BASE + EDHOC_ERR_END
                           ? report_sentence(err)
                           : NULL;
    char unknown[64];

    if (value == 0) {
        buf_put_text(out, "no details");
    } else if (text == NULL) {
        (void)snprintf(unknown, sizeof(unknown), "unknown minor status %lu", (unsigned long)value);
        buf_put_text(out, unknown);
    } else {
        buf_put_text(out, text);
        if (report_details(err)[0] != '\0') {
            buf_put_text(out, ": ");
            buf_put_text(out, report_details(err));
        }
    }
}

/* Programs print the value as a C string, so it ends with a NUL that is not counted. Whatever is
 * refused here, the story that is asked for stays. */
GLUE_EXPORT OM_uint32 gss_display_status(OM_uint32 *minor_status, OM_uint32 status_value,
                                         int status_type, gss_OID mech_type,
                                         OM_uint32 *message_context, gss_buffer_t status_string)
{
    GLUE_CALL_BETWEEN();
    struct buf text = buf_new(4096);
    edhoc_err err;

    glue_clear_buffer(status_string);
    if (message_context != NULL)
        *message_context = 0; /* there is never a second message */
    if (status_string == NULL)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (!glue_is_our_mech(mech_type))
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_BAD_MECH);
    if (status_type != GSS_C_MECH_CODE)
        return glue_status_as(minor_status, EDHOC_ERR_ARGUMENT, GSS_S_BAD_STATUS);
    sentence(status_value, &text);
    err = buf_err(&text);
    if (err == EDHOC_OK)
        err = glue_copy_out(status_string, buf_bytes(&text));
    buf_free(&text);
    return glue_status(minor_status, err);
}
