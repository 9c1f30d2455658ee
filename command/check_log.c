#include "check_log.h"

#include "check_say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/lines.h"
#include "load/settings.h"
#include "load/sink.h"

#define SHOWN_MAX 5           /* refusals */
#define TAIL_MAX  (256 << 10) /* bytes at the end of a log that are looked through */

/* ---- a file that is to be there ---- */

static void say_unwritable(struct check *c, const char *what, const char *path, int fault)
{
    const char *user = check_user();

    if (fault == ENOENT)
        check_say(c, CHECK_WARN,
                  "%s: %s does not exist, so nothing is told there; make it with: install -m 640 "
                  "-o %s /dev/null %s",
                  what, path, user, path);
    else if (fault == ELOOP)
        check_say(c, CHECK_WARN,
                  "%s: %s is a symbolic link, which is not followed; name the file itself", what,
                  path);
    else if (fault == EACCES)
        check_say(c, CHECK_WARN,
                  "%s: %s: user %s may not write to it; run this as the user of the program in "
                  "question, or: chown %s %s",
                  what, path, user, user, path);
    else
        check_say(c, CHECK_WARN, "%s: %s cannot be written: %s; name a file", what, path,
                  strerror(fault));
}

static bool check_file(struct check *c, const char *what, const char *path, enum sink_rule rule)
{
    int fd, fault = sink_open(path, rule, &fd);

    if (fault == 0)
        close(fd);
    else
        say_unwritable(c, what, path, fault);
    return fault == 0;
}

/* ---- the last refusals ---- */

/* Into `out` what is at the end of a file. */
static bool read_tail(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    uint8_t piece[4096];
    struct stat st;
    ssize_t n = -1;

    *out = buf_new(2 * TAIL_MAX);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        lseek(fd, st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0, SEEK_SET) >= 0)
        while ((n = read(fd, piece, sizeof(piece))) > 0 && out->len < TAIL_MAX)
            buf_put(out, bytes_of(piece, (size_t)n));
    close(fd);
    return n >= 0 && buf_err(out) == EDHOC_OK;
}

static bool is_refusal(struct bytes line)
{
    return bytes_contain(line, BYTES_LITERAL(" " SINK_IDENT "[")) &&
           (bytes_contain(line, BYTES_LITERAL("]: refused ")) ||
            bytes_contain(line, BYTES_LITERAL("]: unusable ")));
}

/* The last ones, oldest first. */
static unsigned find_refusals(struct bytes text, struct bytes last[SHOWN_MAX])
{
    unsigned n = 0;
    struct bytes line;

    while (lines_next(&text, &line))
        if (is_refusal(line)) {
            memmove(last, last + 1, (SHOWN_MAX - 1) * sizeof(*last));
            last[SHOWN_MAX - 1] = line;
            n++;
        }
    return n < SHOWN_MAX ? n : SHOWN_MAX;
}

static void say_refusals(struct check *c, const char *path)
{
    struct bytes last[SHOWN_MAX] = {{NULL, 0}};
    struct buf text;
    unsigned n;

    if (!read_tail(path, &text)) {
        check_say(c, CHECK_OK, "log: %s, which user %s may only write to; root can read it", path,
                  check_user());
    } else {
        n = find_refusals(buf_bytes(&text), last);
        check_say(c, CHECK_OK, "log: %s; %s", path,
                  n > 0 ? "the last that were refused:" : "nobody was refused lately");
        for (unsigned i = SHOWN_MAX - n; i < SHOWN_MAX; i++)
            check_say(c, CHECK_WARN, "log: %.*s", (int)last[i].len, (const char *)last[i].p);
    }
    buf_free(&text);
}

/* ---- the log ---- */

static void check_syslog(struct check *c)
{
    bool journal = access("/run/systemd/journal", F_OK) == 0;
    int fault = sink_syslog_fault();

    if (fault != 0)
        check_say(c, CHECK_WARN,
                  "log: %s: %s, so nothing is logged; start a syslog daemon (in a chroot: give it "
                  "a socket there), or set log to a file",
                  SINK_SOCKET, strerror(fault));
    else
        check_say(c, CHECK_OK, "log: syslog; the last clients, accepted and refused: %s",
                  journal ? "journalctl -t " SINK_IDENT " -n 20"
                          : "grep " SINK_IDENT " /var/log/auth.log (or /var/log/secure)");
}

static void check_own_log(struct check *c)
{
    const char *to = c->settings.log;

    if (to == NULL)
        check_say(c, CHECK_OK,
                  "log: none; with log=syslog in mech.conf there is a line for each client that "
                  "is accepted or refused");
    else if (strcmp(to, SETTING_SYSLOG) == 0)
        check_syslog(c);
    else if (check_file(c, "log", to, SINK_THERE))
        say_refusals(c, to);
}

/* ---- the trace ---- */

/* The variable's file is made when there is something to tell; not by us. */
static bool can_be_made(struct check *c, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));
    bool can = folder != NULL && access(folder, W_OK | X_OK) == 0;

    if (!can)
        check_say(c, CHECK_WARN, "trace: %s cannot be made: %s; name another file", path,
                  strerror(errno));
    free(folder);
    return can;
}

static void check_trace(struct check *c)
{
    const char *own = settings_trace(), *path = own != NULL ? own : c->settings.trace;
    bool good;

    if (path == NULL)
        return;
    good = own != NULL && access(path, F_OK) != 0 && errno == ENOENT
               ? can_be_made(c, path)
               : check_file(c, "trace", path, own != NULL ? SINK_MADE : SINK_THERE);
    if (good)
        check_say(c, CHECK_OK, "trace: %s, as %s says", path,
                  own != NULL ? "GSS_EDHOC_TRACE" : "mech.conf");
}

void check_log(struct check *c)
{
    if (c->acceptor)
        check_own_log(c);
    check_trace(c);
}
