#include "load/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/openssh_type.h"
#include "crypto/sign.h"
#include "crypto/ssh_blob.h"
#include "load/agent_socket.h"
#include "peer/ssh_cert.h"

/* Message types. */
#define AGENT_FAILURE            5
#define AGENT_REQUEST_IDENTITIES 11
#define AGENT_IDENTITIES_ANSWER  12
#define AGENT_SIGN_REQUEST       13
#define AGENT_SIGN_RESPONSE      14

#define LIST_SECONDS 2
#define SIGN_SECONDS 5

#define HOLDINGS_MAX 400 /* of the text that says what an agent holds */

/* ---- signing ---- */

/* What a key in the agent needs to sign; immutable, so that threads may. */
struct agent {
    char *path;
    struct key *public_key;
    struct buf blob;
};

static void agent_free(void *arg)
{
    struct agent *a = arg;

    if (a == NULL)
        return;
    key_free(a->public_key);
    buf_free(&a->blob);
    free(a->path);
    free(a);
}

/* SSH's signature blob to COSE's: string type, string signature; the signature is EdDSA's own, or
 * mpint r, mpint s. */
static bool read_signature(const struct keytype *type, struct bytes blob, uint8_t *cose)
{
    struct ssh_reader r = ssh_reader_of(blob), inner;
    struct bytes name = ssh_read_string(&r);

    inner = ssh_reader_of(ssh_read_string(&r));
    if (!ssh_read_done(&r) || !bytes_equal(name, bytes_of_text(type->ssh_name)))
        return false;
    if (type->kty == KTY_EC2) {
        ssh_read_mpint(&inner, cose, type->coordinate);
        ssh_read_mpint(&inner, cose + type->coordinate, type->coordinate);
        return ssh_read_done(&inner);
    }
    if (inner.rest.len != type->signature)
        return false;
    memcpy(cose, inner.rest.p, type->signature);
    return true;
}

static edhoc_err read_sign_response(const struct agent *a, struct bytes answer, uint8_t *cose)
{
    struct ssh_reader r = ssh_reader_of(answer);
    uint8_t kind = ssh_read_byte(&r);
    struct bytes blob;

    if (kind == AGENT_FAILURE)
        return report(EDHOC_ERR_NO_IDENTITY,
                      "the ssh-agent at %s refuses to sign: it no longer has the key, is locked "
                      "(ssh-add -X), was not confirmed (ssh-add -c), or keeps the key for certain "
                      "hosts (ssh-add -h)",
                      a->path);
    blob = ssh_read_string(&r);
    if (kind != AGENT_SIGN_RESPONSE || !ssh_read_done(&r) ||
        !read_signature(key_type(a->public_key), blob, cose))
        return report(EDHOC_ERR_NO_IDENTITY, "the answer of the ssh-agent at %s is no %s signature",
                      a->path, key_type(a->public_key)->ssh_name);
    return EDHOC_OK;
}

/* A signature that does not verify would only fail at the peer, who could not tell why. */
static edhoc_err check_signature(const struct agent *a, struct bytes text, struct bytes cose)
{
    edhoc_err err = crypto_verify(a->public_key, text, cose);

    if (err != EDHOC_ERR_PROOF)
        return err;
    return report(EDHOC_ERR_NO_IDENTITY,
                  "the signature that the ssh-agent at %s made is not the key's, or is over "
                  "something else",
                  a->path);
}

static edhoc_err put_sign_request(const struct agent *a, struct bytes text, struct buf *out)
{
    buf_put_byte(out, AGENT_SIGN_REQUEST);
    ssh_put_string(out, buf_bytes(&a->blob));
    ssh_put_string(out, text);
    ssh_put_uint32(out, 0); /* flags: they concern RSA alone */
    return buf_err(out);
}

