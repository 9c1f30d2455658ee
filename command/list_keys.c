#include "list_keys.h"

#include "table.h"
#include "text.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/openssh_type.h"
#include "edhoc/cred.h"
#include "load/anchors_file.h"
#include "load/choices.h"
#include "load/file.h"
#include "load/identity_file.h"
#include "load/load.h"
#include "load/place.h"
#include "peer/identity.h"
#include "peer/ssh_cert.h"
#include "peer/x509_cert.h"
#include "peer/x509_names.h"

#define NAMES_MAX   65536 /* more than a certificate has */
#define ANCHORS_MAX 16384 /* more than a file of ANCHORS_FILE_MAX has */

enum { NAMES, TYPE, KEY_ID, FINGERPRINT, CERTIFIED, EXPIRES, END, PLACE, TARGETS };

const struct column list_identity_columns[LIST_IDENTITY_COLUMNS] = {
    {"NAMES", "names", false},
    {"TYPE", "type", false},
    {"KEY-ID", "key_id", false},
    {NULL, "fingerprint", false},
    {"CERTIFICATE", "certificate", false},
    {"EXPIRES", NULL, true},
    {NULL, "expires", false},
    {"PLACE", "place", false},
    {"FOR", "targets", false}};

const struct column list_anchor_columns[LIST_ANCHOR_COLUMNS] = {{"SUBJECT", "subject", false},
                                                                {"EXPIRES", NULL, true},
                                                                {NULL, "expires", false},
                                                                {"PLACE", "place", false}};

/* ---- a key ---- */

static int64_t end_of(const struct identity *id)
{
    return id->ssh_cert != NULL && id->ssh_until < id->expires ? id->ssh_until : id->expires;
}

static void set_end(struct table *t, size_t shown, size_t exact, int64_t end)
{
    char text[TOOL_TIME];

    if (end == INT64_MAX)
        return;
    table_set(t, shown, tool_date(end, text));
    table_set(t, exact, tool_iso(end, text));
}

/* Whatever service it is that a host certificate is shown for. */
static void set_hosts(struct table *t, const struct cred *certificate)
{
    struct buf names = buf_new(NAMES_MAX);
    struct bytes principal;
    struct ssh_cert cert;

    if (ssh_cert_read(cred_ssh_cert(certificate), &cert) == EDHOC_OK)
        while (ssh_cert_principal(&cert.principals, &principal)) {
            buf_put_text(&names, names.len > 0 ? ",*@" : "*@");
            buf_put(&names, principal);
        }
    if (names.len > 0)
        table_format(t, NAMES, "%.*s", (int)names.len, (const char *)names.p);
    buf_free(&names);
}

/* A certificate names a client in one way and a server in another. */
static void set_names(struct table *t, const struct identity *id, bool client)
{
    char *host = NULL;

    if (id->principals != NULL)
        table_set(t, NAMES, id->principals);
    else if (client && id->client_name != NULL)
        table_set(t, NAMES, id->client_name);
    else if (!client && id->ssh_cert != NULL && id->ssh_type == SSH_CERT_HOST)
        set_hosts(t, id->ssh_cert);
    else if (cred_chain_length(id->by_value) > 0)
        host = x509_first_host(cred_chain(id->by_value, 0));
    if (host != NULL)
        table_format(t, NAMES, "*@%s", host);
    free(host);
}

static void set_fingerprint(struct table *t, const struct key *key)
{
    struct buf text = buf_new(64);

    if (openssh_key_fingerprint(key, &text) == EDHOC_OK)
        table_format(t, FINGERPRINT, "%.*s", (int)text.len, (const char *)text.p);
    buf_free(&text);
}

static void add_identity(struct table *t, const struct identity *id, bool client)
{
    int64_t end = end_of(id);
    char kid[17];

    table_row(t, (int64_t)time(NULL) >= end);
    set_names(t, id, client);
    table_set(t, TYPE, key_type(id->key)->name);
    table_set(t, KEY_ID, tool_key_id(id->by_value, kid));
    set_fingerprint(t, id->key);
    if (cred_chain_length(id->by_value) > 0)
        table_set(t, CERTIFIED, "X.509");
    else if (id->ssh_cert != NULL)
        table_set(t, CERTIFIED, "OpenSSH");
    set_end(t, EXPIRES, END, end);
    table_set(t, PLACE, id->source);
}

