/* The GSS-API face: what its files share. Each exported gss_* function is a few lines that cast,
 * check and call a glue_* function; what follows from an error is one row of a table in status.c.
 *
 * No function here or in its callers calls a gss_* function that this object exports: the name
 * would bind to MIT's mechglue in one program and to ours in another. Utilities that we do not
 * export (gss_release_buffer, gss_add_oid_set_member, ...) are libgssapi_krb5's and safe. */
#ifndef GSS_GLUE_GLUE_H
#define GSS_GLUE_GLUE_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include <pthread.h>
#include <stdatomic.h>

#include "edhoc/edhoc.h"
#include "load/live.h"
#include "token/protect.h"

#define GLUE_EXPORT __attribute__((visibility("default")))

/* Entry points that the mechglue looks up but that no installed header declares. */
OM_uint32 gss_internal_release_oid(OM_uint32 *minor_status, gss_OID *oid);
OM_uint32 gssspi_authorize_localname(OM_uint32 *minor_status, const gss_name_t name,
                                     gss_const_buffer_t user, gss_const_OID user_type);
OM_uint32 gssspi_set_cred_option(OM_uint32 *minor_status, gss_cred_id_t *cred,
                                 const gss_OID desired_object, const gss_buffer_t value);

/* ---- oids.c ---- */

/* Static objects; their addresses are what applications get to hold, so they are never freed. */
extern gss_OID_desc glue_mech_oid;
/* The type of a certificate subject (kind 3): the mechanism's OID with one more arc, 3. */
extern gss_OID_desc glue_subject_oid;

bool glue_oid_is(gss_const_OID oid, gss_const_OID other);
/* NULL stands for "the mechanism that you are". */
bool glue_is_our_mech(gss_const_OID oid);

/* ---- status.c ---- */

/* Minor status = this + edhoc_err. The bytes "EDH\0": a number that is no errno and no com_err code
 * of MIT's, so that logs keep showing it as it is. */
#define EDHOC_MINOR_BASE 0x45444800u

OM_uint32 glue_major(edhoc_err err);
/* Sets the minor status and returns the major one: of an error by its row in the table. */
OM_uint32 glue_status(OM_uint32 *minor_status, edhoc_err err) EDHOC_MUST_USE;
/* The same where GSS-API has a more particular major status than the table. */
OM_uint32 glue_status_as(OM_uint32 *minor_status, edhoc_err err, OM_uint32 major) EDHOC_MUST_USE;

/* ---- buffers (oids.c) ---- */

struct bytes glue_bytes(gss_const_buffer_t buffer); /* NULL and {0, x} are empty */
void glue_clear_buffer(gss_buffer_t buffer);        /* {0, NULL}, without freeing; NULL is fine */
/* A malloc'ed copy with a NUL after it that is not counted. An empty text gives {0, NULL}. A NULL
 * buffer takes nothing. */
edhoc_err glue_copy_out(gss_buffer_t buffer, struct bytes what) EDHOC_MUST_USE;
/* Hands the memory of `from` over; sticky failure becomes EDHOC_ERR_NOMEM. */
edhoc_err glue_move_out(gss_buffer_t buffer, struct buf *from) EDHOC_MUST_USE;
/* A set of the given OIDs. */
edhoc_err glue_oid_set(gss_const_OID const *oids, size_t count, gss_OID_set *out) EDHOC_MUST_USE;

/* ---- names.c ---- */

enum name_kind { NAME_USER = 1, NAME_SERVICE = 2, NAME_SUBJECT = 3 };

/* An immutable, reference-counted name. The mechglue must not find its own address in the first
 * word, hence the order of the members. */
struct glue_name {
    atomic_uint refs;
    enum name_kind kind;
    char *text;
    struct cred *cred; /* what the peer proved; NULL: somebody only said this name */
    char *comment;     /* of the trust line that vouches for it, or NULL */
    char *local_user;  /* the local user that it may log in as, or NULL */
    bool hearsay; /* the rest is what a composite export says: authenticated to somebody else */
};

/* Canonical text or EDHOC_ERR_NAME. */
edhoc_err glue_name_new(enum name_kind kind, struct bytes text,
                        struct glue_name **out) EDHOC_MUST_USE;
/* One of our own identity's names: `id` as initiator is a user, as acceptor a service if it has a
 * host. An identity without a name is called by its key's fingerprint. */
edhoc_err glue_name_of_identity(const struct identity *id, bool initiator,
                                struct glue_name **out) EDHOC_MUST_USE;
/* The name of an authenticated peer. A client's may map to a local user, a server's never does. */
edhoc_err glue_name_of_peer(const struct peer *peer, enum name_kind kind, bool client,
                            struct glue_name **out) EDHOC_MUST_USE;
