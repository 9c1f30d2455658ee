/* COSE_Encrypt0 as EDHOC has it (RFC 9528 sections 5.4.2 and 5.5.2): the ciphertext alone travels,
 * and what is authenticated beside it is the transcript. */
#ifndef MECH_ENCRYPT0_H
#define MECH_ENCRYPT0_H

#include "edhoc/suite.h"

/* A_3, A_4 = [ "Encrypt0", h'', TH_x ], appended. */
void encrypt0_put_aad(struct buf *out, const struct fixed *th);
/* Appends CIPHERTEXT_x to `out`, as a bstr. */
edhoc_err encrypt0_seal(const struct suite *suite, const struct fixed *k, const struct fixed *iv,
                        const struct fixed *th, const struct buf *plaintext,
                        struct buf *out) EDHOC_MUST_USE;
/* Appends PLAINTEXT_x to `plaintext`; EDHOC_ERR_DECRYPT. */
edhoc_err encrypt0_open(const struct suite *suite, const struct fixed *k, const struct fixed *iv,
                        const struct fixed *th, struct bytes ciphertext,
                        struct buf *plaintext) EDHOC_MUST_USE;

#endif
