/* gss-edhoc run: a program that names no mechanism, with this one as its default. */
#include "run.h"

#include "files.h"
#include "tool.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/settings.h"

#define PRELOADED PKGLIBDIR "/gss_default.so"

/* As env(1) and others that run a program have it. */
enum { RUN_FAILED = 125, RUN_CANNOT = 126, RUN_NOT_FOUND = 127 };

static const char help[] =
    "Usage: gss-edhoc run [-l FILE] [--] PROGRAM [ARGUMENT...]\n"
    "\n"
    "Runs a program that leaves the choice of a mechanism to the GSS-API library, like psql:\n"
    "where you have a key, it authenticates with that, and else with Kerberos as without this.\n"
    "The option confirm is set, because such programs wait for the server's last word.\n"
    "\n"
    "  -l, --library=FILE  the object to preload; " PRELOADED "\n"
    "  -h, --help          this text\n"
    "\n"
    "Exit status: the program's; 125 could not begin, 126 it cannot be run, 127 it was not found.\n";

/* The options that there are, and confirm. */
static edhoc_err set_options(void)
{
    struct settings settings;
    struct buf words = buf_new(SETTING_MAX + 1);
    edhoc_err err = settings_read(NULL, 0, &settings);

    settings.options |= EDHOC_CONFIRM;
    if (err == EDHOC_OK) {
        settings_put_options(&words, &settings);
        buf_put_byte(&words, 0);
        if (buf_err(&words) != EDHOC_OK ||
            setenv("GSS_EDHOC_OPTIONS", (const char *)words.p, 1) != 0)
            err = EDHOC_ERR_NOMEM;
    }
    buf_free(&words);
    settings_clear(&settings);
    return err;
}

/* After what is preloaded already: some of that, like a sanitizer, insists on being the first. */
static edhoc_err set_preload(const char *object)
{
    const char *others = getenv("LD_PRELOAD");
    char *all;
    int n;

    if (access(object, R_OK) != 0)
        return tool_file_failed(object, "cannot be preloaded");
    if (object[0] != '/' || strpbrk(object, " :") != NULL)
        return report(EDHOC_ERR_FILE,
                      "%s cannot be preloaded: it takes an absolute path without blanks and colons",
                      object);
    n = asprintf(&all, "%s%s%s", others != NULL ? others : "", others != NULL ? ":" : "", object);
    if (n < 0)
        return EDHOC_ERR_NOMEM;
    n = setenv("LD_PRELOAD", all, 1);
    free(all);
    return n == 0 ? EDHOC_OK : EDHOC_ERR_NOMEM;
}

static int run(const char *object, char **program)
{
    edhoc_err err = set_options();

    if (err == EDHOC_OK)
        err = set_preload(object);
    if (err != EDHOC_OK) {
        (void)tool_fail(err);
        return RUN_FAILED;
    }
    (void)execvp(program[0], program);
    fprintf(stderr, "gss-edhoc: %s: %s\n", program[0], strerror(errno));
    return errno == ENOENT ? RUN_NOT_FOUND : RUN_CANNOT;
}

int cmd_run(int argc, char **argv)
{
    static const struct option options[] = {{"library", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *object = PRELOADED;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:l:h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return TOOL_OK;
        }
        if (option == ':')
            return tool_usage("run: %s needs a value", argv[optind - 1]);
        if (option != 'l')
            return tool_usage("run: no option %s", argv[optind - 1]);
        object = optarg;
    }
    if (optind == argc)
        return tool_usage("run: which program?");
    return run(object, argv + optind);
}
