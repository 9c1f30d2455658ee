/* A token: a provider of OpenSSL's, in this process, whose store has one private key at "token:". It opens
 * by the PIN that stands in the URI, or else by the one that it asks for; and where that is refused, it
 * asks at the terminal itself, as the PKCS#11 provider does. */
#ifndef TESTS_LIB_TOKEN_H
#define TESTS_LIB_TOKEN_H

#include "base/bytes.h"

#define TOKEN_PIN     "48210573"
#define TOKEN_URI     "token:object=alice"
#define TOKEN_PIN_URI TOKEN_URI "?pin-value=" TOKEN_PIN

/* With a private key in DER, which the caller keeps. The default provider is loaded as well. */
void token_insert(struct bytes key);
/* How often it has asked at the terminal. */
unsigned token_prompts(void);

#endif
