/* A key in ssh-agent (draft-ietf-sshm-ssh-agent), for an initiator: the agent at $SSH_AUTH_SOCK
 * signs and keeps the key. Every wait has an end, no descriptor outlives a call (nor gets into a
 * child), and nothing that the agent says is believed: a signature is verified before it is used.
 */
#ifndef MECH_LOAD_AGENT_H
#define MECH_LOAD_AGENT_H

#include "base/bytes.h"
#include "base/report.h"

struct key;

#define AGENT_SCHEME "agent:"

/* "agent:" for the agent's first usable key, or "agent:SHA256:..." for the one with the fingerprint
 * that `ssh-add -l` shows. The variable counts for unprivileged programs only (secure_getenv), and
 * where it points now is where the key will ask. *comment, for free(), is NULL where the key has
 * none. If the agent holds OpenSSH certificates of a user for the key, the one that ends last of those
 * that are valid now and have principals and no critical option, or else of all, is put into
 * `certificate`. Listing takes two seconds at most, a signature five.
 * EDHOC_ERR_SETTING: neither of the two forms. EDHOC_ERR_NO_IDENTITY: no agent, or none that
 * answers as it should, or no usable key in it; says what it holds and what would do. Signing with
 * the key fails with EDHOC_ERR_NO_IDENTITY too, when the agent does not sign. */
edhoc_err agent_key(const char *spec, struct key **out, char **comment,
                    struct buf *certificate) EDHOC_MUST_USE;

#endif
