/* Errors: one number for each way to fail.
 *
 * The numbers are a small fixed set, because MIT's mechglue keeps a permanent table of all it has
 * seen. What differs from case to case is report.h's. */
#ifndef MECH_ERR_H
#define MECH_ERR_H

/* For functions whose result must be looked at: all that return an edhoc_err. */
#define EDHOC_MUST_USE __attribute__((warn_unused_result))

/* X(name, sentence). The order is the minor status that callers and logs see: append only. */
#define EDHOC_ERRORS(X)                                                                            \
    X(NOMEM, "out of memory")                                                                      \
    X(CRYPTO, "libcrypto refused an operation")                                                    \
    X(BUG, "an internal check failed; please report this")                                         \
    X(STATE, "a token came out of turn, or after the context had failed or was complete")          \
    X(TOO_LONG, "a token or a value is longer than this mechanism accepts (a token: 64 KiB)")      \
    X(FRAMING, "the first token is not framed for this mechanism (RFC 2743, section 3.1)")         \
    X(MALFORMED, "a message is not what RFC 9528 prescribes")                                      \
    X(METHOD, "the peer asks for an authentication method that is not supported")                  \
    X(NO_COMMON_SUITE, "no cipher suite is common to both sides for the keys that they hold")      \
    X(SUITE_RETRY, "the peer refused the cipher suite twice, or contradicted itself")              \
    X(PEER_ERROR, "the peer reported an error")                                                    \
    X(BAD_POINT, "an ephemeral public key is not a valid point, or is one of low order")           \
    X(CONNECTION_ID, "a connection identifier is not the empty one that this mechanism uses")      \
    X(EAD_CRITICAL, "a critical EAD item is not known here")                                       \
    X(EAD_ITEM, "the EAD item \"GSS-API\" is missing, duplicated, misplaced or malformed")         \
    X(DECRYPT, "a message did not decrypt: changed on the way, or the peer has other keys")        \
    X(PROOF, "the peer did not prove possession of the key that it claims")                        \
    X(CRED_FORM, "the peer identifies its credential in a form that is not accepted")              \
    X(CRED_BAD, "the peer's credential is malformed")                                              \
    X(UNKNOWN_KEY, "the peer's key is not pinned in the trust file")                               \
    X(WRONG_NAME, "the peer's key is pinned, but not to this name")                                \
    X(WRONG_ROLE, "the peer's key is pinned, but not for this role")                               \
    X(WRONG_KIND, "the peer's key is pinned for the other kind of authentication")                 \
    X(TRUST_EXPIRED, "the trust line of the peer's key has expired")                               \
    X(TRUST_NOT_YET, "the trust line of the peer's key is not valid yet")                          \
    X(REFLECTED, "the peer uses a key of our own credential")                                      \
    X(NO_PEER_NAME, "the peer gave no name and its trust line has no single literal principal")    \
    X(BINDINGS, "the channel bindings of the two sides differ")                                    \
    X(TARGET, "the peer asked for a service that no identity here answers to")                     \
    X(NO_TRUST, "no trust line names the target, so there is no telling whom to expect")           \
    X(NO_IDENTITY, "no key to authenticate with")                                                  \
    X(NO_SUITE, "no cipher suite fits the key, the trust line and the suites configured")          \
    X(FILE, "a file cannot be read")                                                               \
    X(PERMISSIONS, "a file is readable or writable by others than it should be")                   \
    X(KEY_FORMAT, "a key file is not one that this mechanism can use")                             \
    X(TRUST_SYNTAX, "a line of the trust file cannot be understood")                               \
    X(SETTING, "a setting cannot be understood")                                                   \
    X(TOKEN, "a per-message token is malformed, or goes in the wrong direction")                   \
    X(TOKEN_MIC, "a per-message token does not verify")                                            \
    X(SEQUENCE_END, "the context has sent all the messages that it can")                           \
    X(MESSAGE_LENGTH, "a message is longer than 2^31 - 1 bytes")                                   \
    X(CONTEXT_EXPIRED, "the context's lifetime, that of the credentials, is over")                 \
    X(CONTEXT_PARTIAL, "the context is not established yet")                                       \
    X(NAME, "a name is malformed")                                                                 \
    X(NAME_TYPE, "a name is of a type that this mechanism does not know")                          \
    X(OTHER_PROCESS, "a half-open context works only in the process that began it")                \
    X(ARGUMENT, "an argument of the call is missing or out of range")                              \
    X(USAGE, "the credential cannot be used in this direction")                                    \
    X(LOCAL_USER, "the peer's name does not map to a local user")                                  \
    X(UNSUPPORTED, "this mechanism does not offer what was asked for")                             \
    X(CERT_UNTRUSTED, "the peer's certificate does not lead to a CA that is trusted here")         \
    X(CERT_EXPIRED, "a certificate has expired")                                                   \
    X(CERT_NOT_YET, "a certificate is not valid yet")                                              \
    X(CERT_REVOKED, "a certificate was revoked")                                                   \
    X(CERT_CRL, "there is no current CRL for a certificate")                                       \
    X(CERT_PURPOSE, "a certificate is not meant for this use")                                     \
    X(CERT_NAME, "the peer's certificate does not name the host that was asked for")               \
    X(CERT_BAD, "a certificate chain is not valid")                                                \
    X(NAME_TAKEN, "the name in the peer's certificate belongs to a key in the trust file")         \
    X(KEY_REVOKED, "a key was revoked")                                                            \
    X(CERT_OPTION, "a certificate has a condition that cannot be kept here")                       \
    X(CRED_EXPIRED, "the peer's credential says that it has expired")                              \
    X(OWN_EXPIRED, "the credential of this side is over")

#define EDHOC_ERROR_ENUM(name, sentence) EDHOC_ERR_##name,
typedef enum { EDHOC_OK = 0, EDHOC_ERRORS(EDHOC_ERROR_ENUM) EDHOC_ERR_END } edhoc_err;
#undef EDHOC_ERROR_ENUM

#endif
