/* Names: a kind and a text (doc/mechanism.md, "Names"), and what is known of a peer that proved
 * one.
 *
 * Two names are equal when kind and text are. That is enough for access lists, because an
 * authenticated peer's text is what our own trust file allows its key to say. It is not enough for
 * logging in: anybody can import the name "alice". What may log in is decided where the peer was
 * authenticated, kept in `local_user`, and told by gssspi_authorize_localname and the attribute
 * local-login-user alone. */
#include "names.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/report.h"
#include "buffers.h"
#include "edhoc/cred.h"
#include "mechglue.h"
#include "oids.h"
#include "peer/name.h"
#include "peer/x509_names.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

/* ---- making and dropping ---- */

edhoc_err glue_name_new(enum name_kind kind, struct bytes text, struct glue_name **out)
{
    char *canonical;
    edhoc_err err = name_canonical(kind, text, &canonical);

    *out = err == EDHOC_OK ? calloc(1, sizeof(**out)) : NULL;
    if (*out == NULL) {
        free(canonical);
        return err != EDHOC_OK ? err : EDHOC_ERR_NOMEM;
    }
    atomic_init(&(*out)->refs, 1);
    (*out)->kind = kind;
    (*out)->text = canonical;
    return EDHOC_OK;
}

struct glue_name *glue_name_ref(struct glue_name *name)
{
    if (name != NULL)
        atomic_fetch_add_explicit(&name->refs, 1, memory_order_relaxed);
    return name;
}

void glue_name_free(struct glue_name *name)
{
    if (name == NULL || atomic_fetch_sub(&name->refs, 1) != 1)
        return;
    free(name->text);
    cred_free(name->cred);
    free(name->comment);
    free(name->local_user);
    free(name);
}

edhoc_err glue_name_of_target(const char *text, struct glue_name **out)
{
    return glue_name_new(name_kind_of(bytes_of_text(text)), bytes_of_text(text), out);
}

/* A server's certificate: its first host, for any service. */
static edhoc_err name_of_first_host(const struct identity *id, struct glue_name **out)
{
    char *host = x509_first_host(cred_chain(id->by_value, 0)), *text;
    edhoc_err err = name_of_host(host != NULL ? host : "unknown", &text);

    /* What the certificate says is no reason to fail once the peer has believed it. */
    if (err == EDHOC_ERR_NAME)
        err = name_of_host("unknown", &text);
    if (err == EDHOC_OK)
        err = glue_name_new(NAME_SERVICE, bytes_of_text(text), out);
    free(host);
    free(text);
    return err;
}

edhoc_err glue_name_of_own(const struct identity *id, bool initiator, struct glue_name *desired,
                           struct glue_name **out)
{
    char text[4 + 2 * 8 + 1] = "kid:";

    *out = glue_name_ref(desired);
    if (desired != NULL)
        return EDHOC_OK;
    if (id->name != NULL)
        return initiator ? glue_name_new(NAME_USER, bytes_of_text(id->name), out)
                         : glue_name_of_target(id->name, out);
    if (initiator && id->client_name != NULL)
        return glue_name_new(id->client_kind, bytes_of_text(id->client_name), out);
    if (!initiator && cred_chain_length(id->by_value) > 0)
        return name_of_first_host(id, out);
    ascii_put_hex(text + 4, cred_thumbprint(id->by_value), 8);
    return glue_name_new(NAME_USER, bytes_of_text(text), out);
}

edhoc_err glue_name_of_peer(const struct peer *peer, enum name_kind kind, bool client,
                            struct glue_name **out)
{
    struct glue_name *name;
    edhoc_err err = glue_name_new(kind, bytes_of_text(peer->name), &name);

    *out = NULL;
    if (name == NULL)
        return err;
    name->cred = cred_ref(peer->cred);
    if (bytes_copy_text(peer->comment, &name->comment) &&
        bytes_copy_text(client ? peer->local_user : NULL, &name->local_user)) {
        *out = name;
        return EDHOC_OK;
    }
    glue_name_free(name);
    return EDHOC_ERR_NOMEM;
}

/* ---- questions about names ---- */

/* The mechglue keeps this pointer and will one day free() it unless it knows it for one of its own
 * or for one that gss_internal_release_oid claims: both are. */
gss_OID glue_name_type(const struct glue_name *name)
{
    switch (name->kind) {
    case NAME_SERVICE:
        return GSS_C_NT_HOSTBASED_SERVICE;
    case NAME_SUBJECT:
        return &glue_subject_oid;
    default:
        return GSS_C_NT_USER_NAME;
    }
}

