#include "peer/x509_store.h"

#include "base/report.h"
#include "crypto/failure.h"
#include "peer/verified.h"
#include "peer/x509_cert.h"
#include "peer/x509_crls.h"
#include "peer/x509_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define REMEMBERED_MAX 512 /* validated chains */

static edhoc_err add_crl(struct x509_store *s, X509_CRL *crl)
{
    if (X509_STORE_add_crl(s->store, crl) != 1)
        return crypto_failed("adding a CRL");
    return x509_crls_add(s->crls, crl);
}

static edhoc_err add_anchor(struct x509_store *s, X509 *x, const char *path, unsigned number)
{
    if (X509_check_ca(x) == 0)
        return crypto_lacked_memory()
                   ? EDHOC_ERR_NOMEM
                   : report(
                         EDHOC_ERR_KEY_FORMAT,
                         "%s: certificate %u is not a CA's; pin the key of a single peer in a trust "
                         "file instead",
                         path, number);
    return X509_STORE_add_cert(s->store, x) == 1 ? EDHOC_OK : crypto_failed("adding an anchor");
}

/* libcrypto reads on where it had no memory for a certificate's key, or for what it keeps about one, which is
 * then missing for ever. So what is not whole, and what failed, is read once more. */
static bool is_whole(const X509 *x)
{
    const EVP_PKEY *key = x != NULL ? X509_get0_pubkey(x) : NULL;

    return key != NULL && EVP_PKEY_get_security_bits(key) > 0;
}

static X509 *read_anchor(const uint8_t *der, long len)
{
    X509 *x = NULL;

    for (int i = 0; i < 2 && !is_whole(x); i++) {
        const uint8_t *p = der;

        X509_free(x);
        x = d2i_X509(NULL, &p, len);
        if (x == NULL || p != der + len) {
            X509_free(x);
            x = NULL;
        }
    }
    return x;
}

static X509_CRL *read_crl(const uint8_t *der, long len)
{
    X509_CRL *list = NULL;

    for (int i = 0; i < 2 && list == NULL; i++) {
        const uint8_t *p = der;

        list = d2i_X509_CRL(NULL, &p, len);
        if (list != NULL && p != der + len) {
            X509_CRL_free(list);
            list = NULL;
        }
    }
    return list;
}

/* Every entry of a PEM text must be of the kind asked for: one that is not would be a rule that the
 * administrator believes in and that nobody applies. */
static edhoc_err add_entry(struct x509_store *s, const char *name, const uint8_t *der, long len,
                           bool crl, const char *path, unsigned number)
{
    X509_CRL *list = NULL;
    X509 *x = NULL;
    edhoc_err err;

    if (crl && strcmp(name, PEM_STRING_X509_CRL) == 0 && (list = read_crl(der, len)) != NULL)
        err = add_crl(s, list);
    else if (!crl &&
             (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0) &&
             (x = read_anchor(der, len)) != NULL)
        err = add_anchor(s, x, path, number);
    else if (crypto_lacked_memory())
        err = EDHOC_ERR_NOMEM;
    else
        err = report(EDHOC_ERR_KEY_FORMAT,
                     "%s: entry %u (%.40s) is no valid %s; nothing else belongs in this file", path,
                     number, name, crl ? "CRL" : "certificate");
    X509_free(x);
    X509_CRL_free(list);
    return err;
}

static edhoc_err add_pem(struct x509_store *s, struct bytes pem, bool crl, const char *path)
{
    BIO *bio = BIO_new_mem_buf(pem.len > 0 ? pem.p : (const uint8_t *)"", (int)pem.len);
    edhoc_err err = bio == NULL ? EDHOC_ERR_NOMEM : EDHOC_OK;
    char *name, *header;
    unsigned number = 0;
    uint8_t *der;
    long len;

    while (err == EDHOC_OK && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
        err = add_entry(s, name, der, len, crl, path, ++number);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    if (err == EDHOC_OK && (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE ||
                            x509_pem_occurrences(pem, "BEGIN ") != number))
        err = crypto_lacked_memory()
                  ? EDHOC_ERR_NOMEM
                  : report(EDHOC_ERR_KEY_FORMAT,
                           "%s: entry %u is malformed PEM; restore the file from a copy", path,
                           number + 1);
    else if (err == EDHOC_OK && number == 0)
        err = report(EDHOC_ERR_KEY_FORMAT,
                     "%s: no %s in it; it is to be PEM, as openssl %s writes it", path,
                     crl ? "CRL" : "certificate", crl ? "crl" : "x509");
    BIO_free(bio);
    return err;
}

edhoc_err x509_store_new(struct bytes anchors, const char *anchors_path, struct bytes crls,
                         const char *crls_path, struct x509_store **out)
{
    struct x509_store *s = calloc(1, sizeof(*s));
    edhoc_err err = EDHOC_OK;

    *out = NULL;
    if (s == NULL)
        return EDHOC_ERR_NOMEM;
    atomic_init(&s->refs, 1);
    (void)ERR_set_mark();
    s->path = strdup(anchors_path);
    s->store = X509_STORE_new();
    if (s->path == NULL || s->store == NULL)
        err = EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK)
        err = verified_new(REMEMBERED_MAX, &s->verified);
    if (err == EDHOC_OK)
        err = x509_crls_new(&s->crls);
    if (err == EDHOC_OK)
        err = add_pem(s, anchors, false, anchors_path);
    if (err == EDHOC_OK && crls.len > 0)
        err = add_pem(s, crls, true, crls_path);
    (void)ERR_pop_to_mark();
    if (err == EDHOC_OK)
        *out = s;
    else
        x509_store_free(s);
    return err;
}

struct x509_store *x509_store_ref(struct x509_store *store)
{
    if (store != NULL)
        atomic_fetch_add(&store->refs, 1);
    return store;
}

void x509_store_free(struct x509_store *store)
{
    if (store == NULL || atomic_fetch_sub(&store->refs, 1) != 1)
        return;
    (void)ERR_set_mark(); /* OpenSSL 4 allocates here, and may have no memory to */
    X509_STORE_free(store->store);
    x509_crls_free(store->crls);
    (void)ERR_pop_to_mark();
    free(store->path);
    verified_free(store->verified);
    free(store);
}

const char *x509_store_path(const struct x509_store *store)
{
    return store->path;
}
