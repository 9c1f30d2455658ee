#include "openssh_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/ssh_wire.h"
#include "crypto/keytype.h"
#include "crypto/openssh_type.h"
#include "crypto/sign.h"
#include "crypto/ssh_blob.h"

const char *const kinds[KINDS] = {"ed25519", "p256", "p384"};

bool same_public(const struct key *a, const struct key *b)
{
    return key_type(a) == key_type(b) && bytes_equal(key_x(a), key_x(b)) &&
           bytes_equal(key_y(a), key_y(b));
}

edhoc_err sign_text(const struct key *k, struct bytes text, struct buf *signature)
{
    *signature = buf_new(BUF_MAX);
    return crypto_sign(k, text, signature);
}

void expect_signs(const struct key *k, struct bytes text)
{
    struct buf signature;

    ck_assert_ok(sign_text(k, text, &signature));
    ck_assert_uint_eq(signature.len, key_type(k)->signature);
    ck_assert_ok(crypto_verify(k, text, buf_bytes(&signature)));
    buf_free(&signature);
}

void fill_raw(uint8_t *raw, size_t len)
{
    for (size_t i = 0; i < len; i++)
        raw[i] = (uint8_t)(0x11 + 37 * i);
}

struct key *made_key(const char *kind)
{
    const struct keytype *type = keytype_by_name(kind);
    uint8_t raw[COORDINATE_MAX];
    struct key *key;

    fill_raw(raw, type->coordinate);
    ck_assert_ok(key_from_private(type, bytes_of(raw, type->coordinate), &key));
    return key;
}

const struct unusable unusable[UNUSABLE] = {
    {"ssh-rsa", "signs with RSA"},
    {"ssh-dss", "signs with DSA"},
    {"ecdsa-sha2-nistp521", "P-521"},
    {"sk-ssh-ed25519@openssh.com", "FIDO"},
    {"sk-ecdsa-sha2-nistp256@openssh.com", "FIDO"},
    {"ssh-ed25519-cert-v01@openssh.com", "certificate"},
    {"ssh-ed448", "cannot use"},
    {"ecdh-x25519", "cannot use"},
    {"ecdh-nistp256", "cannot use"},
    {"", "cannot use"},
    {"ssh-ed25519 ", "cannot use"},
};

void set_type(struct buf *b, const char *type)
{
    buf_reset(b);
    ssh_put_string(b, bytes_of_text(type));
    ssh_put_string(b, BYTES_LITERAL("and so on"));
}

/* ---- keys of the real ssh-keygen ---- */

const struct real reals[REALS] = {
    {"id_ed25519", "ed25519", "256", "", "ed25519", NULL},
    {"id_p256", "ecdsa", "256", "", "p256", NULL},
    {"id_p384", "ecdsa", "384", "", "p384", NULL},
    {"id_p521", "ecdsa", "521", "", NULL, "P-521"},
    {"id_rsa", "rsa", "2048", "", NULL, "RSA"},
    {"id_locked", "ed25519", "256", "a passphrase", NULL, "ssh-add " FILE_NAME},
};

bool openssh_is_there(void)
{
    if (system("for p in ssh-keygen ssh-agent ssh-add; do command -v $p || exit 1; done "
               ">/dev/null") == 0)
        return true;
    printf("# skipped: keys of ssh-keygen and ssh-agent, which are not installed "
           "(openssh-client)\n");
    (void)fflush(stdout);
    return false;
}

void make_real(const struct real *k)
{
    folder_run("rm -f %s && ssh-keygen -q -t %s -b %s -N '%s' -C \"it's me\" -f %s", k->file,
               k->type, k->bits, k->passphrase, k->file);
}

void make_reals(void)
{
    for (int i = 0; i < REALS; i++)
        make_real(&reals[i]);
}

/* The blob in FILE.pub. */
struct buf real_blob(const char *file)
{
    struct buf text = folder_read(textf("%s.pub", file)), blob = buf_new(BUF_MAX);
    char *word, *rest;

    buf_put_byte(&text, '\0');
    (void)strtok_r((char *)text.p, " ", &rest);
    word = strtok_r(NULL, " ", &rest);
    ck_assert(base64_read(bytes_of_text(word), &blob));
    buf_free(&text);
    return blob;
}

struct key *real_public(const char *file)
{
    struct buf blob = real_blob(file);
    struct key *key;

    ck_assert_ok(ssh_blob_read(buf_bytes(&blob), &key));
    buf_free(&blob);
    return key;
}

const char *real_fingerprint(const char *file)
{
    struct buf blob = real_blob(file), text = buf_new(64);
    const char *shown;

    ck_assert_ok(openssh_fingerprint(buf_bytes(&blob), &text));
    shown = textf("%.*s", (int)text.len, (const char *)text.p);
    buf_free(&blob);
    buf_free(&text);
    return shown;
}
