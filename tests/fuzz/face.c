/* The face, from the first byte: contexts in both roles, names, and what was exported, through the
 * mechanism's own functions; and what an agent answers, through a socket that is this program. */
#include "fuzz.h"

#include "base/base64.h"
#include "crypto/keytype.h"
#include "crypto/pem.h"
#include "crypto/ssh_blob.h"
#include "load/agent.h"
#include "load/agent_socket.h"

#include <gssapi/gssapi_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TARGET "HTTP@web.example.org"

static gss_OID_desc mech = {33, "\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56"
                                "\x82\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5"
                                "\x45"};
static char folder[] = "/tmp/fuzz_face.XXXXXX";

/* ---- keys in files, and an environment that names them ---- */

static void write_file(const char *name, struct bytes text, const char *variable)
{
    char path[64];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    fuzz_must(file != NULL && fchmod(fileno(file), 0600) == 0 &&
                  fwrite(text.p, 1, text.len, file) == text.len && fclose(file) == 0,
              "a file");
    if (variable != NULL)
        (void)setenv(variable, path, 1);
}

static void put_line(struct buf *out, const char *name, struct key *key)
{
    struct buf blob = buf_new(200);

    ssh_blob_put(key, &blob);
    buf_put_text(out, name);
    buf_put_text(out, " ecdh-x25519 ");
    base64_put(buf_bytes(&blob), out);
    buf_put_byte(out, '\n');
    buf_free(&blob);
}

static void remove_files(void)
{
    static const char *const names[] = {"a", "a.pub", "b", "b.pub", "trust"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (chdir(folder) == 0)
            (void)unlink(names[i]);
    (void)rmdir(folder);
}

static void set_up(void)
{
    static const char *const names[] = {"alice", TARGET}, *const files[] = {"a", "b"};
    static const char *const pubs[] = {"a.pub", "b.pub"};
    static const char *const variables[] = {"GSS_EDHOC_IDENTITY", "GSS_EDHOC_SERVICE_IDENTITY"};
    static bool done;
    struct buf trust = buf_new(1000);

    if (done)
        return;
    done = true;
    fuzz_must(mkdtemp(folder) != NULL && atexit(remove_files) == 0, "a folder");
    for (size_t i = 0; i < 2; i++) {
        struct buf pem = buf_new(1000), line = buf_new(1000);
        struct key *key;

        fuzz_must(key_generate(keytype_by_name("x25519"), &key) == EDHOC_OK &&
                      key_to_pem(key, NULL, &pem) == EDHOC_OK,
                  "a key");
        put_line(&line, names[i], key);
        put_line(&trust, names[i], key);
        write_file(files[i], buf_bytes(&pem), variables[i]);
        write_file(pubs[i], buf_bytes(&line), NULL);
        key_free(key);
        buf_free(&pem);
        buf_free(&line);
    }
    write_file("trust", buf_bytes(&trust), "GSS_EDHOC_TRUST");
    buf_free(&trust);
}

/* ---- contexts ---- */

static gss_buffer_desc buffer_of(struct bytes in)
{
    return (gss_buffer_desc){in.len, (void *)(uintptr_t)in.p};
}

static gss_name_t import(const char *text)
{
    gss_buffer_desc b = buffer_of(bytes_of_text(text));
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor;

    fuzz_must(gss_import_name(&minor, &b, GSS_C_NT_HOSTBASED_SERVICE, &name) == GSS_S_COMPLETE,
              "a name");
    return name;
}

static OM_uint32 initiate(gss_ctx_id_t *ctx, gss_buffer_t in, gss_buffer_t out)
{
    gss_name_t target = import(TARGET);
    OM_uint32 minor, major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, ctx, target, &mech,
                                                  0, 0, NULL, in, NULL, out, NULL, NULL);

    (void)gss_release_name(&minor, &target);
    return major;
}

static OM_uint32 accept(gss_ctx_id_t *ctx, gss_buffer_t in, gss_buffer_t out, gss_name_t *source)
{
    OM_uint32 minor;

    return gss_accept_sec_context(&minor, ctx, GSS_C_NO_CREDENTIAL, in, NULL, source, NULL, out,
                                  NULL, NULL, NULL);
}

/* The first byte says after how many honest tokens (0: message_1) the rest comes to the acceptor. */
static void run_accept(struct bytes in)
{
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT, peer = GSS_C_NO_CONTEXT;
    gss_buffer_desc first = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER, token;
    gss_name_t source = GSS_C_NO_NAME;
    OM_uint32 minor;

    set_up();
    if (in.len < 1)
        return;
    if (in.p[0] % 2 == 1)
        fuzz_must(initiate(&peer, GSS_C_NO_BUFFER, &first) == GSS_S_CONTINUE_NEEDED &&
                      accept(&ctx, &first, &out, NULL) == GSS_S_CONTINUE_NEEDED,
                  "an honest message_1");
    (void)gss_release_buffer(&minor, &first);
    (void)gss_release_buffer(&minor, &out);
    token = buffer_of(bytes_of(in.p + 1, in.len - 1));
    fuzz_must(accept(&ctx, &token, &out, &source) != GSS_S_COMPLETE && source == GSS_C_NO_NAME,
              "nobody gets in without a key");
    (void)gss_release_buffer(&minor, &out);
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
    (void)gss_delete_sec_context(&minor, &peer, GSS_C_NO_BUFFER);
}

