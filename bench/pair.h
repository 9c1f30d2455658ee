/* Two sides in one process that establish contexts with each other through MIT's library, by any
 * of the mechanisms that are compared. Keys, tickets and users are in a folder that run.sh makes. */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include <gssapi/gssapi.h>

extern gss_OID_desc mech_edhoc, mech_krb5, mech_ntlmssp, mech_spnego;

struct kind {
    const char *name;   /* in the results */
    gss_OID mech;       /* whose credentials there are */
    bool spnego;        /* negotiated */
    const char *keys;   /* the folder of the keys, of our mechanism */
    const char *trust;  /* the file of that folder; NULL: "trust" */
    const char *suites; /* NULL: the default */
};

struct pair {
    const struct kind *kind;
    gss_name_t target;
    gss_cred_id_t client, server; /* GSS_C_NO_CREDENTIAL: each call takes the default */
};

/* The folder of run.sh; first of all. */
void pairs_in(const char *folder);
/* A path in that folder; made as printf does. Until 16 calls later. */
const char *in_folder(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes the pair's settings those of the process: before anything takes a default credential. */
void pair_use(const struct pair *p);
void pair_open(struct pair *p, const struct kind *kind, bool acquired);
void pair_free(struct pair *p);

/* What establishing one context took, call by call, initiator first. */
#define CALLS_MAX 8
struct calls {
    size_t count;
    double seconds[CALLS_MAX]; /* on the wall */
    size_t bytes[CALLS_MAX];   /* of the token that the call returned */
};

/* One context, both sides; `calls` may be NULL. Delete both with `contexts_free`. */
struct contexts {
    gss_ctx_id_t client, server;
};
void establish(const struct pair *p, struct contexts *c, struct calls *calls);
void contexts_free(struct contexts *c);

/* Takes a struct pair: one context, established and deleted. As `prepare`: its settings. */
void pair_once(void *arg);
void pair_prepare(void *arg);

/* The first `count` calls of an establishment; what the last of them returned is in `token`. */
void establish_partly(const struct pair *p, struct contexts *c, size_t count,
                      gss_buffer_desc *token);

/* CPU seconds of the n-th call of an establishment, which may fail; what was made is deleted. */
double call_seconds(const struct pair *p, size_t n);

/* Ends the program with the mechanism's words if it is an error. */
void gss_must(OM_uint32 major, OM_uint32 minor, gss_OID mech, const char *what);

#endif
