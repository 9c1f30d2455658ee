/* The one vocabulary of settings (doc/design.md): credential store, environment, mech.conf,
 * built-in default, most specific first. A value that is set replaces the less specific one; an
 * empty value is an error, not "unset". All sources are checked, also where a more specific one
 * replaces them. */
#ifndef MECH_LOAD_SETTINGS_H
#define MECH_LOAD_SETTINGS_H

#include "base/bytes.h"
#include "base/report.h"
#include "edhoc/suite.h"

/* The administrator's directory, where mech, mech.d and edhoc are. */
#ifndef GSSCONFDIR
#define GSSCONFDIR "/etc/gss"
#endif

struct mech_conf;

#define SETTING_MAX 4096 /* bytes of a value */

#define SETTING_SYSLOG "syslog" /* the value of `log` that is no file */

/* Bits of the setting `options`. */
enum {
    EDHOC_CONFIRM = 1,          /* initiator: ask for message_4 */
    EDHOC_HIDE_TARGET = 2,      /* initiator: name the target in message_3, not in message_1 */
    EDHOC_CRED_BY_REFERENCE = 4 /* send a kid instead of the key */
};

struct settings {
    char *identity;         /* NULL: $XDG_CONFIG_HOME/gss-edhoc/identity.pem */
    char *service_identity; /* NULL: GSSCONFDIR/edhoc/service.d, else sshd's keys */
    char *certificate;
    char *trust; /* NULL: the default files, see load_trust */
    char *anchors;
    char *crls;
    char *revoked;    /* what is revoked by key */
    char *identities; /* the file that chooses an initiator's identity by its target (choices.h);
                         NULL where the environment or a store has named one */
    char *log;   /* where acceptors tell whom they accept and refuse: SETTING_SYSLOG, or an absolute
                      path; NULL: nowhere */
    char *trace; /* mech.conf's, an absolute path; NULL: none. The environment's: settings_trace */
    struct suite_list suites;
    unsigned options; /* EDHOC_CONFIRM | EDHOC_HIDE_TARGET | EDHOC_CRED_BY_REFERENCE */
    bool negoex;      /* from mech.conf or the environment only */
};

/* A credential store entry, as gss_key_value_element. */
struct setting_pair {
    const char *key; /* "edhoc_identity", ...; keys of other mechanisms are ignored, but one that
                        begins with "edhoc_" and is not known is an error */
    const char *value;
};

/* Reads all four sources. EDHOC_ERR_SETTING with the source (store key, variable, file and line)
 * and the rule; EDHOC_ERR_FILE when a mech.conf that exists cannot be read. `out` is to be cleared
 * with settings_clear, also after a failure.
 *
 * In mech.conf, a path must be absolute: the line is read by processes in any directory. The
 * options are confirm, hide-target, cred-by-reference, negoex, or none alone. */
edhoc_err settings_read(const struct setting_pair *store, size_t count,
                        struct settings *out) EDHOC_MUST_USE;
/* The same with a registration line that was read already. */
edhoc_err settings_read_with(const struct mech_conf *conf, const struct setting_pair *store,
                             size_t count, struct settings *out) EDHOC_MUST_USE;
/* Could `negoex` be set at all? Where the word is nowhere, nothing has to be read to know. */
bool settings_may_want_negoex(const struct mech_conf *conf);
void settings_clear(struct settings *s);
/* The names of all settings, as mech.conf has them; NULL at the end. Each has a variable. */
const char *settings_name(size_t i);
/* The value of `options` that says what these do. */
void settings_put_options(struct buf *out, const struct settings *s);
/* The trace file's name from GSS_EDHOC_TRACE (secure_getenv), or NULL; it comes before mech.conf's. */
const char *settings_trace(void);

#endif
