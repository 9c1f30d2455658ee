#include "check_peer.h"

#include "check_say.h"
#include "check_ssh.h"
#include "files.h"
#include "show_ssh.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "load/file.h"
#include "base/lines.h"
#include "load/load.h"
#include "load/ssh_cert_file.h"
#include "peer/trust_line.h"
#include "peer/judge.h"
#include "peer/peer.h"
#include "peer/ssh_cert.h"
#include "peer/trust.h"
#include "peer/x509_cert.h"

#define PEER_FILE_MAX (1u << 20) /* bytes */

/* ---- what the peer would send ---- */

static edhoc_err read_ssh_cert(struct bytes text, const char *path, struct cred **out)
{
    struct buf certificate = buf_new(SSH_CERTIFICATE_MAX);
    struct key *key = NULL;
    struct bytes rest;
    edhoc_err err = ssh_cert_file_parse(text, path, &certificate);

    if (err == EDHOC_OK)
        err = ssh_certificate_key(buf_bytes(&certificate), &key, &rest);
    if (err == EDHOC_OK)
        err = cred_new_ssh_cert(key, buf_bytes(&certificate), out);
    key_free(key);
    buf_free(&certificate);
    return err;
}

static edhoc_err read_chain(struct bytes text, struct cred **out)
{
    struct buf der[CRED_CHAIN_MAX];
    struct bytes chain[CRED_CHAIN_MAX] = {{NULL, 0}};
    struct key *key = NULL;
    size_t count = 0;
    edhoc_err err = x509_read_pem(text, der, CRED_CHAIN_MAX, &count);

    for (size_t i = 0; i < count; i++)
        chain[i] = buf_bytes(&der[i]);
    if (err == EDHOC_OK)
        err = key_from_certificate(chain[0], &key);
    if (err == EDHOC_OK)
        err = cred_new_x5chain(key, chain, count, out);
    key_free(key);
    while (count > 0)
        buf_free(&der[--count]);
    return err;
}

/* The first name of its line is the one that a client sends. */
static edhoc_err read_pub(struct bytes line, const char *path, struct cred **out)
{
    struct trust_line *read = NULL;
    edhoc_err err = trust_pub_line_parse(line, path, 1, &read);

    if (err == EDHOC_OK && read == NULL)
        err = report(EDHOC_ERR_KEY_FORMAT, "%s: no key in its first line", path);
    if (err == EDHOC_OK) {
        const char *names = read->principals != NULL ? read->principals : "";

        err = cred_new_kccs(cred_key(read->cred), bytes_of(names, strcspn(names, ",")), out);
    }
    trust_line_free(read);
    return err;
}

static edhoc_err read_peer(const char *path, struct cred **out)
{
    struct buf text = buf_new(0);
    struct bytes rest, line = BYTES_NONE;
    edhoc_err err = tool_read_source(path, PEER_FILE_MAX, &text);

    *out = NULL;
    rest = buf_bytes(&text);
    if (err == EDHOC_OK && bytes_contain(rest, BYTES_LITERAL("-----BEGIN CERTIFICATE-----")))
        err = read_chain(rest, out);
    else if (err == EDHOC_OK) {
        (void)lines_next(&rest, &line);
        err = show_is_ssh_cert(line) ? read_ssh_cert(buf_bytes(&text), path, out)
                                     : read_pub(line, path, out);
    }
    buf_free(&text);
    return err;
}

/* ---- the verdict ---- */

static void say_believed(struct check *c, const struct peer *peer)
{
    char end[TOOL_TIME], term[TOOL_TIME + 8] = "for ever";

    if (peer->expires != INT64_MAX)
        (void)snprintf(term, sizeof(term), "until %s", tool_time(peer->expires, end));
    if (peer->file != NULL)
        check_say(c, CHECK_OK, "peer: believed as %s, by %s line %u, %s", peer->name, peer->file,
                  peer->line, term);
    else
        check_say(c, CHECK_OK, "peer: believed as %s, by the anchors, %s", peer->name, term);
    if (cred_ssh_cert(peer->cred).len > 0)
        check_ssh_say_not_revoked(c, "peer");
    if (c->acceptor && peer->local_user != NULL)
        check_say(c, CHECK_OK, "peer: may log in as %s", peer->local_user);
}

static edhoc_err say_certificate(struct check *c, const struct cred *cred, const char *path)
{
    struct ssh_cert cert;
    edhoc_err err = EDHOC_OK;

    if (cred_ssh_cert(cred).len == 0)
        return EDHOC_OK;
    err = ssh_cert_read(cred_ssh_cert(cred), &cert);
    return err == EDHOC_OK ? check_ssh_say(c, path, &cert) : err;
}

static edhoc_err judge(struct check *c, const char *path)
{
    struct peer peer = {.cred = NULL};
    struct cred *cred = NULL;
    edhoc_err err = load_trust(&c->settings, !c->acceptor, NULL, &c->trust);

    if (err == EDHOC_OK)
        err = read_peer(path, &cred);
    if (err == EDHOC_OK)
        err = say_certificate(c, cred, path);
    if (err == EDHOC_OK)
        err = c->acceptor ? trust_judge_client(c->trust, cred, c->now, &peer)
                          : trust_judge_server(c->trust, cred, c->target, c->now, &peer);
    if (err == EDHOC_OK)
        say_believed(c, &peer);
    peer_clear(&peer);
    cred_free(cred);
    return err;
}

void check_peer(struct check *c, const char *path)
{
    edhoc_err err = judge(c, path);

    if (err != EDHOC_OK)
        check_error(c, err, "peer", NULL);
}
