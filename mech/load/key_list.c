#include "load/key_list.h"

#include "base/base64.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "base/lines.h"
#include "peer/revoked.h"

#define BLOB_MAX  65536 /* bytes of a key or certificate */
#define CERTIFIED "-cert-v01@openssh.com"

/* How many strings (or mpints) the public key of a type consists of. */
static const struct {
    const char *name;
    int strings;
} certified[] = {
    {"ssh-ed25519", 1},
    {"ecdsa-sha2-nistp256", 2},
    {"ecdsa-sha2-nistp384", 2},
    {"ecdsa-sha2-nistp521", 2},
    {"ssh-rsa", 2},
    {"ssh-dss", 4},
    {"sk-ssh-ed25519", 2},
    {"sk-ecdsa-sha2-nistp256", 3},
};

/* Type, nonce, public key, ...: the blob of the key. False when it is no certificate known here. */
static bool put_certified(struct bytes type, struct ssh_reader r, struct buf *out)
{
    struct bytes name = bytes_of(type.p, type.len - (sizeof(CERTIFIED) - 1));
    int strings = 0;

    for (size_t i = 0; i < sizeof(certified) / sizeof(certified[0]); i++)
        if (bytes_equal(name, bytes_of_text(certified[i].name)))
            strings = certified[i].strings;
    ssh_put_string(out, name);
    (void)ssh_read_string(&r); /* nonce */
    for (int i = 0; i < strings; i++)
        ssh_put_string(out, ssh_read_string(&r));
    return strings > 0 && !r.failed && buf_err(out) == EDHOC_OK;
}

/* The blob that a line's base64 stands for must be of the type that the line says. */
static edhoc_err add_blob(struct bytes type, struct bytes blob, struct revoked *to)
{
    struct ssh_reader r = ssh_reader_of(blob);
    struct buf plain = buf_new(BLOB_MAX);
    bool ok = bytes_equal(ssh_read_string(&r), type) && !r.failed && r.rest.len > 0;
    edhoc_err err;

    if (ok && bytes_end_with(type, BYTES_LITERAL(CERTIFIED))) {
        ok = put_certified(type, r, &plain);
        blob = buf_bytes(&plain);
    }
    err = buf_err(&plain) == EDHOC_ERR_NOMEM ? EDHOC_ERR_NOMEM : EDHOC_ERR_KEY_FORMAT;
    if (ok && buf_err(&plain) == EDHOC_OK) {
        revoked_add_key(to, blob);
        err = EDHOC_OK;
    }
    buf_free(&plain);
    return err;
}

static edhoc_err add_line(struct bytes line, struct revoked *to)
{
    struct bytes type = lines_word(&line), base64 = lines_word(&line);
    struct buf blob = buf_new(BLOB_MAX);
    edhoc_err err = EDHOC_ERR_KEY_FORMAT;

    if (type.len > 0 && base64_read(base64, &blob))
        err = add_blob(type, buf_bytes(&blob), to);
    else if (buf_err(&blob) == EDHOC_ERR_NOMEM)
        err = EDHOC_ERR_NOMEM;
    buf_free(&blob);
    return err;
}

edhoc_err key_list_read(struct bytes text, const char *path, struct revoked **out)
{
    struct revoked *list;
    unsigned number = 0;
    struct bytes line;
    edhoc_err err = revoked_new(BYTES_NONE, path, &list);

    *out = NULL;
    while (err == EDHOC_OK && lines_next(&text, &line)) {
        number++;
        if (!lines_is_idle(line))
            err = add_line(line, list);
        if (err == EDHOC_ERR_KEY_FORMAT)
            err = report(EDHOC_ERR_KEY_FORMAT,
                         "%s line %u is no public key, and the file no revocation list of OpenSSH",
                         path, number);
    }
    if (err == EDHOC_OK)
        err = revoked_finish(list);
    if (err == EDHOC_OK)
        *out = list;
    else
        revoked_free(list);
    return err;
}
