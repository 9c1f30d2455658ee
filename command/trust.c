/* gss-edhoc trust: edits a trust file. Options, and the subcommands add and list. */
#include "tool.h"
#include "trust_edit.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/report.h"
#include "load/lines.h"
#include "load/place.h"
#include "load/settings.h"
#include "load/trust_option.h"
#include "peer/trust.h"

#define MACHINE_FILE GSSCONFDIR "/edhoc/trust"

static const char help[] =
    "Usage: gss-edhoc trust add    [-f FILE] [OPTION...] KEY.pub | - | LINE...\n"
    "       gss-edhoc trust remove [-f FILE] PRINCIPAL | KEY.pub | KEYID | SHA256:...\n"
    "       gss-edhoc trust list   [-f FILE]\n"
    "       gss-edhoc trust import [-f FILE] [-n PRINCIPALS] [OPTION...] SOURCE... | -\n"
    "\n"
    "Edits the trust file FILE: all or nothing, and what is in it already stays as it is.\n"
    "import takes OpenSSH's .pub, authorized_keys and known_hosts files.\n"
    "\n"
    "  -f, --file=FILE            default: ~/.config/gss-edhoc/trust, for root\n"
    "                             " MACHINE_FILE "; list: both\n"
    "For add and import:\n"
    "  -n, --principals=NAMES     whose key it is; separated by commas\n"
    "      --client, --server     the peer is trusted only in this role\n"
    "      --valid-after=TIME     YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, UTC\n"
    "      --valid-before=TIME\n"
    "      --local-user=USER      whom this client may log in as\n"
    "For import:\n"
    "      --ignore-options       drop the options of authorized_keys lines\n"
    "      --skip-unusable        import the other lines; otherwise nothing is imported\n"
    "  -h, --help                 this text\n";

/* ---- the file ---- */

