/* One private key file and the FILE.pub beside it. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "place.h"
#include "trust_file.h"

static bool contains(struct bytes text, const char *what)
{
    return text.len > 0 && memmem(text.p, text.len, what, strlen(what)) != NULL;
}

/* What PEM can hold that this version does not use. */
static edhoc_err check_contents(struct bytes pem, const char *path)
{
    if (pem.len == 0)
        return report(EDHOC_ERR_KEY_FORMAT, "%s: the file is empty", path);
    if (contains(pem, "-----BEGIN OPENSSH PRIVATE KEY-----"))
        return report(EDHOC_ERR_KEY_FORMAT,
                      "%s: OpenSSH's private key format is not supported by this version; make a "
                      "key with `gss-edhoc keygen`",
                      path);
    if (contains(pem, "-----BEGIN CERTIFICATE-----"))
        return load_without_x509(path);
    if (!contains(pem, "PRIVATE KEY-----"))
        return report(EDHOC_ERR_KEY_FORMAT, "%s: no PEM private key in it", path);
    return EDHOC_OK;
}

/* EDHOC_ERR_NO_IDENTITY where there is no file at all. */
static edhoc_err read_private(const char *path, struct buf *pem)
{
    bool missing;
    edhoc_err err = file_read(path, FILE_SECRET, IDENTITY_FILE_MAX, &missing, pem);

    if (err == EDHOC_OK && missing)
        return report(EDHOC_ERR_NO_IDENTITY,
                      "%s does not exist; make a key with: gss-edhoc keygen -o %s NAME", path,
                      path);
    return err == EDHOC_OK ? check_contents(buf_bytes(pem), path) : err;
}

static edhoc_err read_public(const char *path, struct trust_line **pub)
{
    char *name;
    edhoc_err err;

    *pub = NULL;
    if (asprintf(&name, "%s.pub", path) < 0)
        return EDHOC_ERR_NOMEM;
    err = trust_pub_read(name, pub);
    free(name);
    return err;
}

static bool same_key(const struct key *a, const struct key *b)
{
    return key_type(a) == key_type(b) && bytes_equal(key_x(a), key_x(b)) &&
           bytes_equal(key_y(a), key_y(b));
}

/* `pub` may be NULL: then P-256 and P-384 keys sign. */
static edhoc_err read_key(struct bytes pem, const char *passphrase, const char *path,
                          const struct trust_line *pub, struct key **key)
{
    bool dh = pub != NULL && key_type(cred_key(pub->cred))->dh;
    edhoc_err err = key_from_pem(pem, passphrase, dh, key);

    if (err == EDHOC_ERR_KEY_FORMAT)
        return file_blame(err, path);
    if (err == EDHOC_OK && pub != NULL && !same_key(*key, cred_key(pub->cred)))
        return report(EDHOC_ERR_KEY_FORMAT,
                      "%s.pub is not the public half of %s; replace it by the line that "
                      "`gss-edhoc show` prints for the key, or remove it",
                      path, path);
    return err;
}

static edhoc_err make_identity(struct key *key, const struct trust_line *pub, const char *path,
                               struct identity **out)
{
    edhoc_err err = identity_new_raw(key, pub != NULL ? pub->principals : NULL, path, out);

    /* What the peer's copy of this line will say of our credential's end, we know as well. */
    if (err == EDHOC_OK && pub != NULL)
        (*out)->expires = pub->valid_before;
    return err;
}

edhoc_err load_identity_file(const char *where, const char *passphrase, struct identity **out)
{
    struct buf pem = buf_new(0);
    struct trust_line *pub = NULL;
    struct key *key = NULL;
    const char *path;
    edhoc_err err = place_path(where, &path);

    *out = NULL;
    if (err == EDHOC_OK)
        err = read_private(path, &pem);
    if (err == EDHOC_OK)
        err = read_public(path, &pub);
    if (err == EDHOC_OK)
        err = read_key(buf_bytes(&pem), passphrase, path, pub, &key);
    if (err == EDHOC_OK)
        err = make_identity(key, pub, path, out);
    key_free(key);
    trust_line_free(pub);
    buf_free(&pem);
    return err;
}
