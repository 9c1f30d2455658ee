/* ECDSA signatures: libcrypto has them in DER, COSE as r || s (RFC 9053 section 2.1). */
#ifndef MECH_ECDSA_FORM_H
#define MECH_ECDSA_FORM_H

#include "base/bytes.h"
#include "base/report.h"

/* libcrypto's DER to COSE's r || s. */
edhoc_err ecdsa_to_cose(struct bytes der, size_t coordinate, struct buf *signature) EDHOC_MUST_USE;
/* And back. The result is for OPENSSL_free(); NULL when libcrypto has no memory. */
uint8_t *ecdsa_from_cose(struct bytes cose, size_t *len);

#endif
