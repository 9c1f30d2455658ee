#include "load/anchors_file.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/file.h"
#include "load/place.h"
#include "peer/x509_store.h"

#define CRLS_MAX (64u << 20) /* bytes: a large CA's lists */

static edhoc_err read_trusted(const char *where, size_t max, struct loading *loading,
                              struct buf *out)
{
    const char *path;
    edhoc_err err = place_path(where, &path);

    return err == EDHOC_OK ? file_read(path, FILE_TRUSTED, max, loading, NULL, out) : err;
}

edhoc_err load_anchors(const char *anchors, const char *crls, struct loading *loading,
                       struct x509_store **out)
{
    struct buf pem = buf_new(0), lists = buf_new(0);
    edhoc_err err = read_trusted(anchors, ANCHORS_FILE_MAX, loading, &pem);

    *out = NULL;
    if (err == EDHOC_OK && crls != NULL)
        err = read_trusted(crls, CRLS_MAX, loading, &lists);
    if (err == EDHOC_OK && crls != NULL && lists.len == 0)
        err = report(EDHOC_ERR_KEY_FORMAT, "%s: the file is empty", crls);
    if (err == EDHOC_OK)
        err = x509_store_new(buf_bytes(&pem), anchors, buf_bytes(&lists), crls, out);
    buf_free(&pem);
    buf_free(&lists);
    return err;
}
