#include "peer/identity.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/ssh_cert.h"
#include "peer/x509_cert.h"
#include "peer/x509_hosts.h"
#include "peer/x509_names.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void identity_free(struct identity *id)
{
    if (id == NULL)
        return;
    key_free(id->key);
    cred_free(id->by_value);
    cred_free(id->by_reference);
    cred_free(id->ssh_cert);
    x509_hosts_free(id->hosts);
    free(id->principals);
    free(id->name);
    free(id->client_name);
    free(id->source);
    if (id->uri != NULL)
        bytes_wipe(id->uri, strlen(id->uri)); /* a PIN may stand in it */
    free(id->uri);
    free(id);
}

bool identity_is_dh(const struct identity *id)
{
    return key_type(id->key)->dh;
}

bool identity_answers(const struct identity *id, const char *target)
{
    const char *host = name_host(target);

    if (id->principals != NULL)
        return match_target(bytes_of_text(id->principals), bytes_of_text(target));
    if (id->ssh_cert != NULL && id->ssh_type == SSH_CERT_HOST)
        return host != NULL && ssh_cert_names_host(id->ssh_principals, host);
    return id->hosts == NULL || (host != NULL && x509_hosts_have(id->hosts, host));
}

/* Is one of the principals this service, or this service on some host? */
static bool answers_as_service(const struct identity *id, struct bytes service)
{
    struct bytes list = bytes_of_text(id->principals);
    struct pattern p;
    bool found = false;

    while (!found && match_next(&list, &p))
        found = !p.negated && match_one(name_service(p.text), service);
    return found;
}

static bool is_user_ssh(const struct identity *id)
{
    return id->ssh_cert != NULL && id->ssh_type == SSH_CERT_USER;
}

/* Is it one of the principals of a user's certificate? Which one an acceptor takes, its trust says. */
static bool names_user(const struct identity *id, struct bytes name)
{
    struct bytes list = id->ssh_principals, principal;

    while (ssh_cert_principal(&list, &principal))
        if (bytes_equal(principal, name))
            return true;
    return false;
}

bool identity_goes_by(const struct identity *id, bool initiator, enum name_kind kind,
                      const char *name)
{
    if (initiator && id->principals == NULL && is_user_ssh(id))
        return kind == NAME_USER && names_user(id, bytes_of_text(name));
    if (initiator && id->principals == NULL && cred_chain_length(id->by_value) > 0)
        return id->client_name != NULL && kind == id->client_kind &&
               strcmp(id->client_name, name) == 0;
    if (identity_answers(id, name))
        return true;
    return strchr(name, '@') == NULL &&
           (id->principals == NULL || answers_as_service(id, bytes_of_text(name)));
}

/* The texts; false when memory ran out. */
static bool set_texts(struct identity *id, const char *principals, const char *source)
{
    id->source = strdup(source);
    if (principals == NULL)
        return id->source != NULL;
    id->principals = strdup(principals);
    id->name = strndup(principals, strcspn(principals, ","));
    return id->source != NULL && id->principals != NULL && id->name != NULL;
}

static edhoc_err identity_new(struct key *key, const char *principals, const char *source,
                              struct identity **out)
{
    struct identity *id = calloc(1, sizeof(*id));

    *out = id;
    if (id == NULL)
        return EDHOC_ERR_NOMEM;
    id->expires = INT64_MAX;
    id->key = key_ref(key);
    if (set_texts(id, principals, source))
        return EDHOC_OK;
    identity_free(id);
    *out = NULL;
    return EDHOC_ERR_NOMEM;
}

edhoc_err identity_new_raw(struct key *key, const char *principals, const char *source,
                           struct identity **out)
{
    struct identity *id;
    edhoc_err err = identity_new(key, principals, source, &id);

    *out = NULL;
    if (err == EDHOC_OK)
        err = cred_new_kccs(key, bytes_of_text(id->name), &id->by_value);
    if (err == EDHOC_OK)
        err = cred_new_kid(key, &id->by_reference);
    if (err == EDHOC_OK)
        *out = id;
    else
        identity_free(id);
    return err;
}

static edhoc_err check_same_key(struct bytes leaf, const struct key *key, const char *source)
{
    struct key *certified = NULL;
    edhoc_err err = key_from_certificate(leaf, &certified);

    if (err == EDHOC_OK && !key_same(certified, key))
        err = report(EDHOC_ERR_KEY_FORMAT, "%s: the first certificate is not for this private key",
                     source);
    key_free(certified);
    return err;
}

/* A server's certificate need not name a client. */
static edhoc_err name_client(struct identity *id, struct bytes certificate)
{
    edhoc_err err = x509_client_name(certificate, &id->client_kind, &id->client_name);

    if (err == EDHOC_OK || err == EDHOC_ERR_NOMEM)
        return err;
    report_clear();
    return EDHOC_OK;
}

