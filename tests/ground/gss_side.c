/* One side of a conversation over the mechanism, for whichever GSS-API library it is built with: MIT's
 * or Heimdal's. Tokens go over standard input and output, four bytes of length before each; what it has
 * to say goes to standard error. Used by tools/check-debian.sh:
 *
 *     gss_side init TARGET     gss_side accept
 *
 * It calls more than it needs, because a library finds a plugin's functions one by one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gssapi/gssapi.h>

static gss_OID_desc edhoc = {33,
                             "\x2a\x86\x48\x86\xf7\x14\x01\xbe\x40\x93\x7a\xb5\x52\x81\xe0\x56\x82"
                             "\xf3\x19\x81\x8c\x34\x82\x92\x31\x87\x99\xf6\x2b\x84\xa8\xc5\x45"};
static gss_OID_set_desc only_edhoc = {1, &edhoc};

#define FLAGS (GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG)

static OM_uint32 minor; /* of the last call */

/* Ends the program if `major` is an error's, and says what both statuses mean. */
static void check(const char *what, OM_uint32 major)
{
    const OM_uint32 value[] = {major, minor};
    const int type[] = {GSS_C_GSS_CODE, GSS_C_MECH_CODE};

    if (!GSS_ERROR(major))
        return;
    fprintf(stderr, "%s:", what);
    for (int i = 0; i < 2; i++) {
        OM_uint32 ignored, more = 0;
        gss_buffer_desc text = GSS_C_EMPTY_BUFFER;

        (void)gss_display_status(&ignored, value[i], type[i], &edhoc, &more, &text);
        fprintf(stderr, " %.*s", (int)text.length, (char *)text.value);
        (void)gss_release_buffer(&ignored, &text);
    }
    fputs("\n", stderr);
    exit(1);
}

#define must(call) check(#call, call)

/* ---- tokens ---- */

static void transfer(int fd, void *at, size_t len, int out)
{
    for (size_t done = 0; done < len;) {
        char *p = (char *)at + done;
        ssize_t n = out ? write(fd, p, len - done) : read(fd, p, len - done);

        if (n <= 0) {
            fprintf(stderr, "the other side is gone\n");
            exit(1);
        }
        done += (size_t)n;
    }
}

static void send_token(gss_buffer_t token)
{
    uint8_t len[4] = {0, 0, (uint8_t)(token->length >> 8), (uint8_t)token->length};

    transfer(1, len, sizeof(len), 1);
    transfer(1, token->value, token->length, 1);
    (void)gss_release_buffer(&minor, token);
}

static gss_buffer_desc receive_token(void)
{
    static uint8_t bytes[65536];
    uint8_t len[4];
    gss_buffer_desc token = {0, bytes};

    transfer(0, len, sizeof(len), 0);
    token.length = (size_t)len[2] << 8 | len[3];
    transfer(0, bytes, token.length, 0);
    return token;
}

/* ---- names and credentials ---- */

static void show(const char *what, gss_name_t name)
{
    gss_buffer_desc text, exported;
    gss_name_t copy = GSS_C_NO_NAME, again = GSS_C_NO_NAME;
    int same = 0;

    must(gss_display_name(&minor, name, &text, NULL));
    must(gss_duplicate_name(&minor, name, &copy));
    must(gss_export_name(&minor, name, &exported));
    must(gss_import_name(&minor, &exported, GSS_C_NT_EXPORT_NAME, &again));
    must(gss_compare_name(&minor, copy, again, &same));
    fprintf(stderr, "%s: %.*s%s\n", what, (int)text.length, (char *)text.value,
            same ? "" : " (and exported another)");
    (void)gss_release_buffer(&minor, &text);
    (void)gss_release_buffer(&minor, &exported);
    (void)gss_release_name(&minor, &copy);
    (void)gss_release_name(&minor, &again);
}

static gss_name_t target_of(const char *text)
{
    gss_buffer_desc bytes = {strlen(text), (void *)text};
    gss_name_t name, canonical;

    must(gss_import_name(&minor, &bytes, GSS_C_NT_HOSTBASED_SERVICE, &name));
    must(gss_canonicalize_name(&minor, name, &edhoc, &canonical));
    (void)gss_release_name(&minor, &name);
    return canonical;
}

