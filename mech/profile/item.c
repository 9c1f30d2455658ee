#include "profile/item.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "edhoc/ead.h"

#include <string.h>

#define ITEM_MAX (PROFILE_TARGET_MAX + FIXED_MAX + 64)

static void put_target(struct buf *value, struct bytes target)
{
    if (target.len > 0)
        cbor_put_tstr(value, target);
    else
        cbor_put_null(value);
}

static void put_1(const struct profile_item *item, struct buf *value)
{
    cbor_put_array(value, 2);
    put_target(value, item->target);
    cbor_put_uint(value, item->options);
}

static void put_3(const struct profile_item *item, struct buf *value)
{
    cbor_put_array(value, 3);
    cbor_put_uint(value, item->flags);
    if (item->has_bindings)
        cbor_put_bstr(value, item->bindings);
    else
        cbor_put_null(value);
    put_target(value, item->target);
}

static void put_4(const struct profile_item *item, struct buf *value)
{
    cbor_put_array(value, 1);
    cbor_put_uint(value, item->flags);
}

void item_put(const struct profile_item *item, struct buf *ead)
{
    struct buf value = buf_new(ITEM_MAX);

    if (item->message == 1)
        put_1(item, &value);
    else if (item->message == 3)
        put_3(item, &value);
    else
        put_4(item, &value);
    ead_put(ead, PROFILE_EAD_LABEL, true, buf_bytes(&value));
    buf_fail(ead, buf_err(&value));
    buf_free(&value);
}

bool item_target_ok(struct bytes target)
{
    const uint8_t *at = target.len > 0 ? memchr(target.p, '@', target.len) : NULL;
    size_t host = at != NULL ? (size_t)(at - target.p) + 1 : target.len;

    if (target.len == 0 || target.len > PROFILE_TARGET_MAX || !cbor_clean_text(target))
        return false;
    if (at == NULL)
        return true;
    for (size_t i = host; i < target.len; i++)
        if (target.p[i] == '@' || ascii_lower((char)target.p[i]) != (char)target.p[i])
            return false;
    return host > 1 && host < target.len && target.p[target.len - 1] != '.';
}

static struct bytes read_target(struct cbor_reader *r)
{
    struct bytes target;

    if (cbor_peek(r) != CBOR_TSTR) {
        cbor_read_null(r);
        return BYTES_NONE;
    }
    target = cbor_read_tstr(r);
    if (!item_target_ok(target))
        r->failed = true;
    return r->failed ? BYTES_NONE : target;
}

static void read_1(struct cbor_reader *r, struct profile_item *out)
{
    if (cbor_read_array(r) != 2)
        r->failed = true;
    out->target = read_target(r);
    out->options = cbor_read_uint(r);
    if ((out->options & ~(uint64_t)PROFILE_OPTION_CONFIRM) != 0)
        r->failed = true;
}

static void read_3(struct cbor_reader *r, struct profile_item *out)
{
    if (cbor_read_array(r) != 3)
        r->failed = true;
    out->flags = cbor_read_uint(r);
    out->has_bindings = cbor_peek(r) == CBOR_BSTR;
    if (out->has_bindings)
        out->bindings = cbor_read_bstr(r);
    else
        cbor_read_null(r);
    out->target = read_target(r);
}

static void read_4(struct cbor_reader *r, struct profile_item *out)
{
    if (cbor_read_array(r) != 1)
        r->failed = true;
    out->flags = cbor_read_uint(r);
}

edhoc_err item_read(int message, struct bytes ead, struct profile_item *out)
{
    struct ead_item item;
    struct cbor_reader r;
    bool found;
    edhoc_err err = ead_find(ead, PROFILE_EAD_LABEL, &item, &found);

    *out = (struct profile_item){.message = message};
    if (err != EDHOC_OK)
        return err;
    if (message == 2 && !found)
        return EDHOC_OK;
    if (message == 2 || !found || !item.critical)
        return report(EDHOC_ERR_EAD_ITEM, "message_%d %s", message,
                      message == 2 ? "must not have it"
                      : !found     ? "lacks it"
                                   : "has it as a non-critical item");
    r = cbor_reader(item.value);
    if (message == 1)
        read_1(&r, out);
    else if (message == 3)
        read_3(&r, out);
    else
        read_4(&r, out);
    if (!cbor_finished(&r))
        return report(EDHOC_ERR_EAD_ITEM, "its value in message_%d is malformed", message);
    return EDHOC_OK;
}
