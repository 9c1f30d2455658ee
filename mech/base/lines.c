#include "base/lines.h"

#include <string.h>

#include "base/bytes.h"

bool lines_next(struct bytes *rest, struct bytes *line)
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

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct bytes lines_trim(struct bytes text)
{
    while (text.len > 0 && is_blank(text.p[0]))
        text = bytes_of(text.p + 1, text.len - 1);
    while (text.len > 0 && is_blank(text.p[text.len - 1]))
        text.len--;
    return text;
}

static size_t length_before(struct bytes text, char c)
{
    const uint8_t *at = text.len > 0 ? memchr(text.p, c, text.len) : NULL;

    return at != NULL ? (size_t)(at - text.p) : text.len;
}

/* Where there is no quote, the first blank is the end of a word; the C library finds it several bytes
 * at a time. Most of a line is a key's base64. 0: look at each byte. */
static size_t plain_length(struct bytes text)
{
    text.len = length_before(text, ' ');
    text.len = length_before(text, '\t');
    return length_before(text, '"') == text.len ? text.len : 0;
}

struct bytes lines_word(struct bytes *rest)
{
    struct bytes text = lines_trim(*rest);
    bool quoted = false;
    size_t n = plain_length(text);

    while (n < text.len && (quoted || !is_blank(text.p[n]))) {
        if (text.p[n] == '\\' && n + 1 < text.len && text.p[n + 1] == '"')
            n++;
        else if (text.p[n] == '"')
            quoted = !quoted;
        n++;
    }
    *rest = text.p != NULL ? bytes_of(text.p + n, text.len - n) : text;
    return bytes_of(text.p, n);
}

bool lines_is_idle(struct bytes line)
{
    line = lines_trim(line);
    return line.len == 0 || line.p[0] == '#';
}
