/* gss-edhoc show: what a key, a certificate, a trust file or a captured token is. */
#include "show.h"

#include "show_cert.h"
#include "show_token.h"
#include "text.h"
#include "tool.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/openssh_type.h"
#include "crypto/ssh_blob.h"
#include "edhoc/cred.h"
#include "peer/identity.h"
#include "peer/trust.h"
#include "load/file.h"
#include "load/identity_file.h"
#include "load/lines.h"
#include "load/trust_file.h"
#include "load/trust_line.h"

static const char help[] =
    "Usage: gss-edhoc show FILE\n"
    "\n"
    "Says what FILE is: a private key (its type, names, certificates or trust line; never the\n"
    "secret), certificates, a .pub file, a trust file (each line), or a captured token (the\n"
    "fields of message_1).\n"
    "\n"
    "  -h, --help  this text\n";

/* ---- a public key ---- */

static edhoc_err print_fingerprint(const struct key *key)
{
    struct buf blob = buf_new(512), text = buf_new(64);
    edhoc_err err;

    ssh_blob_put(key, &blob);
    err = buf_err(&blob);
    if (err == EDHOC_OK)
        err = openssh_fingerprint(buf_bytes(&blob), &text);
    if (err == EDHOC_OK)
        printf("    fingerprint  %.*s\n", (int)text.len, (const char *)text.p);
    buf_free(&blob);
    buf_free(&text);
    return err;
}

static edhoc_err print_key(const struct key *key, const struct cred *cred)
{
    const struct keytype *type = key_type(key);
    char kid[17];

    printf("    type         %s, %s\n", type->name,
           type->dh ? "static Diffie-Hellman" : "signatures");
    printf("    key id       %s\n", tool_key_id(cred, kid));
    return print_fingerprint(key);
}

static edhoc_err print_trust_line(const char *principals, const struct key *key)
{
    struct buf line = buf_new(TRUST_LINE_MAX);
    edhoc_err err = EDHOC_OK;

    trust_line_format(principals != NULL ? principals : "NAME", NULL, key, NULL, &line);
    if (buf_err(&line) != EDHOC_OK)
        err = buf_err(&line);
    else
        printf("    trust line   %.*s\n", (int)line.len, (const char *)line.p);
    buf_free(&line);
    return err;
}

/* ---- a private key ---- */

static const char *names_of(const struct identity *id)
{
    if (id->principals != NULL)
        return id->principals;
    return cred_chain_length(id->by_value) > 0 ? "those in its certificate"
                                               : "none (they would be in its .pub file)";
}

/* With a certificate, a key has no trust line: peers believe its CA. */
static edhoc_err print_chain(const struct identity *id)
{
    edhoc_err err = EDHOC_OK;

    for (size_t i = 0; i < cred_chain_length(id->by_value) && err == EDHOC_OK; i++) {
        printf("certificate %zu\n", i + 1);
        err = show_certificate(cred_chain(id->by_value, i));
    }
    return err;
}

static int show_private(const char *path)
{
    struct identity *id = NULL;
    edhoc_err err = load_identity_at(path, NULL, NULL, &id);

    if (err != EDHOC_OK)
        return tool_fail(err);
    printf("%s: private key\n", path);
    printf("    names        %s\n", names_of(id));
    err = print_key(id->key, id->by_value);
    if (err == EDHOC_OK && cred_chain_length(id->by_value) == 0)
        err = print_trust_line(id->principals, id->key);
    else if (err == EDHOC_OK)
        err = print_chain(id);
    identity_free(id);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}

/* ---- trust lines ---- */

static void print_time(const char *label, int64_t seconds)
{
    char text[TOOL_TIME];

    printf("    %-12s %s", label, tool_time(seconds, text));
}

static void print_validity(const struct trust_line *line)
{
    int64_t now = (int64_t)time(NULL);

    if (line->valid_after != INT64_MIN) {
        print_time("valid after", line->valid_after);
        puts(now < line->valid_after ? " (not valid yet)" : "");
    }
    if (line->valid_before != INT64_MAX) {
        print_time("valid before", line->valid_before);
        puts(now >= line->valid_before ? " (expired)" : "");
    }
}

