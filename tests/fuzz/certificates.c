/* OpenSSH certificates in a live exchange: whoever proves the key of one sends whatever stands for the
 * certificate, in a message_2 or message_3 that is right in all else.
 *
 * The first byte of an input tells who sends it and whether the CA signs it: then it is what a CA signs
 * that signs anything, else it must be the honest certificate, byte for byte, to be believed. The keys are
 * always the same, so that what was found stays of use. */
#include "fuzz.h"

#include "../side.h"
#include "base/base64.h"
#include "base/ssh_wire.h"
#include "crypto/keytype.h"
#include "crypto/sign.h"
#include "crypto/ssh_blob.h"
#include "peer/ssh_cert.h"

#include <stdio.h>
#include <string.h>

#define NOW    1800000000
#define DAY    86400
#define HOST   "web.example.org"
#define TARGET "HTTP@" HOST
#define USER   "alice@example.org"
#define CERT   4096

enum { OF_RESPONDER = 1, SIGNED = 2 }; /* in the first byte */

/* ---- keys ---- */

enum who { HOLDER, CA, OTHER };

static struct key *key_of(enum who who)
{
    static struct key *keys[3];
    uint8_t raw[32] = {(uint8_t)(who + 1)};

    if (keys[who] == NULL)
        fuzz_must(key_from_private(keytype_by_name(who == OTHER ? "x25519" : "ed25519"),
                                   bytes_of(raw, sizeof(raw)), &keys[who]) == EDHOC_OK,
                  "a key");
    return keys[who];
}

/* ---- certificates ---- */

static void put_uint64(struct buf *out, uint64_t n)
{
    ssh_put_uint32(out, (uint32_t)(n >> 32));
    ssh_put_uint32(out, (uint32_t)n);
}

/* A list of one string, or of pairs of strings. */
static void put_list(struct buf *out, const char *first, const char *second)
{
    struct buf list = buf_new(CERT);

    if (first != NULL)
        ssh_put_string(&list, bytes_of_text(first));
    if (second != NULL)
        ssh_put_string(&list, bytes_of_text(second));
    ssh_put_string(out, buf_bytes(&list));
    buf_free(&list);
}

/* What the CA signs. */
static void put_body(bool of_host, const char *critical, struct buf *out)
{
    struct buf ca = buf_new(CERT);

    ssh_blob_put(key_of(CA), &ca);
    ssh_put_string(out, BYTES_LITERAL("ssh-ed25519-cert-v01@openssh.com"));
    ssh_put_string(out, BYTES_LITERAL("a nonce of thirty-two bytes, 32."));
    ssh_put_string(out, key_x(key_of(HOLDER)));
    put_uint64(out, 7);
    ssh_put_uint32(out, of_host ? SSH_CERT_HOST : SSH_CERT_USER);
    ssh_put_string(out, BYTES_LITERAL("the-id"));
    put_list(out, of_host ? HOST : USER, NULL);
    put_uint64(out, NOW - DAY);
    put_uint64(out, NOW + DAY);
    put_list(out, critical, critical != NULL ? "" : NULL);
    put_list(out, "permit-pty", "");
    ssh_put_string(out, BYTES_NONE);
    ssh_put_string(out, buf_bytes(&ca));
    buf_free(&ca);
}

static void put_signature(struct buf *out)
{
    struct buf raw = buf_new(CERT), signature = buf_new(CERT);

    fuzz_must(crypto_sign(key_of(CA), buf_bytes(out), &raw) == EDHOC_OK, "a signature");
    ssh_put_string(&signature, BYTES_LITERAL("ssh-ed25519"));
    ssh_put_string(&signature, buf_bytes(&raw));
    ssh_put_string(out, buf_bytes(&signature));
    buf_free(&raw);
    buf_free(&signature);
}

static void put_honest(bool of_host, struct buf *out)
{
    put_body(of_host, NULL, out);
    put_signature(out);
}

/* ---- the two sides ---- */

static struct trust *trust_in(bool ca, const char *name)
{
    struct buf line = buf_new(1024), blob = buf_new(1024);
    struct trust *t = NULL;

    if (ca) {
        ssh_blob_put(key_of(CA), &blob);
        buf_put_text(&line, "* cert-authority ssh-ed25519 ");
        base64_put(buf_bytes(&blob), &line);
    } else {
        trust_line_format(name, NULL, key_of(OTHER), NULL, &line);
    }
    fuzz_must(trust_new(&t) == EDHOC_OK && trust_read(t, &line, "file", 1) == EDHOC_OK, "a trust");
    buf_free(&blob);
    return t;
}

/* With its certificate, in whose place `instead` is sent. */
static struct identity *certified(bool of_host, struct bytes instead)
{
    struct buf honest = buf_new(CERT);
    struct cred *forged = NULL;
    struct identity *id;

    put_honest(of_host, &honest);
    fuzz_must(identity_new_raw(key_of(HOLDER), NULL, "holder", &id) == EDHOC_OK &&
                  identity_add_ssh_cert(id, buf_bytes(&honest)) == EDHOC_OK &&
                  cred_new_ssh_cert(key_of(HOLDER), instead, &forged) == EDHOC_OK,
              "an identity");
    buf_free(&honest);
    id->ssh_principals = BYTES_NONE; /* a part of what goes */
    id->principals = of_host ? strdup(TARGET) : NULL;
    cred_free(id->ssh_cert);
    id->ssh_cert = forged;
    return id;
}

