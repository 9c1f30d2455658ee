#include "peer/match.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "peer/name.h"

#include <string.h>

bool match_next(struct bytes *list, struct pattern *out)
{
    const uint8_t *comma;
    size_t len;

    if (list->len == 0)
        return false;
    comma = memchr(list->p, ',', list->len);
    len = comma != NULL ? (size_t)(comma - list->p) : list->len;
    out->negated = len > 0 && list->p[0] == '!';
    out->text = bytes_of(list->p + out->negated, len - out->negated);
    len += comma != NULL;
    *list = bytes_of(list->p + len, list->len - len);
    return true;
}

bool match_is_literal(const struct pattern *p)
{
    return !p->negated && p->text.len > 0 && memchr(p->text.p, '*', p->text.len) == NULL &&
           memchr(p->text.p, '?', p->text.len) == NULL;
}

/* Compares one character of a pattern with one of a name. */
static bool same_char(uint8_t pattern, uint8_t name, bool fold)
{
    return pattern == name || (fold && ascii_lower((char)pattern) == ascii_lower((char)name));
}

/* Where the next character begins, which may have several bytes. */
static size_t next_char(struct bytes name, size_t at)
{
    do
        at++;
    while (at < name.len && (name.p[at] & 0xc0) == 0x80);
    return at;
}

/* `fold_from`: where in the name upper and lower case begin to be the same. Backtracks to the last
 * `*` only, so the time is at most the product of the lengths. */
static bool glob(struct bytes pattern, struct bytes name, size_t fold_from)
{
    size_t p = 0, n = 0, star = 0, star_name = 0; /* `star`: after the last one, 0 before any */

    while (n < name.len) {
        uint8_t c = p < pattern.len ? pattern.p[p] : '\0';

        if (c == '*') {
            star = ++p;
            star_name = n;
        } else if (c == '?') {
            p++;
            n = next_char(name, n);
        } else if (p < pattern.len && same_char(c, name.p[n], n >= fold_from)) {
            p++;
            n++;
        } else if (star > 0) {
            p = star;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.p[p] == '*')
        p++;
    return p == pattern.len;
}

static bool glob_list(struct bytes patterns, struct bytes name, size_t fold_from)
{
    struct pattern p;
    bool matched = false;

    while (match_next(&patterns, &p)) {
        if (!glob(p.text, name, fold_from))
            continue;
        if (p.negated)
            return false;
        matched = true;
    }
    return matched;
}

bool match_one(struct bytes pattern, struct bytes name)
{
    return glob(pattern, name, name.len);
}

bool match_list(struct bytes patterns, struct bytes name)
{
    return glob_list(patterns, name, name.len);
}

bool match_target(struct bytes patterns, struct bytes target)
{
    return glob_list(patterns, target, name_service(target).len);
}
