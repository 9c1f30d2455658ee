#include "crypto/failure.h"

#include "base/report.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

/* The errors since the mark: the first, which is the cause of those that follow, and the last. 0 where
 * there is none, or where the first cannot be told from the host's. */
struct since_mark {
    unsigned long first, last;
};

/* libcrypto does not say on which side of a mark an error stands, but going back to the mark uncovers
 * what the host has, for comparison. */
static struct since_mark take_errors(void)
{
    int line = 0, hosts_line = 0;
    struct since_mark errors = {
        .first = ERR_peek_error(),
        .last = ERR_peek_last_error_all(NULL, &line, NULL, NULL, NULL),
    };
    unsigned long hosts;

    (void)ERR_pop_to_mark();
    hosts = ERR_peek_last_error_all(NULL, &hosts_line, NULL, NULL, NULL);
    (void)ERR_set_mark();
    if (hosts != 0)
        errors.first = 0;
    if (errors.last == hosts && line == hosts_line)
        errors.last = 0;
    return errors;
}

static bool is_lack_of_memory(struct since_mark errors)
{
    return ERR_GET_REASON(errors.first) == ERR_R_MALLOC_FAILURE ||
           ERR_GET_REASON(errors.last) == ERR_R_MALLOC_FAILURE;
}

edhoc_err crypto_failed(const char *operation)
{
    struct since_mark errors = take_errors();
    char reason[160] = "no reason given";

    if (is_lack_of_memory(errors))
        return EDHOC_ERR_NOMEM;
    if (errors.last != 0)
        ERR_error_string_n(errors.last, reason, sizeof(reason));
    return report(EDHOC_ERR_CRYPTO, "%s: %s", operation, reason);
}

/* libcrypto does not always say so: then memory is asked for. */
bool crypto_lacked_memory(void)
{
    bool lacked = is_lack_of_memory(take_errors());
    void *some = lacked ? NULL : OPENSSL_malloc(256);

    OPENSSL_free(some);
    return lacked || some == NULL;
}

bool crypto_lacks_it(void)
{
    struct since_mark errors = take_errors();

    return ERR_GET_REASON(errors.first) == ERR_R_UNSUPPORTED ||
           ERR_GET_REASON(errors.last) == ERR_R_UNSUPPORTED;
}
