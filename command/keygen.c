/* gss-edhoc keygen: a private key in FILE, its trust line in FILE.pub; both or neither. */
#include "keygen.h"

#include "files.h"
#include "name.h"
#include "passphrase.h"
#include "product.h"
#include "tool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/keytype.h"
#include "peer/name.h"
#include "load/place.h"
#include "load/settings.h"

static const char help[] =
    "Usage: gss-edhoc keygen [-t TYPE] [-o FILE] [--passphrase-file=FILE] NAME\n"
    "\n"
    "Makes a private key FILE (mode 0600, never overwriting one) and its trust line FILE.pub.\n"
    "NAME is a user's, like alice, or a service's, like HTTP@web.example.org.\n"
    "\n"
    "  -t, --type=TYPE    x25519 (default), x448, p256dh, p384dh: static Diffie-Hellman;\n"
    "                     ed25519, ed448, p256, p384: signatures\n"
    "  -o, --output=FILE  default: identity.pem in $XDG_CONFIG_HOME/gss-edhoc\n"
    "                     (~/.config/gss-edhoc)\n"
    "  --passphrase-file=FILE  encrypt the key with the line in FILE; - is standard input.\n"
    "                     Only programs that bring a passphrase can use such a key\n"
    "  -h, --help         this text\n";

static edhoc_err choose_files(const char *output, struct product *p)
{
    char *usual = NULL;
    edhoc_err err = EDHOC_OK;

    *p = (struct product){.file = NULL};
    if (output == NULL)
        err = place_home("identity.pem", &usual);
    if (output == NULL && err == EDHOC_OK)
        err = tool_make_directories(usual, 0700);
    if (err == EDHOC_OK)
        err = product_new(output != NULL ? output : usual, p);
    free(usual);
    return err;
}

static void print_product(const struct keytype *type, const char *name, const struct product *p)
{
    printf("Made %s, the private key of %s (%s, %s): keep it secret,\n"
           "and %s, its trust line.\n"
           "\n"
           "Next, append that line to the trust file of each peer, " GSSCONFDIR "/edhoc/trust\n"
           "(or ~/.config/gss-edhoc/trust where the peer is a user's client), by hand or with\n"
           "`gss-edhoc trust add` there:\n"
           "\n",
           p->file, name, type->name, type->dh ? "static Diffie-Hellman" : "signatures", p->pub);
    (void)fwrite(p->line.p, 1, p->line.len, stdout);
}

/* What was asked for. */
struct wish {
    const char *type, *output, *passphrase_file,
        *name; /* as typed; those in the middle may be NULL */
};

static int keygen(const struct wish *wish, const struct keytype *type, const char *name)
{
    struct buf passphrase = buf_new(0);
    const char *secret = NULL;
    struct product p = {.file = NULL};
    edhoc_err err = EDHOC_OK;

    if (wish->passphrase_file != NULL) {
        err = tool_read_passphrase(wish->passphrase_file, &passphrase);
        secret = (const char *)passphrase.p;
    }
    if (err == EDHOC_OK)
        err = choose_files(wish->output, &p);
    if (err == EDHOC_OK)
        err = product_make(type, name, secret, &p);
    if (err == EDHOC_OK)
        err = product_write(&p, secret);
    if (err == EDHOC_OK)
        print_product(type, name, &p);
    product_clear(&p);
    buf_free(&passphrase);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}

/* ---- what nothing would ever take ---- */

static bool is_in_service_d(const char *output)
{
    char *absolute, *slash;
    bool is_in = false;

    if (place_absolute(output, &absolute) != EDHOC_OK)
        return false;
    slash = strrchr(absolute, '/');
    if (slash != NULL) {
        *slash = '\0';
        is_in = bytes_end_with(bytes_of_text(absolute), BYTES_LITERAL("/service.d"));
    }
    free(absolute);
    return is_in;
}

static int refuse_output(const struct wish *wish)
{
    const char *output = wish->output;

    if (output[0] == '\0')
        return tool_usage("keygen: the name of FILE is empty");
    if (!is_in_service_d(output))
        return TOOL_OK;
    if (!bytes_end_with(bytes_of_text(output), BYTES_LITERAL(".pem")))
        return tool_usage("keygen: in service.d only files called *.pem are keys; write -o %s.pem",
                          output);
    if (wish->passphrase_file != NULL)
        return tool_usage(
            "keygen: no server can open an encrypted key; leave --passphrase-file out, "
            "the mode of the file protects it");
    return TOOL_OK;
}

/* The name in its canonical form. */
static int refuse_name(const struct wish *wish, const char *name)
{
    const char *fault = tool_name_fault(name);

    if (fault != NULL)
        return tool_usage("keygen: the name \"%.60s\" %s", name, fault);
    if (wish->output == NULL && tool_is_service(name))
        return tool_usage("keygen: %.200s is a service, and without -o the key would be a user's, "
                          "where no server looks; write -o " GSSCONFDIR "/edhoc/service.d/NAME.pem",
                          name);
    return TOOL_OK;
}

static int keygen_for(const struct wish *wish)
{
    const struct keytype *type = keytype_by_name(wish->type);
    char name[NAME_TEXT_MAX + 2]; /* one more than is allowed, so that the rule is told */
    int status = TOOL_OK;

    if (type == NULL)
        return tool_usage(
            "keygen: no key type \"%.60s\"; types are x25519, x448, p256dh, p384dh, ed25519, "
            "ed448, p256, p384",
            wish->type);
    if (wish->output != NULL)
        status = refuse_output(wish);
    (void)snprintf(name, sizeof(name), "%s", wish->name);
    name_fold_host(name);
    if (status == TOOL_OK)
        status = refuse_name(wish, name);
    return status == TOOL_OK ? keygen(wish, type, name) : status;
}

int cmd_keygen(int argc, char **argv)
{
    static const struct option options[] = {{"type", required_argument, NULL, 't'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"passphrase-file", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct wish wish = {.type = "x25519"};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":t:o:h", options, NULL)) != -1) {
        switch (c) {
        case 't':
            wish.type = optarg;
            break;
        case 'o':
            wish.output = optarg;
            break;
        case 'p':
            wish.passphrase_file = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return TOOL_OK;
        case ':':
            return tool_usage("keygen: %s needs a value", argv[optind - 1]);
        default:
            return tool_usage("keygen: no option %s", argv[optind - 1]);
        }
    }
    if (argc - optind != 1)
        return tool_usage(argc == optind ? "keygen: the NAME is missing" : "keygen: one NAME only");
    wish.name = argv[optind];
    return keygen_for(&wish);
}
