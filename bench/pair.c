#include "pair.h"
#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gssapi/gssapi_ext.h>

/* 1.2.840.113556.1.8000.2554.6866.28758.47513.17972.35121.15104811.9052869 */
gss_OID_desc mech_edhoc = {
    33, (void *)"\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56\x82\xf3\x19\x81"
                "\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5\x45"};
gss_OID_desc mech_krb5 = {9, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"};
gss_OID_desc mech_ntlmssp = {10, (void *)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};
gss_OID_desc mech_spnego = {6, (void *)"\x2b\x06\x01\x05\x05\x02"};

/* ---- the folder ---- */

static const char *top;

void pairs_in(const char *folder)
{
    top = folder;
}

const char *in_folder(const char *format, ...)
{
    static char paths[16][512];
    static unsigned next;
    char *path = paths[next++ % 16];
    size_t used = (size_t)snprintf(path, sizeof(paths[0]), "%s/", top);
    va_list args;

    must(used < sizeof(paths[0]), "a path");
    va_start(args, format);
    (void)vsnprintf(path + used, sizeof(paths[0]) - used, format, args);
    va_end(args);
    return path;
}

/* Where the file is not there, the setting is not either. */
static void set(const char *name, const char *path)
{
    must((access(path, F_OK) == 0 ? setenv(name, path, 1) : unsetenv(name)) == 0, name);
}

void pair_use(const struct pair *p)
{
    const struct kind *kind = p->kind;
    bool ours = kind->mech == &mech_edhoc;
    const char *keys = ours ? kind->keys : "none";

    set("GSS_EDHOC_IDENTITY", in_folder("%s/client", keys));
    set("GSS_EDHOC_SERVICE_IDENTITY", in_folder("%s/service", keys));
    set("GSS_EDHOC_TRUST", in_folder("%s/%s", keys, kind->trust != NULL ? kind->trust : "trust"));
    set("GSS_EDHOC_ANCHORS", in_folder("%s/anchors", keys));
    if (ours && kind->suites != NULL)
        (void)setenv("GSS_EDHOC_SUITES", kind->suites, 1);
    else
        (void)unsetenv("GSS_EDHOC_SUITES");
    (void)setenv("KRB5CCNAME", in_folder(kind->mech == &mech_krb5 ? "ccache" : "none"), 1);
    (void)setenv("KRB5_KTNAME", in_folder(kind->mech == &mech_krb5 ? "keytab" : "none"), 1);
    (void)setenv("NTLM_USER_FILE", in_folder(kind->mech == &mech_ntlmssp ? "ntlm" : "none"), 1);
}

/* ---- opening ---- */

void gss_must(OM_uint32 major, OM_uint32 minor, gss_OID mech, const char *what)
{
    OM_uint32 ignored, more = 0;
    gss_buffer_desc text;

    if (!GSS_ERROR(major))
        return;
    fprintf(stderr, "bench: %s:", what);
    do {
        if (gss_display_status(&ignored, minor, GSS_C_MECH_CODE, mech, &more, &text) != 0)
            break;
        fprintf(stderr, " %.*s", (int)text.length, (char *)text.value);
        (void)gss_release_buffer(&ignored, &text);
    } while (more != 0);
    fprintf(stderr, "\n");
    must(false, what);
}

static gss_OID mech_of(const struct kind *kind)
{
    return kind->spnego ? &mech_spnego : kind->mech;
}

static gss_cred_id_t acquire(const struct kind *kind, gss_cred_usage_t usage)
{
    gss_OID_set_desc wanted = {1, mech_of(kind)}, inner = {1, kind->mech};
    gss_cred_id_t cred;
    OM_uint32 minor, major;

    major = gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &wanted, usage, &cred, NULL,
                             NULL);
    gss_must(major, minor, kind->mech, "acquiring");
    if (kind->spnego) {
        major = gss_set_neg_mechs(&minor, cred, &inner);
        gss_must(major, minor, kind->mech, "gss_set_neg_mechs");
    }
    return cred;
}

