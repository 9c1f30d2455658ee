#include "load/part_key.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/fork.h"
#include "crypto/mac.h"
#include "load/part_spec.h"

#define HASH 32

static void put_value(struct buf *out, const void *value, size_t len)
{
    buf_put(out, bytes_of(value, len));
}

/* At most 65536 of them, but hardly ever more than these. */
static edhoc_err put_groups(struct buf *out)
{
    gid_t few[64], *groups = few;
    int n = getgroups(64, few);

    if (n < 0 && errno == EINVAL) {
        n = getgroups(0, NULL);
        groups = n > 0 ? calloc((size_t)n, sizeof(*groups)) : NULL;
        n = groups != NULL ? getgroups(n, groups) : -1;
    }
    if (n > 0)
        put_value(out, groups, (size_t)n * sizeof(*groups));
    if (groups != few)
        free(groups);
    return n >= 0 ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

/* The key of the hash: drawn once, by whoever is first. */
static edhoc_err process_secret(uint64_t out[4])
{
    static uint64_t _Atomic secret[4];
    edhoc_err err = EDHOC_OK;

    for (size_t i = 0; i < 4 && err == EDHOC_OK; i++) {
        uint64_t drawn = 0, first = 0;

        out[i] = atomic_load(&secret[i]);
        if (out[i] != 0)
            continue;
        err = fork_random(&drawn);
        out[i] = atomic_compare_exchange_strong(&secret[i], &first, drawn) ? drawn : first;
    }
    return err;
}

static edhoc_err put_passphrase(const char *passphrase, struct buf *out)
{
    struct bytes text = bytes_of_text(passphrase);
    struct fixed hash = {.len = 0};
    uint64_t secret[4];
    edhoc_err err = process_secret(secret);

    if (err == EDHOC_OK)
        err = crypto_mac(HASH_SHA256, bytes_of(secret, sizeof(secret)), &text, 1, &hash);
    buf_put(out, fixed_bytes(&hash));
    fixed_wipe(&hash);
    bytes_wipe(secret, sizeof(secret));
    return err;
}

edhoc_err part_key(const struct part_spec *spec, struct buf *out)
{
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    edhoc_err err;

    put_value(out, &uid, sizeof(uid));
    put_value(out, &gid, sizeof(gid));
    put_value(out, &spec->kind, sizeof(spec->kind));
    buf_put_byte(out, spec->optional);
    for (size_t i = 0; i < PART_PLACES; i++) {
        buf_put_byte(out, spec->place[i] != NULL);
        buf_put_text(out, spec->place[i]);
        buf_put_byte(out, 0);
    }
    err = spec->passphrase != NULL ? put_passphrase(spec->passphrase, out) : EDHOC_OK;
    if (err == EDHOC_OK)
        err = put_groups(out); /* last, because there is any number of them */
    return err == EDHOC_OK ? buf_err(out) : err;
}