static edhoc_err agent_sign(void *arg, struct bytes text, struct buf *signature)
{
    const struct agent *a = arg;
    struct buf question = buf_new(2 * (size_t)AGENT_MESSAGE_MAX);
    struct buf answer = buf_new(AGENT_MESSAGE_MAX);
    uint8_t cose[2 * COORDINATE_MAX];
    struct bytes made = bytes_of(cose, key_type(a->public_key)->signature);
    edhoc_err err;

    err = put_sign_request(a, text, &question);
    if (err == EDHOC_OK)
        err = agent_ask(a->path, buf_bytes(&question), SIGN_SECONDS, &answer);
    if (err == EDHOC_OK)
        err = read_sign_response(a, buf_bytes(&answer), cose);
    if (err == EDHOC_OK)
        err = check_signature(a, text, made);
    if (err == EDHOC_OK) {
        buf_put(signature, made);
        err = buf_err(signature);
    }
    buf_free(&question);
    buf_free(&answer);
    return err;
}

static edhoc_err make_key(const char *path, struct key *public_key, struct bytes blob,
                          struct key **out)
{
    struct agent *a = calloc(1, sizeof(*a));
    edhoc_err err = EDHOC_ERR_NOMEM;

    if (a == NULL)
        return err;
    a->path = strdup(path);
    a->public_key = key_ref(public_key);
    a->blob = buf_new(blob.len);
    if (a->path != NULL && buf_copy(&a->blob, blob) == EDHOC_OK)
        err = key_with_signer(public_key, agent_sign, agent_free, a, out);
    if (err != EDHOC_OK)
        agent_free(a);
    return err;
}

/* ---- choosing ---- */

/* A search through an agent's answer. */
struct search {
    const char *path;   /* of the agent */
    const char *wanted; /* fingerprint; NULL for the first usable key */
    struct key *key;    /* found: its public half */
    struct bytes blob, comment;
    struct bytes certificate; /* for that key, a user's; empty: none */
    uint64_t valid_before;    /* its end */
    bool good;                /* is_good() */
    uint64_t now;
    struct buf holdings; /* types, for when there is none */
    unsigned count;
};

static struct bytes blob_type(struct bytes blob)
{
    struct ssh_reader r = ssh_reader_of(blob);

    return ssh_read_string(&r);
}

/* "ssh-rsa, ...": printable ASCII, whatever the agent sends, and only so much. */
static void note_holding(struct search *s, struct bytes type)
{
    struct buf *out = &s->holdings;

    if (out->len + type.len + 8 > HOLDINGS_MAX)
        return;
    buf_put_text(out, out->len > 0 ? ", " : "");
    for (size_t i = 0; i < type.len; i++)
        buf_put_byte(out, ascii_is_printable((char)type.p[i]) ? type.p[i] : '?');
    if (type.len == 0)
        buf_put_text(out, "?");
}

/* A certificate's fingerprint is its key's, as `ssh-add -l` shows it. */
static edhoc_err fingerprint_of(struct bytes blob, struct buf *out)
{
    struct buf plain = buf_new(AGENT_MESSAGE_MAX);
    struct bytes rest;
    struct key *key;
    edhoc_err err = ssh_certificate_key(blob, &key, &rest);

    if (err == EDHOC_OK)
        ssh_blob_put(key, &plain);
    if (err == EDHOC_OK || err == EDHOC_ERR_KEY_FORMAT)
        err = openssh_fingerprint(plain.len > 0 ? buf_bytes(&plain) : blob, out);
    key_free(key);
    buf_free(&plain);
    return err;
}

static edhoc_err is_wanted(const struct search *s, struct bytes blob, bool *wanted)
{
    struct buf fingerprint = buf_new(64);
    edhoc_err err = EDHOC_OK;

    *wanted = true;
    if (s->wanted != NULL) {
        err = fingerprint_of(blob, &fingerprint);
        *wanted = err == EDHOC_OK && bytes_equal(buf_bytes(&fingerprint), bytes_of_text(s->wanted));
    }
    buf_free(&fingerprint);
    return err;
}

