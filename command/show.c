/* gss-edhoc show: what a key, a certificate, a trust file or a captured token is. */
#include "show.h"

#include "show_cert.h"
#include "show_choices.h"
#include "show_key.h"
#include "show_lines.h"
#include "show_ssh.h"
#include "show_token.h"
#include "tool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "edhoc/cred.h"
#include "peer/identity.h"
#include "peer/krl.h"
#include "load/file.h"
#include "load/identity_file.h"
#include "load/place.h"
#include "load/trust_file.h"

static const char help[] =
    "Usage: gss-edhoc show FILE\n"
    "\n"
    "Says what FILE is: a private key (its type, names, certificates or trust line; never the\n"
    "secret), certificates (X.509 or OpenSSH's FILE-cert.pub), a .pub file, a trust file or\n"
    "~/.config/gss-edhoc/identities (each line), or a captured token (the fields of message_1).\n"
    "A key that is in no file is named as in the settings: agent:... or pkcs11:...\n"
    "\n"
    "  -h, --help  this text\n";

/* ---- a private key ---- */

static const char *names_of(const struct identity *id)
{
    if (id->principals != NULL)
        return id->principals;
    if (cred_chain_length(id->by_value) > 0 || id->ssh_cert != NULL)
        return "those in its certificate";
    return place_is_file(id->source) ? "none (they would be in its .pub file)"
                                     : "none (whoever trusts it names it)";
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

static edhoc_err print_ssh_cert(const struct identity *id)
{
    if (id->ssh_cert == NULL)
        return EDHOC_OK;
    return show_ssh_cert(cred_ssh_cert(id->ssh_cert), id->source, ", beside it");
}

static int show_private(const char *path)
{
    struct identity *id = NULL;
    edhoc_err err = load_identity_at(path, NULL, NULL, &id);

    if (err != EDHOC_OK)
        return tool_fail(err);
    printf("%s: private key\n", id->source);
    printf("    names        %s\n", names_of(id));
    if (id->stale_pub)
        printf("    note         %s.pub is of another key; only its names count\n", path);
    show_targets(path);
    err = show_key(id->key, id->by_value);
    if (err == EDHOC_OK && cred_chain_length(id->by_value) == 0)
        err = show_trust_line(id->principals, id->key);
    else if (err == EDHOC_OK)
        err = print_chain(id);
    if (err == EDHOC_OK)
        err = print_ssh_cert(id);
    identity_free(id);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
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
    if (bytes_contain(in, BYTES_LITERAL("-----BEGIN ")))
        return tool_fail(report(EDHOC_ERR_KEY_FORMAT,
                                "%s: PEM, but neither a private key nor certificates; openssl(1) "
                                "explains such files",
                                path));
    if (krl_is(in))
        return tool_fail(report(
            EDHOC_ERR_KEY_FORMAT,
            "%s: a revocation list of OpenSSH; `ssh-keygen -Q -l -f %s` shows it", path, path));
    return show_lines(in, path);
}

static int show_file(const char *path)
{
    struct buf in;
    edhoc_err err = file_read(path, FILE_ANY, TRUST_FILE_MAX, NULL, NULL, &in);
    bool is_private = err == EDHOC_OK &&
                      bytes_contain(buf_bytes(&in), BYTES_LITERAL("PRIVATE KEY-----"));
    int status = TOOL_OK;

    if (err != EDHOC_OK)
        status = tool_fail(err);
    else if (show_is_choices(path))
        status = show_choices(path);
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
    return place_is_file(argv[optind]) ? show_file(argv[optind]) : show_private(argv[optind]);
}
