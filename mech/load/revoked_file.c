#include "load/revoked_file.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/file.h"
#include "load/key_list.h"
#include "load/place.h"
#include "peer/krl.h"
#include "peer/revoked.h"

#define REVOKED_MAX (64u << 20) /* bytes: millions of keys */

/* It is emptied while it is written, or a disk was full: whoever has revoked somebody would not know that
 * nobody is. */
static edhoc_err check_size(struct bytes text, const char *path)
{
    if (text.len > 0)
        return EDHOC_OK;
    return report(
        EDHOC_ERR_KEY_FORMAT,
        "%s: the file is empty; where nothing is revoked, make a list with ssh-keygen -k -f "
        "%s, or write a line that begins with #",
        path, path);
}

edhoc_err revoked_file_read(const char *where, struct loading *loading, struct revoked **out)
{
    struct buf text = buf_new(0);
    const char *path;
    edhoc_err err = place_path(where, &path);

    *out = NULL;
    if (err == EDHOC_OK)
        err = file_read(path, FILE_TRUSTED, REVOKED_MAX, loading, NULL, &text);
    if (err == EDHOC_OK)
        err = check_size(buf_bytes(&text), path);
    if (err == EDHOC_OK)
        err = krl_is(buf_bytes(&text)) ? krl_read(buf_bytes(&text), path, out)
                                       : key_list_read(buf_bytes(&text), path, out);
    buf_free(&text);
    return err;
}
