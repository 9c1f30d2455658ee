/* Names from texts, and from and to what gss_export_name and gss_export_name_composite make of them
 * (RFC 2743 section 3.2, RFC 6680). */
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "peer/name.h"
#include "buffers.h"
#include "mechglue.h"
#include "name_record.h"
#include "names.h"
#include "oids.h"
#include "status.h"

#include <endian.h>

#define EXPORTED_MAX 2048
#define EXPORT_MAX   (1u << 18) /* above a chain of certificates, its comment, and all names */

/* What an exported name of this mechanism begins with, before `inner` bytes of its own; `form` is 1,
 * or 2 for a composite one:
 *
 * 04 form, the length of the OID's TLV, the TLV, the length of the name. */
static void put_head(struct buf *out, uint8_t form, size_t inner)
{
    const uint32_t length = htobe32((uint32_t)inner);

    buf_put_byte(out, 0x04);
    buf_put_byte(out, form);
    buf_put_byte(out, 0);
    buf_put_byte(out, (uint8_t)(glue_mech_oid.length + 2));
    buf_put_byte(out, 0x06);
    buf_put_byte(out, (uint8_t)glue_mech_oid.length);
    buf_put(out, bytes_of(glue_mech_oid.elements, glue_mech_oid.length));
    buf_put(out, bytes_of(&length, sizeof(length)));
}

/* ---- exported names ---- */

/* Exactly what exporting would write, or nothing: so the head is written again and compared. */
static edhoc_err import_exported(struct bytes token, struct glue_name **out)
{
    struct buf head = buf_new(EXPORTED_MAX);
    struct bytes text;
    size_t skip;
    bool same;
    edhoc_err err;

    put_head(&head, 1, 0);
    err = buf_err(&head);
    skip = head.len;
    buf_reset(&head);
    put_head(&head, 1, token.len > skip ? token.len - skip : 0);
    same = token.len > skip && bytes_equal(buf_bytes(&head), bytes_of(token.p, skip)) &&
           token.p[skip] >= NAME_USER && token.p[skip] <= NAME_SUBJECT;
    if (err == EDHOC_OK)
        err = buf_err(&head);
    buf_free(&head);
    if (err != EDHOC_OK)
        return err;
    if (!same)
        return report(EDHOC_ERR_NAME, "it is not an exported name of this mechanism");
    text = bytes_of(token.p + skip + 1, token.len - skip - 1);
    err = glue_name_new((enum name_kind)token.p[skip], text, out);
    if (err == EDHOC_OK && !bytes_equal(bytes_of_text((*out)->text), text)) {
        glue_name_free(*out);
        *out = NULL;
        err = report(EDHOC_ERR_NAME, "it is not in canonical form");
    }
    return err;
}

static edhoc_err export(const struct glue_name *name, gss_buffer_t out)
{
    struct bytes text = bytes_of_text(name->text);
    struct buf token = buf_new(EXPORTED_MAX);
    edhoc_err err;

    put_head(&token, 1, 1 + text.len);
    buf_put_byte(&token, (uint8_t)name->kind);
    buf_put(&token, text);
    err = glue_move_out(out, &token);
    buf_free(&token);
    return err;
}