GLUE_EXPORT OM_uint32 gss_display_name(OM_uint32 *minor_status, gss_name_t input_name,
                                       gss_buffer_t output_name, gss_OID *output_type)
{
    GLUE_CALL();
    const struct glue_name *name = (const struct glue_name *)input_name;
    edhoc_err err;

    glue_clear_buffer(output_name);
    if (output_type != NULL)
        *output_type = GSS_C_NO_OID;
    if (name == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    err = glue_copy_out(output_name, bytes_of_text(name->text));
    if (err == EDHOC_OK && output_type != NULL)
        *output_type = glue_name_type(name);
    return glue_status(minor_status, err);
}

GLUE_EXPORT OM_uint32 gss_compare_name(OM_uint32 *minor_status, gss_name_t name1, gss_name_t name2,
                                       int *name_equal)
{
    GLUE_CALL();
    const struct glue_name *a = (const struct glue_name *)name1;
    const struct glue_name *b = (const struct glue_name *)name2;

    if (name_equal != NULL)
        *name_equal = 0;
    if (name1 == GSS_C_NO_NAME || name2 == GSS_C_NO_NAME || name_equal == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    *name_equal = a->kind == b->kind && strcmp(a->text, b->text) == 0;
    return glue_status(minor_status, EDHOC_OK);
}

GLUE_EXPORT OM_uint32 gss_duplicate_name(OM_uint32 *minor_status, const gss_name_t input_name,
                                         gss_name_t *dest_name)
{
    GLUE_CALL();
    if (dest_name != NULL)
        *dest_name = GSS_C_NO_NAME;
    if (input_name == GSS_C_NO_NAME || dest_name == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    *dest_name = (gss_name_t)glue_name_ref((struct glue_name *)input_name);
    return glue_status(minor_status, EDHOC_OK);
}

GLUE_EXPORT OM_uint32 gss_release_name(OM_uint32 *minor_status, gss_name_t *input_name)
{
    GLUE_CALL_BETWEEN();
    if (input_name != NULL) {
        glue_name_free((struct glue_name *)*input_name);
        *input_name = GSS_C_NO_NAME;
    }
    return glue_status(minor_status, EDHOC_OK);
}

GLUE_EXPORT OM_uint32 gss_inquire_names_for_mech(OM_uint32 *minor_status, gss_OID mechanism,
                                                 gss_OID_set *name_types)
{
    GLUE_CALL();
    gss_const_OID const types[] = {GSS_C_NT_USER_NAME, GSS_C_NT_HOSTBASED_SERVICE,
                                   GSS_C_NT_EXPORT_NAME, GSS_C_NT_COMPOSITE_EXPORT,
                                   &glue_subject_oid};

    if (name_types == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    *name_types = GSS_C_NO_OID_SET;
    if (!glue_is_our_mech(mechanism))
        return glue_refuse(minor_status, GSS_S_BAD_MECH);
    return glue_status(minor_status,
                       glue_oid_set(types, sizeof(types) / sizeof(types[0]), name_types));
}

/* ---- local login ---- */

GLUE_EXPORT OM_uint32 gss_localname(OM_uint32 *minor_status, const gss_name_t input_name,
                                    gss_const_OID mech_type, gss_buffer_t localname)
{
    GLUE_CALL();
    const struct glue_name *name = (const struct glue_name *)input_name;

    glue_clear_buffer(localname);
    if (name == NULL || !glue_is_our_mech(mech_type))
        return glue_refuse(minor_status, name == NULL ? GSS_S_BAD_NAME : GSS_S_BAD_MECH);
    if (name->local_user == NULL)
        return glue_status_as(minor_status, EDHOC_ERR_LOCAL_USER, GSS_S_UNAVAILABLE);
    return glue_status(minor_status, glue_copy_out(localname, bytes_of_text(name->local_user)));
}

GLUE_EXPORT OM_uint32 gssspi_authorize_localname(OM_uint32 *minor_status,
                                                 const gss_name_t input_name,
                                                 gss_const_buffer_t user, gss_const_OID user_type)
{
    GLUE_CALL();
    const struct glue_name *name = (const struct glue_name *)input_name;

    if (name == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    if (user_type != GSS_C_NO_OID && !glue_oid_is(user_type, GSS_C_NT_USER_NAME))
        return glue_status(minor_status, EDHOC_ERR_NAME_TYPE);
    if (name->local_user == NULL || !bytes_equal(glue_bytes(user), bytes_of_text(name->local_user)))
        return glue_status(minor_status, EDHOC_ERR_LOCAL_USER);
    return glue_status(minor_status, EDHOC_OK);
}
