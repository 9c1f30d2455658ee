#include "peer/x509_names.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/cert.h"
#include "peer/name.h"
#include "peer/x509_cert.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

bool x509_names_host(struct bytes certificate, const char *host)
{
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    X509 *x = NULL;
    ASN1_OCTET_STRING *ip;
    bool names = false;

    if (host[0] == '\0' || host[0] == '.' || x509_parse(certificate, &x) != EDHOC_OK)
        return false;
    (void)ERR_set_mark();
    ip = a2i_IPADDRESS(host);
    /* An IP literal is matched by iPAddress alone, all else by dNSName. */
    if (ip != NULL)
        names = X509_check_ip(x, ASN1_STRING_get0_data(ip), (size_t)ASN1_STRING_length(ip), 0) == 1;
    else
        names = X509_check_host(x, host, strlen(host), flags, NULL) == 1;
    ASN1_OCTET_STRING_free(ip);
    X509_free(x);
    (void)ERR_pop_to_mark();
    return names;
}

/* An ASN.1 string as UTF-8 text; NULL when it has NULs or does not convert. */
static char *string_text(const ASN1_STRING *s)
{
    unsigned char *utf8 = NULL;
    int len = s != NULL ? ASN1_STRING_to_UTF8(&utf8, s) : -1;
    char *text = NULL;

    if (len > 0 && memchr(utf8, 0, (size_t)len) == NULL)
        text = strndup((const char *)utf8, (size_t)len);
    OPENSSL_free(utf8);
    return text;
}

static char *ip_text(const ASN1_OCTET_STRING *ip)
{
    int family = ASN1_STRING_length(ip) == 4 ? AF_INET : AF_INET6;
    char text[INET6_ADDRSTRLEN] = "";

    if (ASN1_STRING_length(ip) != 4 && ASN1_STRING_length(ip) != 16)
        return NULL;
    return inet_ntop(family, ASN1_STRING_get0_data(ip), text, sizeof(text)) != NULL ? strdup(text)
                                                                                    : NULL;
}

const ASN1_STRING *x509_upn(const GENERAL_NAME *san)
{
    int type;
    const OTHERNAME *other = GENERAL_NAME_get0_value(san, &type);

    if (type != GEN_OTHERNAME || OBJ_obj2nid(other->type_id) != NID_ms_upn ||
        other->value->type != V_ASN1_UTF8STRING)
        return NULL;
    return other->value->value.utf8string;
}

/* A SAN's kind ("dns", ...) and text; kind NULL for those that mean nothing here. */
static char *san_text(const GENERAL_NAME *san, const char **kind)
{
    int type;
    const void *value = GENERAL_NAME_get0_value(san, &type);

    *kind = NULL;
    switch (type) {
    case GEN_DNS:
        *kind = "dns";
        return string_text(value);
    case GEN_EMAIL:
        *kind = "email";
        return string_text(value);
    case GEN_URI:
        *kind = "uri";
        return string_text(value);
    case GEN_IPADD:
        *kind = "ip";
        return ip_text(value);
    default:
        if (x509_upn(san) == NULL)
            return NULL;
        *kind = "upn";
        return string_text(x509_upn(san));
    }
}

static bool each_of(const GENERAL_NAMES *sans,
                    bool (*each)(void *arg, const char *kind, const char *text), void *arg)
{
    bool more = true, all = true;

    for (int i = 0; more && i < sk_GENERAL_NAME_num(sans); i++) {
        const char *kind;
        char *text = san_text(sk_GENERAL_NAME_value(sans, i), &kind);

        if (text == NULL && kind != NULL) /* perhaps for want of memory: it is asked again */
            text = san_text(sk_GENERAL_NAME_value(sans, i), &kind);
        if (text != NULL)
            more = each(arg, kind, text);
        else if (kind != NULL)
            all = false;
        free(text);
    }
    return all;
}

