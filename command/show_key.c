#include "show_key.h"

#include "text.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/key.h"
#include "crypto/openssh_type.h"
#include "edhoc/cred.h"
#include "peer/trust_line.h"
#include "peer/trust.h"

static edhoc_err print_fingerprint(const struct key *key)
{
    struct buf text = buf_new(64);
    edhoc_err err = openssh_key_fingerprint(key, &text);

    if (err == EDHOC_OK)
        printf("    fingerprint  %.*s\n", (int)text.len, (const char *)text.p);
    buf_free(&text);
    return err;
}

edhoc_err show_key(const struct key *key, const struct cred *cred)
{
    const struct keytype *type = key_type(key);
    char kid[17];

    printf("    type         %s, %s\n", type->name,
           type->dh ? "static Diffie-Hellman" : "signatures");
    printf("    key id       %s\n", tool_key_id(cred, kid));
    return print_fingerprint(key);
}

edhoc_err show_trust_line(const char *principals, const struct key *key)
{
    struct buf line = buf_new(TRUST_LINE_MAX);
    edhoc_err err = EDHOC_OK;

    trust_line_format(principals != NULL ? principals : "NAME", NULL, key, NULL, &line);
    if (buf_err(&line) != EDHOC_OK)
        err = buf_err(&line);
    else
        printf("    trust line   %.*s\n", (int)line.len, (const char *)line.p);
    buf_free(&line);
    return err;
}
