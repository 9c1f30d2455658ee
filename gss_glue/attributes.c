/* Name attributes (RFC 6680): what is known of a peer beyond its name. All of it was proven, or is
 * what our own trust file says of the key; a name that somebody only said has its kind and nothing
 * else.
 *
 * An attribute has any number of values, each with a text to show. MIT asks for them one by one and
 * hands back in `more` what we put there: the number of the next value. */
#include "base/ascii.h"
#include "base/bytes.h"
#include "base/ssh_wire.h"
#include "buffers.h"
#include "crypto/openssh_type.h"
#include "edhoc/cred.h"
#include "mechglue.h"
#include "names.h"
#include "oids.h"
#include "peer/ssh_cert.h"
#include "peer/x509_cert.h"
#include "peer/x509_names.h"
#include "status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 65536

/* One value: its bytes, and the text that shows it (empty: the bytes are the text). */
struct value {
    struct buf bytes, text;
};

static void put_hex(struct bytes bytes, struct buf *out)
{
    char hex[3];

    for (size_t i = 0; i < bytes.len; i++) {
        ascii_put_hex(hex, bytes.p + i, 1);
        buf_put_text(out, hex);
    }
}

/* ---- the attributes: `get` fills value number i, or leaves it empty when there is none ---- */

static void get_kind(const struct glue_name *name, size_t i, struct value *v)
{
    static const char *const kinds[] = {
        [NAME_USER] = "user", [NAME_SERVICE] = "service", [NAME_SUBJECT] = "subject"};

    if (i == 0)
        buf_put_text(&v->bytes, kinds[name->kind]);
}

static void get_key_sha256(const struct glue_name *name, size_t i, struct value *v)
{
    if (i == 0 && name->cred != NULL)
        put_hex(bytes_of(cred_thumbprint(name->cred), 32), &v->bytes);
}

static void get_comment(const struct glue_name *name, size_t i, struct value *v)
{
    if (i == 0 && name->comment != NULL)
        buf_put_text(&v->bytes, name->comment);
}

/* CRED_x as it entered the transcript. */
static void get_credential(const struct glue_name *name, size_t i, struct value *v)
{
    if (i > 0 || name->cred == NULL)
        return;
    buf_put(&v->bytes, cred_item(name->cred));
    put_hex(cred_item(name->cred), &v->text);
}

static void put_subject(struct bytes certificate, const char *none, struct buf *out)
{
    char *subject = x509_subject(certificate);

    if (subject == NULL)
        buf_fail(out, EDHOC_ERR_NOMEM);
    else
        buf_put_text(out, subject[0] != '\0' ? subject : none);
    free(subject);
}

/* The chain as the peer sent it, leaf first; shown by its subjects. */
static void get_certificate(const struct glue_name *name, size_t i, struct value *v)
{
    if (name->cred == NULL || i >= cred_chain_length(name->cred))
        return;
    buf_put(&v->bytes, cred_chain(name->cred, i));
    put_subject(cred_chain(name->cred, i), "(no subject)", &v->text);
}

static void get_subject(const struct glue_name *name, size_t i, struct value *v)
{
    if (i == 0 && name->cred != NULL && cred_chain_length(name->cred) > 0)
        put_subject(cred_chain(name->cred, 0), "", &v->bytes);
}

/* ---- OpenSSH certificates ---- */

static bool read_ssh_cert(const struct glue_name *name, struct ssh_cert *c)
{
    return name->cred != NULL && cred_ssh_cert(name->cred).len > 0 &&
           ssh_cert_read(cred_ssh_cert(name->cred), c) == EDHOC_OK;
}

static void get_ssh_key_id(const struct glue_name *name, size_t i, struct value *v)
{
    struct ssh_cert c;

    if (i == 0 && read_ssh_cert(name, &c))
        buf_put(&v->bytes, c.key_id);
}

static void get_ssh_serial(const struct glue_name *name, size_t i, struct value *v)
{
    struct ssh_cert c;
    char text[24];

    if (i > 0 || !read_ssh_cert(name, &c))
        return;
    (void)snprintf(text, sizeof(text), "%" PRIu64, c.serial);
    buf_put_text(&v->bytes, text);
}

static void get_ssh_principal(const struct glue_name *name, size_t i, struct value *v)
{
    struct bytes principal;
    struct ssh_cert c;

    if (!read_ssh_cert(name, &c))
        return;
    while (ssh_cert_principal(&c.principals, &principal))
        if (principal.len > 0 && i-- == 0) {
            buf_put(&v->bytes, principal);
            return;
        }
}

