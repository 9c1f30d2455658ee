#include "edhoc/suite.h"

#include "base/report.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/mac.h"

#include <stdlib.h>
#include <string.h>

static const struct suite suites[SUITES_COUNT] = {
    {0, AES_CCM_16_64_128, HASH_SHA256, 8, CRV_X25519, -8, CRV_ED25519, AES_128_GCM},
    {1, AES_CCM_16_128_128, HASH_SHA256, 16, CRV_X25519, -8, CRV_ED25519, AES_128_GCM},
    {2, AES_CCM_16_64_128, HASH_SHA256, 8, CRV_P256, -7, CRV_P256, AES_128_GCM},
    {3, AES_CCM_16_128_128, HASH_SHA256, 16, CRV_P256, -7, CRV_P256, AES_128_GCM},
    {4, CHACHA20_POLY1305, HASH_SHA256, 16, CRV_X25519, -8, CRV_ED25519, CHACHA20_POLY1305},
    {5, CHACHA20_POLY1305, HASH_SHA256, 16, CRV_P256, -7, CRV_P256, CHACHA20_POLY1305},
    {6, AES_128_GCM, HASH_SHA256, 16, CRV_X25519, -7, CRV_P256, AES_128_GCM},
    {24, AES_256_GCM, HASH_SHA384, 16, CRV_P384, -35, CRV_P384, AES_256_GCM},
    {25, CHACHA20_POLY1305, HASH_SHAKE256, 16, CRV_X448, -8, CRV_ED448, CHACHA20_POLY1305},
};

/* Preferred: fast and whole first (AES-GCM with X25519), the CCM suites of constrained devices
 * last. Suites 0 and 2 have 64-bit tags: only when configured. */
static const int preference[] = {6, 4, 5, 24, 25, 3, 1};

const struct suite *suite_by_id(int64_t id)
{
    for (size_t i = 0; i < SUITES_COUNT; i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}

struct suite_list suite_defaults(void)
{
    struct suite_list list = {{0}, 0};

    for (size_t i = 0; i < sizeof(preference) / sizeof(preference[0]); i++)
        suite_list_add(&list, preference[i]);
    return list;
}

bool suite_fits(const struct suite *s, const struct keytype *type)
{
    return type->curve == (type->dh ? s->dh : s->sign);
}

bool suite_available(const struct suite *s)
{
    return crypto_has_aead(s->aead) && crypto_has_aead(s->tokens) && crypto_has_hash(s->hash) &&
           crypto_has_mac(s->hash) && crypto_has_curve(s->dh);
}

bool suite_list_has(const struct suite_list *list, int64_t id)
{
    for (size_t i = 0; i < list->len; i++)
        if (list->id[i] == id)
            return true;
    return false;
}

void suite_list_add(struct suite_list *list, int id)
{
    if (list->len < SUITES_COUNT && !suite_list_has(list, id))
        list->id[list->len++] = id;
}

struct suite_list suite_list_usable(const struct suite_list *list, const struct keytype *type)
{
    struct suite_list usable = {{0}, 0};

    for (size_t i = 0; i < list->len; i++) {
        const struct suite *suite = suite_by_id(list->id[i]);

        if (suite != NULL && suite_fits(suite, type) && suite_available(suite))
            suite_list_add(&usable, suite->id);
    }
    return usable;
}

edhoc_err suite_list_parse(const char *text, struct suite_list *list)
{
    struct suite_list read = {{0}, 0};

    while (*text != '\0') {
        char *end;
        long id = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;

        if (id < 0 || suite_by_id(id) == NULL)
            return report(EDHOC_ERR_SETTING,
                          "cipher suites are numbers among 0 1 2 3 4 5 6 24 25, not \"%.40s\"",
                          text);
        if (suite_list_has(&read, id))
            return report(EDHOC_ERR_SETTING, "cipher suite %ld is listed twice", id);
        if (*end != '\0' && strchr(", ", *end) == NULL)
            return report(EDHOC_ERR_SETTING, "expected a comma between cipher suites at \"%.40s\"",
                          end);
        suite_list_add(&read, (int)id);
        text = end + strspn(end, ", ");
    }
    if (read.len == 0)
        return report(EDHOC_ERR_SETTING, "the list of cipher suites is empty");
    *list = read;
    return EDHOC_OK;
}
