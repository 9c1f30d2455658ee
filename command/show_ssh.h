/* OpenSSH certificates, field by field as `ssh-keygen -L` prints them (times in UTC), and what they are
 * good for here. */
#ifndef COMMAND_SHOW_SSH_H
#define COMMAND_SHOW_SSH_H

#include "base/report.h"

/* Does the line begin as one in a FILE-cert.pub? */
bool show_is_ssh_cert(struct bytes line);
/* Such a line. EDHOC_ERR_KEY_FORMAT when it is none. */
edhoc_err show_ssh_cert_line(struct bytes line, const char *path, unsigned number) EDHOC_MUST_USE;
/* The certificate itself; path and place in it are for its title. */
edhoc_err show_ssh_cert(struct bytes certificate, const char *path,
                        const char *where) EDHOC_MUST_USE;

#endif
