/* gss_pseudo_random (RFC 4401; doc/mechanism.md, "Keys for callers"). */
#include "base/bytes.h"
#include "base/report.h"
#include "buffers.h"
#include "context.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "mechglue.h"
#include "status.h"
#include "token/protect.h"

#include <endian.h>

enum { EXPORTER_PRF_FULL = 0x8102, EXPORTER_PRF_PARTIAL = 0x8103 };

#define OUTPUT_MAX (1u << 24)

/* T_1 || T_2 || ..., T_i = MAC( K, i as 32 bits || prf_in ), cut to `len` bytes. */
static edhoc_err expand(enum crypto_hash hash, const struct fixed *k, struct bytes prf_in,
                        size_t len, struct buf *out)
{
    struct fixed t = {.len = 0};
    edhoc_err err = EDHOC_OK;

    for (uint32_t i = 1; out->len < len && err == EDHOC_OK && buf_err(out) == EDHOC_OK; i++) {
        const uint32_t counter = htobe32(i);
        const struct bytes parts[] = {bytes_of(&counter, sizeof(counter)), prf_in};
        size_t left = len - out->len;

        err = crypto_mac(hash, fixed_bytes(k), parts, 2, &t);
        if (err == EDHOC_OK)
            buf_put(out, bytes_of(t.b, left < t.len ? left : t.len));
    }
    fixed_wipe(&t);
    return err;
}

static edhoc_err pseudo_random(struct glue_ctx *ctx, uint64_t label, struct bytes prf_in,
                               size_t len, gss_buffer_t out)
{
    struct buf text = buf_new(OUTPUT_MAX);
    enum crypto_hash hash;
    struct fixed k;
    edhoc_err err = glue_ctx_check(ctx);

    if (err == EDHOC_OK && prf_in.len > 0 && prf_in.p == NULL)
        err = report(EDHOC_ERR_ARGUMENT, "%zu bytes of input at NULL", prf_in.len);
    if (err != EDHOC_OK)
        return err;
    hash = protect_suite(ctx->protect)->hash;
    k.len = crypto_hash_length(hash);
    err = protect_exporter(ctx->protect, label, BYTES_NONE, k.b, k.len);
    if (err == EDHOC_OK)
        err = expand(hash, &k, prf_in, len, &text);
    fixed_wipe(&k);
    if (err == EDHOC_OK)
        err = glue_move_out(out, &text);
    buf_free(&text);
    return err;
}

GLUE_EXPORT OM_uint32 gss_pseudo_random(OM_uint32 *minor_status, gss_ctx_id_t context, int prf_key,
                                        const gss_buffer_t prf_in, ssize_t desired_output_len,
                                        gss_buffer_t prf_out)
{
    GLUE_CALL();
    glue_clear_buffer(prf_out);
    if (prf_out == NULL)
        return glue_refuse(minor_status, GSS_S_CALL_INACCESSIBLE_WRITE);
    if ((prf_key != GSS_C_PRF_KEY_FULL && prf_key != GSS_C_PRF_KEY_PARTIAL) ||
        desired_output_len < 0 || desired_output_len > (ssize_t)OUTPUT_MAX)
        return glue_status_as(
            minor_status,
            report(EDHOC_ERR_ARGUMENT, "%zd bytes by key %d", desired_output_len, prf_key),
            GSS_S_FAILURE);
    return glue_status(
        minor_status,
        pseudo_random((struct glue_ctx *)context,
                      prf_key == GSS_C_PRF_KEY_FULL ? EXPORTER_PRF_FULL : EXPORTER_PRF_PARTIAL,
                      prf_in != NULL ? bytes_of(prf_in->value, prf_in->length) : BYTES_NONE,
                      (size_t)desired_output_len, prf_out));
}
