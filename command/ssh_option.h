/* The options of OpenSSH's lines, NAME or NAME="VALUE", separated by commas: what they are called, not
 * what they mean. Names in any case. */
#ifndef COMMAND_SSH_OPTION_H
#define COMMAND_SSH_OPTION_H

#include "base/bytes.h"

/* Can the word only be options of authorized_keys: with a quote or a =, or all of them known? A name
 * of a host that is spelled like an option is taken for one, which is refused rather than trusted. */
bool ssh_option_are(struct bytes word);
bool ssh_option_has(struct bytes options, const char *name);
/* The value of the first of that name, without its quotes, appended; false where there is none. */
bool ssh_option_value(struct bytes options, const char *name, struct buf *out);
/* The names of the others than these (NULL at their end), without their values, which may be secret;
 * appended. */
void ssh_option_put_others(struct bytes options, const char *const *but, struct buf *out);

#endif
