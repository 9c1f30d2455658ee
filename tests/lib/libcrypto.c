#include "libcrypto.h"

#include <openssl/crypto.h>

bool libcrypto_since_3(unsigned minor)
{
    return OPENSSL_version_major() > 3 || OPENSSL_version_minor() >= minor;
}
