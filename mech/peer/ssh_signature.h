/* Is an OpenSSH certificate signed by the CA that it names? Whoever is believed, at whatever time: that is
 * so or not by the certificate's bytes alone. So what was verified once is remembered by its hash, in the
 * whole process, whichever trust file asks next; what it says is judged each time. */
#ifndef MECH_SSH_SIGNATURE_H
#define MECH_SSH_SIGNATURE_H

#include "base/bytes.h"
#include "base/report.h"
#include "peer/ssh_cert.h"

/* `c` is what was read of `certificate`. Errors of ssh_ca_verify(). */
edhoc_err ssh_signature_check(struct bytes certificate, const struct ssh_cert *c,
                              int64_t now) EDHOC_MUST_USE;

#endif