edhoc_err identity_new_x509(struct key *key, const struct bytes *chain, size_t count,
                            const char *principals, const char *source, struct identity **out)
{
    struct identity *id = NULL;
    int64_t not_before;
    edhoc_err err = count < 1 ? report(EDHOC_ERR_KEY_FORMAT, "%s: no certificate", source)
                              : check_same_key(chain[0], key, source);

    *out = NULL;
    if (err == EDHOC_OK)
        err = identity_new(key, principals, source, &id);
    if (err == EDHOC_OK)
        err = cred_new_x5chain(key, chain, count, &id->by_value);
    if (err == EDHOC_OK)
        err = x509_validity(chain[0], &not_before, &id->expires);
    if (err == EDHOC_ERR_CRED_BAD)
        err = report(EDHOC_ERR_KEY_FORMAT, "%s: the first certificate is malformed", source);
    if (err == EDHOC_OK)
        err = x509_hosts_new(chain[0], &id->hosts);
    if (err == EDHOC_OK)
        err = name_client(id, chain[0]);
    if (err == EDHOC_OK)
        *out = id;
    else
        identity_free(id);
    return err;
}

static int64_t to_seconds(uint64_t time)
{
    return time < INT64_MAX ? (int64_t)time : INT64_MAX;
}

/* The first principal that an acceptor can take for a name. */
static edhoc_err set_client_name(struct identity *id)
{
    struct bytes list = id->ssh_principals, principal;

    while (id->ssh_type == SSH_CERT_USER && ssh_cert_principal(&list, &principal)) {
        if (name_claim_fault(principal) != NULL)
            continue;
        id->client_kind = NAME_USER;
        id->client_name = strndup((const char *)principal.p, principal.len);
        return id->client_name != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
    }
    return EDHOC_OK;
}

edhoc_err identity_add_ssh_cert(struct identity *id, struct bytes certificate)
{
    struct key *key = NULL;
    struct ssh_cert c;
    struct bytes rest;
    edhoc_err err = ssh_cert_read(certificate, &c);

    if (err == EDHOC_OK)
        err = ssh_certificate_key(certificate, &key, &rest);
    if (err == EDHOC_OK && !key_same(key, id->key))
        err = report(
            EDHOC_ERR_KEY_FORMAT,
            "the OpenSSH certificate is not for this private key; sign the key (ssh-keygen "
            "-s), or remove the certificate");
    key_free(key);
    if (err == EDHOC_OK)
        err = cred_new_ssh_cert(id->key, certificate, &id->ssh_cert);
    if (err == EDHOC_OK)
        err = ssh_cert_read(cred_ssh_cert(id->ssh_cert), &c); /* as it stays */
    if (err != EDHOC_OK)
        return err;
    id->ssh_principals = c.principals;
    id->ssh_type = c.type;
    id->ssh_from = to_seconds(c.valid_after);
    id->ssh_until = to_seconds(c.valid_before);
    return set_client_name(id);
}

bool identity_is_certified(const struct identity *id, bool initiator, int64_t now)
{
    return id->ssh_cert != NULL && id->ssh_type == (initiator ? SSH_CERT_USER : SSH_CERT_HOST) &&
           id->ssh_from <= now && now < id->ssh_until;
}

/* A key has one use (RFC 9528 section 9.2), ours too. */
static edhoc_err check_set(struct identity *const *ids, size_t len)
{
    if (len > IDENTITIES_MAX)
        return report(EDHOC_ERR_SETTING, "%zu identities; at most %d", len, IDENTITIES_MAX);
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < i; k++)
            if (cred_same_secret(ids[i]->by_value, ids[k]->by_value) &&
                identity_is_dh(ids[i]) != identity_is_dh(ids[k]))
                return report(EDHOC_ERR_KEY_FORMAT,
                              "%s and %s hold one key for signing and for Diffie-Hellman; make a "
                              "key of its own for one of them",
                              ids[k]->source, ids[i]->source);
    return EDHOC_OK;
}

edhoc_err identity_set_new(struct identity **ids, size_t len, struct identity_set **out)
{
    struct identity_set *set = NULL;
    edhoc_err err = check_set(ids, len);

    *out = NULL;
    if (err == EDHOC_OK)
        set = calloc(1, sizeof(*set) + len * sizeof(set->id[0]));
    if (set == NULL) {
        for (size_t i = 0; i < len; i++)
            identity_free(ids[i]);
        return err != EDHOC_OK ? err : EDHOC_ERR_NOMEM;
    }
    atomic_init(&set->refs, 1);
    set->len = len;
    if (len > 0)
        memcpy(set->id, ids, len * sizeof(set->id[0]));
    *out = set;
    return EDHOC_OK;
}

void identity_set_note(struct identity_set *set, char *passed_over)
{
    free(set->passed_over);
    set->passed_over = passed_over;
}

struct identity_set *identity_set_ref(struct identity_set *set)
{
    if (set != NULL)
        atomic_fetch_add(&set->refs, 1);
    return set;
}

void identity_set_free(struct identity_set *set)
{
    if (set == NULL || atomic_fetch_sub(&set->refs, 1) != 1)
        return;
    for (size_t i = 0; i < set->len; i++)
        identity_free(set->id[i]);
    free(set->passed_over);
    free(set);
}