void pair_open(struct pair *p, const struct kind *kind, bool acquired)
{
    gss_buffer_desc text = {14, "bench@localhost"};
    OM_uint32 minor;

    text.length = strlen(text.value);
    *p = (struct pair){kind, GSS_C_NO_NAME, GSS_C_NO_CREDENTIAL, GSS_C_NO_CREDENTIAL};
    pair_use(p);
    must(gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &p->target) == 0, "a name");
    if (acquired) {
        p->client = acquire(kind, GSS_C_INITIATE);
        p->server = acquire(kind, GSS_C_ACCEPT);
    }
}

void pair_free(struct pair *p)
{
    OM_uint32 minor;

    (void)gss_release_name(&minor, &p->target);
    (void)gss_release_cred(&minor, &p->client);
    (void)gss_release_cred(&minor, &p->server);
}

/* ---- establishing ---- */

#define FLAGS                                                                                      \
    (GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG |               \
     GSS_C_INTEG_FLAG)

/* The n-th call of an establishment, counted from 0: even ones are the initiator's. */
static OM_uint32 call(const struct pair *p, struct contexts *c, size_t n, gss_buffer_t in,
                      gss_buffer_t out, OM_uint32 *minor)
{
    if (n % 2 == 0)
        return gss_init_sec_context(minor, p->client, &c->client, p->target, mech_of(p->kind),
                                    FLAGS, 0, GSS_C_NO_CHANNEL_BINDINGS, in, NULL, out, NULL, NULL);
    return gss_accept_sec_context(minor, &c->server, p->server, in, GSS_C_NO_CHANNEL_BINDINGS, NULL,
                                  NULL, out, NULL, NULL, NULL);
}

/* Calls both sides in turn, at most `limit` times, until a call has nothing more to say. */
static bool step(const struct pair *p, struct contexts *c, struct calls *calls, size_t limit,
                 gss_buffer_desc *token)
{
    bool done[2] = {false, false};
    OM_uint32 minor;

    *token = (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
    for (size_t n = 0; n < limit && !(done[0] && done[1]); n++) {
        gss_buffer_desc out;
        double began = calls != NULL ? wall_now() : 0;
        OM_uint32 major = call(p, c, n, token, &out, &minor);

        gss_must(major, minor, p->kind->mech, n % 2 == 0 ? "initiating" : "accepting");
        done[n % 2] = major == GSS_S_COMPLETE;
        if (calls != NULL) {
            calls->seconds[n] = wall_now() - began;
            calls->bytes[n] = out.length;
            calls->count = n + 1;
        }
        (void)gss_release_buffer(&minor, token);
        *token = out;
    }
    return done[0] && done[1];
}

void establish(const struct pair *p, struct contexts *c, struct calls *calls)
{
    gss_buffer_desc token;
    OM_uint32 minor;

    *c = (struct contexts){GSS_C_NO_CONTEXT, GSS_C_NO_CONTEXT};
    must(step(p, c, calls, CALLS_MAX, &token), "establishing");
    (void)gss_release_buffer(&minor, &token);
}

void establish_partly(const struct pair *p, struct contexts *c, size_t count,
                      gss_buffer_desc *token)
{
    *c = (struct contexts){GSS_C_NO_CONTEXT, GSS_C_NO_CONTEXT};
    (void)step(p, c, NULL, count, token);
}

double call_seconds(const struct pair *p, size_t n)
{
    struct contexts c;
    gss_buffer_desc token, out;
    OM_uint32 minor;
    double seconds;

    establish_partly(p, &c, n, &token);
    seconds = cpu_now();
    (void)call(p, &c, n, &token, &out, &minor);
    seconds = cpu_now() - seconds;
    (void)gss_release_buffer(&minor, &token);
    (void)gss_release_buffer(&minor, &out);
    contexts_free(&c);
    return seconds;
}

void contexts_free(struct contexts *c)
{
    OM_uint32 minor;

    (void)gss_delete_sec_context(&minor, &c->client, GSS_C_NO_BUFFER);
    (void)gss_delete_sec_context(&minor, &c->server, GSS_C_NO_BUFFER);
}

void pair_once(void *arg)
{
    struct contexts c;

    establish(arg, &c, NULL);
    contexts_free(&c);
}

void pair_prepare(void *arg)
{
    pair_use(arg);
}