static struct identity *raw(bool of_host)
{
    struct identity *id;

    fuzz_must(identity_new_raw(key_of(OTHER), of_host ? TARGET : "bob", "other", &id) == EDHOC_OK,
              "an identity");
    return id;
}

static struct edhoc *new_side(enum edhoc_role role, bool holder, struct bytes certificate)
{
    bool responder = role == EDHOC_RESPONDER;
    struct side_config config = {.role = role,
                                 .trust = trust_in(!holder, responder ? "bob" : TARGET),
                                 .suites = suite_defaults(),
                                 .target = responder ? NULL : TARGET,
                                 .now = NOW};
    struct identity *id = holder ? certified(responder, certificate) : raw(responder);
    struct edhoc *s = NULL;

    fuzz_must(identity_set_new(&id, 1, &config.identities) == EDHOC_OK &&
                  side_new(&config, &s) == EDHOC_OK,
              "a session");
    identity_set_free(config.identities);
    trust_free(config.trust);
    return s;
}

/* Does the other side believe it, and under which name? */
static bool exchange(bool of_responder, struct bytes certificate, char *name, size_t size)
{
    struct edhoc *side[2] = {new_side(EDHOC_INITIATOR, !of_responder, certificate),
                             new_side(EDHOC_RESPONDER, of_responder, certificate)};
    struct edhoc *judge = side[of_responder ? EDHOC_INITIATOR : EDHOC_RESPONDER];
    struct buf token[2] = {buf_new(EDHOC_TOKEN_MAX), buf_new(EDHOC_TOKEN_MAX)};
    edhoc_err err = EDHOC_OK;
    bool believed;

    /* With error code 2 in between, where the first suite is none of the responder's. */
    for (int i = 0; i < 6 && err == EDHOC_OK && !edhoc_done(judge); i++) {
        struct edhoc *next = side[i % 2];

        err = edhoc_step(next, buf_bytes(&token[1 - i % 2]), &token[i % 2]);
        fuzz_must(err == EDHOC_OK || next == judge, "nobody else refuses");
    }
    believed = edhoc_done(judge);
    if (believed)
        (void)!snprintf(name, size, "%s", side_peer(judge)->name);
    for (int i = 0; i < 2; i++) {
        buf_free(&token[i]);
        side_free(side[i]);
    }
    return believed;
}

/* ---- what may be believed ---- */

static bool has_principal(const struct ssh_cert *c, const char *name)
{
    struct bytes list = c->principals, one;

    while (ssh_cert_principal(&list, &one))
        if (bytes_equal(one, bytes_of_text(name)))
            return true;
    return false;
}

static void check_believed(bool of_responder, struct bytes certificate, const char *name)
{
    struct ssh_cert c;

    fuzz_must(ssh_cert_read(certificate, &c) == EDHOC_OK, "what is believed is a certificate");
    fuzz_must(c.type == (of_responder ? SSH_CERT_HOST : SSH_CERT_USER), "it is for this role");
    fuzz_must(c.critical.len == 0, "it has no critical option");
    fuzz_must(c.valid_after <= NOW && NOW < c.valid_before, "it is good now");
    if (of_responder)
        fuzz_must(strcmp(name, TARGET) == 0 && ssh_cert_names_host(c.principals, HOST),
                  "it names the host that was wanted");
    else
        fuzz_must(has_principal(&c, name), "it names its holder");
}

static void run_ssh_login(struct bytes in)
{
    bool of_responder = in.len > 0 && (in.p[0] & OF_RESPONDER) != 0;
    bool is_signed = in.len > 0 && (in.p[0] & SIGNED) != 0;
    struct buf certificate = buf_new(8 * CERT), honest = buf_new(CERT);
    char name[1024];

    if (in.len > 1)
        buf_put(&certificate, bytes_of(in.p + 1, in.len - 1));
    if (is_signed)
        put_signature(&certificate);
    put_honest(of_responder, &honest);
    if (buf_err(&certificate) == EDHOC_OK &&
        exchange(of_responder, buf_bytes(&certificate), name, sizeof(name))) {
        fuzz_must(is_signed || bytes_equal(buf_bytes(&certificate), buf_bytes(&honest)),
                  "nobody signs for a CA");
        check_believed(of_responder, buf_bytes(&certificate), name);
    } else {
        fuzz_must(!bytes_equal(buf_bytes(&certificate), buf_bytes(&honest)),
                  "the honest certificate is believed");
    }
    buf_free(&certificate);
    buf_free(&honest);
}

static void seed_ssh_login(void (*add)(struct bytes))
{
    for (uint8_t how = 0; how < 8; how++) {
        struct buf seed = buf_new(CERT), certificate = buf_new(CERT);
        bool host = (how & OF_RESPONDER) != 0;

        put_body(host, how >= 4 ? "force-command" : NULL, &certificate);
        if ((how & SIGNED) == 0)
            put_signature(&certificate);
        buf_put_byte(&seed, how);
        buf_put_buf(&seed, &certificate);
        add(buf_bytes(&seed));
        buf_free(&seed);
        buf_free(&certificate);
    }
}

const struct fuzz_target fuzz_certificates[] = {
    {"ssh_login", run_ssh_login, seed_ssh_login},
    {NULL, NULL, NULL},
};
