#include "libcrypto.h"

#include <openssl/crypto.h>

bool libcrypto_since(unsigned major, unsigned minor)
{
    unsigned loaded = OPENSSL_version_major();

    return loaded > major || (loaded == major && OPENSSL_version_minor() >= minor);
}
