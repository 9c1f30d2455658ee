#include "load/look.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/report.h"
#include "load/loading.h"
#include "load/part_spec.h"
#include "load/stamps.h"

void look_free(const struct part_kind *kind, struct look *look)
{
    if (look == NULL)
        return;
    kind->free(look->contents);
    stamps_free(look->stamps);
    free(look->story);
    free(look);
}

/* Whether a later look may find otherwise, though the files are the same: of the folders on the way to
 * them there is no stamp. And libcrypto does not always say that memory is what it lacked; so what is
 * wrong with a file for the first time is looked at once more. */
static bool may_pass(edhoc_err err, const struct look *before)
{
    return err == EDHOC_ERR_FILE || err == EDHOC_ERR_PERMISSIONS || err == EDHOC_ERR_NOMEM ||
           err == EDHOC_ERR_CRYPTO || before == NULL || before->err != err;
}

/* Tells why nothing came of it; what was there before stays. */
static void keep(const struct part_kind *kind, const struct look *before, struct look *look)
{
    look->story = strdup(report_details(look->err));
    look->again |= may_pass(look->err, before);
    if (before == NULL)
        return;
    look->contents = kind->ref(before->contents);
    look->bytes = before->bytes;
}

struct look *look_new(const struct part_spec *spec, const uid_t *uid, const struct look *before)
{
    struct loading loading = {.passphrase = spec->passphrase, .uid = uid};
    struct look *look = calloc(1, sizeof(*look));

    if (look == NULL)
        return NULL;
    report_clear();
    look->err = stamps_new(&loading.stamps);
    if (look->err == EDHOC_OK)
        look->err = spec->kind->load(spec, &loading, &look->contents);
    look->stamps = loading.stamps;
    look->bytes = loading.bytes;
    look->again = loading.again;
    look->gone = look->err != EDHOC_OK && loading.gone;
    if (look->err != EDHOC_OK)
        keep(spec->kind, before, look);
    return look;
}

bool look_holds(const struct look *look)
{
    return !look->again && !stamps_young(look->stamps) && !stamps_changed(look->stamps);
}
