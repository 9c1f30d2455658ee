/* gss-edhoc try: a whole handshake, with the settings that programs have. */
#include "try.h"

#include "name.h"
#include "tool.h"
#include "try_side.h"
#include "try_socket.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/report.h"
#include "edhoc/edhoc.h"
#include "edhoc/message_error.h"
#include "peer/name.h"
#include "profile/item.h"

static const char help[] =
    "Usage: gss-edhoc try SERVICE@HOST\n"
    "       gss-edhoc try --listen [HOST:]PORT [-k] [SERVICE@HOST]\n"
    "       gss-edhoc try --connect HOST:PORT [SERVICE@HOST]\n"
    "\n"
    "Does a whole handshake and tells each step: which keys, how many bytes, who was believed and\n"
    "by which line; and where it fails, what to do. Without options both sides are in this\n"
    "process, with the user's settings and the service's, which only root may be able to read.\n"
    "With them it is one side, and the other machine has the other.\n"
    "\n"
    "  -l, --listen [HOST:]PORT  wait for a client, as the service; SERVICE@HOST is its own name\n"
    "  -k, --keep                wait for the next one then\n"
    "  -c, --connect HOST:PORT   be the client of one that listens (default: host@HOST)\n"
    "  -h, --help                this text\n"
    "\n"
    "Exit status: 0 both sides accept, 1 not, 2 wrong usage.\n";

/* ---- both sides in one process ---- */

static int say_result(const struct timespec *began, size_t bytes)
{
    struct timespec now;
    double ms;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (double)(now.tv_sec - began->tv_sec) * 1e3 + (double)(now.tv_nsec - began->tv_nsec) / 1e6;
    printf("ok: both sides accept; %zu bytes in %.1f ms\n", bytes, ms);
    return TOOL_OK;
}

/* Message by message, until both are done or one refuses. */
static int talk(struct try_side *sides[2])
{
    struct buf token[2] = {buf_new(EDHOC_TOKEN_MAX), buf_new(EDHOC_TOKEN_MAX)};
    struct timespec began;
    size_t bytes = 0;
    edhoc_err err = EDHOC_OK;
    unsigned turn = 0;
    int status;

    (void)clock_gettime(CLOCK_MONOTONIC, &began);
    while (err == EDHOC_OK && !(try_side_done(sides[0]) && try_side_done(sides[1]))) {
        err = try_side_step(sides[turn], buf_bytes(&token[1 - turn]), &token[turn]);
        bytes += err == EDHOC_OK ? token[turn].len : 0;
        turn = 1 - turn;
    }
    status = err == EDHOC_OK ? say_result(&began, bytes) : try_side_fail(turn == 1, err);
    buf_free(&token[0]);
    buf_free(&token[1]);
    return status;
}

static int try_here(const char *target)
{
    struct try_side *sides[2] = {NULL, NULL};
    int status = TOOL_FAILED;
    edhoc_err err = try_side_new(true, target, &sides[0]);

    if (err != EDHOC_OK)
        return try_side_fail(true, err);
    err = try_side_new(false, NULL, &sides[1]);
    if (err == EDHOC_OK) {
        status = talk(sides);
    } else {
        (void)try_side_fail(false, err);
        puts(
            "note: the client's side can begin. For the rest, run this as root where the service "
            "is, or\ngss-edhoc try --listen PORT there and gss-edhoc try --connect HOST:PORT here");
    }
    try_side_free(sides[0]);
    try_side_free(sides[1]);
    return status;
}

/* ---- one side, and the other behind a socket ---- */

/* What the listening side has to say to message_3: nothing, where it accepts without message_4. */
static edhoc_err hear_verdict(int fd, struct buf *in)
{
    edhoc_err err = try_socket_receive(fd, in);

    if (err == EDHOC_OK && in->len > 0)
        err = message_error_read(buf_bytes(in), NULL);
    return err;
}

/* A step, and what it made is sent (`always`: even if that is empty). Of two failures the step's is told. */
static edhoc_err step(struct try_side *side, int fd, bool always, struct bytes in, struct buf *out)
{
    edhoc_err sent, err = try_side_step(side, in, out);
    char story[1024];

    (void)snprintf(story, sizeof(story), "%s", report_details(err));
    sent = out->len > 0 || (always && err == EDHOC_OK) ? try_socket_send(fd, buf_bytes(out))
                                                       : EDHOC_OK;
    return err == EDHOC_OK ? sent : report(err, "%s", story);
}

static edhoc_err initiate(struct try_side *side, int fd, struct buf *in, struct buf *out)
{
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && !try_side_done(side)) {
        err = step(side, fd, false, buf_bytes(in), out);
        if (err == EDHOC_OK && !try_side_done(side))
            err = try_socket_receive(fd, in);
    }
    return err == EDHOC_OK && out->len > 0 ? hear_verdict(fd, in) : err;
}

/* Each message has an answer, though it may be empty. */
static edhoc_err respond(struct try_side *side, int fd, struct buf *in, struct buf *out)
{
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && !try_side_done(side)) {
        err = try_socket_receive(fd, in);
        if (err == EDHOC_OK)
            err = step(side, fd, true, buf_bytes(in), out);
    }
    return err;
}

