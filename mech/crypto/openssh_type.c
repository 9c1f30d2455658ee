#include "crypto/openssh_type.h"

#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/ssh_blob.h"

const struct keytype *openssh_type(struct bytes ssh_name)
{
    const struct keytype *type = keytype_by_ssh_name(ssh_name);

    if (type == NULL || type->dh || type->curve == CRV_ED448)
        return NULL;
    return type;
}

static const struct {
    const char *ssh_name, *fault;
} faults[] = {
    {"ssh-rsa", "an RSA key: no EDHOC cipher suite signs with RSA"},
    {"ssh-dss", "a DSA key: no EDHOC cipher suite signs with DSA"},
    {"ecdsa-sha2-nistp521", "an ECDSA key on P-521: no EDHOC cipher suite has that curve"},
    {"sk-ssh-ed25519@openssh.com",
     "a key of a security key (FIDO): what that signs has a form of its own, not COSE's"},
    {"sk-ecdsa-sha2-nistp256@openssh.com",
     "a key of a security key (FIDO): what that signs has a form of its own, not COSE's"},
};

const char *openssh_type_fault(struct bytes ssh_name)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        if (bytes_equal(bytes_of_text(faults[i].ssh_name), ssh_name))
            return faults[i].fault;
    if (bytes_end_with(ssh_name, BYTES_LITERAL("-cert-v01@openssh.com")))
        return "an OpenSSH certificate for a kind of key that EDHOC cannot use";
    return "a kind of key that EDHOC cannot use";
}

edhoc_err openssh_fingerprint(struct bytes blob, struct buf *out)
{
    uint8_t hash[32];
    edhoc_err err = crypto_sha256(blob, hash);

    if (err != EDHOC_OK)
        return err;
    buf_put_text(out, "SHA256:");
    base64_put(bytes_of(hash, sizeof(hash)), out);
    if (buf_err(out) != EDHOC_OK)
        return buf_err(out);
    out->len--; /* 32 bytes end in one '=', which OpenSSH leaves out */
    return EDHOC_OK;
}

edhoc_err openssh_key_fingerprint(const struct key *key, struct buf *out)
{
    struct buf blob = buf_new(512);
    edhoc_err err;

    ssh_blob_put(key, &blob);
    err = buf_err(&blob);
    if (err == EDHOC_OK)
        err = openssh_fingerprint(buf_bytes(&blob), out);
    buf_free(&blob);
    return err;
}

bool openssh_fingerprint_read(const char *text, uint8_t hash[32])
{
    struct buf padded = buf_new(64), decoded = buf_new(64);
    bool ok = strncmp(text, "SHA256:", 7) == 0;

    if (ok) {
        buf_put_text(&padded, text + 7);
        buf_put_byte(&padded, '=');
        ok = base64_read(buf_bytes(&padded), &decoded) && decoded.len == 32;
    }
    if (ok)
        memcpy(hash, decoded.p, 32);
    buf_free(&padded);
    buf_free(&decoded);
    return ok;
}

edhoc_err openssh_comment(struct bytes comment, char **out)
{
    *out = NULL;
    if (comment.len == 0 || !cbor_clean_text(comment))
        return EDHOC_OK;
    *out = strndup((const char *)comment.p, comment.len);
    return *out != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}
