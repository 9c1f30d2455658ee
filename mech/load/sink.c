#include "load/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/utc.h"

size_t sink_time(char text[SINK_TIME_MAX])
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return utc_text(now.tv_sec, now.tv_nsec, text);
}

/* ---- files ---- */

static const char *after(const char *path, const char *folder)
{
    return strncmp(path, folder, strlen(folder)) == 0 ? path + strlen(folder) : NULL;
}

/* The descriptor of this process that a path names, or -1. */
static int descriptor_of(const char *path)
{
    const char *number = after(path, "/dev/fd/");
    int fd = 0;

    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (number == NULL)
        number = after(path, "/proc/self/fd/");
    if (number == NULL || *number == '\0' || strlen(number) > 6)
        return -1;
    for (; ascii_is_digit(*number); number++)
        fd = 10 * fd + (*number - '0');
    return *number == '\0' ? fd : -1;
}

static bool is_type(int fd, mode_t type)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

/* Never waits: the file could be a FIFO that nobody reads. */
static int open_path(const char *path, int flags, int *fd)
{
    *fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    return *fd >= 0 ? 0 : errno;
}

/* Whoever writes to a pipe that nobody reads any more gets a signal; who could read it himself, never.
 * Takes over `fd`. */
static int open_fifo_again(const char *path, int *fd)
{
    int writer = *fd;
    int fault = open_path(path, O_RDWR, fd);

    (void)close(writer);
    if (fault == 0 && !is_type(*fd, S_IFIFO)) {
        (void)close(*fd);
        *fd = -1;
        fault = ENXIO;
    }
    return fault;
}

int sink_open(const char *path, enum sink_rule rule, int *fd)
{
    int own = descriptor_of(path), fault;
    int flags = O_WRONLY | O_APPEND;

    *fd = -1;
    if (own >= 0 && is_type(own, S_IFSOCK)) {
        *fd = fcntl(own, F_DUPFD_CLOEXEC, 0);
        return *fd >= 0 ? 0 : errno;
    }
    if (rule == SINK_MADE)
        flags |= O_CREAT;
    else if (own < 0)
        flags |= O_NOFOLLOW;
    fault = open_path(path, flags, fd);
    return fault == 0 && is_type(*fd, S_IFIFO) ? open_fifo_again(path, fd) : fault;
}

/* A file that may not become longer costs whoever tries a signal. */
static bool has_room(int fd, size_t len)
{
    struct rlimit limit;
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return true;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
           (rlim_t)st.st_size + len <= limit.rlim_cur;
}

static bool put(int fd, struct bytes line)
{
    if (is_type(fd, S_IFSOCK))
        return send(fd, line.p, line.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)line.len;
    return has_room(fd, line.len) && write(fd, line.p, line.len) == (ssize_t)line.len;
}

bool sink_append(const char *path, enum sink_rule rule, struct bytes line)
{
    bool done;
    int fd;

    if (sink_open(path, rule, &fd) != 0)
        return false;
    done = put(fd, line);
    (void)close(fd);
    return done;
}

/* ---- syslog ---- */

#define AUTHPRIV (10 << 3)

/* syslog(3) would wait for a daemon that is busy, and share the ident and the socket of the host. */
static int open_socket(struct sockaddr_un *to)
{
    *to = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = SINK_SOCKET};
    return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

bool sink_syslog(enum sink_severity severity, struct bytes text)
{
    char head[64];
    struct iovec parts[2] = {{.iov_base = head}, {(void *)(uintptr_t)text.p, text.len}};
    struct sockaddr_un to;
    struct msghdr message = {
        .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = parts, .msg_iovlen = 2};
    int fd = open_socket(&to);
    bool sent;

    if (fd < 0)
        return false;
    parts[0].iov_len = (size_t)snprintf(
        head, sizeof(head), "<%d>" SINK_IDENT "[%ld]: ", AUTHPRIV | (int)severity, (long)getpid());
    sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    (void)close(fd);
    return sent;
}

int sink_syslog_fault(void)
{
    struct sockaddr_un to;
    int fd = open_socket(&to), fault = 0;

    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)) != 0)
        fault = errno;
    (void)close(fd);
    return fault;
}
