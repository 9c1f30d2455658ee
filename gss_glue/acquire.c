/* Acquiring credentials: from the settings alone, from a credential store, with a passphrase. */
#include "base/bytes.h"
#include "base/report.h"
#include "buffers.h"
#include "creds.h"
#include "mechglue.h"
#include "oids.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

/* ---- the credential store ---- */

#define STORE_MAX 1024

/* One of our keys twice is an error, as for krb5. */
static bool has_duplicate(gss_const_key_value_set_t store)
{
    for (OM_uint32 i = 0; i < store->count; i++) {
        const char *key = store->elements[i].key;

        for (OM_uint32 k = 0; k < i && strncmp(key, "edhoc_", 6) == 0; k++)
            if (strcmp(key, store->elements[k].key) == 0)
                return true;
    }
    return false;
}

static edhoc_err check_store(gss_const_key_value_set_t store)
{
    if (store->count > STORE_MAX || (store->count > 0 && store->elements == NULL))
        return report(EDHOC_ERR_ARGUMENT, "a credential store of %u entries", store->count);
    for (OM_uint32 i = 0; i < store->count; i++)
        if (store->elements[i].key == NULL || store->elements[i].value == NULL)
            return report(EDHOC_ERR_ARGUMENT, "entry %u of the credential store is incomplete", i);
    return EDHOC_OK;
}

static edhoc_err acquire_from(struct glue_name *desired, gss_cred_usage_t usage,
                              gss_const_key_value_set_t store, struct glue_cred **out)
{
    size_t count = store == NULL ? 0 : store->count;
    struct setting_pair *pairs = calloc(count + 1, sizeof(*pairs));
    edhoc_err err;

    if (pairs == NULL)
        return EDHOC_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct setting_pair){store->elements[i].key, store->elements[i].value};
    err = glue_cred_acquire(desired, usage, NULL, pairs, count, out);
    free(pairs);
    return err;
}

/* ---- acquiring and releasing ---- */

/* Where the three ways to acquire put what they got. */
struct acquired {
    gss_cred_id_t *cred;
    gss_OID_set *mechs;
    OM_uint32 *lifetime;
};

static bool acquired_clear(const struct acquired *out)
{
    if (out->mechs != NULL)
        *out->mechs = GSS_C_NO_OID_SET;
    if (out->lifetime != NULL)
        *out->lifetime = 0;
    if (out->cred == NULL)
        return false;
    *out->cred = GSS_C_NO_CREDENTIAL;
    return true;
}

/* Hands out the credential, which is NULL when `err` is one already. */
static edhoc_err acquired_fill(const struct acquired *out, edhoc_err err, struct glue_cred *cred)
{
    if (err == EDHOC_OK)
        err = glue_mech_set(out->mechs);
    if (err != EDHOC_OK) {
        glue_cred_free(cred);
        return err;
    }
    if (out->lifetime != NULL)
        *out->lifetime = glue_cred_lifetime(cred, cred->usage);
    *out->cred = (gss_cred_id_t)cred;
    return EDHOC_OK;
}

/* Both calls that take no passphrase. time_req is ignored: keys live as long as they live.
 * desired_mechs too: the mechglue asks each mechanism for itself. */
static OM_uint32 acquire(OM_uint32 *minor_status, gss_name_t desired, gss_cred_usage_t usage,
                         gss_const_key_value_set_t store, const struct acquired *out)
{
    struct glue_cred *cred = NULL;
    edhoc_err err;

    if (!acquired_clear(out))
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    err = store == NULL ? EDHOC_OK : check_store(store);
    if (err != EDHOC_OK)
        return glue_status(minor_status, err);
    if (store != NULL && has_duplicate(store))
        return glue_status_as(minor_status,
                              report(EDHOC_ERR_SETTING, "a credential store key appears twice"),
                              GSS_S_DUPLICATE_ELEMENT);
    err = acquire_from((struct glue_name *)desired, usage, store, &cred);
    return glue_status(minor_status, acquired_fill(out, err, cred));
}

GLUE_EXPORT OM_uint32 gss_acquire_cred_from(OM_uint32 *minor_status, gss_name_t desired_name,
                                            OM_uint32 time_req, gss_OID_set desired_mechs,
                                            gss_cred_usage_t cred_usage,
                                            gss_const_key_value_set_t cred_store,
                                            gss_cred_id_t *output_cred, gss_OID_set *actual_mechs,
                                            OM_uint32 *time_rec)
{
    GLUE_CALL();
    const struct acquired out = {output_cred, actual_mechs, time_rec};

    (void)time_req;
    (void)desired_mechs;
    return acquire(minor_status, desired_name, cred_usage, cred_store, &out);
}

