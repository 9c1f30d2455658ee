/* Places: where a key or a file of ours is, as settings name it. */
#ifndef MECH_LOAD_PLACE_H
#define MECH_LOAD_PLACE_H

#include "base/bytes.h"
#include "base/report.h"

/* Is it a file: a path, or a "file:" URI? A relative path that looks like the URI of something else
 * ("agent:", "pkcs11:") is to be written with "./". */
bool place_is_file(const char *where);
/* Is it a key in ssh-agent ("agent:...")? */
bool place_is_agent(const char *where);
/* How much of it may be told: all of a file's, and of a URI what comes before the query, which may have the
 * PIN of a token in it (RFC 7512 section 2.4). */
size_t place_told(const char *where);
/* The file that a place means: itself, or what follows "file:". A view into `where`.
 * EDHOC_ERR_KEY_FORMAT for schemes that are not supported. */
edhoc_err place_path(const char *where, const char **path) EDHOC_MUST_USE;

/* The same, made absolute by the current folder: for free(). EDHOC_ERR_FILE where that has no name. */
edhoc_err place_absolute(const char *where, char **path) EDHOC_MUST_USE;

/* The user's own directory with `leaf` below: $XDG_CONFIG_HOME/gss-edhoc/LEAF, where that variable
 * is set and absolute, else ~/.config/gss-edhoc/LEAF. Home is $HOME, else what the user database
 * says of the effective user. Variables count only for unprivileged programs (secure_getenv). The
 * text is for free(). EDHOC_ERR_NO_IDENTITY when there is no home. */
edhoc_err place_home(const char *leaf, char **path) EDHOC_MUST_USE;

/* Home, as above, with `leaf` below: what "~/LEAF" means. */
edhoc_err place_below_home(const char *leaf, char **path) EDHOC_MUST_USE;

#endif
