#include "revoke_list.h"

#include "file_edit.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/report.h"
#include "load/key_list.h"
#include "base/lines.h"
#include "peer/krl.h"
#include "peer/revoked.h"

#define REVOKE_LIST_MAX (64u << 20) /* bytes */

/* What would be refused when it is used is refused here. */
static edhoc_err understand(const struct file_edit *e)
{
    struct revoked *list = NULL;
    edhoc_err err;

    if (krl_is(buf_bytes(&e->text)))
        return report(
            EDHOC_ERR_KEY_FORMAT,
            "%s: a revocation list of OpenSSH's, which ssh-keygen edits: ssh-keygen -k -u "
            "-f %s KEY.pub",
            e->shown, e->shown);
    err = key_list_read(buf_bytes(&e->text), e->shown, &list);
    revoked_free(list);
    return err;
}

edhoc_err revoke_list_open(const char *path, struct file_edit *e)
{
    edhoc_err err = file_edit_open(path, true, REVOKE_LIST_MAX, e);

    return err == EDHOC_OK ? understand(e) : err;
}

bool revoke_list_has(const struct file_edit *e, struct bytes key)
{
    struct bytes text = buf_bytes(&e->text), line;

    while (lines_next(&text, &line)) {
        (void)lines_word(&line); /* the type */
        if (bytes_equal(lines_word(&line), key))
            return true;
    }
    return false;
}

edhoc_err revoke_list_add(struct file_edit *e, struct bytes type, struct bytes key,
                          struct bytes comment, bool *already)
{
    struct buf line = buf_new(REVOKE_LIST_MAX);
    edhoc_err err;

    *already = revoke_list_has(e, key);
    if (*already)
        return EDHOC_OK;
    buf_put(&line, type);
    buf_put_byte(&line, ' ');
    buf_put(&line, key);
    if (comment.len > 0 && cbor_clean_text(comment)) {
        buf_put_byte(&line, ' ');
        buf_put(&line, comment);
    }
    err = buf_err(&line) != EDHOC_OK ? buf_err(&line) : file_edit_append(e, buf_bytes(&line));
    buf_free(&line);
    return err == EDHOC_OK ? understand(e) : err;
}
