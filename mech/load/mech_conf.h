/* The registration line in MIT's mech.conf, whose bracketed options are ours to read:
 *
 *     name  OID  object  [kernel module]  [OPTIONS in brackets]  <type>
 *
 * Files and lines are read exactly as MIT's mechglue reads them (krb5's g_initialize.c), so that
 * what it takes for our line is what we take for our line; of several, the last one counts. Only
 * then are we stricter: a line of ours that is cut short or not closed is an error. Who can write
 * these files chooses the code that runs, so nothing is gained by checking their permissions here.
 */
#ifndef MECH_LOAD_MECH_CONF_H
#define MECH_LOAD_MECH_CONF_H

#include "base/bytes.h"
#include "base/report.h"
#include "load/loading.h"

#define MECH_OID "1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869"

#define MECH_CONF_MAX (1u << 20) /* bytes of one file */

struct mech_conf {
    char *options; /* between the brackets; NULL when the line has none, or there is no line */
    char *file;    /* where the line is; NULL when there is none */
    unsigned line;
};

/* Looks through $GSS_MECH_CONFIG (secure_getenv) if that is set, else through DIR/mech and then
 * DIR/mech.d/(*).conf in the order of glob(). Files that do not exist are skipped. EDHOC_ERR_FILE
 * for one that cannot be read, EDHOC_ERR_SETTING for a line of ours that is broken. `out` is to be
 * cleared with mech_conf_clear, also after a failure. */
edhoc_err mech_conf_read(const char *dir, struct mech_conf *out) EDHOC_MUST_USE;
/* The one file, or the files of the directory, alone. */
edhoc_err mech_conf_read_file(const char *path, struct loading *loading,
                              struct mech_conf *out) EDHOC_MUST_USE;
edhoc_err mech_conf_read_dir(const char *dir, struct loading *loading,
                             struct mech_conf *out) EDHOC_MUST_USE;
void mech_conf_clear(struct mech_conf *c);
/* Is this word of a line our OID, as MIT reads it: in braces or without? */
bool mech_conf_is_our_oid(const char *word);
/* One file's text. Replaces *out when there is a line of ours. */
edhoc_err mech_conf_text(struct bytes text, const char *file, struct mech_conf *out) EDHOC_MUST_USE;

#endif