/* The key that was asked for is not usable. */
static edhoc_err unusable(const struct search *s, struct bytes type)
{
    if (openssh_type(type) != NULL)
        return report(EDHOC_ERR_NO_IDENTITY, "the key %s in the ssh-agent is malformed", s->wanted);
    return report(EDHOC_ERR_NO_IDENTITY,
                  "the key %s in the ssh-agent is %s; usable are " OPENSSH_USABLE, s->wanted,
                  openssh_type_fault(type));
}

/* The key that an entry is for: its own, or its certificate's (some tools add no more than that). */
static edhoc_err read_entry(struct bytes blob, struct key **key)
{
    struct bytes rest;

    *key = NULL;
    if (openssh_type(blob_type(blob)) != NULL)
        return ssh_blob_read(blob, key);
    return ssh_certificate_key(blob, key, &rest);
}

/* Takes this key if it can be used; a malformed one is as good as none. */
static edhoc_err take(struct search *s, struct bytes blob, struct bytes comment)
{
    struct bytes type = blob_type(blob);
    edhoc_err err = read_entry(blob, &s->key);

    if (err == EDHOC_ERR_KEY_FORMAT)
        return s->wanted != NULL ? unusable(s, type) : EDHOC_OK;
    s->blob = blob;
    s->comment = comment;
    return err;
}

/* Looks at one key of the list; s->key is set if it is the one. */
static edhoc_err consider(struct search *s, struct bytes blob, struct bytes comment)
{
    bool wanted;
    edhoc_err err = is_wanted(s, blob, &wanted);

    note_holding(s, blob_type(blob));
    s->count++;
    if (err == EDHOC_OK && wanted && s->key == NULL)
        err = take(s, blob, comment);
    return err;
}

static edhoc_err nothing_found(const struct search *s)
{
    if (s->count == 0)
        return report(EDHOC_ERR_NO_IDENTITY,
                      "the ssh-agent at %s holds no key, or is locked; add a key with ssh-add, or "
                      "unlock it with ssh-add -X",
                      s->path);
    if (s->wanted != NULL)
        return report(EDHOC_ERR_NO_IDENTITY,
                      "none of the %u keys in the ssh-agent at %s has the fingerprint %s; ssh-add "
                      "-l lists them",
                      s->count, s->path, s->wanted);
    return report(
        EDHOC_ERR_NO_IDENTITY,
        "none of the %u keys in the ssh-agent at %s can be used (%.*s); usable are " OPENSSH_USABLE
        "; make one with ssh-keygen -t ed25519 and add it with ssh-add",
        s->count, s->path, (int)s->holdings.len, (const char *)s->holdings.p);
}

static edhoc_err malformed_list(const struct search *s)
{
    return report(EDHOC_ERR_NO_IDENTITY,
                  "what answers at %s, where SSH_AUTH_SOCK points, sends no list of keys; it is no "
                  "ssh-agent, or a broken one",
                  s->path);
}

/* Valid now, and such that an acceptor can believe it: it names somebody, and has no critical option. */
static bool is_good(const struct search *s, const struct ssh_cert *c)
{
    return c->valid_after <= s->now && s->now < c->valid_before && c->principals.len > 0 &&
           c->critical.len == 0;
}

/* A good one comes first, and then the one that ends last. */
static bool is_better(const struct search *s, const struct ssh_cert *c, bool good)
{
    return good != s->good ? good : c->valid_before > s->valid_before;
}

/* Takes it if it is a better certificate for the key that was found. */
static void consider_certificate(struct search *s, struct bytes blob)
{
    struct bytes rest;
    struct ssh_cert c;
    struct key *key;
    bool good;

    if (ssh_certificate_key(blob, &key, &rest) != EDHOC_OK)
        return;
    if (key_same(key, s->key) && ssh_cert_read(blob, &c) == EDHOC_OK && c.type == SSH_CERT_USER) {
        good = is_good(s, &c);
        if (is_better(s, &c, good)) {
            s->certificate = blob;
            s->valid_before = c.valid_before;
            s->good = good;
        }
    }
    key_free(key);
}

