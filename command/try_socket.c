#include "try_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/report.h"
#include "edhoc/edhoc.h"

#define WAIT_MS 20000
#define HEAD    8 /* bytes before a message */

static const uint8_t magic[4] = {'e', 'd', 'h', 'c'};

static edhoc_err failed(const char *what, const char *why)
{
    return report(EDHOC_ERR_FILE, "%s: %s", what, why);
}

/* ---- addresses ---- */

char *try_socket_host(const char *where)
{
    const char *colon = strrchr(where, ':');
    size_t len = colon != NULL ? (size_t)(colon - where) : 0;

    if (len >= 2 && where[0] == '[' && where[len - 1] == ']')
        return strndup(where + 1, len - 2);
    return len > 0 ? strndup(where, len) : NULL;
}

bool try_socket_is_address(const char *where, bool passive)
{
    const char *colon = strrchr(where, ':'), *port = colon != NULL ? colon + 1 : where;
    size_t len = strlen(port);
    char *host = try_socket_host(where);
    bool good = len > 0 && len <= 5 && strspn(port, "0123456789") == len && atoi(port) <= 65535 &&
                (passive || host != NULL);

    free(host);
    return good;
}

static edhoc_err resolve(const char *where, bool passive, struct addrinfo **out)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = passive ? AI_PASSIVE : 0};
    const char *colon = strrchr(where, ':'), *port = colon != NULL ? colon + 1 : where;
    char *host = try_socket_host(where);
    int fault;

    fault = getaddrinfo(host, port, &hints, out);
    free(host);
    return fault == 0 ? EDHOC_OK : failed(where, gai_strerror(fault));
}

static int try_bind(const struct addrinfo *a)
{
    const int on = 1, off = 0;
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a->ai_family == AF_INET6) /* and IPv4 with it */
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 8) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static int try_connect(const struct addrinfo *a)
{
    const struct timeval wait = {WAIT_MS / 1000, 0};
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)); /* connect()'s, too */
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS) /* SO_SNDTIMEO's way to say so */
        errno = ETIMEDOUT;
    (void)close(fd);
    return -1;
}

static edhoc_err open_any(const char *where, bool passive, int *fd)
{
    struct addrinfo *all = NULL;
    edhoc_err err = resolve(where, passive, &all);

    *fd = -1;
    /* "::" first, which takes IPv4 as well. */
    for (int family = AF_INET6; err == EDHOC_OK && *fd < 0; family = AF_INET) {
        for (const struct addrinfo *a = all; a != NULL && *fd < 0; a = a->ai_next)
            if (a->ai_family == family)
                *fd = passive ? try_bind(a) : try_connect(a);
        if (family == AF_INET)
            break;
    }
    if (all != NULL)
        freeaddrinfo(all);
    return err == EDHOC_OK && *fd < 0 ? failed(where, strerror(errno)) : err;
}

edhoc_err try_socket_listen(const char *where, int *fd)
{
    return open_any(where, true, fd);
}

edhoc_err try_socket_connect(const char *where, int *fd)
{
    return open_any(where, false, fd);
}

edhoc_err try_socket_accept(int listening, int *fd)
{
    do
        *fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    while (*fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return *fd >= 0 ? EDHOC_OK : failed("accept", strerror(errno));
}

void try_socket_name(int fd, bool of_peer, char name[TRY_NAME_MAX])
{
    char host[80] = "?", port[16] = "?";
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);
    struct sockaddr *address = (struct sockaddr *)(void *)&a;

    if ((of_peer ? getpeername(fd, address, &len) : getsockname(fd, address, &len)) == 0)
        (void)getnameinfo(address, len, host, sizeof(host), port, sizeof(port),
                          NI_NUMERICHOST | NI_NUMERICSERV);
    (void)snprintf(name, TRY_NAME_MAX, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

/* ---- frames ---- */

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static edhoc_err wait_for(int fd, short events, int64_t until)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = until - now_ms();
    int n = poll(&p, 1, left > 0 ? (int)left : 0);

    if (n > 0 || (n < 0 && errno == EINTR))
        return EDHOC_OK;
    if (n < 0)
        return failed("the other side", strerror(errno));
    return failed("the other side",
                  events == POLLOUT ? "it has not read for 20 s" : "nothing came from it in 20 s");
}

static edhoc_err send_all(int fd, struct bytes text, int64_t until)
{
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && text.len > 0) {
        ssize_t n = send(fd, text.p, text.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0)
            text = bytes_of(text.p + n, text.len - (size_t)n);
        else if (errno == EAGAIN || errno == EINTR)
            err = wait_for(fd, POLLOUT, until);
        else
            err = failed("the other side", strerror(errno));
    }
    return err;
}

edhoc_err try_socket_send(int fd, struct bytes message)
{
    struct buf frame = buf_new(HEAD + EDHOC_TOKEN_MAX);
    edhoc_err err;

    buf_put(&frame, bytes_of(magic, sizeof(magic)));
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_byte(&frame, (uint8_t)(message.len >> shift));
    buf_put(&frame, message);
    err = buf_err(&frame);
    if (err == EDHOC_OK)
        err = send_all(fd, buf_bytes(&frame), now_ms() + WAIT_MS);
    buf_free(&frame);
    return err;
}

static edhoc_err receive_all(int fd, uint8_t *to, size_t len, int64_t until)
{
    edhoc_err err = EDHOC_OK;

    while (err == EDHOC_OK && len > 0) {
        ssize_t n = recv(fd, to, len, MSG_DONTWAIT);

        if (n == 0)
            return failed("the other side", "it has closed the connection");
        if (n > 0) {
            to += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN || errno == EINTR) {
            err = wait_for(fd, POLLIN, until);
        } else {
            err = failed("the other side", strerror(errno));
        }
    }
    return err;
}

edhoc_err try_socket_receive(int fd, struct buf *message)
{
    int64_t until = now_ms() + WAIT_MS;
    uint8_t head[HEAD], *room;
    size_t len = 0;
    edhoc_err err = receive_all(fd, head, sizeof(head), until);

    buf_reset(message);
    if (err != EDHOC_OK)
        return err;
    for (size_t i = sizeof(magic); i < sizeof(head); i++)
        len = len << 8 | head[i];
    if (memcmp(head, magic, sizeof(magic)) != 0 || len > EDHOC_TOKEN_MAX)
        return failed("the other side", "it is no gss-edhoc try");
    if (len == 0)
        return EDHOC_OK;
    room = buf_extend(message, len);
    return room != NULL ? receive_all(fd, room, len, until) : EDHOC_ERR_NOMEM;
}