static int run_side(bool initiator, const char *name, int fd)
{
    struct buf in = buf_new(EDHOC_TOKEN_MAX), out = buf_new(EDHOC_TOKEN_MAX);
    struct try_side *side = NULL;
    edhoc_err err = try_side_new(initiator, name, &side);

    if (err == EDHOC_OK)
        err = initiator ? initiate(side, fd, &in, &out) : respond(side, fd, &in, &out);
    if (err != EDHOC_OK)
        (void)try_side_fail(initiator, err);
    if (err == EDHOC_ERR_PEER_ERROR)
        puts("note: the other side's gss-edhoc try says why");
    if (err == EDHOC_OK)
        puts("ok: both sides accept");
    try_side_free(side);
    buf_free(&in);
    buf_free(&out);
    (void)fflush(stdout);
    return err == EDHOC_OK ? TOOL_OK : TOOL_FAILED;
}

static int try_connect(const char *where, const char *target)
{
    int fd = -1, status;
    edhoc_err err = try_socket_connect(where, &fd);

    if (err != EDHOC_OK)
        return tool_fail(err);
    status = run_side(true, target, fd);
    (void)close(fd);
    return status;
}

/* Else the first client would be the one to find that out. */
static bool can_serve(const char *name)
{
    struct try_side *side = NULL;
    edhoc_err err = try_side_new(false, name, &side);

    if (err != EDHOC_OK)
        (void)try_side_fail(false, err);
    try_side_free(side);
    return err == EDHOC_OK;
}

/* One client, or one after the other. */
static int try_listen(const char *where, const char *name, bool keep)
{
    char text[TRY_NAME_MAX];
    int listening = -1, fd, status = TOOL_FAILED;
    edhoc_err err = try_socket_listen(where, &listening);

    if (err != EDHOC_OK)
        return tool_fail(err);
    if (!can_serve(name)) {
        (void)close(listening);
        return TOOL_FAILED;
    }
    try_socket_name(listening, false, text);
    printf("listening on %s; on the client: gss-edhoc try --connect HOST:%s SERVICE@HOST\n", text,
           strrchr(text, ':') + 1);
    do {
        (void)fflush(stdout);
        err = try_socket_accept(listening, &fd);
        if (err != EDHOC_OK)
            break;
        try_socket_name(fd, true, text);
        printf("connection from %s\n", text);
        status = run_side(false, name, fd);
        (void)close(fd);
    } while (keep);
    (void)close(listening);
    return err == EDHOC_OK ? status : tool_fail(err);
}

/* ---- arguments ---- */

struct arguments {
    const char *listen, *connect;
    bool keep;
    char name[PROFILE_TARGET_MAX + 2]; /* one more than is allowed, so that the rule is told */
};

static int read_name(const char *text, struct arguments *a)
{
    const char *fault;

    (void)snprintf(a->name, sizeof(a->name), "%s", text);
    name_fold_host(a->name);
    fault = tool_name_fault(a->name);
    if (fault == NULL && name_host(a->name) == NULL)
        fault = "has no @; write SERVICE@HOST, like HTTP@web.example.org";
    return fault == NULL ? TOOL_OK : tool_usage("try: the name \"%.60s\" %s", a->name, fault);
}

/* What is told by default of "HOST:PORT". */
static int take_host(struct arguments *a)
{
    char *host = try_socket_host(a->connect), text[PROFILE_TARGET_MAX + 2];
    int status;

    (void)snprintf(text, sizeof(text), "host@%s", host != NULL ? host : "");
    status = host != NULL ? read_name(text, a) : tool_fail(EDHOC_ERR_NOMEM);
    free(host);
    return status;
}

static int check_sides(const struct arguments *a)
{
    if (a->listen != NULL && a->connect != NULL)
        return tool_usage("try: either --listen or --connect");
    if (a->listen != NULL && !try_socket_is_address(a->listen, true))
        return tool_usage("try: --listen %.60s: write [HOST:]PORT", a->listen);
    if (a->connect != NULL && !try_socket_is_address(a->connect, false))
        return tool_usage("try: --connect %.60s: write HOST:PORT", a->connect);
    if (a->keep && a->listen == NULL)
        return tool_usage("try: --keep goes with --listen");
    return TOOL_OK;
}

static int run(int count, char **names, struct arguments *a)
{
    int status = check_sides(a);

    if (status != TOOL_OK)
        return status;
    if (count > 1)
        return tool_usage("try: one SERVICE@HOST only");
    if (count == 0 && a->listen == NULL && a->connect == NULL)
        return tool_usage("try: SERVICE@HOST is missing");
    if (count > 0)
        status = read_name(names[0], a);
    else if (a->connect != NULL)
        status = take_host(a);
    if (status != TOOL_OK)
        return status;
    if (a->listen != NULL)
        return try_listen(a->listen, count > 0 ? a->name : NULL, a->keep);
    return a->connect != NULL ? try_connect(a->connect, a->name) : try_here(a->name);
}

int cmd_try(int argc, char **argv)
{
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"connect", required_argument, NULL, 'c'},
                                            {"keep", no_argument, NULL, 'k'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct arguments a = {.listen = NULL};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":l:c:kh", options, NULL)) != -1)
        switch (option) {
        case 'l':
            a.listen = optarg;
            break;
        case 'c':
            a.connect = optarg;
            break;
        case 'k':
            a.keep = true;
            break;
        case 'h':
            fputs(help, stdout);
            return TOOL_OK;
        case ':':
            return tool_usage("try: %s needs a value", argv[optind - 1]);
        default:
            return tool_usage("try: no option %s", argv[optind - 1]);
        }
    return run(argc - optind, argv + optind, &a);
}
