/* The keys of this host's sshd that have a host certificate beside them: what an acceptor takes where no
 * identity is configured and there is none in the default folder, so that hosts of an OpenSSH CA need no
 * other key. */
#ifndef MECH_LOAD_HOST_KEYS_H
#define MECH_LOAD_HOST_KEYS_H

#include "load/loading.h"
#include "peer/identity.h"

#define HOST_KEYS_DIR "/etc/ssh"
#define HOST_KEYS_MAX 16

/* Every ssh_host_*_key of the folder that has a host certificate in its -cert.pub, in byte order of names.
 * Keys that this user cannot read (they are root's), that EDHOC cannot use (RSA) or whose files are not as
 * they have to be are passed over. EDHOC_ERR_NO_IDENTITY where none is left; then `why` has the reason of
 * the last that was passed over, or "". EDHOC_ERR_NOMEM. */
edhoc_err load_host_keys(const char *dir, struct loading *loading, struct identity_set **out,
                         char *why, size_t size) EDHOC_MUST_USE;

#endif