/* MIT's mechglue wants this name to exist, but calls the other. */
GLUE_EXPORT OM_uint32 gss_acquire_cred(OM_uint32 *minor_status, gss_name_t desired_name,
                                       OM_uint32 time_req, gss_OID_set desired_mechs,
                                       gss_cred_usage_t cred_usage, gss_cred_id_t *output_cred,
                                       gss_OID_set *actual_mechs, OM_uint32 *time_rec)
{
    GLUE_CALL();
    const struct acquired out = {output_cred, actual_mechs, time_rec};

    (void)time_req;
    (void)desired_mechs;
    return acquire(minor_status, desired_name, cred_usage, NULL, &out);
}

#define PASSPHRASE_MAX 1024

/* The passphrase of an initiator's encrypted key (PEM, PKCS#8), from memory that is wiped. */
static edhoc_err acquire_with(struct glue_name *desired, struct bytes password,
                              struct glue_cred **out)
{
    struct buf passphrase = buf_new(PASSPHRASE_MAX + 1);
    edhoc_err err = EDHOC_OK;

    *out = NULL;
    buf_put(&passphrase, password);
    buf_put_byte(&passphrase, 0);
    if (buf_err(&passphrase) == EDHOC_ERR_NOMEM)
        err = EDHOC_ERR_NOMEM;
    else if (buf_err(&passphrase) != EDHOC_OK || memchr(password.p, 0, password.len) != NULL)
        err = report(EDHOC_ERR_ARGUMENT, "a passphrase is 1 to %d bytes without NUL",
                     PASSPHRASE_MAX);
    if (err == EDHOC_OK)
        err = glue_cred_acquire(desired, GSS_C_INITIATE, (const char *)passphrase.p, NULL, 0, out);
    buf_free(&passphrase);
    return err;
}

GLUE_EXPORT OM_uint32 gssspi_acquire_cred_with_password(
    OM_uint32 *minor_status, const gss_name_t desired_name, const gss_buffer_t password,
    OM_uint32 time_req, const gss_OID_set desired_mechs, gss_cred_usage_t cred_usage,
    gss_cred_id_t *output_cred, gss_OID_set *actual_mechs, OM_uint32 *time_rec)
{
    GLUE_CALL();
    struct acquired out = {output_cred, actual_mechs, time_rec};
    struct glue_cred *cred = NULL;
    edhoc_err err;

    (void)time_req;
    (void)desired_mechs;
    if (!acquired_clear(&out))
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if (cred_usage == GSS_C_ACCEPT || glue_bytes(password).len == 0)
        return glue_status(minor_status,
                           report(EDHOC_ERR_USAGE, "a passphrase opens an initiator's key only"));
    err = acquire_with((struct glue_name *)desired_name, glue_bytes(password), &cred);
    return glue_status(minor_status, acquired_fill(&out, err, cred));
}

GLUE_EXPORT OM_uint32 gss_release_cred(OM_uint32 *minor_status, gss_cred_id_t *cred)
{
    GLUE_CALL_BETWEEN();
    if (cred != NULL) {
        glue_cred_free((struct glue_cred *)*cred);
        *cred = GSS_C_NO_CREDENTIAL;
    }
    return glue_status(minor_status, EDHOC_OK);
}

/* GSS_KRB5_CRED_NO_CI_FLAGS_X, 1.2.752.43.13.29: Cyrus SASL over TLS asks that confidentiality and
 * integrity are not claimed unless they were requested, and gives up where that is refused. We
 * never claim confidentiality unrequested, so there is nothing to do. Everything else is somebody
 * else's.
 *
 * This name must be defined here: MIT looks it up without its guard against finding
 * libgssapi_krb5's own symbol of that name, which takes other arguments. */
GLUE_EXPORT OM_uint32 gssspi_set_cred_option(OM_uint32 *minor_status, gss_cred_id_t *cred,
                                             const gss_OID desired_object, const gss_buffer_t value)
{
    GLUE_CALL();
    static const gss_OID_desc no_ci_flags = {6, (void *)"\x2a\x85\x70\x2b\x0d\x1d"};

    (void)cred;
    (void)value;
    return glue_status(
        minor_status, glue_oid_is(desired_object, &no_ci_flags) ? EDHOC_OK : EDHOC_ERR_UNSUPPORTED);
}
