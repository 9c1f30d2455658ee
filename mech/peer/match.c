#include "peer/match.h"

#include <string.h>

/* Lower case in ASCII, whatever the host program's locale. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Compares one character of a pattern with one of a name, the name's host without regard to case.
 */
static bool same_char(char pattern, char name, bool fold)
{
    return pattern == name || (fold && lower(pattern) == lower(name));
}

/* `*` stands for any text, `?` for one character (also one of several bytes). `fold_from`: where in
 * the name upper and lower case begin to be the same. Backtracks to the last `*` only, so the time
 * is at most the product of the lengths. */
static bool glob(const char *pattern, size_t pattern_len, const char *name, const char *fold_from)
{
    const char *end = pattern + pattern_len, *star = NULL, *star_name = NULL;

    while (*name != '\0') {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            star_name = name;
        } else if (pattern < end && *pattern == '?') {
            pattern++;
            do
                name++;
            while (((unsigned char)*name & 0xc0) == 0x80);
        } else if (pattern < end && same_char(*pattern, *name, name >= fold_from)) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++star_name;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

bool match_list(const char *patterns, const char *name, bool host)
{
    const char *at = strrchr(name, '@');
    const char *fold_from = host && at != NULL ? at : name + strlen(name);
    bool matched = false;

    while (*patterns != '\0') {
        size_t len = strcspn(patterns, ",");
        bool negated = *patterns == '!';

        if (glob(patterns + negated, len - negated, name, fold_from)) {
            if (negated)
                return false;
            matched = true;
        }
        patterns += len;
        patterns += *patterns == ',';
    }
    return matched;
}

bool match_literal(const char *principal, size_t len, const char *name)
{
    const char *at = strrchr(name, '@');

    if (len != strlen(name))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!same_char(principal[i], name[i], at != NULL && name + i > at))
            return false;
    return true;
}
