/* Whose key a line of known_hosts or allowed_signers is, as principals of a trust line: all of its
 * names, or those that were asked for. */
#ifndef COMMAND_SSH_NAMES_H
#define COMMAND_SSH_NAMES_H

#include "ssh_line.h"

struct ssh_names {
    struct buf principals; /* to be freed; empty: the line is of others */
    bool hashed;           /* a pattern was asked for, and the name is hashed */
};

/* The names of a line. `wanted` (or NULL for all): for hosts a list of SERVICE@HOST, where HOST may be
 * [HOST]:PORT; a host's hashed name is found by its HOST in full. For signers a list of principals.
 * Wanted names and those of the line may be patterns. EDHOC_ERR_TRUST_SYNTAX where a name cannot be
 * one of a trust line, or a hashed one cannot be read. */
edhoc_err ssh_names_take(const struct ssh_line *line, const char *wanted,
                         const struct trust_place *at, struct ssh_names *out) EDHOC_MUST_USE;

#endif
