#include "keep.h"

#include <stdlib.h>
#include <string.h>

#include "errors.h"

static void **kept;
static size_t count, room;

void *keep_new(size_t len)
{
    void *p = calloc(1, len > 0 ? len : 1);

    if (count == room) {
        room = room == 0 ? 64 : 2 * room;
        kept = reallocarray(kept, room, sizeof(*kept));
    }
    must(p != NULL && kept != NULL);
    kept[count++] = p;
    return p;
}

struct bytes keep(const void *p, size_t len)
{
    void *copy = keep_new(len);

    if (len > 0)
        memcpy(copy, p, len);
    return bytes_of(copy, len);
}

void keep_release(void)
{
    while (count > 0)
        free(kept[--count]);
    free(kept);
    kept = NULL;
    room = 0;
}