static void search_certificates(struct search *s, struct bytes answer)
{
    struct ssh_reader r = ssh_reader_of(answer);

    (void)ssh_read_byte(&r);
    for (uint32_t n = ssh_read_uint32(&r); n > 0 && !r.failed; n--) {
        consider_certificate(s, ssh_read_string(&r));
        (void)ssh_read_string(&r); /* comment */
    }
    report_clear(); /* of entries that are no certificates */
}

/* The whole list is read, also when the key was found: half an answer is none. */
static edhoc_err search_list(struct search *s, struct bytes answer)
{
    struct ssh_reader r = ssh_reader_of(answer);
    uint8_t kind = ssh_read_byte(&r);
    uint32_t count = ssh_read_uint32(&r);
    edhoc_err err = EDHOC_OK;

    if (kind != AGENT_IDENTITIES_ANSWER)
        return malformed_list(s);
    for (uint32_t i = 0; i < count && !r.failed && err == EDHOC_OK; i++) {
        struct bytes blob = ssh_read_string(&r);
        struct bytes comment = ssh_read_string(&r);

        if (!r.failed)
            err = consider(s, blob, comment);
    }
    if (err == EDHOC_OK && !ssh_read_done(&r))
        err = malformed_list(s);
    if (err == EDHOC_OK && s->key == NULL)
        err = nothing_found(s);
    return err;
}

/* ---- what was asked for ---- */

static edhoc_err read_spec(const char *spec, const char **wanted)
{
    uint8_t hash[32];

    if (strncmp(spec, AGENT_SCHEME, strlen(AGENT_SCHEME)) == 0) {
        const char *rest = spec + strlen(AGENT_SCHEME);

        *wanted = rest[0] != '\0' ? rest : NULL;
        if (*wanted == NULL || openssh_fingerprint_read(*wanted, hash))
            return EDHOC_OK;
    }
    return report(EDHOC_ERR_SETTING,
                  "identity \"%.100s\": write agent: for the first usable key in ssh-agent, or "
                  "agent:SHA256:... with the fingerprint that ssh-add -l shows",
                  spec);
}

static edhoc_err agent_path(const char **path)
{
    *path = secure_getenv("SSH_AUTH_SOCK");
    if (*path != NULL && **path != '\0')
        return EDHOC_OK;
    return report(EDHOC_ERR_NO_IDENTITY, "no ssh-agent: SSH_AUTH_SOCK is not set; start one with: "
                                         "eval $(ssh-agent); ssh-add");
}

edhoc_err agent_key(const char *spec, struct key **out, char **comment, struct buf *certificate)
{
    static const uint8_t request[] = {AGENT_REQUEST_IDENTITIES};
    struct search s = {.now = (uint64_t)time(NULL), .holdings = buf_new(HOLDINGS_MAX)};
    struct buf answer = buf_new(AGENT_MESSAGE_MAX);
    edhoc_err err;

    *out = NULL;
    *comment = NULL;
    err = read_spec(spec, &s.wanted);
    if (err == EDHOC_OK)
        err = agent_path(&s.path);
    if (err == EDHOC_OK)
        err = agent_ask(s.path, bytes_of(request, sizeof(request)), LIST_SECONDS, &answer);
    if (err == EDHOC_OK)
        err = search_list(&s, buf_bytes(&answer));
    if (err == EDHOC_OK) {
        search_certificates(&s, buf_bytes(&answer));
        err = buf_copy(certificate, s.certificate);
    }
    if (err == EDHOC_OK)
        err = openssh_comment(s.comment, comment);
    if (err == EDHOC_OK)
        err = make_key(s.path, s.key, s.blob, out);
    if (err != EDHOC_OK) {
        free(*comment);
        *comment = NULL;
    }
    key_free(s.key);
    buf_free(&s.holdings);
    buf_free(&answer);
    return err;
}
