#include "crypto/failure.h"

#include "base/report.h"

#include <openssl/err.h>

/* The last error since the mark; 0 if there is none. libcrypto does not say on which side of a mark
 * an error stands, but going back to the mark uncovers the host's last one, for comparison. */
static unsigned long last_error(void)
{
    int line = 0, hosts_line = 0;
    unsigned long code = ERR_peek_last_error_all(NULL, &line, NULL, NULL, NULL);
    unsigned long hosts;

    (void)ERR_pop_to_mark();
    hosts = ERR_peek_last_error_all(NULL, &hosts_line, NULL, NULL, NULL);
    (void)ERR_set_mark();
    return code == hosts && line == hosts_line ? 0 : code;
}

edhoc_err crypto_failed(const char *operation)
{
    char reason[160] = "no reason given";
    unsigned long code = last_error();

    if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
        return EDHOC_ERR_NOMEM;
    if (code != 0)
        ERR_error_string_n(code, reason, sizeof(reason));
    return report(EDHOC_ERR_CRYPTO, "%s: %s", operation, reason);
}

bool crypto_lacked_memory(void)
{
    return ERR_GET_REASON(last_error()) == ERR_R_MALLOC_FAILURE;
}
