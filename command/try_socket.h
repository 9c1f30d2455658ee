/* Messages of a handshake that is tried between two machines, over TCP: each is a frame of the four
 * letters "edhc", a length of four bytes, the most significant first, and the message. */
#ifndef COMMAND_TRY_SOCKET_H
#define COMMAND_TRY_SOCKET_H

#include "base/bytes.h"
#include "base/report.h"

/* Where a "[HOST:]PORT" leads, HOST perhaps in brackets: without one, all of this machine's. EDHOC_ERR_
 * FILE with the reason. *fd is the caller's to close. */
edhoc_err try_socket_listen(const char *where, int *fd) EDHOC_MUST_USE;
edhoc_err try_socket_connect(const char *where, int *fd) EDHOC_MUST_USE;
/* Waits for somebody to connect; the name tells who, or of a listening socket where it listens. */
edhoc_err try_socket_accept(int listening, int *fd) EDHOC_MUST_USE;
#define TRY_NAME_MAX 128
void try_socket_name(int fd, bool of_peer, char name[TRY_NAME_MAX]);
/* Is it "[HOST:]PORT", with a host unless `passive`? The others are asked only for such. */
bool try_socket_is_address(const char *where, bool passive);
/* The host of "HOST:PORT", for free(); NULL where it has none, or no memory. */
char *try_socket_host(const char *where);

/* Of at most EDHOC_TOKEN_MAX bytes, which are replaced; waits for 20 seconds at most. */
edhoc_err try_socket_send(int fd, struct bytes message) EDHOC_MUST_USE;
edhoc_err try_socket_receive(int fd, struct buf *message) EDHOC_MUST_USE;

#endif
