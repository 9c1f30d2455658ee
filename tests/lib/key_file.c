#include "key_file.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "errors.h"
#include "keep.h"

const char *const key_file_types[KEY_FILE_TYPES] = {"x25519",  "x448",  "p256dh", "p384dh",
                                                    "ed25519", "ed448", "p256",   "p384"};

bool key_file_has_form(const struct keytype *type, enum key_form form)
{
    return type->kty == KTY_EC2 || form == PKCS8 || form == PKCS8_ENCRYPTED;
}

/* The raw private key of a fresh EVP_PKEY. */
static struct bytes raw_private(EVP_PKEY *pkey, const struct keytype *type)
{
    uint8_t raw[COORDINATE_MAX];
    size_t len = sizeof(raw);
    BIGNUM *scalar = NULL;

    if (type->kty == KTY_OKP) {
        must(EVP_PKEY_get_raw_private_key(pkey, raw, &len) == 1);
    } else {
        len = type->coordinate;
        must(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1);
        must(BN_bn2binpad(scalar, raw, (int)len) == (int)len);
        BN_clear_free(scalar);
    }
    return keep(raw, len);
}

static struct bytes write_pem(EVP_PKEY *pkey, enum key_form form, const char *passphrase)
{
    const EVP_CIPHER *cipher = form == PKCS8_ENCRYPTED || form == SEC1_ENCRYPTED ? EVP_aes_256_cbc()
                                                                                 : NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    void *arg = (void *)(uintptr_t)passphrase; /* only read */
    struct bytes pem;
    char *p;
    long len;

    if (form == PKCS8 || form == PKCS8_ENCRYPTED)
        must(PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, arg, (int)strlen(passphrase), NULL,
                                           NULL) == 1);
    else
        must(PEM_write_bio_PrivateKey_traditional(bio, pkey, cipher, arg, (int)strlen(passphrase),
                                                  NULL, NULL) == 1);
    len = BIO_get_mem_data(bio, &p);
    pem = keep(p, (size_t)len);
    BIO_free(bio);
    return pem;
}

struct key_file key_file_new(const struct keytype *type, enum key_form form, const char *passphrase)
{
    EVP_PKEY *pkey = type->ossl_group != NULL
                         ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", type->ossl_group)
                         : EVP_PKEY_Q_keygen(NULL, NULL, type->ossl_name);
    struct key_file file = {.raw = raw_private(pkey, type),
                            .text = write_pem(pkey, form, passphrase)};

    EVP_PKEY_free(pkey);
    return file;
}

const struct key_file_openssh key_file_openssh[KEY_FILE_OPENSSH] = {
    {"cf4d39d068113813374f3979945e048c1c97501d060615c940b30bb1670609a6",
     "-----BEGIN OPENSSH PRIVATE KEY-----\n"
     "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
     "QyNTUxOQAAACDtQhI+PfBuo5h1o5Nf2G5hsLzvV5z7BEYqWq2pLuIm/wAAAJA5wDv4OcA7\n"
     "+AAAAAtzc2gtZWQyNTUxOQAAACDtQhI+PfBuo5h1o5Nf2G5hsLzvV5z7BEYqWq2pLuIm/w\n"
     "AAAEDPTTnQaBE4EzdPOXmUXgSMHJdQHQYGFclAswuxZwYJpu1CEj498G6jmHWjk1/YbmGw\n"
     "vO9XnPsERiparaku4ib/AAAABm1lbW9yeQECAwQFBgc=\n"
     "-----END OPENSSH PRIVATE KEY-----\n"},
    {"5b2643b0f5a30d39d21fdc3f1afe2c58755398b84a1cf6800316eaaf2da0a76d",
     "-----BEGIN OPENSSH PRIVATE KEY-----\n"
     "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n"
     "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQRDQsSG8q4JlBvBd5/9yGb4xRwt2aKP\n"
     "KQR6k4OR/qf+Tegv8W8io8eObFW9w2cum4NC5r89XW3FKyE6b6cXIxCBAAAAoJX1boWV9W\n"
     "6FAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBENCxIbyrgmUG8F3\n"
     "n/3IZvjFHC3Zoo8pBHqTg5H+p/5N6C/xbyKjx45sVb3DZy6bg0Lmvz1dbcUrITpvpxcjEI\n"
     "EAAAAgWyZDsPWjDTnSH9w/Gv4sWHVTmLhKHPaAAxbqry2gp20AAAAGbWVtb3J5AQI=\n"
     "-----END OPENSSH PRIVATE KEY-----\n"},
};
