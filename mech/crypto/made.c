#include "crypto/made.h"

#include "crypto/failure.h"

#include <openssl/err.h>

void *made_get(struct made *made, const struct maker *maker, const void *arg)
{
    void *object = atomic_load_explicit(&made->object, memory_order_acquire), *first = NULL;

    if (object != NULL || atomic_load(&made->lacking))
        return object;
    object = maker->make(arg);
    if (object == NULL && crypto_lacks_it())
        atomic_store(&made->lacking, true);
    if (object == NULL || atomic_compare_exchange_strong(&made->object, &first, object))
        return object;
    maker->unmake(object);
    return first;
}

bool made_has(struct made *made, const struct maker *maker, const void *arg)
{
    if (atomic_load(&made->object) != NULL)
        return true;
    (void)ERR_set_mark();
    (void)made_get(made, maker, arg);
    (void)ERR_pop_to_mark();
    return !atomic_load(&made->lacking);
}
