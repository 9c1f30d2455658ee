/* One line of OpenSSH's files that hold public keys, taken apart: known_hosts (sshd(8)),
 * authorized_keys (sshd(8)), allowed_signers (ssh-keygen(1)) and .pub. */
#ifndef COMMAND_SSH_LINE_H
#define COMMAND_SSH_LINE_H

#include "peer/trust_place.h"

enum ssh_form {
    SSH_LINE_KEY,    /* .pub or authorized_keys: it names nobody */
    SSH_LINE_HOST,   /* known_hosts */
    SSH_LINE_SIGNER, /* allowed_signers */
    SSH_LINE_EITHER  /* one of these two; its file tells which */
};

/* Views into the line; what it lacks is empty. */
struct ssh_line {
    enum ssh_form form;
    bool is_ca, is_revoked; /* known_hosts: @cert-authority, @revoked */
    struct bytes names;     /* of hosts, or hashed; of signers */
    struct bytes options;
    struct bytes type, key, comment;
};

/* EDHOC_ERR_TRUST_SYNTAX where it is none of these. */
edhoc_err ssh_line_split(struct bytes text, const struct trust_place *at,
                         struct ssh_line *line) EDHOC_MUST_USE;
/* What the lines of a text that could be either are: SSH_LINE_SIGNER where another line of it can only
 * be a signer's, or the path says allowed_signers; else SSH_LINE_HOST. SSH_LINE_EITHER where there are
 * lines of both kinds. */
enum ssh_form ssh_lines_form(struct bytes text, const char *path);

#endif
