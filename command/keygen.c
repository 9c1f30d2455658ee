/* gss-edhoc keygen: a private key in FILE, its trust line in FILE.pub; both or neither. */
#include "keygen.h"

#include "files.h"
#include "name.h"
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
    "Usage: gss-edhoc keygen [-t TYPE] [-o FILE] NAME\n"
    "\n"
    "Makes a private key FILE (mode 0600, never overwriting one) and its trust line FILE.pub.\n"
    "NAME is a user's, like alice, or a service's, like HTTP@web.example.org.\n"
    "\n"
    "  -t, --type=TYPE    x25519 (default), x448, p256dh, p384dh: static Diffie-Hellman;\n"
    "                     ed25519, ed448, p256, p384: signatures\n"
    "  -o, --output=FILE  default: identity.pem in $XDG_CONFIG_HOME/gss-edhoc\n"
    "                     (~/.config/gss-edhoc)\n"
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

static int keygen(const struct keytype *type, const char *output, const char *name)
{
    struct product p;
    edhoc_err err = choose_files(output, &p);

    if (err == EDHOC_OK)
        err = product_make(type, name, &p);
    if (err == EDHOC_OK)
        err = product_write(&p);
    if (err == EDHOC_OK)
        print_product(type, name, &p);
    product_clear(&p);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}

/* Acceptors take *.pem from that folder, and nothing else. */
static bool is_lost(const char *output)
{
    const char *slash = strrchr(output, '/');
    struct bytes folder = bytes_of(output, slash != NULL ? (size_t)(slash - output) : 0);

    return bytes_end_with(folder, BYTES_LITERAL("service.d")) &&
           !bytes_end_with(bytes_of_text(output), BYTES_LITERAL(".pem"));
}

/* The type and the name as they were typed. */
static int keygen_for(const char *type_name, const char *output, const char *typed)
{
    const struct keytype *type = keytype_by_name(type_name);
    char name[NAME_TEXT_MAX + 2]; /* one more than is allowed, so that the rule is told */
    const char *fault;

    if (type == NULL)
        return tool_usage("no key type \"%.60s\"; types are x25519, x448, p256dh, p384dh, ed25519, "
                          "ed448, p256, p384",
                          type_name);
    if (output != NULL && output[0] == '\0')
        return tool_usage("keygen: the name of FILE is empty");
    if (output != NULL && is_lost(output))
        return tool_usage("keygen: in service.d only files called *.pem are keys; write -o %s.pem",
                          output);
    (void)snprintf(name, sizeof(name), "%s", typed);
    name_fold_host(name);
    fault = tool_name_fault(name);
    if (fault != NULL)
        return tool_usage("keygen: the name \"%.60s\" %s", name, fault);
    return keygen(type, output, name);
}

int cmd_keygen(int argc, char **argv)
{
    static const struct option options[] = {{"type", required_argument, NULL, 't'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *type = "x25519", *output = NULL;
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":t:o:h", options, NULL)) != -1) {
        switch (c) {
        case 't':
            type = optarg;
            break;
        case 'o':
            output = optarg;
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
    return keygen_for(type, output, argv[optind]);
}
