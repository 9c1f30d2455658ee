#include "show_cert.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "load/file.h"
#include "peer/name.h"
#include "peer/x509_cert.h"
#include "peer/x509_names.h"

#define SHOWN_MAX 512 /* certificates of one file: a distribution's bundle has 150 */

static bool print_san(void *arg, const char *kind, const char *text)
{
    bool *any = arg;

    printf("    %-12s %s ", *any ? "" : "names", kind);
    tool_print_text(bytes_of_text(text));
    putchar('\n');
    *any = true;
    return true;
}

static void print_sans(struct bytes der)
{
    bool any = false;

    (void)x509_each_san(der, print_san, &any);
    if (!any)
        puts("    names        none (no subject alternative name)");
}

static void print_name(const char *label, const char *name)
{
    printf("    %-12s ", label);
    tool_print_text(bytes_of_text(name[0] != '\0' ? name : "(empty)"));
    putchar('\n');
}

/* What a server would call a client that has it; a service's or a CA's need not name any. */
static void print_client_name(struct bytes der)
{
    enum name_kind kind;
    char *name = NULL;
    edhoc_err err;

    if (!x509_fits_purpose(der, X509_FOR_CLIENT))
        return;
    err = x509_client_name(der, &kind, &name);
    if (err == EDHOC_OK)
        print_name("as a client", name);
    else
        printf("    as a client  nobody: %s\n", report_details(err));
    free(name);
}

static void print_validity(struct bytes der)
{
    int64_t now = (int64_t)time(NULL), from, to;
    char text[TOOL_TIME];

    if (x509_validity(der, &from, &to) != EDHOC_OK)
        return;
    printf("    valid from   %s%s\n", tool_time(from, text), now < from ? " (not valid yet)" : "");
    printf("    valid until  %s%s\n", tool_time(to, text), now >= to ? " (expired)" : "");
}

static void print_purposes(struct bytes der)
{
    bool server = x509_fits_purpose(der, X509_FOR_SERVER);
    bool client = x509_fits_purpose(der, X509_FOR_CLIENT);

    printf("    good for     %s\n", server && client ? "a server, a client"
                                    : server         ? "a server"
                                    : client         ? "a client"
                                                     : "neither server nor client (a CA's?)");
}

/* An RSA key is no error here: the certificate may be a CA's. */
static void print_key(struct bytes der)
{
    struct key *key = NULL;
    edhoc_err err = key_from_certificate(der, &key);

    if (err == EDHOC_OK)
        printf("    key          %s, signatures\n", key_type(key)->name);
    else
        printf("    key          of no use but a CA's: %s\n", report_details(err));
    key_free(key);
}

bool show_is_certificate(struct bytes der)
{
    int64_t from, to;

    return der.len > 0 && der.p[0] == 0x30 && x509_validity(der, &from, &to) == EDHOC_OK;
}

edhoc_err show_certificate(struct bytes der)
{
    char *subject = x509_subject(der), *issuer = x509_issuer(der);
    uint8_t hash[32];
    edhoc_err err = subject != NULL && issuer != NULL ? crypto_sha256(der, hash) : EDHOC_ERR_NOMEM;

    if (err == EDHOC_OK) {
        print_name("subject", subject);
        print_name("issuer", issuer);
        print_sans(der);
        print_client_name(der);
        print_validity(der);
        print_purposes(der);
        print_key(der);
        printf("    SHA-256      ");
        tool_print_hex(bytes_of(hash, sizeof(hash)));
        putchar('\n');
    }
    free(subject);
    free(issuer);
    return err;
}

edhoc_err show_certificates(struct bytes pem, const char *path)
{
    struct buf *der = calloc(SHOWN_MAX, sizeof(*der));
    size_t count = 0;
    edhoc_err err = der != NULL ? x509_read_pem(pem, der, SHOWN_MAX, &count) : EDHOC_ERR_NOMEM;

    if (err == EDHOC_ERR_KEY_FORMAT)
        err = file_blame(err, path);
    for (size_t i = 0; i < count && err == EDHOC_OK; i++) {
        printf("%s: certificate %zu of %zu\n", path, i + 1, count);
        err = show_certificate(buf_bytes(&der[i]));
    }
    while (count > 0)
        buf_free(&der[--count]);
    free(der);
    return err;
}
