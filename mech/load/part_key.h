/* What tells parts apart: the effective user, group and groups, by which the kernel decides what may
 * be read; the kind; the places; and of a passphrase a hash, with a key that no other process has. */
#ifndef MECH_LOAD_PART_KEY_H
#define MECH_LOAD_PART_KEY_H

#include "base/report.h"

struct part_spec;

/* EDHOC_ERR_NOMEM, EDHOC_ERR_CRYPTO. */
edhoc_err part_key(const struct part_spec *spec, struct buf *out) EDHOC_MUST_USE;

#endif
