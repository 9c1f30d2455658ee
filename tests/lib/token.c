#include "token.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "errors.h"

static struct bytes inside;
static unsigned prompts;

struct session {
    bool opened; /* by the URI */
    bool over;
};

static void *store_open(void *provider, const char *uri)
{
    static struct session session;

    (void)provider;
    session = (struct session){.opened = strstr(uri, "?pin-value=" TOKEN_PIN) != NULL};
    return &session;
}

static bool ask(OSSL_PASSPHRASE_CALLBACK *callback, void *arg)
{
    const OSSL_PARAM none = OSSL_PARAM_construct_end();
    char pin[64];
    size_t len = 0;

    if (callback(pin, sizeof(pin), &len, &none, arg) != 1) {
        prompts++;
        return false;
    }
    return bytes_equal(bytes_of((const uint8_t *)pin, len), bytes_of_text(TOKEN_PIN));
}

static int store_load(void *of, OSSL_CALLBACK *give, void *give_arg,
                      OSSL_PASSPHRASE_CALLBACK *callback, void *callback_arg)
{
    struct session *s = of;
    int type = OSSL_OBJECT_PKEY;
    const OSSL_PARAM object[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, (void *)(uintptr_t)inside.p,
                                          inside.len),
        OSSL_PARAM_construct_end(),
    };

    s->over = true;
    return (s->opened || ask(callback, callback_arg)) && give(object, give_arg);
}

static int store_eof(void *of)
{
    return ((struct session *)of)->over;
}

static int store_close(void *of)
{
    (void)of;
    return 1;
}

static int store_set(void *of, const OSSL_PARAM params[])
{
    (void)of;
    (void)params;
    return 1;
}

#define ENTRY(id, function)                                                                        \
    {                                                                                              \
        id, (void (*)(void))(function)                                                             \
    }

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    static const OSSL_DISPATCH functions[] = {
        ENTRY(OSSL_FUNC_STORE_OPEN, store_open),
        ENTRY(OSSL_FUNC_STORE_LOAD, store_load),
        ENTRY(OSSL_FUNC_STORE_EOF, store_eof),
        ENTRY(OSSL_FUNC_STORE_CLOSE, store_close),
        ENTRY(OSSL_FUNC_STORE_SET_CTX_PARAMS, store_set),
        {0, NULL},
    };
    static const OSSL_ALGORITHM stores[] = {{"token", "provider=token", functions, NULL},
                                            {NULL, NULL, NULL, NULL}};

    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_STORE ? stores : NULL;
}

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                void **provider)
{
    static const OSSL_DISPATCH functions[] = {ENTRY(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
                                              {0, NULL}};

    (void)in;
    *out = functions;
    *provider = (void *)(uintptr_t)handle;
    return 1;
}

void token_insert(struct bytes key)
{
    static OSSL_PROVIDER *usual, *token; /* until the process ends */

    inside = key;
    if (token != NULL)
        return;
    must(OSSL_PROVIDER_add_builtin(NULL, "token", init) == 1);
    usual = OSSL_PROVIDER_load(NULL, "default");
    token = OSSL_PROVIDER_load(NULL, "token");
    must(usual != NULL && token != NULL);
}

unsigned token_prompts(void)
{
    return prompts;
}
