#include "load/identity_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "crypto/ssh_blob.h"
#include "crypto/store.h"
#include "edhoc/cred.h"
#include "load/agent.h"
#include "load/file.h"
#include "load/openssh_key.h"
#include "load/place.h"
#include "load/ssh_cert_file.h"
#include "load/trust_file.h"
#include "peer/trust_line.h"
#include "peer/identity.h"
#include "peer/trust.h"
#include "peer/x509_cert.h"

#define CHAIN_FILE_MAX (1u << 20)  /* bytes of a certificate chain in PEM */
#define CERTIFIED      "-cert.pub" /* behind the name of a key's file */

/* What an identity is made of, as far as it has been found. */
struct parts {
    const char *source; /* the path or URI, for messages */
    const char *uri;    /* the whole of it where it is a URI, or NULL */
    char *told;         /* and what is told of that, for `source` */
    struct loading *loading;
    struct key *key;
    struct trust_line *pub;  /* or NULL */
    bool stale;              /* that is another key's, and only its names count */
    struct buf certificates; /* PEM with the chain; empty: a raw key */
    struct buf ssh_cert;     /* an OpenSSH certificate; empty: none */
};

static void parts_clear(struct parts *p)
{
    free(p->told);
    key_free(p->key);
    trust_line_free(p->pub);
    buf_free(&p->certificates);
    buf_free(&p->ssh_cert);
}

static const char *passphrase(const struct parts *p)
{
    return p->loading != NULL ? p->loading->passphrase : NULL;
}

/* ---- the private key ---- */

/* The key that is taken by default needs no name of a file. */
static edhoc_err say_missing(const char *path)
{
    char *usual = NULL;
    bool is_usual = place_home("identity.pem", &usual) == EDHOC_OK && strcmp(usual, path) == 0;

    free(usual);
    return is_usual ? report(EDHOC_ERR_NO_IDENTITY,
                             "%s does not exist; make a key with: gss-edhoc keygen NAME", path)
                    : report(EDHOC_ERR_NO_IDENTITY,
                             "%s does not exist; make a key with: gss-edhoc keygen -o %s NAME",
                             path, path);
}

static edhoc_err read_private(const struct parts *p, struct buf *text)
{
    bool missing;
    edhoc_err err = file_read(p->source, FILE_SECRET, IDENTITY_FILE_MAX, p->loading, &missing,
                              text);

    file_is_gone(p->loading, missing);
    if (err == EDHOC_OK && missing)
        return say_missing(p->source);
    if (err == EDHOC_OK && text->len == 0)
        return report(EDHOC_ERR_KEY_FORMAT, "%s: the file is empty", p->source);
    return err;
}

static edhoc_err read_public(struct parts *p)
{
    char *name;
    edhoc_err err;

    if (asprintf(&name, "%s.pub", p->source) < 0)
        return EDHOC_ERR_NOMEM;
    err = trust_pub_read(name, p->loading, &p->pub);
    free(name);
    return err;
}

static edhoc_err read_openssh(struct bytes text, struct parts *p)
{
    char *comment = NULL;
    edhoc_err err = openssh_key_read(text, p->source, &p->key, &comment);

    free(comment);
    return err;
}

/* A P-256 or P-384 key signs, unless its .pub says that it does Diffie-Hellman. */
static edhoc_err read_pem(struct bytes text, struct parts *p)
{
    bool dh = p->pub != NULL && key_type(cred_key(p->pub->cred))->dh;
    edhoc_err err;

    if (!bytes_contain(text, BYTES_LITERAL("PRIVATE KEY-----")))
        return report(EDHOC_ERR_KEY_FORMAT, "%s: no PEM private key in it", p->source);
    err = key_from_pem(text, passphrase(p), dh, &p->key);
    return err == EDHOC_ERR_KEY_FORMAT ? file_blame(err, p->source) : err;
}

/* When a key is exchanged for the next one, there is a moment at which its .pub is still that of the
 * one before: of the same type, and with the same names. */
