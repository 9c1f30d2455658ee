#include "peer/name.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"

#include <stdlib.h>
#include <string.h>

static edhoc_err check_text(enum name_kind kind, struct bytes text)
{
    size_t max = kind == NAME_SUBJECT ? NAME_SUBJECT_MAX : NAME_TEXT_MAX;

    if (text.len == 0 || text.len > max)
        return report(EDHOC_ERR_NAME, "it has %zu bytes, and 1 to %zu are allowed", text.len, max);
    if (!cbor_clean_text(text))
        return report(EDHOC_ERR_NAME, "it is not UTF-8 without control characters");
    return EDHOC_OK;
}

/* A canonical service or service@host. */
static edhoc_err check_service(const char *text)
{
    const char *at = strchr(text, '@');

    if (at == text)
        return report(EDHOC_ERR_NAME, "no service before the @");
    if (at == NULL)
        return EDHOC_OK;
    if (at[1] == '\0')
        return report(EDHOC_ERR_NAME, "no host after the @");
    if (at[strlen(at) - 1] == '.')
        return report(EDHOC_ERR_NAME, "more than one dot at its end");
    if (strchr(at + 1, '@') != NULL)
        return report(EDHOC_ERR_NAME, "more than one @");
    return EDHOC_OK;
}

edhoc_err name_canonical(enum name_kind kind, struct bytes text, char **out)
{
    edhoc_err err = check_text(kind, text);

    *out = NULL;
    if (err != EDHOC_OK)
        return err;
    *out = strndup((const char *)text.p, text.len);
    if (*out == NULL)
        return EDHOC_ERR_NOMEM;
    if (kind == NAME_SERVICE) {
        name_fold_host(*out);
        err = check_service(*out);
    }
    if (err != EDHOC_OK) {
        free(*out);
        *out = NULL;
    }
    return err;
}

edhoc_err name_of_host(const char *host, char **out)
{
    struct buf text = buf_new(NAME_TEXT_MAX + 1); /* a trailing dot goes */
    edhoc_err err;

    buf_put_text(&text, "host@");
    buf_put_text(&text, host);
    *out = NULL;
    err = buf_err(&text);
    if (err == EDHOC_ERR_TOO_LONG)
        err = report(EDHOC_ERR_NAME, "the host is too long");
    else if (err == EDHOC_OK)
        err = name_canonical(NAME_SERVICE, buf_bytes(&text), out);
    buf_free(&text);
    return err;
}

enum name_kind name_kind_of(struct bytes text)
{
    return text.len > 0 && memchr(text.p, '@', text.len) != NULL ? NAME_SERVICE : NAME_USER;
}

struct bytes name_service(struct bytes name)
{
    const uint8_t *at = name.len > 0 ? memrchr(name.p, '@', name.len) : NULL;

    return at != NULL ? bytes_of(name.p, (size_t)(at - name.p)) : name;
}

const char *name_host(const char *name)
{
    const char *at = strrchr(name, '@');

    return at != NULL && at[1] != '\0' ? at + 1 : NULL;
}

void name_fold_host(char *name)
{
    char *host = strrchr(name, '@');
    size_t len;

    if (host == NULL)
        return;
    for (char *c = host; *c != '\0'; c++)
        *c = ascii_lower(*c);
    len = strlen(host);
    if (len > 1 && host[len - 1] == '.')
        host[len - 1] = '\0';
}

static struct bytes without_dots(struct bytes name)
{
    while (name.len > 0 && name.p[name.len - 1] == '.')
        name.len--;
    return name;
}

bool name_same_folded(struct bytes a, struct bytes b)
{
    a = without_dots(a);
    b = without_dots(b);
    return a.len == b.len && ascii_equal_folded_n(a.p, b.p, a.len);
}

bool name_allows(const char *own, const char *target)
{
    size_t len = strlen(own);

    return strcmp(own, target) == 0 ||
           (strchr(own, '@') == NULL && strncmp(own, target, len) == 0 && target[len] == '@');
}

static bool has_any(struct bytes text, const char *characters)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] != '\0' && strchr(characters, text.p[i]) != NULL)
            return true;
    return false;
}

const char *name_principal_fault(struct bytes principal)
{
    if (principal.len == 0)
        return "is empty";
    if (principal.len > NAME_TEXT_MAX)
        return "is longer than 255 bytes";
    if (!cbor_clean_text(principal))
        return "has control characters or is not UTF-8";
    if (has_any(principal, " \t,\"\\"))
        return "has a blank, a comma, a quote or a backslash in it";
    return NULL;
}

const char *name_claim_fault(struct bytes name)
{
    const char *fault = name_principal_fault(name);

    if (fault == NULL && (name.p[0] == '!' || memchr(name.p, '*', name.len) != NULL ||
                          memchr(name.p, '?', name.len) != NULL))
        fault = "is a pattern";
    return fault;
}
