#include "crypto/pem.h"

#include "base/base64.h"
#include "base/bytes.h"
#include "base/report.h"
#include "crypto/failure.h"
#include "crypto/key.h"
#include "crypto/key_inside.h"
#include "crypto/private_der.h"
#include "crypto/store.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#define PEM_MAX     65536 /* characters between BEGIN and END */
#define HEADERS_MAX 512

/* ---- the text ---- */

/* Views of the text. */
struct block {
    struct bytes label; /* "PRIVATE KEY" */
    struct bytes
        headers;       /* "Proc-Type: 4,ENCRYPTED" and so on, where RFC 1421's encryption is used */
    struct bytes body; /* base64 */
};

/* What stands before `mark`; the text is then what follows the mark. */
static bool take_until(struct bytes *text, const char *mark, struct bytes *before)
{
    size_t len = strlen(mark);
    const uint8_t *at = text->len > 0 ? memmem(text->p, text->len, mark, len) : NULL;

    if (at == NULL)
        return false;
    *before = bytes_of(text->p, (size_t)(at - text->p));
    *text = bytes_of(at + len, text->len - before->len - len);
    return true;
}

/* Only headers have colons, and an empty line ends them. */
static void split_headers(struct block *b)
{
    struct bytes rest = b->body, before, headers;

    while (rest.len > 0 && (*rest.p == '\r' || *rest.p == '\n'))
        rest = bytes_of(rest.p + 1, rest.len - 1);
    headers = rest;
    if (!take_until(&rest, ":", &before))
        return;
    rest = headers;
    if (!take_until(&rest, "\n\n", &before)) {
        rest = headers;
        if (!take_until(&rest, "\n\r\n", &before))
            return;
    }
    b->headers = bytes_of(before.p, before.len + 1); /* with the end of its last line */
    b->body = rest;
}

static bool next_block(struct bytes *text, struct block *b)
{
    struct bytes before, label;

    *b = (struct block){.headers = BYTES_NONE};
    if (!take_until(text, "-----BEGIN ", &before) || !take_until(text, "-----", &b->label) ||
        !take_until(text, "-----END ", &b->body) || !take_until(text, "-----", &label) ||
        !bytes_equal(label, b->label))
        return false;
    split_headers(b);
    return true;
}

static bool is_labelled(const struct block *b, const char *label)
{
    return bytes_equal(b->label, bytes_of_text(label));
}

static bool is_private_key(const struct block *b)
{
    const struct bytes end = BYTES_LITERAL("PRIVATE KEY");

    return b->label.len >= end.len &&
           bytes_equal(bytes_of(b->label.p + b->label.len - end.len, end.len), end);
}

static edhoc_err decode(struct bytes body, struct buf *der)
{
    struct buf text = buf_new(PEM_MAX);
    edhoc_err err;

    for (size_t i = 0; i < body.len; i++)
        if (body.p[i] != ' ' && body.p[i] != '\t' && body.p[i] != '\r' && body.p[i] != '\n')
            buf_put_byte(&text, body.p[i]);
    err = buf_err(&text);
    if (err == EDHOC_OK && !base64_read(buf_bytes(&text), der))
        err = buf_err(der) != EDHOC_OK
                  ? buf_err(der)
                  : report(EDHOC_ERR_KEY_FORMAT, "what its PEM private key has is not base64");
    buf_free(&text);
    return err;
}

/* ---- keys ---- */

static edhoc_err not_opened(void)
{
    return report(EDHOC_ERR_KEY_FORMAT, "no PEM private key in it that this passphrase opens");
}

