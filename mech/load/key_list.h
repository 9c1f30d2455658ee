/* A list of revoked public keys: one a line, as in a .pub file, the other form of the setting
 * `revoked` (doc/mechanism.md 8.6). */
#ifndef MECH_LOAD_KEY_LIST_H
#define MECH_LOAD_KEY_LIST_H

#include "base/bytes.h"
#include "base/report.h"

struct revoked;

/* EDHOC_ERR_KEY_FORMAT with the path, the line and what is wrong: a line that is not understood is a
 * key that somebody believes revoked. A certificate stands for its key. */
edhoc_err key_list_read(struct bytes text, const char *path, struct revoked **out) EDHOC_MUST_USE;

#endif
