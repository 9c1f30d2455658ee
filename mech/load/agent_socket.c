#include "load/agent_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "base/ssh_wire.h"

#define NAP_MS 10 /* between two attempts to get into a full queue of connections */

struct line {
    int fd;
    int64_t deadline; /* milliseconds of the monotonic clock */
};

static int64_t now_ms(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Each of the following leaves errno as it found the trouble: ETIMEDOUT when time is up, and
 * ENODATA when the agent hung up. */

static bool time_left(const struct line *l, int *ms)
{
    int64_t left = l->deadline - now_ms();

    *ms = left > 0 ? (int)left : 0;
    if (left <= 0)
        errno = ETIMEDOUT;
    return left > 0;
}

static bool wait_for(const struct line *l, short events)
{
    struct pollfd p = {l->fd, events, 0};
    int ms, n;

    do {
        if (!time_left(l, &ms))
            return false;
        n = poll(&p, 1, ms);
    } while (n == 0 || (n < 0 && errno == EINTR));
    return n > 0;
}

/* A local connection is made at once, or not because the agent's queue is full: there is no event
 * to wait for. (After EINTR and EINPROGRESS, which Linux does not give, asking again tells.) */
static bool connect_line(const struct line *l, const struct sockaddr_un *address)
{
    int ms;

    while (connect(l->fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
        if (errno == EISCONN)
            return true;
        if (errno != EAGAIN && errno != EINTR && errno != EINPROGRESS && errno != EALREADY)
            return false;
        if (!time_left(l, &ms))
            return false;
        (void)poll(NULL, 0, ms < NAP_MS ? ms : NAP_MS);
    }
    return true;
}

static bool send_all(const struct line *l, struct bytes what)
{
    while (what.len > 0) {
        ssize_t n = send(l->fd, what.p, what.len, MSG_NOSIGNAL);

        if (n > 0)
            what = bytes_of(what.p + n, what.len - (size_t)n);
        else if (errno != EINTR && (errno != EAGAIN || !wait_for(l, POLLOUT)))
            return false;
    }
    return true;
}

static bool receive_all(const struct line *l, uint8_t *to, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(l->fd, to, len, 0);

        if (n == 0) {
            errno = ENODATA;
            return false;
        }
        if (n > 0) {
            to += n;
            len -= (size_t)n;
        } else if (errno != EINTR && (errno != EAGAIN || !wait_for(l, POLLIN))) {
            return false;
        }
    }
    return true;
}

/* Messages are framed as strings are: with their length. */
static bool send_message(const struct line *l, struct bytes message)
{
    struct buf framed = buf_new(4 + AGENT_MESSAGE_MAX);
    bool ok;

    ssh_put_string(&framed, message);
    if (buf_err(&framed) != EDHOC_OK)
        errno = message.len > AGENT_MESSAGE_MAX ? EMSGSIZE : ENOMEM;
    ok = buf_err(&framed) == EDHOC_OK && send_all(l, buf_bytes(&framed));
    buf_free(&framed);
    return ok;
}

static bool receive_message(const struct line *l, struct buf *message)
{
    uint8_t head[4] = {0};
    struct ssh_reader r = ssh_reader_of(bytes_of(head, sizeof(head)));
    uint32_t len;
    uint8_t *to;

    if (!receive_all(l, head, sizeof(head)))
        return false;
    len = ssh_read_uint32(&r);
    if (len < 1 || len > AGENT_MESSAGE_MAX) {
        errno = EMSGSIZE;
        return false;
    }
    buf_reset(message);
    to = buf_extend(message, len);
    if (to == NULL)
        errno = ENOMEM;
    return to != NULL && receive_all(l, to, len);
}

static edhoc_err failed(const char *path, unsigned seconds)
{
    int error = errno;

    switch (error) {
    case ENOMEM:
        return EDHOC_ERR_NOMEM;
    case ENOENT:
    case ECONNREFUSED:
        return report(EDHOC_ERR_NO_IDENTITY,
                      "no ssh-agent runs at %s, where SSH_AUTH_SOCK points; start one with: eval "
                      "$(ssh-agent)",
                      path);
    case ETIMEDOUT:
        return report(EDHOC_ERR_NO_IDENTITY,
                      "the ssh-agent at %s did not answer within %u seconds; a key added with "
                      "ssh-add -c has to be confirmed by then",
                      path, seconds);
    case ENODATA:
    case EPIPE:
    case ECONNRESET:
        return report(EDHOC_ERR_NO_IDENTITY, "the ssh-agent at %s hung up before its answer", path);
    case EMSGSIZE:
        return report(EDHOC_ERR_NO_IDENTITY,
                      "a message to or from the ssh-agent at %s is longer than %u bytes, or empty",
                      path, AGENT_MESSAGE_MAX);
    default:
        return report(EDHOC_ERR_NO_IDENTITY, "the ssh-agent at %s: %s", path, strerror(error));
    }
}

static bool converse(const struct line *l, const struct sockaddr_un *address, struct bytes question,
                     struct buf *answer)
{
    return l->fd >= 0 && connect_line(l, address) && send_message(l, question) &&
           receive_message(l, answer);
}

edhoc_err agent_ask(const char *path, struct bytes question, unsigned seconds, struct buf *answer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct line l;
    edhoc_err err = EDHOC_OK;

    if (strlen(path) >= sizeof(address.sun_path))
        return report(EDHOC_ERR_NO_IDENTITY,
                      "SSH_AUTH_SOCK is longer than the %zu bytes that a socket's path can have",
                      sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    l.deadline = now_ms() + (int64_t)seconds * 1000;
    l.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (!converse(&l, &address, question, answer))
        err = failed(path, seconds);
    if (l.fd >= 0)
        (void)close(l.fd);
    return err;
}
