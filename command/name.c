#include "name.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/keytype.h"
#include "peer/name.h"

/* Programs leave the brackets of an IPv6 address to URLs. */
static const char *host_fault(const char *host)
{
    struct in6_addr address;

    if (strchr(host, ':') == NULL || inet_pton(AF_INET6, host, &address) == 1)
        return NULL;
    if (host[0] == '[')
        return "has brackets; write SERVICE@ADDRESS, without them and without a port";
    return "has a port; write SERVICE@HOST, which is on whatever port";
}

const char *tool_name_fault(const char *name)
{
    const char *fault = name_principal_fault(bytes_of_text(name));
    struct bytes service = name_service(bytes_of_text(name));

    if (fault != NULL)
        return fault;
    if (strpbrk(name, "*?!#") != NULL)
        return "has one of * ? ! # in it, which mean something else in a trust file";
    if (service.len < strlen(name) && (service.len == 0 || name_host(name) == NULL))
        return "has nothing before or after its @; write SERVICE@HOST";
    if (strchr(name, '/') != NULL)
        return "has a / in it; for a service, write SERVICE@HOST, like HTTP@web.example.org";
    if (strchr(name, '@') != strrchr(name, '@'))
        return "has two @; write SERVICE@HOST";
    if (name_host(name) != NULL)
        fault = host_fault(name_host(name));
    if (fault != NULL)
        return fault;
    if (keytype_by_ssh_name(bytes_of_text(name)) != NULL)
        return "is a key type's";
    return NULL;
}

/* Those that Debian's programs ask for, of IANA's "GSSAPI/Kerberos/SASL Service Names". */
bool tool_is_service(const char *name)
{
    static const char *const services[] = {"HTTP", "http", "host",     "ldap",    "imap",
                                           "smtp", "pop",  "sieve",    "nfs",     "cifs",
                                           "DNS",  "ftp",  "postgres", "mongodb", "xmpp",
                                           "irc",  "ipp",  "libvirt",  "vnc",     "afpserver"};
    struct bytes service = name_service(bytes_of_text(name));

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        if (name_host(name) != NULL && bytes_equal(service, bytes_of_text(services[i])))
            return true;
    return false;
}
