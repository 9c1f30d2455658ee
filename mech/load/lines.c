#include "load/lines.h"

#include <string.h>

#include "base/bytes.h"

bool trust_next_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end;

    if (rest->len == 0)
        return false;
    end = memchr(rest->p, '\n', rest->len);
    *line = bytes_of(rest->p, end != NULL ? (size_t)(end - rest->p) : rest->len);
    *rest = end != NULL ? bytes_of(end + 1, rest->len - line->len - 1) : BYTES_NONE;
    if (line->len > 0 && line->p[line->len - 1] == '\r')
        line->len--;
    return true;
}
