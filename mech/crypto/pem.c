#include "crypto/pem.h"

#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/key.h"
#include "crypto/key_inside.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

struct asked {
    const char *passphrase; /* or NULL */
    bool used;
};

/* The only passphrase callback: answers with the one that was given, or refuses. Never prompts. */
static int passphrase_callback(char *to, int size, int rwflag, void *arg)
{
    struct asked *asked = arg;
    size_t len = asked->passphrase == NULL ? 0 : strlen(asked->passphrase);

    (void)rwflag;
    if (asked->passphrase == NULL || size < 0 || len > (size_t)size)
        return -1;
    memcpy(to, asked->passphrase, len);
    asked->used = true;
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

edhoc_err key_from_pem(struct bytes pem, const char *passphrase, bool dh, struct key **out)
{
    BIO *bio = BIO_new_mem_buf(pem.len > 0 ? pem.p : (const uint8_t *)"", (int)pem.len);
    struct asked asked = {passphrase, false};
    EVP_PKEY *pkey = NULL;
    edhoc_err err;

    *out = NULL;
    if (bio == NULL)
        return EDHOC_ERR_NOMEM;
    pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, passphrase_callback, &asked, NULL, NULL);
    if (pkey != NULL)
        err = key_opened(pkey, &asked, dh, out);
    else
        err = report(EDHOC_ERR_KEY_FORMAT,
                     passphrase == NULL
                         ? "no unencrypted PEM private key in it (an encrypted one needs the "
                           "passphrase of gss_acquire_cred_with_password)"
                         : "no PEM private key in it that this passphrase opens");
    crypto_forget_errors();
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    return err;
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
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(passphrase_callback, 0);
    struct asked asked = {passphrase, false};
    OSSL_STORE_CTX *store = NULL;
    EVP_PKEY *pkey = NULL;
    edhoc_err err;

    *out = NULL;
    if (ui == NULL)
        return EDHOC_ERR_NOMEM;
    store = OSSL_STORE_open_ex(uri, NULL, NULL, ui, &asked, NULL, NULL, NULL);
    if (store != NULL)
        pkey = first_private_key(store);
    if (pkey != NULL)
        err = key_opened(pkey, &asked, dh, out);
    else
        err = report(EDHOC_ERR_KEY_FORMAT,
                     "%.200s: OpenSSL's providers here open no private key by "
                     "this URI",
                     uri);
    crypto_forget_errors();
    EVP_PKEY_free(pkey);
    (void)OSSL_STORE_close(store);
    UI_destroy_method(ui);
    return err;
}

edhoc_err key_to_pem(const struct key *k, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    edhoc_err err = EDHOC_OK;
    const uint8_t *p;
    long len;

    if (bio == NULL || k->sign != NULL ||
        PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) != 1)
        err = crypto_failed("writing a private key");
    if (err == EDHOC_OK) {
        len = BIO_get_mem_data(bio, (char **)(uintptr_t)&p);
        buf_put(out, bytes_of(p, (size_t)len));
        err = buf_err(out);
    }
    BIO_free(bio);
    return err;
}
