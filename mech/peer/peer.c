#include "peer/peer.h"

#include "base/bytes.h"
#include "edhoc/cred.h"

#include <stdlib.h>
#include <string.h>

void peer_clear(struct peer *p)
{
    cred_free(p->cred);
    free(p->name);
    free(p->comment);
    free(p->local_user);
    *p = (struct peer){0};
}

edhoc_err peer_fill(struct cred *cred, const struct trust_line *line, enum name_kind kind,
                    struct bytes name, struct peer *out)
{
    static const struct trust_line no_line = {.valid_before = INT64_MAX};

    line = line != NULL ? line : &no_line;
    *out = (struct peer){.cred = cred_ref(cred),
                         .kind = kind,
                         .expires = line->valid_before,
                         .file = line->file,
                         .line = line->line,
                         .by_ca = line->is_ca};
    if ((out->name = strndup((const char *)name.p, name.len)) != NULL &&
        bytes_copy_text(line->comment, &out->comment) &&
        bytes_copy_text(line->local_user, &out->local_user))
        return EDHOC_OK;
    peer_clear(out);
    return EDHOC_ERR_NOMEM;
}
