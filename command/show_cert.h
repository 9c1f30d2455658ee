/* What is in certificates, as far as this mechanism looks at them. */
#ifndef COMMAND_SHOW_CERT_H
#define COMMAND_SHOW_CERT_H

#include "base/report.h"

/* All those of a PEM text, or one in DER. */
bool show_is_certificate(struct bytes der);
edhoc_err show_certificates(struct bytes pem, const char *path) EDHOC_MUST_USE;
edhoc_err show_certificate(struct bytes der) EDHOC_MUST_USE;

#endif
