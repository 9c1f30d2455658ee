/* The registration line, shared: what mech_conf.h finds, counted. */
#ifndef MECH_LOAD_CONF_H
#define MECH_LOAD_CONF_H

#include "load/loading.h"
#include "load/mech_conf.h"

struct conf;

/* One file, or where `file` is NULL those of a directory. The errors of mech_conf.h. */
edhoc_err conf_read(const char *file, const char *dir, struct loading *loading,
                    struct conf **out) EDHOC_MUST_USE;
struct conf *conf_ref(struct conf *c);
void conf_free(struct conf *c); /* drops a reference; NULL is fine */
const struct mech_conf *conf_line(const struct conf *c);

#endif
