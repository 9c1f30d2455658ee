#include "name.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/keytype.h"
#include "load/trust_line.h"

void tool_canonical_name(char *name)
{
    char *host = strrchr(name, '@');
    size_t len;

    if (host == NULL)
        return;
    for (char *c = host; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    len = strlen(host);
    if (len > 2 && host[len - 1] == '.')
        host[len - 1] = '\0';
}

const char *tool_name_fault(const char *name)
{
    const char *fault = trust_principal_fault(bytes_of_text(name));
    const char *at = strrchr(name, '@');

    if (fault != NULL)
        return fault;
    if (strpbrk(name, "*?!#") != NULL)
        return "has one of * ? ! # in it, which mean something else in a trust file";
    if (at != NULL && (at == name || at[1] == '\0'))
        return "has nothing before or after its @; write SERVICE@HOST";
    if (keytype_by_ssh_name(bytes_of_text(name)) != NULL)
        return "is a key type's";
    return NULL;
}
