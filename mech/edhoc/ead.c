#include "edhoc/ead.h"

#include "base/cbor.h"
#include "base/report.h"

#define LABEL_PADDING 0

void ead_put(struct buf *out, uint64_t label, bool critical, struct bytes value)
{
    cbor_put_int(out, critical ? -(int64_t)label : (int64_t)label);
    cbor_put_bstr(out, value);
}

bool ead_next(struct cbor_reader *r, struct ead_item *item)
{
    int64_t label;

    *item = (struct ead_item){0};
    if (r->failed || r->rest.len == 0)
        return false;
    label = cbor_read_int(r);
    if (label == INT64_MIN)
        r->failed = true;
    if (r->failed)
        return false;
    item->critical = label < 0;
    item->label = (uint64_t)(label < 0 ? -label : label);
    item->has_value = cbor_peek(r) == CBOR_BSTR;
    if (item->has_value)
        item->value = cbor_read_bstr(r);
    return !r->failed;
}

edhoc_err ead_find(struct bytes field, uint64_t label, struct ead_item *item, bool *found)
{
    struct cbor_reader r = cbor_reader(field);
    struct ead_item next;

    *found = false;
    while (ead_next(&r, &next)) {
        if (next.label == LABEL_PADDING)
            continue;
        if (next.label == label) {
            if (*found)
                return report(EDHOC_ERR_EAD_ITEM, "it comes twice");
            *item = next;
            *found = true;
        } else if (next.critical) {
            return report(EDHOC_ERR_EAD_CRITICAL, "label %llu", (unsigned long long)next.label);
        }
    }
    if (r.failed)
        return report(EDHOC_ERR_MALFORMED,
                      "external authorization data is not a sequence of items");
    return EDHOC_OK;
}
