/* The hosts of a certificate of our own, kept: an acceptor with many certificates looks through them
 * for each message_1. Whether a peer's certificate names a host is libcrypto's to say
 * (x509_names_host), and these agree with it. */
#ifndef MECH_X509_HOSTS_H
#define MECH_X509_HOSTS_H

#include "base/bytes.h"
#include "base/report.h"

struct x509_hosts;

/* Of the subject alternative names. EDHOC_ERR_CRED_BAD for what is no certificate. */
edhoc_err x509_hosts_new(struct bytes certificate, struct x509_hosts **out) EDHOC_MUST_USE;
void x509_hosts_free(struct x509_hosts *h); /* NULL is fine */
/* Is this host, a DNS name or an IP literal, one of them (RFC 9525)? */
bool x509_hosts_have(const struct x509_hosts *h, const char *host);

#endif
