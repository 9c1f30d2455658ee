/* gss-edhoc: makes and explains the keys and files of the mechanism. See gss-edhoc(1). */
#include "check.h"
#include "keygen.h"
#include "list.h"
#include "rotate.h"
#include "run.h"
#include "show.h"
#include "tool.h"
#include "trust.h"
#include "try.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "(unknown version)"
#endif

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments;
    const char *purpose;
} commands[] = {
    {"keygen", cmd_keygen, "[-t TYPE] [-o FILE] NAME", "make a private key and its trust line"},
    {"rotate", cmd_rotate, "[--commit] FILE", "make the next key, and put it in FILE's place"},
    {"list", cmd_list, "[--json]", "list identities, services, anchors and trust"},
    {"show", cmd_show, "FILE", "say what a key, certificate or other file is"},
    {"trust", cmd_trust, "add|remove|list|import ...", "edit a trust file"},
    {"run", cmd_run, "[-l FILE] [--] PROGRAM ...", "run a program with this mechanism as default"},
    {"try", cmd_try, "SERVICE@HOST | -l | -c ...", "do a whole handshake, and tell each step"},
    {"check", cmd_check, "[-a] [SERVICE@HOST]", "say what works, and how to mend the rest"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *to)
{
    fputs("Usage: gss-edhoc COMMAND [ARGUMENT...]\n\n", to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  gss-edhoc %-7s %-26s %s\n", commands[i].name, commands[i].arguments,
                commands[i].purpose);
    fputs("\n  gss-edhoc COMMAND --help    tells more about a command\n"
          "  gss-edhoc --version         prints the version\n"
          "\nExit status: 0 done, 1 failed, 2 wrong usage. See gss-edhoc(1).\n",
          to);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    (void)setlocale(LC_MESSAGES, ""); /* for strerror() */
    if (strcmp(name, "--version") == 0) {
        puts("gss-edhoc " PACKAGE_VERSION);
        return tool_finish(TOOL_OK);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(stdout);
        return tool_finish(TOOL_OK);
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return tool_finish(commands[i].run(argc - 1, argv + 1));
    if (argc > 1)
        return tool_usage("no command \"%.60s\"", name);
    print_help(stderr);
    return TOOL_USAGE;
}