GLUE_EXPORT OM_uint32 gss_export_name(OM_uint32 *minor_status, const gss_name_t input_name,
                                      gss_buffer_t exported_name)
{
    GLUE_CALL();
    glue_clear_buffer(exported_name);
    if (input_name == GSS_C_NO_NAME || exported_name == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    return glue_status(minor_status, export((const struct glue_name *)input_name, exported_name));
}

/* ---- composite names (RFC 6680) ---- */

static edhoc_err export_composite(const struct glue_name *name, gss_buffer_t out)
{
    struct buf inner = buf_new(EXPORT_MAX), token = buf_new(EXPORT_MAX);
    edhoc_err err;

    glue_name_put(&inner, name, false);
    put_head(&token, 2, inner.len);
    buf_put(&token, buf_bytes(&inner));
    buf_fail(&token, buf_err(&inner));
    err = glue_move_out(out, &token);
    buf_free(&inner);
    buf_free(&token);
    return err;
}

/* The attributes come along as what somebody said: nobody can tell who wrote such a token. So none
 * is authenticated, and who may log in locally is not among them. */
static edhoc_err import_composite(struct bytes token, struct glue_name **out)
{
    struct buf head = buf_new(EXPORT_MAX);
    struct cbor_reader r = cbor_reader(BYTES_NONE);
    struct glue_name *name = NULL;
    edhoc_err err;
    size_t len;

    put_head(&head, 2, 0);
    err = buf_err(&head);
    len = head.len;
    buf_reset(&head);
    put_head(&head, 2, token.len > len ? token.len - len : 0);
    if (token.len > len && bytes_equal(buf_bytes(&head), bytes_of(token.p, len))) {
        r = cbor_reader(bytes_of(token.p + len, token.len - len));
        name = glue_name_read(&r);
    }
    if (err == EDHOC_OK)
        err = buf_err(&head);
    if (err == EDHOC_OK)
        err = r.cause;
    buf_free(&head);
    *out = NULL;
    if (err != EDHOC_OK)
        return err;
    if (name == NULL || !cbor_finished(&r) || name->local_user != NULL) {
        glue_name_free(name);
        return report(EDHOC_ERR_NAME, "it is not a composite name of this mechanism");
    }
    name->hearsay = name->cred != NULL;
    *out = name;
    return EDHOC_OK;
}

GLUE_EXPORT OM_uint32 gss_export_name_composite(OM_uint32 *minor_status, gss_name_t name,
                                                gss_buffer_t exp_composite_name)
{
    GLUE_CALL();
    glue_clear_buffer(exp_composite_name);
    if (name == GSS_C_NO_NAME || exp_composite_name == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    return glue_status(minor_status,
                       export_composite((const struct glue_name *)name, exp_composite_name));
}

/* ---- names from texts ---- */

/* What a printable name of this type is; 0 for a type that is not known here. */
static enum name_kind kind_of_type(gss_const_OID type, struct bytes text)
{
    if (type == GSS_C_NO_OID)
        return name_kind_of(text);
    if (glue_oid_is(type, GSS_C_NT_USER_NAME))
        return NAME_USER;
    if (glue_oid_is(type, GSS_C_NT_HOSTBASED_SERVICE) ||
        glue_oid_is(type, GSS_C_NT_HOSTBASED_SERVICE_X))
        return NAME_SERVICE;
    return glue_oid_is(type, &glue_subject_oid) ? NAME_SUBJECT : (enum name_kind)0;
}

/* "host@" is "host", a service on any host, for other mechanisms too. */
static struct bytes without_empty_host(struct bytes text)
{
    if (text.len > 1 && text.p[text.len - 1] == '@')
        text.len--;
    return text;
}

static edhoc_err import(struct bytes text, gss_const_OID type, struct glue_name **out)
{
    enum name_kind kind = kind_of_type(type, text);

    if (glue_oid_is(type, GSS_C_NT_EXPORT_NAME) || glue_oid_is(type, GSS_C_NT_COMPOSITE_EXPORT))
        return text.len > 1 && text.p[1] == 2 ? import_composite(text, out)
                                              : import_exported(text, out);
    if (kind == 0)
        return EDHOC_ERR_NAME_TYPE;
    /* MIT's gss-server, for one, counts the NUL of a C string. */
    if (text.len > 0 && text.p[text.len - 1] == '\0')
        text.len--;
    if (kind == NAME_SERVICE)
        text = without_empty_host(text);
    return glue_name_new(kind, text, out);
}

GLUE_EXPORT OM_uint32 gss_import_name(OM_uint32 *minor_status, gss_buffer_t input_name,
                                      gss_OID input_type, gss_name_t *output_name)
{
    GLUE_CALL();
    struct glue_name *name = NULL;
    edhoc_err err;

    if (output_name == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    err = import(glue_bytes(input_name), input_type, &name);
    *output_name = (gss_name_t)name;
    return glue_status(minor_status, err);
}