/* Never prompts. */
static int passphrase_callback(char *to, int size, int rwflag, void *passphrase)
{
    size_t len = strlen(passphrase);

    (void)rwflag;
    if (size < 0 || len > (size_t)size)
        return -1;
    /* Told by its length. NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
    memcpy(to, passphrase, len);
    return (int)len;
}

/* RFC 1421's encryption, by which SEC 1 keys used to be written: decrypts in place. */
static edhoc_err decrypt(const struct block *b, const char *passphrase, struct buf *der)
{
    void *arg = (void *)(uintptr_t)passphrase; /* only read */
    char headers[HEADERS_MAX] = "";
    EVP_CIPHER_INFO cipher;
    long len = (long)der->len;
    edhoc_err err = EDHOC_OK;

    if (b->headers.len >= sizeof(headers))
        return report(EDHOC_ERR_KEY_FORMAT, "headers of more than %zu bytes", sizeof(headers));
    memcpy(headers, b->headers.p, b->headers.len);
    (void)ERR_set_mark();
    if (PEM_get_EVP_CIPHER_INFO(headers, &cipher) != 1 ||
        PEM_do_header(&cipher, der->p, &len, passphrase_callback, arg) != 1 ||
        !der_is_sequence(bytes_of(der->p, (size_t)len)))
        err = crypto_lacked_memory() ? EDHOC_ERR_NOMEM : not_opened();
    else
        der->len = (size_t)len;
    (void)ERR_pop_to_mark();
    return err;
}

static edhoc_err key_of_block(const struct block *b, const char *passphrase, bool dh,
                              struct key **out)
{
    struct buf der = buf_new(PEM_MAX);
    edhoc_err err = decode(b->body, &der);

    if (err == EDHOC_OK && b->headers.len > 0)
        err = decrypt(b, passphrase, &der);
    if (err != EDHOC_OK)
        ;
    else if (is_labelled(b, "EC PRIVATE KEY"))
        err = key_from_sec1(buf_bytes(&der), dh, out);
    else if (is_labelled(b, "ENCRYPTED PRIVATE KEY"))
        err = key_from_encrypted_pkcs8(buf_bytes(&der), passphrase, dh, out);
    else
        err = key_from_pkcs8(buf_bytes(&der), dh, out);
    buf_free(&der);
    return err == EDHOC_ERR_DECRYPT ? not_opened() : err;
}

/* Programs use a passphrase to check who is there: one that opened nothing proves nothing. */
static edhoc_err check_passphrase(const struct block *b, const char *passphrase)
{
    bool encrypted = b->headers.len > 0 || is_labelled(b, "ENCRYPTED PRIVATE KEY");

    if (encrypted && passphrase == NULL)
        return report(EDHOC_ERR_KEY_FORMAT, "an encrypted PEM private key, which needs the "
                                            "passphrase of gss_acquire_cred_with_password");
    if (!encrypted && passphrase != NULL)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "the key is not encrypted, so no passphrase is its own");
    return EDHOC_OK;
}

static bool is_read_here(const struct block *b)
{
    return is_labelled(b, "PRIVATE KEY") || is_labelled(b, "ENCRYPTED PRIVATE KEY") ||
           is_labelled(b, "EC PRIVATE KEY");
}

edhoc_err key_from_pem(struct bytes pem, const char *passphrase, bool dh, struct key **out)
{
    struct bytes rest = pem;
    struct block b;
    edhoc_err err;

    *out = NULL;
    do
        if (!next_block(&rest, &b))
            return report(EDHOC_ERR_KEY_FORMAT, "no PEM private key in it");
    while (!is_private_key(&b));
    if (is_labelled(&b, "RSA PRIVATE KEY"))
        return key_of_no_use("RSA");
    if (!is_read_here(&b))
        return key_from_providers_pem(pem, passphrase, dh, out);
    err = check_passphrase(&b, passphrase);
    return err == EDHOC_OK ? key_of_block(&b, passphrase, dh, out) : err;
}

/* PBES2 with AES-256 and PBKDF2 over HMAC-SHA-256, as `openssl pkcs8 -topk8` writes it, but slower to
 * guess. */
#define PBKDF2_ROUNDS 600000

static bool write_encrypted(BIO *bio, EVP_PKEY *pkey, const char *passphrase)
{
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(pkey);
    X509_SIG *sealed = NULL;
    bool ok;

    if (plain != NULL)
        sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), passphrase, (int)strlen(passphrase), NULL, 0,
                               PBKDF2_ROUNDS, plain);
    ok = sealed != NULL && PEM_write_bio_PKCS8(bio, sealed) == 1;
    PKCS8_PRIV_KEY_INFO_free(plain);
    X509_SIG_free(sealed);
    return ok;
}

static bool write_plain(BIO *bio, EVP_PKEY *pkey, const char *passphrase)
{
    (void)passphrase;
    return PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
}

edhoc_err key_to_pem(const struct key *k, const char *passphrase, struct buf *out)
{
    edhoc_err err = EDHOC_OK;
    const uint8_t *p;
    BIO *bio;
    long len;

    (void)ERR_set_mark();
    bio = BIO_new(BIO_s_secmem());
    if (bio == NULL || k->sign != NULL ||
        !(passphrase != NULL ? write_encrypted : write_plain)(bio, k->pkey, passphrase))
        err = crypto_failed("writing a private key");
    if (err == EDHOC_OK) {
        len = BIO_get_mem_data(bio, (char **)(uintptr_t)&p);
        buf_put(out, bytes_of(p, (size_t)len));
        err = buf_err(out);
    }
    BIO_free(bio);
    (void)ERR_pop_to_mark();
    return err;
}
