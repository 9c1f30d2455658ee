/* GSS_EDHOC_TRACE: one line per step, appended to the file that it names, as KRB5_TRACE does.
 *
 * Each line is one write() to a file opened for it: nothing is kept open in the host program, and
 * lines of several processes do not mix. The variable is ignored in privileged programs
 * (settings_trace), so symbolic links may be followed, which /dev/stderr is one of. */
#include "trace.h"

#include "load/settings.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

/* The moment and the process; how much of the line that takes. */
static size_t put_prefix(char line[LINE_MAX_BYTES])
{
    struct timespec now;
    struct tm utc;
    size_t len;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    len = strftime(line, LINE_MAX_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
    len += (size_t)snprintf(line + len, LINE_MAX_BYTES - len, ".%03ldZ [%ld] ",
                            now.tv_nsec / 1000000, (long)getpid());
    return len;
}

/* Never blocks: the file could be a FIFO that nobody reads. */
static void append(const char *path, const char *line, size_t len)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    ssize_t written;

    if (fd < 0)
        return;
    written = write(fd, line, len);
    (void)written; /* a trace that cannot be written is no reason to fail */
    (void)close(fd);
}

void glue_trace(const char *format, ...)
{
    const char *path = settings_trace();
    char line[LINE_MAX_BYTES];
    size_t len;
    va_list args;
    int n;

    if (path == NULL)
        return;
    len = put_prefix(line);
    va_start(args, format);
    n = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
    va_end(args);
    if (n < 0)
        return;
    len = (size_t)n < sizeof(line) - len - 1 ? len + (size_t)n : sizeof(line) - 2;
    line[len++] = '\n';
    append(path, line, len);
}
