#include "identity.h"

#include "trust.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct identity *identity_ref(struct identity *id)
{
    if (id != NULL)
        atomic_fetch_add(&id->refs, 1);
    return id;
}

void identity_free(struct identity *id)
{
    if (id == NULL || atomic_fetch_sub(&id->refs, 1) != 1)
        return;
    key_free(id->key);
    cred_free(id->by_value);
    cred_free(id->by_reference);
    free(id->principals);
    free(id->name);
    free(id->source);
    free(id);
}

bool identity_is_dh(const struct identity *id)
{
    return key_type(id->key)->dh;
}

bool identity_answers(const struct identity *id, const char *target)
{
    return id->principals == NULL || trust_match(id->principals, target, true);
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

edhoc_err identity_new_raw(struct key *key, const char *principals, const char *source,
                           struct identity **out)
{
    struct identity *id = calloc(1, sizeof(*id));
    edhoc_err err;

    *out = NULL;
    if (id == NULL)
        return EDHOC_ERR_NOMEM;
    atomic_init(&id->refs, 1);
    id->expires = INT64_MAX;
    id->key = key_ref(key);
    err = set_texts(id, principals, source) ? EDHOC_OK : EDHOC_ERR_NOMEM;
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

edhoc_err identity_set_new(struct identity **ids, size_t len, struct identity_set **out)
{
    struct identity_set *set = NULL;

    *out = NULL;
    if (len <= IDENTITIES_MAX)
        set = calloc(1, sizeof(*set) + len * sizeof(set->id[0]));
    if (set == NULL) {
        for (size_t i = 0; i < len; i++)
            identity_free(ids[i]);
        return len > IDENTITIES_MAX
                   ? report(EDHOC_ERR_SETTING, "%zu identities; at most %d", len, IDENTITIES_MAX)
                   : EDHOC_ERR_NOMEM;
    }
    atomic_init(&set->refs, 1);
    set->len = len;
    if (len > 0)
        memcpy(set->id, ids, len * sizeof(set->id[0]));
    *out = set;
    return EDHOC_OK;
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
    free(set);
}
