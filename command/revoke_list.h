/* Editing a list of public keys, one a line: what the setting `revoked` may name (mech_edhoc(8)). */
#ifndef COMMAND_REVOKE_LIST_H
#define COMMAND_REVOKE_LIST_H

#include "file_edit.h"

/* As file_edit_open(), and the list must be one that is understood; OpenSSH's own lists are refused, with
 * the command that adds to them. */
edhoc_err revoke_list_open(const char *path, struct file_edit *e) EDHOC_MUST_USE;
/* Appends the key, in base64, unless it is there: then *already. */
edhoc_err revoke_list_add(struct file_edit *e, struct bytes type, struct bytes key,
                          struct bytes comment, bool *already) EDHOC_MUST_USE;
/* Is the text's word (a key in base64) one of those of the list? */
bool revoke_list_has(const struct file_edit *e, struct bytes key);

#endif
