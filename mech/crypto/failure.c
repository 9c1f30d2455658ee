#include "crypto/failure.h"

#include "base/report.h"

#include <openssl/err.h>

void crypto_forget_errors(void)
{
    ERR_clear_error();
}

edhoc_err crypto_failed(const char *operation)
{
    char reason[160] = "no reason given";
    unsigned long code = ERR_peek_last_error();

    if (code != 0)
        ERR_error_string_n(code, reason, sizeof(reason));
    crypto_forget_errors();
    return report(EDHOC_ERR_CRYPTO, "%s: %s", operation, reason);
}