static void get_ssh_ca(const struct glue_name *name, size_t i, struct value *v)
{
    struct ssh_cert c;

    if (i == 0 && read_ssh_cert(name, &c) && openssh_fingerprint(c.ca, &v->bytes) != EDHOC_OK)
        buf_fail(&v->bytes, EDHOC_ERR_NOMEM);
}

/* NAME, or NAME=VALUE where its data are not empty: the one string in them, or the data as such. */
static void get_ssh_extension(const struct glue_name *name, size_t i, struct value *v)
{
    struct bytes option, data, string;
    struct ssh_reader r;
    struct ssh_cert c;

    if (!read_ssh_cert(name, &c))
        return;
    while (ssh_cert_option(&c.extensions, &option, &data))
        if (option.len > 0 && i-- == 0) {
            r = ssh_reader_of(data);
            string = ssh_read_string(&r);
            buf_put(&v->bytes, option);
            if (data.len > 0)
                buf_put_byte(&v->bytes, '=');
            buf_put(&v->bytes, ssh_read_done(&r) ? string : data);
            return;
        }
}

static void get_local_user(const struct glue_name *name, size_t i, struct value *v)
{
    if (i == 0 && name->local_user != NULL)
        buf_put_text(&v->bytes, name->local_user);
}

/* Walks the SANs of one kind until number `skip` is found. */
struct san {
    const char *kind;
    size_t skip;
    struct buf *out;
};

static bool take_san(void *arg, const char *kind, const char *text)
{
    struct san *san = arg;

    if (strcmp(kind, san->kind) != 0 || san->skip-- > 0)
        return true;
    buf_put_text(san->out, text);
    return false;
}

#define SANS_MAX 256 /* of a kind that are shown: each is looked for from the certificate on */

static void get_san(const struct glue_name *name, const char *kind, size_t i, struct value *v)
{
    struct san san = {kind, i, &v->bytes};

    if (i < SANS_MAX && name->cred != NULL && cred_chain_length(name->cred) > 0)
        (void)x509_each_san(cred_chain(name->cred, 0), take_san, &san);
}

static const struct attribute {
    const char *urn;
    void (*get)(const struct glue_name *name, size_t i, struct value *v);
    const char *san; /* instead: the kind of SAN that it shows */
} attributes[] = {
    {"urn:gss-edhoc:kind", get_kind, NULL},
    {"urn:gss-edhoc:key-sha256", get_key_sha256, NULL},
    {"urn:gss-edhoc:comment", get_comment, NULL},
    {"urn:gss-edhoc:credential", get_credential, NULL},
    {"urn:gss-edhoc:certificate", get_certificate, NULL},
    {"urn:gss-edhoc:subject", get_subject, NULL},
    {"urn:gss-edhoc:san-dns", NULL, "dns"},
    {"urn:gss-edhoc:san-email", NULL, "email"},
    {"urn:gss-edhoc:san-upn", NULL, "upn"},
    {"urn:gss-edhoc:san-ip", NULL, "ip"},
    {"urn:gss-edhoc:san-uri", NULL, "uri"},
    {"urn:gss-edhoc:ssh-key-id", get_ssh_key_id, NULL},
    {"urn:gss-edhoc:ssh-serial", get_ssh_serial, NULL},
    {"urn:gss-edhoc:ssh-principal", get_ssh_principal, NULL},
    {"urn:gss-edhoc:ssh-ca-sha256", get_ssh_ca, NULL},
    {"urn:gss-edhoc:ssh-extension", get_ssh_extension, NULL},
    {"local-login-user", get_local_user, NULL}, /* MIT's name for it */
};

#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

static const struct attribute *attribute_by_urn(struct bytes urn)
{
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (bytes_equal(urn, bytes_of_text(attributes[i].urn)))
            return &attributes[i];
    return NULL;
}

/* ---- values ---- */

static void value_free(struct value *v)
{
    buf_free(&v->bytes);
    buf_free(&v->text);
}

/* Value number i, to be freed; *there tells whether the name has it. */
static edhoc_err value_get(const struct glue_name *name, const struct attribute *attribute,
                           size_t i, struct value *v, bool *there)
{
    *v = (struct value){buf_new(VALUE_MAX), buf_new(2 * VALUE_MAX)};
    if (attribute->san != NULL)
        get_san(name, attribute->san, i, v);
    else
        attribute->get(name, i, v);
    *there = v->bytes.len > 0;
    return buf_err(&v->bytes) != EDHOC_OK ? buf_err(&v->bytes) : buf_err(&v->text);
}