static void seed_accept(void (*add)(struct bytes))
{
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
    struct buf seed = buf_new(1000);
    OM_uint32 minor;

    set_up();
    fuzz_must(initiate(&ctx, GSS_C_NO_BUFFER, &out) == GSS_S_CONTINUE_NEEDED, "a message_1");
    buf_put_byte(&seed, 0);
    buf_put(&seed, bytes_of(out.value, out.length));
    add(buf_bytes(&seed));
    buf_free(&seed);
    (void)gss_release_buffer(&minor, &out);
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
}

static void run_init(struct bytes in)
{
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER, token = buffer_of(in);
    OM_uint32 minor;

    set_up();
    fuzz_must(initiate(&ctx, GSS_C_NO_BUFFER, &out) == GSS_S_CONTINUE_NEEDED, "a message_1");
    (void)gss_release_buffer(&minor, &out);
    fuzz_must(initiate(&ctx, &token, &out) != GSS_S_COMPLETE, "no server without a key");
    (void)gss_release_buffer(&minor, &out);
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
}

/* ---- imports ---- */

/* The first byte says of which type the rest is. What was imported is exported again. */
static void run_name(struct bytes in)
{
    gss_OID types[] = {GSS_C_NT_EXPORT_NAME, GSS_C_NT_COMPOSITE_EXPORT, GSS_C_NT_HOSTBASED_SERVICE,
                       GSS_C_NT_USER_NAME};
    gss_buffer_desc text, out = GSS_C_EMPTY_BUFFER;
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor;

    if (in.len < 1)
        return;
    text = buffer_of(bytes_of(in.p + 1, in.len - 1));
    if (gss_import_name(&minor, &text, types[in.p[0] % 4], &name) == GSS_S_COMPLETE) {
        fuzz_must(gss_export_name(&minor, name, &out) == GSS_S_COMPLETE, "an exported name");
        (void)gss_release_buffer(&minor, &out);
        (void)gss_localname(&minor, name, GSS_C_NO_OID, &out);
        (void)gss_release_buffer(&minor, &out);
    }
    (void)gss_release_name(&minor, &name);
}

static void run_context(struct bytes in)
{
    gss_buffer_desc record = buffer_of(in), text = {4, "text"}, out = GSS_C_EMPTY_BUFFER;
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    OM_uint32 minor;

    if (gss_import_sec_context(&minor, &record, &ctx) == GSS_S_COMPLETE) {
        (void)gss_wrap(&minor, ctx, 1, 0, &text, NULL, &out);
        (void)gss_release_buffer(&minor, &out);
        fuzz_must(gss_export_sec_context(&minor, &ctx, &out) == GSS_S_COMPLETE,
                  "what was imported can be exported");
        (void)gss_release_buffer(&minor, &out);
    }
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
}

static void run_credential(struct bytes in)
{
    gss_buffer_desc record = buffer_of(in);
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor;

    (void)gss_import_cred(&minor, &record, &cred);
    (void)gss_release_cred(&minor, &cred);
}

static void seed_credential(void (*add)(struct bytes))
{
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;

    set_up();
    if (gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, GSS_C_NO_OID_SET, GSS_C_INITIATE, &cred, NULL,
                         NULL) != GSS_S_COMPLETE ||
        gss_export_cred(&minor, cred, &out) != GSS_S_COMPLETE)
        exit(2);
    add(bytes_of(out.value, out.length));
    (void)gss_release_buffer(&minor, &out);
    (void)gss_release_cred(&minor, &cred);
}

/* ---- an agent ---- */

static struct bytes answers; /* each behind its length in two bytes */

/* In place of load/agent_socket.c's. */
edhoc_err agent_ask(const char *path, struct bytes question, unsigned seconds, struct buf *answer)
{
    size_t len = answers.len >= 2 ? (size_t)(answers.p[0] << 8 | answers.p[1]) : 0;

    (void)path;
    (void)question;
    (void)seconds;
    if (answers.len < 2)
        return EDHOC_ERR_NO_IDENTITY;
    answers = bytes_of(answers.p + 2, answers.len - 2);
    len = len < answers.len ? len : answers.len;
    buf_put(answer, bytes_of(answers.p, len));
    answers = bytes_of(answers.p + len, answers.len - len);
    return buf_err(answer);
}

static void run_agent(struct bytes in)
{
    struct buf certificate = buf_new(1u << 16);
    struct key *key = NULL;
    char *comment = NULL;

    (void)setenv("SSH_AUTH_SOCK", "/nowhere", 1);
    answers = in;
    if (agent_key("agent:", &key, &comment, &certificate) == EDHOC_OK)
        key_free(key);
    free(comment);
    buf_free(&certificate);
}

static void seed_agent(void (*add)(struct bytes))
{
    add(BYTES_LITERAL("\0\x44\x0c\0\0\0\1\0\0\0\x33\0\0\0\x0bssh-ed25519\0\0\0\x20"
                      "\xe3\x2a\xaa\x79\x15\xce\xb9\xb4\x49\xd1\xba\x50\xea\x2a\x28\xbb"
                      "\x1a\x6e\x01\xf9\x0b\xda\x24\x5a\x2d\x1d\x87\x69\x7d\x18\xa2\x65"
                      "\0\0\0\4name"));
}

const struct fuzz_target fuzz_face[] = {
    {"accept", run_accept, seed_accept},
    {"init", run_init, NULL},
    {"name", run_name, NULL},
    {"context", run_context, NULL},
    {"credential", run_credential, seed_credential},
    {"agent", run_agent, seed_agent},
    {NULL, NULL, NULL},
};