edhoc_err trust_default_file(char **path)
{
    if (geteuid() != 0)
        return place_home("trust", path);
    *path = strdup(MACHINE_FILE);
    return *path != NULL ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

edhoc_err trust_open(const struct trust_command *c, bool create, char **path, struct edit *e)
{
    edhoc_err err = EDHOC_OK;

    *e = (struct edit){.lock = -1, .text = buf_new(0)};
    *path = NULL;
    if (c->file != NULL)
        *path = strdup(c->file);
    else
        err = trust_default_file(path);
    if (err == EDHOC_OK && *path == NULL)
        err = EDHOC_ERR_NOMEM;
    if (err == EDHOC_OK && c->file == NULL && create)
        err = tool_make_directories(*path, geteuid() == 0 ? 0755 : 0700);
    return err == EDHOC_OK ? edit_open(*path, create, e) : err;
}

/* ---- add ---- */

/* Text that is to be printed once the file is saved. */
static void say_added(const struct edit *e, const char *verb, struct buf *said)
{
    char number[32];

    (void)snprintf(number, sizeof(number), " line %u: ", e->lines);
    buf_put_text(said, verb);
    buf_put_text(said, e->shown);
    buf_put_text(said, number);
    line_describe(trust_at(e->trust, trust_count(e->trust) - 1), said);
    buf_put_byte(said, '\n');
}

static edhoc_err refuse_duplicate(const struct trust_place *at, const struct trust_line *already)
{
    return report(EDHOC_ERR_TRUST_SYNTAX,
                  "%s line %u: this key is pinned to the same names on %s line %u; to change what "
                  "that line says, remove it first",
                  at->file, at->line, already->file, already->line);
}

static edhoc_err add_line(const struct trust_command *c, struct bytes text,
                          const struct trust_place *at, struct edit *e, struct buf *said)
{
    struct line_fields fields = line_split(text);
    const struct trust_line *already = NULL;
    struct buf line = buf_new(TRUST_LINE_MAX);
    edhoc_err err = line_compose(&fields, &c->wish, at, &line);

    if (err == EDHOC_OK)
        err = edit_append(e, buf_bytes(&line), &already);
    if (err == EDHOC_OK && already != NULL)
        err = refuse_duplicate(at, already);
    if (err == EDHOC_OK)
        say_added(e, "added to ", said);
    buf_free(&line);
    return err;
}

static bool is_blank_or_comment(struct bytes line)
{
    struct bytes word = line_word(&line);

    return word.len == 0 || word.p[0] == '#';
}

/* Is there a private key in it, given by mistake? */
static edhoc_err refuse_private(struct bytes text, const char *source)
{
    static const char mark[] = "PRIVATE KEY-----";

    if (text.len == 0 || memmem(text.p, text.len, mark, sizeof(mark) - 1) == NULL)
        return EDHOC_OK;
    return report(EDHOC_ERR_TRUST_SYNTAX,
                  "%s: a private key, which belongs in nobody's trust file; give %s.pub", source,
                  source);
}

static edhoc_err add_text(const struct trust_command *c, struct bytes text, const char *source,
                          struct edit *e, struct buf *said)
{
    struct trust_place at = {strcmp(source, "-") == 0 ? "standard input" : source, 0};
    edhoc_err err = refuse_private(text, source);
    struct bytes line;

    while (err == EDHOC_OK && trust_next_line(&text, &line)) {
        at.line++;
        if (!is_blank_or_comment(line))
            err = add_line(c, line, &at, e, said);
    }
    if (err == EDHOC_OK && said->len == 0)
        err = report(EDHOC_ERR_TRUST_SYNTAX, "%s: no key in it", at.file);
    return err;
}

/* A line in several arguments, or in one that has blanks and is no file's name. */
static bool is_line(const struct trust_command *c)
{
    return c->argc > 1 || (strpbrk(c->argv[0], " \t") != NULL && access(c->argv[0], F_OK) != 0);
}

static void join_arguments(const struct trust_command *c, struct buf *text)
{
    for (int i = 0; i < c->argc; i++) {
        if (i > 0)
            buf_put_byte(text, ' ');
        buf_put_text(text, c->argv[i]);
    }
}

static edhoc_err read_arguments(const struct trust_command *c, const char **source,
                                struct buf *text)
{
    *source = is_line(c) ? "the arguments" : c->argv[0];
    if (!is_line(c))
        return tool_read_source(c->argv[0], TRUST_FILE_MAX, text);
    *text = buf_new(TRUST_LINE_MAX);
    join_arguments(c, text);
    if (text->failed || memchr(text->p, '\n', text->len) != NULL)
        return report(EDHOC_ERR_TRUST_SYNTAX, "the arguments are not one line");
    return EDHOC_OK;
}

int trust_add_lines(const struct trust_command *c)
{
    struct buf text = buf_new(0), said = buf_new(SIZE_MAX);
    const char *source;
    struct edit e = {.lock = -1};
    char *path = NULL;
    edhoc_err err = read_arguments(c, &source, &text);

    if (err == EDHOC_OK)
        err = trust_open(c, true, &path, &e);
    if (err == EDHOC_OK)
        err = add_text(c, buf_bytes(&text), source, &e, &said);
    if (err == EDHOC_OK)
        err = edit_save(&e);
    if (err == EDHOC_OK)
        (void)fwrite(said.p, 1, said.len, stdout);
    edit_close(&e);
    free(path);
    buf_free(&text);
    buf_free(&said);
    return err == EDHOC_OK ? TOOL_OK : tool_fail(err);
}

/* ---- options ---- */

static const struct {
    const char *name;
    int (*run)(const struct trust_command *c);
    const char *options; /* those of the table below that it takes */
    int at_least, at_most;
    const char *missing;
} subcommands[] = {
    {"add", trust_add_lines, "fnCSABU", 1, 64, "the key is missing: a .pub file, - or a line"},
    {"remove", trust_remove_lines, "f", 1, 64, "what to remove is missing"},
    {"list", trust_list_lines, "f", 0, 0, ""},
    {"import", trust_import_lines, "fnCSABUIK", 1, 64, "the file to import is missing"},
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
        if (times[i] != NULL && !trust_time_parse(bytes_of_text(times[i]), &ignored))
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
        return argc > 1 ? tool_usage("trust: no subcommand \"%.60s\"; there are add, remove, list "
                                     "and import",
                                     name)
                        : tool_usage("trust: the subcommand is missing: add, remove, list or "
                                     "import");
    return parse_and_run(sub, argc - 1, argv + 1);
}
