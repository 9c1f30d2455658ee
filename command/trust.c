/* gss-edhoc trust: edits a trust file. Its options and subcommands. */
#include "trust.h"

#include "tool.h"
#include "trust_add.h"
#include "trust_import.h"
#include "trust_list.h"
#include "trust_remove.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/utc.h"
#include "load/settings.h"
#include "peer/trust.h"

static const char help[] =
    "Usage: gss-edhoc trust add    [-f FILE] [OPTION...] KEY.pub | - | LINE...\n"
    "       gss-edhoc trust remove [-f FILE] PRINCIPAL | KEY.pub | KEYID | SHA256:...\n"
    "       gss-edhoc trust list   [-f FILE] [--json]\n"
    "       gss-edhoc trust import [-f FILE] [-n PRINCIPALS] [OPTION...] SOURCE... | -\n"
    "\n"
    "Edits the trust file FILE: all or nothing, and what is in it already stays as it is.\n"
    "import takes OpenSSH's .pub, authorized_keys, known_hosts and allowed_signers files.\n"
    "\n"
    "  -f, --file=FILE            default: ~/.config/gss-edhoc/trust, for root\n"
    "                             " GSSCONFDIR "/edhoc/trust; list: both\n"
    "For add and import:\n"
    "  -n, --principals=NAMES     whose key it is; separated by commas. Of known_hosts and\n"
    "                             allowed_signers: take the lines of SERVICE@HOST, of NAME\n"
    "      --client, --server     the peer is trusted only in this role\n"
    "      --valid-after=TIME     YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, UTC\n"
    "      --valid-before=TIME\n"
    "      --local-user=USER      whom this client may log in as\n"
    "For import:\n"
    "      --ignore-options       drop the options of authorized_keys lines\n"
    "      --skip-unusable        import the other lines; otherwise nothing is imported\n"
    "      --revoked=LIST         the keys of @revoked lines are added to the file LIST,\n"
    "                             which the setting revoked is to name\n"
    "For list:\n"
    "      --json                 as an array of JSON objects\n"
    "  -h, --help                 this text\n";

static const struct {
    const char *name;
    int (*run)(const struct trust_command *c);
    const char *options; /* those of the table below that it takes */
    int at_least, at_most;
    const char *missing;
} subcommands[] = {
    {"add", trust_add_lines, "fnCSABU", 1, 64, "the key is missing: a .pub file, - or a line"},
    {"remove", trust_remove_lines, "f", 1, 64, "what to remove is missing"},
    {"list", trust_list_lines, "fJ", 0, 0, ""},
    {"import", trust_import_lines, "fnCSABUIKR", 1, 64, "the file to import is missing"},
};

static const struct option options[] = {{"file", required_argument, NULL, 'f'},
                                        {"principals", required_argument, NULL, 'n'},
                                        {"client", no_argument, NULL, 'C'},
                                        {"server", no_argument, NULL, 'S'},
                                        {"valid-after", required_argument, NULL, 'A'},
                                        {"valid-before", required_argument, NULL, 'B'},
                                        {"local-user", required_argument, NULL, 'U'},
                                        {"ignore-options", no_argument, NULL, 'I'},
                                        {"skip-unusable", no_argument, NULL, 'K'},
                                        {"revoked", required_argument, NULL, 'R'},
                                        {"json", no_argument, NULL, 'J'},
                                        {"help", no_argument, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};

static void set_option(struct trust_command *c, int option, const char *value)
{
    switch (option) {
    case 'f':
        c->file = value;
        break;
    case 'n':
        c->wish.principals = value;
        break;
    case 'C':
        c->wish.roles |= TRUST_CLIENT;
        break;
    case 'S':
        c->wish.roles |= TRUST_SERVER;
        break;
    case 'A':
        c->wish.valid_after = value;
        break;
    case 'B':
        c->wish.valid_before = value;
        break;
    case 'U':
        c->wish.local_user = value;
        break;
    case 'I':
        c->ignore_options = true;
        break;
    case 'J':
        c->json = true;
        break;
    case 'R':
        c->revoked = value;
        break;
    default:
        c->skip_unusable = true;
    }
}

/* What an option's value could break, now that it becomes part of a line. */
static int check_values(const struct trust_command *c)
{
    const char *const times[] = {c->wish.valid_after, c->wish.valid_before};
    int64_t ignored;

    for (size_t i = 0; i < 2; i++)
        if (times[i] != NULL && !utc_read(bytes_of_text(times[i]), &ignored))
            return tool_usage("trust: \"%.60s\" is no time; write YYYYMMDD, YYYYMMDDHHMM or "
                              "YYYYMMDDHHMMSS (UTC)",
                              times[i]);
    if (c->wish.local_user != NULL && strpbrk(c->wish.local_user, "\"\\ ,") != NULL)
        return tool_usage("trust: \"%.60s\" is no user's name", c->wish.local_user);
    if (c->wish.principals != NULL &&
        (c->wish.principals[0] == '\0' || strpbrk(c->wish.principals, " \t\"\\") != NULL))
        return tool_usage("trust: the principals \"%.60s\" are not names separated by commas",
                          c->wish.principals);
    if (c->file != NULL && c->file[0] == '\0')
        return tool_usage("trust: the name of FILE is empty");
    return TOOL_OK;
}

static int run_subcommand(size_t sub, struct trust_command *c)
{
    int status = check_values(c);

    if (status != TOOL_OK)
        return status;
    if (c->argc < subcommands[sub].at_least)
        return tool_usage("trust %s: %s", subcommands[sub].name, subcommands[sub].missing);
    if (c->argc > subcommands[sub].at_most)
        return tool_usage("trust %s: too many arguments", subcommands[sub].name);
    for (int i = 0; i < c->argc; i++)
        if (c->argv[i][0] == '\0')
            return tool_usage("trust %s: an argument is empty", subcommands[sub].name);
    return subcommands[sub].run(c);
}

static size_t find_subcommand(const char *name)
{
    size_t i = 0;

    while (i < sizeof(subcommands) / sizeof(subcommands[0]) &&
           strcmp(subcommands[i].name, name) != 0)
        i++;
    return i;
}

static int parse_and_run(size_t sub, int argc, char **argv)
{
    struct trust_command c = {.file = NULL};
    const char *name = subcommands[sub].name;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":f:n:h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return TOOL_OK;
        }
        if (option == ':')
            return tool_usage("trust %s: %s needs a value", name, argv[optind - 1]);
        if (option == '?' || strchr(subcommands[sub].options, option) == NULL)
            return tool_usage("trust %s: no option %s", name, argv[optind - 1]);
        set_option(&c, option, optarg);
    }
    c.argc = argc - optind;
    c.argv = argv + optind;
    return run_subcommand(sub, &c);
}

int cmd_trust(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    size_t sub = find_subcommand(name);

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        fputs(help, stdout);
        return TOOL_OK;
    }
    if (sub == sizeof(subcommands) / sizeof(subcommands[0]))
        return argc > 1
                   ? tool_usage("trust: no subcommand \"%.60s\"; there are add, remove, list "
                                "and import",
                                name)
                   : tool_usage("trust: the subcommand is missing: add, remove, list or import");
    return parse_and_run(sub, argc - 1, argv + 1);
}
