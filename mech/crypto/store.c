#include "crypto/store.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/key.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

struct asked {
    const char *passphrase; /* or NULL */
    bool used;
};

/* The only passphrase callback: answers with the one that was given. Never prompts: so where there is none,
 * it answers with nothing, as the PKCS#11 provider asks at the terminal where a callback refuses. */
static int passphrase_callback(char *to, int size, int rwflag, void *arg)
{
    struct asked *asked = arg;
    size_t len = asked->passphrase == NULL ? 0 : strlen(asked->passphrase);

    (void)rwflag;
    if (size < 0 || len > (size_t)size)
        return 0;
    if (len > 0)
        memcpy(to, asked->passphrase, len);
    asked->used = asked->passphrase != NULL;
    return (int)len;
}

/* Programs use a passphrase to check who is there: one that opened nothing proves nothing. */
static edhoc_err key_opened(EVP_PKEY *pkey, const struct asked *asked, bool dh, struct key **out)
{
    if (asked->passphrase != NULL && !asked->used)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "the key is not encrypted, so no passphrase is its own");
    return key_from_pkey(pkey, dh, out);
}

/* The first private key that the store hands out. */
static EVP_PKEY *first_private_key(OSSL_STORE_CTX *store)
{
    EVP_PKEY *pkey = NULL;

    (void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (pkey == NULL && OSSL_STORE_eof(store) == 0) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info == NULL && OSSL_STORE_error(store) != 0)
            break;
        if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            pkey = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    return pkey;
}

edhoc_err key_from_uri(const char *uri, const char *passphrase, bool dh, struct key **out)
{
    struct asked asked = {passphrase, false};
    OSSL_STORE_CTX *store = NULL;
    EVP_PKEY *pkey = NULL;
    UI_METHOD *ui;
    edhoc_err err;

    *out = NULL;
    (void)ERR_set_mark();
    ui = UI_UTIL_wrap_read_pem_callback(passphrase_callback, 0);
    if (ui != NULL)
        store = OSSL_STORE_open_ex(uri, NULL, NULL, ui, &asked, NULL, NULL, NULL);
    if (store != NULL)
        pkey = first_private_key(store);
    if (pkey != NULL)
        err = key_opened(pkey, &asked, dh, out);
    else if (crypto_lacked_memory())
        err = EDHOC_ERR_NOMEM;
    else
        err = report(EDHOC_ERR_KEY_FORMAT,
                     "OpenSSL's providers here open no private key by this URI: is the one for it "
                     "activated in openssl.cnf, and its PIN or passphrase right?");
    EVP_PKEY_free(pkey);
    (void)OSSL_STORE_close(store);
    UI_destroy_method(ui);
    (void)ERR_pop_to_mark();
    return err;
}

edhoc_err key_from_providers_pem(struct bytes pem, const char *passphrase, bool dh,
                                 struct key **out)
{
    struct asked asked = {passphrase, false};
    EVP_PKEY *pkey = NULL;
    edhoc_err err;
    BIO *bio;

    *out = NULL;
    (void)ERR_set_mark();
    bio = BIO_new_mem_buf(pem.p, (int)pem.len);
    if (bio != NULL)
        pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, passphrase_callback, &asked, NULL, NULL);
    if (pkey != NULL)
        err = key_opened(pkey, &asked, dh, out);
    else if (crypto_lacked_memory())
        err = EDHOC_ERR_NOMEM;
    else
        err = report(EDHOC_ERR_KEY_FORMAT,
                     "a PEM private key of a form that OpenSSL's providers here do not open");
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    (void)ERR_pop_to_mark();
    return err;
}
