/* A certificate as OpenSSH's tools write it, FILE-cert.pub: type, base64, comment on one line. */
#ifndef MECH_LOAD_SSH_CERT_FILE_H
#define MECH_LOAD_SSH_CERT_FILE_H

#include "base/bytes.h"
#include "base/report.h"

#define SSH_CERT_FILE_MAX 65536 /* bytes */

/* The certificate's bytes, into a buffer for SSH_CERTIFICATE_MAX. EDHOC_ERR_KEY_FORMAT with the path when
 * the file is not one line with a certificate of that length; what is in it is not looked at. */
edhoc_err ssh_cert_file_parse(struct bytes text, const char *path, struct buf *out) EDHOC_MUST_USE;

#endif
