#include "peer/ssh_cert.h"

#include "base/bytes.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "crypto/ssh_blob.h"
#include "peer/match.h"

#include <string.h>

static bool has_nul(struct bytes text)
{
    return text.len > 0 && memchr(text.p, '\0', text.len) != NULL;
}

/* Takes a string off a packed list: false at the end, and where the list is cut short. */
static bool take(struct bytes *list, struct bytes *item)
{
    struct ssh_reader r = ssh_reader_of(*list);

    *item = list->len > 0 ? ssh_read_string(&r) : BYTES_NONE;
    if (list->len == 0 || r.failed)
        return false;
    *list = r.rest;
    return true;
}

bool ssh_cert_principal(struct bytes *list, struct bytes *principal)
{
    return take(list, principal);
}

bool ssh_cert_option(struct bytes *list, struct bytes *name, struct bytes *data)
{
    struct bytes rest = *list;

    if (!take(&rest, name) || !take(&rest, data))
        return false; /* a name without data stays on the list, which is then not read to its end */
    *list = rest;
    return true;
}

/* ---- the rules of the parts ---- */

static bool are_principals(struct bytes list)
{
    struct bytes principal;
    size_t count = 0;

    while (ssh_cert_principal(&list, &principal))
        if (++count > SSH_CERT_PRINCIPALS_MAX || has_nul(principal))
            return false;
    return list.len == 0;
}

static bool are_options(struct bytes list)
{
    struct bytes name, data;

    while (ssh_cert_option(&list, &name, &data))
        ;
    return list.len == 0;
}

static const char *fault(const struct ssh_cert *c)
{
    if (c->type != SSH_CERT_USER && c->type != SSH_CERT_HOST)
        return "is of a type that is neither user nor host";
    if (has_nul(c->key_id))
        return "has a NUL in its key id";
    if (!are_principals(c->principals))
        return "has malformed principals, or more than 256";
    if (!are_options(c->critical))
        return "has malformed critical options";
    if (!are_options(c->extensions))
        return "has malformed extensions";
    return NULL;
}

edhoc_err ssh_cert_read(struct bytes certificate, struct ssh_cert *out)
{
    struct ssh_reader r;
    struct bytes rest;
    edhoc_err err = ssh_certificate_key(certificate, NULL, &rest);

    *out = (struct ssh_cert){0};
    if (err != EDHOC_OK)
        return err;
    r = ssh_reader_of(rest);
    out->serial = ssh_read_uint64(&r);
    out->type = (enum ssh_cert_type)ssh_read_uint32(&r);
    out->key_id = ssh_read_string(&r);
    out->principals = ssh_read_string(&r);
    out->valid_after = ssh_read_uint64(&r);
    out->valid_before = ssh_read_uint64(&r);
    out->critical = ssh_read_string(&r);
    out->extensions = ssh_read_string(&r);
    (void)ssh_read_string(&r); /* reserved */
    out->ca = ssh_read_string(&r);
    out->to_be_signed = bytes_of(certificate.p, certificate.len - r.rest.len);
    out->signature = ssh_read_string(&r);
    if (!ssh_read_done(&r))
        return report(EDHOC_ERR_KEY_FORMAT,
                      "the OpenSSH certificate ends too early, or has bytes left over");
    if (fault(out) != NULL)
        return report(EDHOC_ERR_KEY_FORMAT, "the OpenSSH certificate %s", fault(out));
    return EDHOC_OK;
}

int64_t ssh_cert_end(const struct ssh_cert *c)
{
    return c->valid_before < INT64_MAX ? (int64_t)c->valid_before : INT64_MAX;
}

bool ssh_cert_names_host(struct bytes principals, const char *host)
{
    struct bytes principal;

    while (ssh_cert_principal(&principals, &principal))
        if (match_one(principal, bytes_of_text(host)))
            return true;
    return false;
}
