#include "load/conf.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "load/mech_conf.h"

struct conf {
    atomic_uint refs;
    struct mech_conf line;
};

edhoc_err conf_read(const char *file, const char *dir, struct loading *loading, struct conf **out)
{
    struct conf *c = calloc(1, sizeof(*c));
    edhoc_err err;

    *out = c;
    if (c == NULL)
        return EDHOC_ERR_NOMEM;
    atomic_init(&c->refs, 1);
    err = file != NULL ? mech_conf_read_file(file, loading, &c->line)
                       : mech_conf_read_dir(dir, loading, &c->line);
    if (err != EDHOC_OK) {
        conf_free(c);
        *out = NULL;
    }
    return err;
}

struct conf *conf_ref(struct conf *c)
{
    if (c != NULL)
        atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void conf_free(struct conf *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    mech_conf_clear(&c->line);
    free(c);
}

const struct mech_conf *conf_line(const struct conf *c)
{
    return &c->line;
}
