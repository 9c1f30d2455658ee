/* gss-edhoc check: would a handshake succeed, and if not, what is to be done? */
#include "check.h"

#include "check_choice.h"
#include "check_handshake.h"
#include "check_identity.h"
#include "check_log.h"
#include "check_peer.h"
#include "check_plugin.h"
#include "check_say.h"
#include "check_settings.h"
#include "check_trust.h"
#include "name.h"
#include "text.h"
#include "tool.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "load/settings.h"
#include "peer/identity.h"
#include "peer/name.h"
#include "peer/trust.h"
#include "profile/item.h"

/* No machine with a right clock runs this version before 2026-01-01. */
#define CLOCK_MIN 1767225600

static const char help[] =
    "Usage: gss-edhoc check [-a] [SERVICE@HOST]\n"
    "       gss-edhoc check --peer=FILE -a | SERVICE@HOST\n"
    "\n"
    "Says what works and what does not, and how to mend it: is the mechanism registered and\n"
    "loadable, which key and which trust line would be used, would the handshake succeed?\n"
    "It looks at this side alone, with the settings of the environment and of mech.conf.\n"
    "\n"
    "  -a, --acceptor   check as a server does; SERVICE@HOST is then its own name\n"
    "  -p, --peer=FILE  would the peer be believed that has this FILE-cert.pub, .pub or X.509\n"
    "                   chain: as whom, by which line? With -a a client, else SERVICE@HOST\n"
    "  -h, --help       this text\n"
    "\n"
    "Each line begins with ok, warn or FAIL. Exit status: 0 nothing failed (warnings count as\n"
    "success), 1 something did, 2 wrong usage.\n";

/* ---- the checks ---- */

static void check_clock(struct check *c)
{
    char text[TOOL_TIME];

    tool_time(c->now, text);
    if (c->now < CLOCK_MIN)
        check_say(c, CHECK_FAIL,
                  "clock: it says %s, which is before this program was written; certificates and "
                  "trust lines are judged by it: set it (timedatectl set-ntp true)",
                  text);
    else
        check_say(c, CHECK_OK, "clock: %s", text);
}

/* Root can read keys that the service, as another user, cannot. */
static void check_who_asks(struct check *c)
{
    if (c->acceptor && geteuid() == 0)
        check_say(c, CHECK_OK,
                  "user: root; of a service that runs as another user, such as www-data, ask: "
                  "runuser -u USER -- gss-edhoc check -a");
}

static void check_this_side(struct check *c)
{
    check_plugin(c);
    if (!check_settings(c))
        return;
    check_who_asks(c);
    if (check_choice(c))
        check_identities(c);
    check_trust(c);
    check_handshake(c);
    check_log(c);
}

static int run(struct check *c, const char *peer)
{
    c->now = (int64_t)time(NULL);
    c->colours = tool_colours();
    check_clock(c);
    if (peer == NULL)
        check_this_side(c);
    else if (check_settings(c))
        check_peer(c, peer);
    identity_set_free(c->identities);
    trust_free(c->trust);
    settings_clear(&c->settings);
    return c->failed ? TOOL_FAILED : TOOL_OK;
}

/* ---- arguments ---- */

static const char *target_fault(const char *target)
{
    const char *fault = tool_name_fault(target);

    if (fault == NULL && name_host(target) == NULL)
        fault = "has no @; write SERVICE@HOST, like HTTP@web.example.org";
    return fault;
}

/* The target in canonical form, as `room` keeps it. */
static int take_target(struct check *c, const char *text, char *room, size_t size)
{
    const char *fault;

    (void)snprintf(room, size, "%s", text);
    name_fold_host(room);
    fault = target_fault(room);
    if (fault != NULL)
        return tool_usage("check: the name \"%.60s\" %s", room, fault);
    c->target = room;
    return TOOL_OK;
}

static int check_arguments(struct check *c, const char *peer, int argc, char **argv)
{
    char target[PROFILE_TARGET_MAX + 2]; /* one more than is allowed, so that the rule is told */
    int status = TOOL_OK;

    if (argc > 1)
        return tool_usage("check: one SERVICE@HOST only");
    if (argc == 1)
        status = take_target(c, argv[0], target, sizeof(target));
    if (status == TOOL_OK && peer != NULL && c->acceptor == (c->target != NULL))
        status = tool_usage("check: --peer with -a, for a client, or with the SERVICE@HOST that "
                            "the peer is to be");
    if (status == TOOL_OK)
        status = run(c, peer);
    c->target = NULL; /* which was kept here */
    return status;
}

int cmd_check(int argc, char **argv)
{
    static const struct option options[] = {{"acceptor", no_argument, NULL, 'a'},
                                            {"peer", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct check c = {.acceptor = false};
    const char *peer = NULL;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":ap:h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return TOOL_OK;
        }
        if (option == ':')
            return tool_usage("check: %s needs a value", argv[optind - 1]);
        if (option == '?')
            return tool_usage("check: no option %s", argv[optind - 1]);
        if (option == 'p')
            peer = optarg;
        else
            c.acceptor = true;
    }
    return check_arguments(&c, peer, argc - optind, argv + optind);
}