/* A target as a text that came from elsewhere: a service where it has a host, else a user. */
edhoc_err glue_name_of_target(const char *text, struct glue_name **out) EDHOC_MUST_USE;
struct glue_name *glue_name_ref(struct glue_name *name);
void glue_name_free(struct glue_name *name);
bool glue_name_equal(const struct glue_name *a, const struct glue_name *b);
/* What an exported name of this mechanism begins with (RFC 2743 section 3.2), before `inner` bytes
 * of its own; `form` is 1, or 2 for a composite one (RFC 6680). */
void glue_name_put_head(struct buf *out, uint8_t form, size_t inner);

/* ---- creds.c ---- */

/* An immutable, reference-counted credential. */
struct glue_cred {
    atomic_uint refs;
    gss_cred_usage_t usage; /* of the sides that there are */
    struct settings settings;
    struct live *initiator, *acceptor; /* keys and trust of a role; NULL: not for that role */
    struct glue_name *desired;         /* what gss_acquire_cred was asked for, or NULL */
};

/* All that usage names; for GSS_C_BOTH what there is, at least one side. `passphrase`, of an
 * initiator's encrypted key, may be NULL. */
edhoc_err glue_cred_acquire(struct glue_name *desired, gss_cred_usage_t usage,
                            const char *passphrase, const struct setting_pair *store, size_t count,
                            struct glue_cred **out) EDHOC_MUST_USE;
/* `cred`, or the default credential where it is NULL, as a new reference. */
edhoc_err glue_cred_or_default(struct glue_cred *cred, gss_cred_usage_t usage,
                               struct glue_cred **out) EDHOC_MUST_USE;
/* The same with settings that came from elsewhere, which are taken over, on failure too. */
edhoc_err glue_cred_load(struct glue_name *desired, gss_cred_usage_t usage, const char *passphrase,
                         struct settings *settings, struct glue_cred **out) EDHOC_MUST_USE;
/* The keys and the trust as the files have them now: references for the caller, which it frees, on
 * failure too. EDHOC_ERR_NO_IDENTITY when no key fits the desired name any more. */
edhoc_err glue_cred_current(const struct glue_cred *cred, bool initiator,
                            struct identity_set **identities, struct trust **trust) EDHOC_MUST_USE;
void glue_cred_free(struct glue_cred *cred);

/* ---- context.c ---- */

enum ctx_state {
    CTX_HALF_OPEN, /* `session` waits for a message */
    CTX_OPEN,      /* `protect` works */
    CTX_DEAD       /* failed, wiped */
};

struct glue_ctx {
    pthread_rwlock_t lock; /* writers establish and end; readers use what is established */
    enum ctx_state state;
    bool initiator;
    unsigned id;         /* a running number, for the trace */
    unsigned steps;      /* taken so far */
    uint64_t generation; /* fork_generation() of the process that began it */
    OM_uint32 flags;     /* half open: what the initiator asked for; open: ret_flags */
    struct edhoc *session;
    struct protect *protect;
    struct glue_name *target; /* initiator: whom it wants; acceptor: what its credential is for */
    struct glue_name *source_name; /* open: the initiator */
    struct glue_name *target_name; /* open: the acceptor */
    int64_t expires;               /* seconds since 1970; INT64_MAX: never */
};

/* Flags that are not sent: they tell what this side offers once the context is open. */
#define GLUE_LOCAL_FLAGS (GSS_C_PROT_READY_FLAG | GSS_C_TRANS_FLAG)

/* Half open, and with nothing else set than all contexts have. */
edhoc_err glue_ctx_new(bool initiator, struct glue_ctx **out) EDHOC_MUST_USE;
void glue_ctx_free(struct glue_ctx *ctx); /* wipes; NULL is fine */

/* Seconds until `expires`: GSS_C_INDEFINITE for INT64_MAX, 0 when it is over. */
OM_uint32 glue_lifetime(int64_t expires);

/* The flags to tell, under the lock. Of the peer's none is visible before the peer is verified; of
 * BOUND nothing is known before message_4. */
OM_uint32 glue_ctx_flags(const struct glue_ctx *ctx);

/* Begin and end of a call that needs an open context: takes the reader's lock on success.
 * EDHOC_ERR_CONTEXT_PARTIAL, EDHOC_ERR_CONTEXT_EXPIRED. */
edhoc_err glue_ctx_use(struct glue_ctx *ctx) EDHOC_MUST_USE;
void glue_ctx_done(struct glue_ctx *ctx);

/* ---- wrap.c ---- */

/* What a context with these flags tells of the order in which tokens arrive. */
OM_uint32 glue_order_status(OM_uint32 flags, enum arrival arrival);

/* ---- export.c ---- */

/* The name in a composite export (04 02), none of whose attributes counts as authenticated here. */
edhoc_err glue_name_import_composite(struct bytes token, struct glue_name **out) EDHOC_MUST_USE;

/* ---- negoex.c ---- */

/* Does mech.conf or the environment ask for NegoEx? */
bool glue_negoex_wanted(void);

/* ---- trace.c ---- */

/* One line to the file that GSS_EDHOC_TRACE names, if it does. Never a secret. */
void glue_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool glue_tracing(void);

#endif