static edhoc_err check_public(struct parts *p)
{
    const struct key *pub = p->pub != NULL ? cred_key(p->pub->cred) : NULL;

    p->stale = pub != NULL && !key_same(p->key, pub);
    if (!p->stale || key_type(p->key) == key_type(pub))
        return EDHOC_OK;
    return report(
        EDHOC_ERR_KEY_FORMAT,
        "%s.pub is not the public half of %s, but of a key of another type; replace it by the line "
        "that `gss-edhoc show` prints for the key, or remove it",
        p->source, p->source);
}

/* OpenSSH's file tells the kind of key by itself, so its own words about a key that cannot be used
 * come before what its .pub says; a PEM needs the .pub first. */
static edhoc_err read_key_text(struct bytes text, struct parts *p)
{
    bool openssh = openssh_key_is(text);
    edhoc_err err = EDHOC_OK;

    if (openssh)
        err = passphrase(p) == NULL
                  ? read_openssh(text, p)
                  : report(EDHOC_ERR_KEY_FORMAT, "%s: a passphrase opens keys in PEM (PKCS#8) only",
                           p->source);

    if (err == EDHOC_OK)
        err = read_public(p);
    if (err == EDHOC_OK && !openssh)
        err = read_pem(text, p);
    return err == EDHOC_OK ? check_public(p) : err;
}

/* What follows the key in its file, without the key: it is nothing for the certificate reader. */
static struct bytes from_first_certificate(struct bytes text)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    const uint8_t *at = text.len > 0 ? memmem(text.p, text.len, begin, sizeof(begin) - 1) : NULL;

    return at != NULL ? bytes_of(at, text.len - (size_t)(at - text.p)) : BYTES_NONE;
}

/* The certificate beside a key file, FILE-cert.pub, as ssh has it; it need not be there. */
static edhoc_err read_ssh_cert(struct parts *p)
{
    struct buf text = buf_new(0);
    bool missing;
    char *path;
    edhoc_err err;

    if (asprintf(&path, "%s" CERTIFIED, p->source) < 0)
        return EDHOC_ERR_NOMEM;
    err = file_read(path, FILE_TRUSTED, SSH_CERT_FILE_MAX, p->loading, &missing, &text);
    if (err == EDHOC_OK && !missing)
        err = ssh_cert_file_parse(buf_bytes(&text), path, &p->ssh_cert);
    buf_free(&text);
    free(path);
    return err;
}

/* Key, .pub, and the certificates that follow the key in the same PEM file or stand beside it. */
static edhoc_err read_file(struct parts *p)
{
    struct buf text = buf_new(0);
    edhoc_err err = read_private(p, &text);

    if (err == EDHOC_OK)
        err = read_key_text(buf_bytes(&text), p);
    if (err == EDHOC_OK && p->certificates.len == 0 &&
        buf_copy(&p->certificates, from_first_certificate(buf_bytes(&text))) != EDHOC_OK)
        err = EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK && p->certificates.len == 0 && p->ssh_cert.len == 0)
        err = read_ssh_cert(p);
    buf_free(&text);
    return err;
}

/* A certificate that is configured comes before those in the agent. */
static edhoc_err read_agent(struct parts *p)
{
    struct buf held = buf_new(SSH_CERTIFICATE_MAX);
    char *comment = NULL;
    edhoc_err err = agent_key(p->source, &p->key, &comment, &held);

    if (err == EDHOC_OK && p->ssh_cert.len == 0)
        err = buf_copy(&p->ssh_cert, buf_bytes(&held));
    buf_free(&held);
    free(comment);
    return err;
}

static edhoc_err read_uri(const char *where, struct parts *p)
{
    edhoc_err err;

    p->told = strndup(where, place_told(where));
    if (p->told == NULL)
        return EDHOC_ERR_NOMEM;
    p->uri = where;
    p->source = p->told;
    err = key_from_uri(where, passphrase(p), false, &p->key);
    return err == EDHOC_ERR_KEY_FORMAT ? file_blame(err, p->source) : err;
}

static edhoc_err read_key(const char *where, struct parts *p)
{
    edhoc_err err = EDHOC_OK;

    if (place_is_agent(where))
        return passphrase(p) == NULL ? read_agent(p)
                                     : report(EDHOC_ERR_KEY_FORMAT,
                                              "%s: an agent's key has no passphrase here", where);
    if (!place_is_file(where))
        return read_uri(where, p);
    err = place_path(where, &p->source);
    return err == EDHOC_OK ? read_file(p) : err;
}

