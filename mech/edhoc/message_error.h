/* error = ( ERR_CODE : int, ERR_INFO : any ), RFC 9528 section 6. */
#ifndef MECH_MESSAGE_ERROR_H
#define MECH_MESSAGE_ERROR_H

#include "edhoc/suite.h"

/* Is this a sequence of an integer and one other item? */
bool message_is_error(struct bytes in);
/* Error code 1 with a text (printable ASCII). */
void message_error_put(struct buf *out, const char *text);
/* Error code 2 with SUITES_R. */
void message_error_put_suites(const struct suite_list *suites_r, struct buf *out);
/* Reads an error message. Code 2, where `suites_r` is not NULL: EDHOC_OK, and what the peer
 * supports. All else: EDHOC_ERR_PEER_ERROR with the peer's words. */
edhoc_err message_error_read(struct bytes in, struct suite_list *suites_r) EDHOC_MUST_USE;

#endif
