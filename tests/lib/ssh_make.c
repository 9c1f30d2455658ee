#include "ssh_make.h"

#include <check.h>
#include <string.h>

#include "base/ssh_wire.h"
#include "crypto/keytype.h"
#include "crypto/sign.h"
#include "crypto/ssh_blob.h"
#include "errors.h"
#include "keep.h"

#define MADE_MAX (1u << 20)

static struct bytes kept(struct buf *b)
{
    struct bytes made = keep(b->p, b->len);

    buf_free(b);
    return made;
}

static void put_uint64(struct buf *out, uint64_t n)
{
    ssh_put_uint32(out, (uint32_t)(n >> 32));
    ssh_put_uint32(out, (uint32_t)n);
}

void ssh_make_mpint(struct buf *out, struct bytes n)
{
    while (n.len > 0 && n.p[0] == 0)
        n = bytes_of(n.p + 1, n.len - 1);
    ssh_put_uint32(out, (uint32_t)(n.len + (n.len > 0 && n.p[0] >> 7)));
    if (n.len > 0 && n.p[0] >> 7)
        buf_put_byte(out, 0);
    buf_put(out, n);
}

/* "a,b": strings; "a=b,c": pairs of strings, where b stands for a string in the data. */
static struct bytes list_of(const char *text, bool pairs)
{
    struct buf list = buf_new(MADE_MAX), data = buf_new(MADE_MAX);

    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, ","), name = pairs ? strcspn(text, "=,") : len;

        ssh_put_string(&list, bytes_of(text, name == 1 && *text == '-' ? 0 : name));
        buf_reset(&data);
        if (name < len)
            ssh_put_string(&data, bytes_of(text + name + 1, len - name - 1));
        if (pairs)
            ssh_put_string(&list, buf_bytes(&data));
        text += len + (text[len] == ',');
    }
    buf_free(&data);
    return kept(&list);
}

static struct bytes blob_of(const struct key *key)
{
    struct buf blob = buf_new(MADE_MAX);

    ssh_blob_put(key, &blob);
    return kept(&blob);
}

/* Type, nonce, public key. */
static void put_subject(const struct ssh_make *m, struct buf *out)
{
    const char *name = m->type_name != NULL ? m->type_name : key_type(m->key)->ssh_name;
    struct bytes blob = blob_of(m->key);
    size_t type = 4 + strlen(key_type(m->key)->ssh_name);

    ssh_put_uint32(out, (uint32_t)(strlen(name) + strlen("-cert-v01@openssh.com")));
    buf_put_text(out, name);
    buf_put_text(out, "-cert-v01@openssh.com");
    ssh_put_string(out, BYTES_LITERAL("a nonce that never repeats, 32 b"));
    buf_put(out, bytes_of(blob.p + type, blob.len - type));
    buf_put(out, m->after_public);
}

struct bytes ssh_make_signature(const struct key *ca, struct bytes text)
{
    const struct keytype *type = key_type(ca);
    struct buf raw = buf_new(MADE_MAX), value = buf_new(MADE_MAX), out = buf_new(MADE_MAX);

    ck_assert_ok(crypto_sign(ca, text, &raw));
    if (type->kty == KTY_EC2) {
        ssh_make_mpint(&value, bytes_of(raw.p, raw.len / 2));
        ssh_make_mpint(&value, bytes_of(raw.p + raw.len / 2, raw.len / 2));
    } else {
        buf_put(&value, buf_bytes(&raw));
    }
    ssh_put_string(&out, bytes_of_text(type->ssh_name));
    ssh_put_string(&out, buf_bytes(&value));
    buf_free(&raw);
    buf_free(&value);
    return kept(&out);
}

struct bytes ssh_make(const struct ssh_make *m)
{
    struct buf out = buf_new(MADE_MAX);

    put_subject(m, &out);
    put_uint64(&out, m->serial);
    ssh_put_uint32(&out, m->type);
    ssh_put_string(&out, m->key_id_bytes.p ? m->key_id_bytes
                                           : bytes_of_text(m->key_id != NULL ? m->key_id : ""));
    ssh_put_string(&out, m->list.p ? m->list : list_of(m->principals, false));
    put_uint64(&out, m->after);
    put_uint64(&out, m->before != 0 ? m->before : UINT64_MAX);
    ssh_put_string(&out, m->critical_list.p ? m->critical_list : list_of(m->critical, true));
    ssh_put_string(&out, m->extension_list.p ? m->extension_list : list_of(m->extensions, true));
    ssh_put_string(&out, BYTES_NONE);
    ssh_put_string(&out, m->ca_blob.p ? m->ca_blob : blob_of(m->ca));
    ssh_put_string(&out,
                   m->signature.p ? m->signature : ssh_make_signature(m->ca, buf_bytes(&out)));
    buf_put(&out, m->tail);
    return kept(&out);
}