static gss_cred_id_t cred_for(gss_cred_usage_t usage)
{
    gss_cred_id_t first, cred;
    gss_OID_set mechs, known;
    gss_name_t name;
    int present = 0;

    must(gss_indicate_mechs(&minor, &mechs));
    (void)gss_test_oid_set_member(&minor, &edhoc, mechs, &present);
    fprintf(stderr, "the mechanism is %s\n", present ? "there" : "not there");
    (void)gss_release_oid_set(&minor, &mechs);
    must(gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, &only_edhoc, usage, &first, NULL, NULL));
    must(gss_inquire_cred(&minor, first, &name, NULL, NULL, &mechs));
    show("own name", name);
    (void)gss_release_name(&minor, &name);
    (void)gss_release_oid_set(&minor, &mechs);
    (void)gss_release_cred(&minor, &first);
    must(gss_inquire_names_for_mech(&minor, &edhoc, &known));
    (void)gss_release_oid_set(&minor, &known);
    must(gss_add_cred(&minor, GSS_C_NO_CREDENTIAL, GSS_C_NO_NAME, &edhoc, usage, 0, 0, &cred, NULL,
                      NULL, NULL));
    return cred;
}

/* ---- the two sides ---- */

static void end(gss_ctx_id_t ctx, gss_cred_id_t cred)
{
    gss_name_t source, target;
    OM_uint32 lifetime, flags, size;

    must(gss_inquire_context(&minor, ctx, &source, &target, &lifetime, NULL, &flags, NULL, NULL));
    show("initiator", source);
    show("acceptor", target);
    must(gss_wrap_size_limit(&minor, ctx, 1, 0, 1000, &size));
    must(gss_context_time(&minor, ctx, &lifetime));
    (void)gss_release_name(&minor, &source);
    (void)gss_release_name(&minor, &target);
    (void)gss_delete_sec_context(&minor, &ctx, GSS_C_NO_BUFFER);
    (void)gss_release_cred(&minor, &cred);
}

static void initiate(const char *target_text)
{
    gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER, text = {6, "sealed"};
    gss_cred_id_t cred = cred_for(GSS_C_INITIATE);
    gss_name_t target = target_of(target_text);
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    OM_uint32 major = GSS_S_CONTINUE_NEEDED;
    int sealed = 0;

    while (major == GSS_S_CONTINUE_NEEDED) {
        major = gss_init_sec_context(&minor, cred, &ctx, target, &edhoc, FLAGS, 0, NULL, &in, NULL,
                                     &out, NULL, NULL);
        check("init_sec_context", major);
        if (out.length > 0)
            send_token(&out);
        if (major == GSS_S_CONTINUE_NEEDED)
            in = receive_token();
    }
    must(gss_wrap(&minor, ctx, 1, 0, &text, &sealed, &out));
    send_token(&out);
    in = receive_token();
    must(gss_verify_mic(&minor, ctx, &text, &in, NULL));
    fprintf(stderr, "MIC verified\n");
    (void)gss_release_name(&minor, &target);
    end(ctx, cred);
}

static void answer(gss_ctx_id_t ctx)
{
    gss_buffer_desc in = receive_token(), text, out;
    int sealed = 0;

    must(gss_unwrap(&minor, ctx, &in, &text, &sealed, NULL));
    fprintf(stderr, "message: %.*s\n", (int)text.length, (char *)text.value);
    must(gss_get_mic(&minor, ctx, 0, &text, &out));
    send_token(&out);
    (void)gss_release_buffer(&minor, &text);
}

/* Between the handshake and the message the context goes through an export. */
static void accept_one(void)
{
    gss_buffer_desc in, out = GSS_C_EMPTY_BUFFER, exported;
    gss_cred_id_t cred = cred_for(GSS_C_ACCEPT);
    gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
    gss_name_t source = GSS_C_NO_NAME;
    OM_uint32 major = GSS_S_CONTINUE_NEEDED;

    while (major == GSS_S_CONTINUE_NEEDED) {
        in = receive_token();
        major = gss_accept_sec_context(&minor, &ctx, cred, &in, NULL, &source, NULL, &out, NULL,
                                       NULL, NULL);
        check("accept_sec_context", major);
        if (out.length > 0)
            send_token(&out);
    }
    show("accepted", source);
    (void)gss_release_name(&minor, &source);
    must(gss_export_sec_context(&minor, &ctx, &exported));
    must(gss_import_sec_context(&minor, &exported, &ctx));
    (void)gss_release_buffer(&minor, &exported);
    answer(ctx);
    end(ctx, cred);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "init") == 0)
        initiate(argv[2]);
    else if (argc == 2 && strcmp(argv[1], "accept") == 0)
        accept_one();
    else
        return 2;
    return 0;
}
