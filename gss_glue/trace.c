/* The trace: one line per step, appended to a file, as KRB5_TRACE does.
 *
 * The variable is its user's own, and ignored in privileged programs (settings_trace): the file is
 * made, and symbolic links are followed. The setting of mech.conf concerns every user's programs, so
 * its file must be there (sink.h). */
#include "trace.h"

#include "base/bytes.h"
#include "load/settings.h"
#include "load/sink.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

/* Every path that was set in this process. They stay, since another thread may be about to use one:
 * there are as many as an administrator thinks of while a program runs. */
struct place {
    struct place *next;
    char path[];
};

static struct place *_Atomic places;
static const char *_Atomic current;

static const char *find(const struct place *from, const struct place *to, const char *path)
{
    for (; from != to; from = from->next)
        if (strcmp(from->path, path) == 0)
            return from->path;
    return NULL;
}

/* NULL where there is no memory. */
static const char *keep(const char *path)
{
    struct place *first = atomic_load(&places), *made;
    const char *there = find(first, NULL, path);
    size_t size = strlen(path) + 1;

    if (there != NULL)
        return there;
    made = malloc(sizeof(*made) + size);
    if (made == NULL)
        return NULL;
    memcpy(made->path, path, size);
    made->next = first;
    while (!atomic_compare_exchange_weak(&places, &made->next, made))
        ;
    return made->path;
}

void glue_trace_to(const char *path)
{
    const char *before = atomic_load(&current);

    if (path == before || (path != NULL && before != NULL && strcmp(path, before) == 0))
        return;
    atomic_store(&current, path != NULL ? keep(path) : NULL);
}

/* The moment and the process; how much of the line that takes. */
static size_t put_prefix(char line[LINE_MAX_BYTES])
{
    size_t len = sink_time(line);

    return len + (size_t)snprintf(line + len, LINE_MAX_BYTES - len, " [%ld] ", (long)getpid());
}

void glue_trace(const char *format, ...)
{
    const char *own = settings_trace(), *path = own != NULL ? own : atomic_load(&current);
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
    (void)sink_append(path, own != NULL ? SINK_MADE : SINK_THERE, bytes_of(line, len));
}
