/* A name with all that is known of it, as it goes from one process to another: strict both ways. */
#include "name_record.h"

#include "base/bytes.h"
#include "base/cbor.h"
#include "crypto/key.h"
#include "edhoc/cred.h"
#include "names.h"
#include "peer/trust_terms.h"

#include <string.h>

#define LABEL_MAX TRUST_LINE_MAX /* bytes of a comment or a local user */

enum { NAME_FIELDS = 5, PROOF_FIELDS = 2 };

/* ---- texts that may not be there ---- */

static void put_text(struct buf *out, const char *text)
{
    if (text != NULL)
        cbor_put_tstr(out, bytes_of_text(text));
    else
        cbor_put_null(out);
}

char *glue_text_read(struct cbor_reader *r, enum cbor_kind kind, size_t max)
{
    struct bytes text;
    char *copy;

    if (cbor_peek(r) == CBOR_OTHER) {
        cbor_read_null(r);
        return NULL;
    }
    text = kind == CBOR_BSTR ? cbor_read_bstr(r) : cbor_read_tstr(r);
    if (text.len == 0 || text.len > max || memchr(text.p, 0, text.len) != NULL)
        r->failed = true;
    if (r->failed)
        return NULL;
    copy = strndup((const char *)text.p, text.len);
    if (copy == NULL)
        cbor_read_fail(r, EDHOC_ERR_NOMEM);
    return copy;
}

/* ---- names ---- */

/* By value, also where the peer was known by reference: there is no trust file to look it up in. */
static void put_proof(struct buf *out, const struct cred *cred)
{
    cbor_put_array(out, PROOF_FIELDS);
    cbor_put_uint(out, key_type(cred_key(cred))->dh ? 1 : 0);
    if (cred_form(cred) == CRED_X5CHAIN || cred_form(cred) == CRED_SSH_CERT) {
        buf_put(out, cred_id(cred));
        return;
    }
    cbor_put_map(out, 1);
    cbor_put_int(out, CRED_KCCS);
    buf_put(out, cred_item(cred));
}

static struct cred *read_proof(struct cbor_reader *r)
{
    size_t fields = cbor_read_array(r);
    uint64_t dh = cbor_read_uint(r);
    struct bytes map = cbor_read_any(r);
    struct cred *cred = NULL;
    struct cred_id id;
    edhoc_err err = EDHOC_ERR_CRED_FORM;

    if (r->failed || fields != PROOF_FIELDS || dh > 1 || cred_id_read(map, &id) != EDHOC_OK)
        r->failed = true;
    else if (id.form == CRED_KCCS)
        err = cred_from_kccs(&id, dh == 1, &cred);
    else if (id.form == CRED_X5CHAIN && dh == 0)
        err = cred_from_x5chain(&id, &cred);
    else if (id.form == CRED_SSH_CERT && dh == 0)
        err = cred_from_ssh_cert(&id, &cred);
    if (err != EDHOC_OK)
        cbor_read_fail(r, err);
    return cred;
}

void glue_name_put(struct buf *out, const struct glue_name *name, bool local)
{
    cbor_put_array(out, NAME_FIELDS);
    cbor_put_uint(out, (uint64_t)name->kind);
    cbor_put_tstr(out, bytes_of_text(name->text));
    if (name->cred != NULL)
        put_proof(out, name->cred);
    else
        cbor_put_null(out);
    put_text(out, name->comment);
    put_text(out, local ? name->local_user : NULL);
}

/* What is only known of somebody who proved it. */
static void read_knowledge(struct cbor_reader *r, struct glue_name *name)
{
    if (cbor_peek(r) == CBOR_OTHER)
        cbor_read_null(r);
    else
        name->cred = read_proof(r);
    name->comment = glue_text_read(r, CBOR_TSTR, LABEL_MAX);
    name->local_user = glue_text_read(r, CBOR_TSTR, LABEL_MAX);
    if (name->cred == NULL && (name->comment != NULL || name->local_user != NULL))
        r->failed = true;
}

struct glue_name *glue_name_read(struct cbor_reader *r)
{
    size_t fields = cbor_read_array(r);
    uint64_t kind = cbor_read_uint(r);
    struct bytes text = cbor_read_tstr(r);
    struct glue_name *name = NULL;
    edhoc_err err = EDHOC_ERR_NAME;

    if (!r->failed && fields == NAME_FIELDS && kind >= NAME_USER && kind <= NAME_SUBJECT)
        err = glue_name_new((enum name_kind)kind, text, &name);
    if (err != EDHOC_OK || !bytes_equal(bytes_of_text(name->text), text))
        cbor_read_fail(r, err);
    else
        read_knowledge(r, name);
    if (!r->failed)
        return name;
    glue_name_free(name);
    return NULL;
}
