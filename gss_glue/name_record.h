/* A name with all that is known of it, as one CBOR item:
 *
 *     Name  = [ kind : uint, text : tstr, Proof / null, comment : tstr / null,
 *               local user : tstr / null ]
 *     Proof = [ static DH : 0 / 1, ID_CRED_x by value ] */
#ifndef GSS_GLUE_NAME_RECORD_H
#define GSS_GLUE_NAME_RECORD_H

#include "base/cbor.h"
#include "names.h"

/* `local`: with the local user. */
void glue_name_put(struct buf *out, const struct glue_name *name, bool local);
/* NULL, and the reader has failed, for what is no name in canonical form. */
struct glue_name *glue_name_read(struct cbor_reader *r);

/* A text that may not be there: a new C string, or NULL for null; the reader fails for what does not
 * fit into one. */
char *glue_text_read(struct cbor_reader *r, enum cbor_kind kind, size_t max);

#endif