/* ---- the identity ---- */

static edhoc_err make_x509(const struct parts *p, const char *principals, const char *chain_source,
                           struct identity **out)
{
    struct buf der[CRED_CHAIN_MAX];
    struct bytes chain[CRED_CHAIN_MAX];
    size_t count = 0;
    edhoc_err err = x509_read_pem(buf_bytes(&p->certificates), der, CRED_CHAIN_MAX, &count);

    if (err == EDHOC_ERR_KEY_FORMAT)
        err = file_blame(err, chain_source);
    for (size_t i = 0; i < count; i++)
        chain[i] = buf_bytes(&der[i]);
    if (err == EDHOC_OK)
        err = identity_new_x509(p->key, chain, count, principals, p->source, out);
    while (count > 0)
        buf_free(&der[--count]);
    return err;
}

/* By the file that the OpenSSH certificate is from: what is in an agent was read before it was taken. */
static edhoc_err blame_ssh_cert(edhoc_err err, const struct parts *p, const char *certificate)
{
    char *beside;

    if (certificate != NULL)
        return file_blame(err, certificate);
    if (asprintf(&beside, "%s" CERTIFIED, p->source) < 0)
        return EDHOC_ERR_NOMEM;
    err = file_blame(err, beside);
    free(beside);
    return err;
}

static edhoc_err make_identity(const struct parts *p, const char *certificate,
                               struct identity **out)
{
    const char *principals = p->pub != NULL ? p->pub->principals : NULL;
    edhoc_err err = p->certificates.len > 0
                        ? make_x509(p, principals, certificate ? certificate : p->source, out)
                        : identity_new_raw(p->key, principals, p->source, out);

    if (err != EDHOC_OK)
        return err;
    if (p->certificates.len == 0 && p->ssh_cert.len > 0)
        err = identity_add_ssh_cert(*out, buf_bytes(&p->ssh_cert));
    if (err == EDHOC_OK && !bytes_copy_text(p->uri, &(*out)->uri))
        err = EDHOC_ERR_NOMEM;
    if (err != EDHOC_OK) {
        identity_free(*out);
        *out = NULL;
        return err == EDHOC_ERR_KEY_FORMAT ? blame_ssh_cert(err, p, certificate) : err;
    }
    (*out)->stale_pub = p->stale;
    /* What the peer's copy of this line will say of our credential's end, we know as well. */
    if (p->pub != NULL && !p->stale && p->pub->valid_before < (*out)->expires)
        (*out)->expires = p->pub->valid_before;
    return EDHOC_OK;
}

static edhoc_err read_certificates(const char *certificate, struct parts *p)
{
    const char *path;
    edhoc_err err = place_path(certificate, &path);

    if (err == EDHOC_OK)
        err = file_read(path, FILE_TRUSTED, CHAIN_FILE_MAX, p->loading, NULL, &p->certificates);
    if (err != EDHOC_OK ||
        bytes_contain(buf_bytes(&p->certificates), BYTES_LITERAL("-----BEGIN CERTIFICATE-----")))
        return err;
    if (!bytes_contain(buf_bytes(&p->certificates), BYTES_LITERAL("-cert-v01@openssh.com ")))
        return report(EDHOC_ERR_KEY_FORMAT, "%s: no PEM certificate in it, and no OpenSSH's",
                      certificate);
    err = ssh_cert_file_parse(buf_bytes(&p->certificates), path, &p->ssh_cert);
    buf_reset(&p->certificates);
    return err;
}

edhoc_err load_identity_at(const char *where, const char *certificate, struct loading *loading,
                           struct identity **out)
{
    struct parts parts = {.source = where,
                          .loading = loading,
                          .certificates = buf_new(CHAIN_FILE_MAX),
                          .ssh_cert = buf_new(SSH_CERTIFICATE_MAX)};
    edhoc_err err = certificate != NULL ? read_certificates(certificate, &parts) : EDHOC_OK;

    *out = NULL;
    if (err == EDHOC_OK)
        err = read_key(where, &parts);
    if (err == EDHOC_OK)
        err = make_identity(&parts, certificate, out);
    parts_clear(&parts);
    return err;
}