static edhoc_err has_value(const struct glue_name *name, const struct attribute *attribute,
                           size_t i, bool *there)
{
    struct value v;
    edhoc_err err = value_get(name, attribute, i, &v, there);

    value_free(&v);
    return err;
}

static edhoc_err list_attributes(const struct glue_name *name, gss_buffer_set_t *set)
{
    OM_uint32 minor, major = gss_create_empty_buffer_set(&minor, set);

    for (size_t i = 0; i < ATTRIBUTES && major == GSS_S_COMPLETE; i++) {
        gss_buffer_desc urn = {strlen(attributes[i].urn), (void *)(uintptr_t)attributes[i].urn};
        bool there;

        if (has_value(name, &attributes[i], 0, &there) != EDHOC_OK)
            major = GSS_S_FAILURE;
        else if (there)
            major = gss_add_buffer_set_member(&minor, &urn, set);
    }
    if (major == GSS_S_COMPLETE)
        return EDHOC_OK;
    (void)gss_release_buffer_set(&minor, set);
    return EDHOC_ERR_NOMEM;
}

GLUE_EXPORT OM_uint32 gss_inquire_name(OM_uint32 *minor_status, gss_name_t name, int *name_is_MN,
                                       gss_OID *MN_mech, gss_buffer_set_t *attrs)
{
    GLUE_CALL();
    edhoc_err err = EDHOC_OK;

    if (name_is_MN != NULL)
        *name_is_MN = 1;
    if (MN_mech != NULL)
        *MN_mech = &glue_mech_oid;
    if (attrs != NULL)
        *attrs = GSS_C_NO_BUFFER_SET;
    if (name == GSS_C_NO_NAME)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    if (attrs != NULL)
        err = list_attributes((const struct glue_name *)name, attrs);
    return glue_status(minor_status, err);
}

/* Both buffers or none. */
static edhoc_err hand_out(const struct value *v, gss_buffer_t value, gss_buffer_t display_value)
{
    struct bytes text = buf_bytes(v->text.len > 0 ? &v->text : &v->bytes);
    edhoc_err err = glue_copy_out(display_value, text);

    if (err == EDHOC_OK)
        err = glue_copy_out(value, buf_bytes(&v->bytes));
    if (err != EDHOC_OK && display_value != NULL) {
        free(display_value->value);
        glue_clear_buffer(display_value);
    }
    return err;
}

/* A name that may not log in says so when it is asked for its local user: to "no such attribute"
 * the mechglue answers, under SPNEGO, by comparing the name with the user's, which proves nothing.
 */
static edhoc_err get_attribute(const struct glue_name *name, struct bytes urn, size_t i,
                               gss_buffer_t value, gss_buffer_t display_value, int *more)
{
    const struct attribute *attribute = attribute_by_urn(urn);
    bool there = false, another = false;
    struct value v;
    edhoc_err err;

    if (attribute == NULL)
        return EDHOC_ERR_UNSUPPORTED;
    err = value_get(name, attribute, i, &v, &there);
    if (err == EDHOC_OK && !there)
        err = attribute->get == get_local_user ? EDHOC_ERR_LOCAL_USER : EDHOC_ERR_UNSUPPORTED;
    if (err == EDHOC_OK)
        err = has_value(name, attribute, i + 1, &another);
    if (err == EDHOC_OK)
        err = hand_out(&v, value, display_value);
    if (err == EDHOC_OK && more != NULL && another)
        *more = (int)i + 1;
    value_free(&v);
    return err;
}

GLUE_EXPORT OM_uint32 gss_get_name_attribute(OM_uint32 *minor_status, gss_name_t input_name,
                                             gss_buffer_t attr, int *authenticated, int *complete,
                                             gss_buffer_t value, gss_buffer_t display_value,
                                             int *more)
{
    GLUE_CALL();
    const struct glue_name *name = (const struct glue_name *)input_name;
    size_t i = more != NULL && *more > 0 ? (size_t)*more : 0;
    edhoc_err err;

    if (more != NULL) /* first of all: MIT loops while it is not 0, whatever the status */
        *more = 0;
    if (authenticated != NULL)
        *authenticated = 0;
    if (complete != NULL)
        *complete = 0;
    glue_clear_buffer(value);
    glue_clear_buffer(display_value);
    if (name == NULL)
        return glue_refuse(minor_status, GSS_S_BAD_NAME);
    err = get_attribute(name, glue_bytes(attr), i, value, display_value, more);
    if (err == EDHOC_OK && authenticated != NULL)
        *authenticated = name->cred != NULL && !name->hearsay;
    if (err == EDHOC_OK && complete != NULL)
        *complete = 1;
    return glue_status(minor_status, err);
}