/* ---- a user's ---- */

static bool add_usual(const struct settings *s, struct table *t, bool needed)
{
    struct identity_set *set;
    edhoc_err err = load_identity(s, NULL, &set);

    for (size_t i = 0; err == EDHOC_OK && i < set->len; i++) {
        add_identity(t, set->id[i], true);
        table_set(t, TARGETS, "*");
    }
    if (err == EDHOC_OK)
        identity_set_free(set);
    else if (needed || err != EDHOC_ERR_NO_IDENTITY)
        (void)tool_fail(err);
    return err == EDHOC_OK || (!needed && err == EDHOC_ERR_NO_IDENTITY);
}

static bool add_choice(const struct choice *choice, struct table *t)
{
    struct identity *id;
    edhoc_err err = load_identity_at(choice->place, NULL, NULL, &id);

    if (err != EDHOC_OK) {
        (void)tool_fail(err);
        table_row(t, false);
        table_format(t, PLACE, "%.*s", (int)place_told(choice->place), choice->place);
        table_set(t, TARGETS, choice->patterns);
        return false;
    }
    add_identity(t, id, true);
    table_set(t, TARGETS, choice->patterns);
    identity_free(id);
    return true;
}

bool list_identities(const struct settings *s, struct table *t)
{
    struct choices *choices = NULL;
    edhoc_err err = s->identities != NULL ? choices_read(s->identities, NULL, &choices) : EDHOC_OK;
    bool well = err == EDHOC_OK || tool_fail(err) == TOOL_OK;

    for (size_t i = 0; choices != NULL && i < choices_count(choices); i++)
        well &= add_choice(choices_at(choices, i), t);
    well &= add_usual(s, t, s->identity != NULL);
    choices_free(choices);
    return well;
}

/* ---- the machine's ---- */

bool list_services(const struct settings *s, struct table *t)
{
    struct identity_set *set;
    edhoc_err err = load_service_identities(s, NULL, &set);

    if (err == EDHOC_ERR_NO_IDENTITY && s->service_identity == NULL)
        return true;
    if (err != EDHOC_OK)
        return tool_fail(err) == TOOL_OK;
    for (size_t i = 0; i < set->len; i++)
        add_identity(t, set->id[i], false);
    identity_set_free(set);
    return true;
}

static edhoc_err add_anchor(struct bytes der, const char *path, struct table *t)
{
    char *subject = x509_subject(der);
    int64_t from, to;
    edhoc_err err = x509_validity(der, &from, &to);

    if (err != EDHOC_OK) {
        free(subject);
        return err;
    }
    table_row(t, (int64_t)time(NULL) >= to);
    table_set(t, 0, subject);
    set_end(t, 1, 2, to);
    table_set(t, 3, path);
    free(subject);
    return EDHOC_OK;
}

static edhoc_err read_anchors(const char *path, struct buf *der, size_t *count)
{
    struct buf text;
    edhoc_err err = file_read(path, FILE_TRUSTED, ANCHORS_FILE_MAX, NULL, NULL, &text);

    if (err == EDHOC_OK)
        err = x509_read_pem(buf_bytes(&text), der, ANCHORS_MAX, count);
    if (err == EDHOC_ERR_KEY_FORMAT)
        err = file_blame(err, path);
    buf_free(&text);
    return err;
}

bool list_anchors(const struct settings *s, struct table *t)
{
    struct buf *der = calloc(ANCHORS_MAX, sizeof(*der));
    size_t count = 0;
    const char *path = NULL;
    edhoc_err err = der != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;

    if (err == EDHOC_OK && s->anchors != NULL)
        err = place_path(s->anchors, &path);
    if (err == EDHOC_OK && s->anchors != NULL)
        err = read_anchors(path, der, &count);
    for (size_t i = 0; i < count && err == EDHOC_OK; i++)
        err = add_anchor(buf_bytes(&der[i]), path, t);
    while (count > 0)
        buf_free(&der[--count]);
    free(der);
    return err == EDHOC_OK || tool_fail(err) == TOOL_OK;
}
