#include "line_key.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/ssh_wire.h"
#include "crypto/key.h"
#include "crypto/openssh_type.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/trust.h"

struct bytes line_key_type(const struct trust_line *line)
{
    struct ssh_reader r = ssh_reader_of(buf_bytes(&line->ca));

    if (line->is_ca)
        return ssh_read_string(&r);
    return bytes_of_text(key_type(cred_key(line->cred))->ssh_name);
}

void line_key_blob(const struct trust_line *line, struct buf *out)
{
    if (line->is_ca)
        buf_put_buf(out, &line->ca);
    else
        ssh_blob_put(cred_key(line->cred), out);
}

edhoc_err line_key_id(const struct trust_line *line, char text[LINE_KEY_ID])
{
    struct buf fingerprint = buf_new(LINE_KEY_ID);
    edhoc_err err = EDHOC_OK;

    if (line->is_ca) {
        err = openssh_fingerprint(buf_bytes(&line->ca), &fingerprint);
        (void)snprintf(text, LINE_KEY_ID, "%.*s", (int)fingerprint.len,
                       fingerprint.len > 0 ? (const char *)fingerprint.p : "");
    } else {
        (void)tool_key_id(line->cred, text);
    }
    buf_free(&fingerprint);
    return err;
}

bool line_same_key(const struct trust_line *a, const struct trust_line *b)
{
    if (a->is_ca || b->is_ca)
        return a->is_ca && b->is_ca && bytes_equal(buf_bytes(&a->ca), buf_bytes(&b->ca));
    return cred_same_thumbprint(a->cred, b->cred) && cred_is_dh(a->cred) == cred_is_dh(b->cred);
}