bool x509_each_san(struct bytes certificate,
                   bool (*each)(void *arg, const char *kind, const char *text), void *arg)
{
    GENERAL_NAMES *sans;
    int found = 0;
    X509 *x;
    bool all;

    if (x509_parse(certificate, &x) != EDHOC_OK)
        return false;
    (void)ERR_set_mark();
    sans = X509_get_ext_d2i(x, NID_subject_alt_name, &found, NULL);
    all = (sans != NULL || found == -1) && each_of(sans, each, arg);
    GENERAL_NAMES_free(sans);
    X509_free(x);
    (void)ERR_pop_to_mark();
    return all;
}

static bool take_first_host(void *arg, const char *kind, const char *text)
{
    char **host = arg;

    if (strcmp(kind, "dns") != 0)
        return true;
    *host = strdup(text);
    return false;
}

char *x509_first_host(struct bytes certificate)
{
    char *host = NULL;

    (void)x509_each_san(certificate, take_first_host, &host);
    return host;
}

/* ---- what a client is called ---- */

/* The first of each kind, in the order in which they are preferred. */
enum { FIRST_UPN, FIRST_EMAIL, FIRST_DNS, FIRSTS };
static const char *const first_kinds[FIRSTS] = {"upn", "email", "dns"};

struct firsts {
    char *text[FIRSTS];
    bool nomem;
};

static bool take_firsts(void *arg, const char *kind, const char *text)
{
    struct firsts *firsts = arg;
    size_t i = 0;

    while (i < FIRSTS && strcmp(kind, first_kinds[i]) != 0)
        i++;
    if (i == FIRSTS || firsts->text[i] != NULL || (i == FIRST_DNS && strchr(text, '*') != NULL))
        return true;
    firsts->text[i] = strdup(text);
    firsts->nomem = firsts->text[i] == NULL;
    return !firsts->nomem;
}

/* As it stands in the certificate, for free(). */
static edhoc_err first_name(struct bytes certificate, enum name_kind *kind, char **text)
{
    struct firsts firsts = {{NULL}, false};
    edhoc_err err = x509_each_san(certificate, take_firsts, &firsts)
                        ? EDHOC_OK
                        : report(EDHOC_ERR_CRED_BAD,
                                 "a subject alternative name in the certificate is malformed");
    size_t i = 0;

    while (i < FIRSTS && firsts.text[i] == NULL)
        i++;
    *kind = i < FIRST_DNS ? NAME_USER : i == FIRST_DNS ? NAME_SERVICE : NAME_SUBJECT;
    *text = i < FIRSTS ? firsts.text[i] : x509_subject(certificate);
    for (size_t k = i + 1; k < FIRSTS; k++)
        free(firsts.text[k]);
    return firsts.nomem || *text == NULL ? EDHOC_ERR_NOMEM : err;
}

/* What name constraints would not see: the host they exclude with a dot after it, the address they exclude
 * where it stands as a host. */
static bool hides(const char *host)
{
    uint8_t address[16];

    return host[strlen(host) - 1] == '.' || inet_pton(AF_INET, host, address) == 1 ||
           inet_pton(AF_INET6, host, address) == 1;
}

edhoc_err x509_client_name(struct bytes certificate, enum name_kind *kind, char **name)
{
    char *text;
    edhoc_err err = first_name(certificate, kind, &text);

    *name = NULL;
    if (err != EDHOC_OK)
        ; /* told */
    else if (*text == '\0')
        err = report(EDHOC_ERR_NO_PEER_NAME, "the certificate has no SAN of use and no subject");
    else if ((*kind == NAME_USER && strchr(text, '@') == NULL) ||
             (*kind == NAME_SERVICE && hides(text)))
        err = EDHOC_ERR_NAME;
    else if (*kind == NAME_SERVICE)
        err = name_of_host(text, name);
    else
        err = name_canonical(*kind, bytes_of_text(text), name);
    if (err == EDHOC_ERR_NAME)
        err = report(EDHOC_ERR_CRED_BAD, "the name \"%.100s\" in the certificate is malformed",
                     text);
    free(text);
    return err;
}
