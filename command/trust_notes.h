/* The lines of a trust file that do not count, as the subcommands of `gss-edhoc trust` tell them. */
#ifndef COMMAND_TRUST_NOTES_H
#define COMMAND_TRUST_NOTES_H

#include "peer/trust.h"

/* On standard error, one a line. Returns how many of them cannot be understood; the others are
 * passed over. */
size_t trust_tell_notes(const struct trust *t);

#endif
