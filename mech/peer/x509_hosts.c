#include "peer/x509_hosts.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/report.h"
#include "crypto/cert.h"
#include "crypto/failure.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* One name, as it stands in the certificate. */
struct host {
    uint8_t *p; /* a DNS name, or the 4 or 16 bytes of an address */
    size_t len;
    bool address, wildcard;
};

struct x509_hosts {
    size_t len;
    struct host host[];
};

/* ---- what is kept ---- */

/* "*." before two labels at least, each of letters, digits and hyphens inside: of all other names
 * with an asterisk, no host is one. */
static bool is_wildcard(const uint8_t *p, size_t len)
{
    size_t dots = 0;
    uint8_t before = '.';

    if (len < 2 || p[0] != '*' || p[1] != '.')
        return false;
    for (size_t i = 2; i < len; i++) {
        bool sign = p[i] == '.' || p[i] == '-', outside = before == '.' || p[i] == '.';

        if (!sign && !ascii_is_letter((char)p[i]) && !ascii_is_digit((char)p[i]))
            return false;
        if (sign && outside && (before == '.' || before == '-'))
            return false;
        dots += p[i] == '.';
        before = p[i];
    }
    return dots > 0 && before != '.' && before != '-';
}

/* False when memory ran out. */
static bool keep(const GENERAL_NAME *san, struct x509_hosts *h)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(san, &type);
    struct host *host = &h->host[h->len];

    if (type != GEN_DNS && type != GEN_IPADD)
        return true;
    if (ASN1_STRING_length(value) <= 0)
        return true;
    host->len = (size_t)ASN1_STRING_length(value);
    host->p = malloc(host->len);
    if (host->p == NULL)
        return false;
    memcpy(host->p, ASN1_STRING_get0_data(value), host->len);
    host->address = type == GEN_IPADD;
    host->wildcard = !host->address && is_wildcard(host->p, host->len);
    h->len++;
    return true;
}

void x509_hosts_free(struct x509_hosts *h)
{
    if (h == NULL)
        return;
    while (h->len > 0)
        free(h->host[--h->len].p);
    free(h);
}

edhoc_err x509_hosts_new(struct bytes certificate, struct x509_hosts **out)
{
    X509 *x;
    GENERAL_NAMES *sans = NULL;
    struct x509_hosts *h = NULL;
    edhoc_err err = x509_parse(certificate, &x);
    int count;

    *out = NULL;
    if (err == EDHOC_ERR_CRED_BAD)
        err = report(err, "not a certificate");
    if (err != EDHOC_OK)
        return err;
    (void)ERR_set_mark();
    sans = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    if (sans == NULL && crypto_lacked_memory())
        err = EDHOC_ERR_NOMEM;
    (void)ERR_pop_to_mark();
    X509_free(x);
    count = sans != NULL ? sk_GENERAL_NAME_num(sans) : 0;
    h = calloc(1, sizeof(*h) + (size_t)count * sizeof(h->host[0]));
    if (h == NULL)
        err = EDHOC_ERR_NOMEM;
    for (int i = 0; i < count && err == EDHOC_OK; i++)
        err = keep(sk_GENERAL_NAME_value(sans, i), h) ? EDHOC_OK : EDHOC_ERR_NOMEM;
    GENERAL_NAMES_free(sans);
    if (err == EDHOC_OK)
        *out = h;
    else
        x509_hosts_free(h);
    return err;
}

/* ---- is it one of them? ---- */

/* One whole label of the host in place of the asterisk. */
static bool matches_wildcard(const struct host *pattern, const char *host, size_t len)
{
    size_t label = strcspn(host, "."), rest = pattern->len - 1;

    if (label == 0 || len - label != rest)
        return false;
    for (size_t i = 0; i < label; i++)
        if (host[i] != '-' && !ascii_is_letter(host[i]) && !ascii_is_digit(host[i]))
            return false;
    return ascii_equal_folded_n(pattern->p + 1, (const unsigned char *)host + label, rest);
}

static bool names_dns(const struct host *h, const char *host, size_t len)
{
    if (h->address)
        return false;
    if (h->wildcard)
        return matches_wildcard(h, host, len);
    return h->len == len && ascii_equal_folded_n(h->p, (const unsigned char *)host, len);
}

static bool has_dns(const struct x509_hosts *h, const char *host)
{
    size_t len = strlen(host);

    for (size_t i = 0; i < h->len; i++)
        if (names_dns(&h->host[i], host, len))
            return true;
    return false;
}

static bool has_address(const struct x509_hosts *h, const ASN1_OCTET_STRING *ip)
{
    struct bytes wanted = bytes_of(ASN1_STRING_get0_data(ip), (size_t)ASN1_STRING_length(ip));

    for (size_t i = 0; i < h->len; i++)
        if (h->host[i].address && bytes_equal(bytes_of(h->host[i].p, h->host[i].len), wanted))
            return true;
    return false;
}

/* Addresses alone end in a digit or have a colon. */
static bool may_be_address(const char *host)
{
    return ascii_is_digit(host[strlen(host) - 1]) || strchr(host, ':') != NULL;
}

bool x509_hosts_have(const struct x509_hosts *h, const char *host)
{
    ASN1_OCTET_STRING *ip = NULL;
    bool have;

    if (host[0] == '\0' || host[0] == '.')
        return false;
    if (may_be_address(host)) {
        (void)ERR_set_mark();
        ip = a2i_IPADDRESS(host);
        (void)ERR_pop_to_mark();
    }
    have = ip != NULL ? has_address(h, ip) : has_dns(h, host);
    ASN1_OCTET_STRING_free(ip);
    return have;
}
