/* Lines for people: each whole, in one call of the system, to a file or to syslog. Nothing here waits,
 * raises a signal, keeps anything open in the host program, or tells a story (base/report.h): what
 * cannot be written is lost, and whoever wants to know why asks sink_open(). */
#ifndef MECH_LOAD_SINK_H
#define MECH_LOAD_SINK_H

#include "base/utc.h"
#include "base/bytes.h"

enum sink_rule {
    SINK_MADE, /* made where it is missing, and links are followed: for a file that its user names */
    SINK_THERE /* to exist already, and to be no symbolic link, but for /dev/stderr and the like */
};

/* Opens what a path names, for appending: a file, a FIFO, a terminal or, by the name of one of this
 * process's descriptors (/dev/stderr, /dev/fd/N), also a socket. 0, or an errno: ELOOP for a link
 * against the rule, ENXIO for a socket or a FIFO that nobody reads. *fd is the caller's to close.
 * A file is opened anew for each line, so that it can be moved away or cut short at any time. */
int sink_open(const char *path, enum sink_rule rule, int *fd);
/* Appends a line, which ends in a newline. False where that was not possible. */
bool sink_append(const char *path, enum sink_rule rule, struct bytes line);

enum sink_severity { SINK_WARNING = 4, SINK_NOTICE = 5, SINK_INFO = 6 };

#define SINK_IDENT  "gss-edhoc"
#define SINK_SOCKET "/dev/log"

/* To syslog, facility authpriv. The local daemon adds the time. */
bool sink_syslog(enum sink_severity severity, struct bytes text);
/* Is there a daemon that would take it? 0, or an errno. */
int sink_syslog_fault(void);

#define SINK_TIME_MAX UTC_MAX

/* "2026-11-26T13:04:07.123Z", and its length. */
size_t sink_time(char text[SINK_TIME_MAX]);

#endif
