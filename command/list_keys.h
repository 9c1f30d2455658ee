/* The keys and the anchors that count here, as rows of tables. What cannot be used is told on standard
 * error. */
#ifndef COMMAND_LIST_KEYS_H
#define COMMAND_LIST_KEYS_H

#include "load/settings.h"
#include "table.h"

#define LIST_IDENTITY_COLUMNS 9
#define LIST_SERVICE_COLUMNS  8 /* the same but for the last one, which is for whom a key is */
#define LIST_ANCHOR_COLUMNS   4

extern const struct column list_identity_columns[LIST_IDENTITY_COLUMNS];
extern const struct column list_anchor_columns[LIST_ANCHOR_COLUMNS];

/* The usual identity of this user's clients, and those of the file `identities`. False where one
 * cannot be used. */
bool list_identities(const struct settings *s, struct table *t);
/* Those of the services here, as far as this user may read them. */
bool list_services(const struct settings *s, struct table *t);
bool list_anchors(const struct settings *s, struct table *t);

#endif