static edhoc_err print_line(const struct trust_line *line)
{
    static const char *const roles[] = {"", "a client", "a server", "a client or a server"};
    edhoc_err err;

    printf("%s line %u: %s\n", line->file, line->line,
           line->principals != NULL ? line->principals : "public key without a name");
    printf("    peer as      %s\n", roles[line->roles & 3]);
    err = print_key(cred_key(line->cred), line->cred);
    print_validity(line);
    if (line->local_user != NULL)
        printf("    local user   %s\n", line->local_user);
    if (line->comment != NULL)
        printf("    comment      %s\n", line->comment);
    if (err == EDHOC_OK && line->principals == NULL)
        err = print_trust_line(NULL, cred_key(line->cred));
    return err;
}

/* Reads a line and prints it; counts it in `lines` if there is a key on it. */
static edhoc_err show_line(struct bytes text, const char *path, unsigned number, unsigned *lines)
{
    struct trust_line *line;
    edhoc_err err = bytes_end_with(bytes_of_text(path), BYTES_LITERAL(".pub"))
                        ? trust_pub_line_parse(text, path, number, &line)
                        : trust_line_parse(text, path, number, &line);

    if (err == EDHOC_OK && line != NULL) {
        ++*lines;
        err = print_line(line);
    }
    trust_line_free(line);
    return err;
}

/* Others may change what is only looked at; a trust file they may not. */
static void print_permission_note(const char *path)
{
    bool missing;
    int fd;

    if (file_open(path, NULL, &missing, &fd) != EDHOC_OK || fd < 0)
        return;
    if (file_check(fd, path, FILE_TRUSTED, NULL) == EDHOC_ERR_PERMISSIONS)
        printf("Note: it would be refused as a trust file. %s\n",
               report_details(EDHOC_ERR_PERMISSIONS));
    close(fd);
}

/* Every line is shown, so that all mistakes are told at once. */
static int show_lines(struct bytes text, const char *path)
{
    unsigned number = 1, lines = 0;
    int status = TOOL_OK;
    struct bytes line;

    for (; lines_next(&text, &line); number++) {
        edhoc_err err = show_line(line, path, number, &lines);

        if (err != EDHOC_OK)
            status = tool_fail(err);
    }
    if (lines == 0 && status == TOOL_OK)
        printf("%s: a trust file without a line in it\n", path);
    print_permission_note(path);
    return status;
}

/* ---- which of them ---- */

static int show_contents(struct bytes in, const char *path)
{
    edhoc_err err;

    if (show_is_certificate(in)) {
        printf("%s: certificate in DER (as an identity's or an anchor's it must be in PEM)\n",
               path);
        err = show_certificate(in);
        return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
    }
    if (show_is_token(in)) {
        err = show_token(in, path);
        return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
    }
    if (bytes_contain(in, BYTES_LITERAL("-----BEGIN CERTIFICATE-----"))) {
        err = show_certificates(in, path);
        return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
    }
    if (bytes_contain(in, BYTES_LITERAL("-----BEGIN X509 CRL-----")))
        return tool_fail(report(EDHOC_ERR_KEY_FORMAT,
                                "%s: a list of revoked certificates; `openssl crl -noout -text -in "
                                "%s` shows it",
                                path, path));
    if (bytes_contain(in, BYTES_LITERAL("-----BEGIN PUBLIC KEY-----")))
        return tool_fail(report(EDHOC_ERR_KEY_FORMAT,
                                "%s: a public key in PEM; this mechanism uses trust lines, as "
                                "`gss-edhoc show` prints them for the private key",
                                path));
    return show_lines(in, path);
}

static int show(const char *path)
{
    struct buf in;
    edhoc_err err = file_read(path, FILE_ANY, TRUST_FILE_MAX, NULL, NULL, &in);
    bool is_private = err == EDHOC_OK &&
                      bytes_contain(buf_bytes(&in), BYTES_LITERAL("PRIVATE KEY-----"));
    int status = TOOL_OK;

    if (err != EDHOC_OK)
        status = tool_fail(err);
    else if (!is_private)
        status = show_contents(buf_bytes(&in), path);
    buf_free(&in);
    return is_private ? show_private(path) : status;
}

int cmd_show(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (c != 'h')
            return tool_usage("show: no option %s", argv[optind - 1]);
        fputs(help, stdout);
        return TOOL_OK;
    }
    if (argc - optind != 1)
        return tool_usage(argc == optind ? "show: the FILE is missing" : "show: one FILE only");
    return show(argv[optind]);
}
