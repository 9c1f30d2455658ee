#include "trust_command.h"

#include "files.h"
#include "trust_edit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/place.h"
#include "load/settings.h"

#define MACHINE_FILE GSSCONFDIR "/edhoc/trust"

/* The file that is edited when none is named: root's is the machine's. For free(). */
static edhoc_err default_file(char **path)
{
    if (geteuid() != 0)
        return place_home("trust", path);
    *path = strdup(MACHINE_FILE);
    return *path != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

edhoc_err trust_refuse_private(struct bytes text, const char *source)
{
    if (!bytes_contain(text, BYTES_LITERAL("PRIVATE KEY-----")))
        return EDHOC_OK;
    return report(EDHOC_ERR_TRUST_SYNTAX,
                  "%s: a private key, which belongs in nobody's trust file; give %s.pub", source,
                  source);
}

edhoc_err trust_open(const struct trust_command *c, bool create, char **path, struct edit *e)
{
    edhoc_err err = EDHOC_OK;

    *e = (struct edit){.file = {.lock = -1}};
    *path = NULL;
    if (c->file != NULL)
        *path = strdup(c->file);
    else
        err = default_file(path);
    if (err == EDHOC_OK && *path == NULL)
        err = EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK && c->file == NULL && create)
        err = tool_make_directories(*path, geteuid() == 0 ? 0755 : 0700);
    return err == EDHOC_OK ? edit_open(*path, create, e) : err;
}
