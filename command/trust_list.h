/* gss-edhoc trust list: the lines of a trust file as a table. */
#ifndef COMMAND_TRUST_LIST_H
#define COMMAND_TRUST_LIST_H

#include "table.h"
#include "trust_command.h"

#define TRUST_LIST_COLUMNS 12

extern const struct column trust_list_columns[TRUST_LIST_COLUMNS];

/* A row for each line that counts. */
edhoc_err trust_list_fill(const struct trust *t, struct table *table) EDHOC_MUST_USE;

/* The answer is the exit code. */
int trust_list_lines(const struct trust_command *c);

#endif
