#include "ssh_option.h"

#include <string.h>

#include "base/ascii.h"
#include "base/bytes.h"

/* sshd(8), AUTHORIZED_KEYS FILE FORMAT */
static const char *const ssh_options[] = {
    "agent-forwarding",
    "cert-authority",
    "command",
    "environment",
    "expiry-time",
    "from",
    "no-agent-forwarding",
    "no-port-forwarding",
    "no-pty",
    "no-touch-required",
    "no-user-rc",
    "no-X11-forwarding",
    "permitlisten",
    "permitopen",
    "port-forwarding",
    "principals",
    "pty",
    "restrict",
    "tunnel",
    "user-rc",
    "verify-required",
    "X11-forwarding",
};

/* The name of the option at the start, and what follows the option and its comma. */
static struct bytes take_name(struct bytes *rest)
{
    struct bytes name = bytes_of(rest->p, 0);
    bool quoted = false;
    size_t n = 0;

    while (name.len < rest->len && rest->p[name.len] != '=' && rest->p[name.len] != ',')
        name.len++;
    while (n < rest->len && (quoted || rest->p[n] != ',')) {
        if (rest->p[n] == '\\' && n + 1 < rest->len && rest->p[n + 1] == '"')
            n++;
        else if (rest->p[n] == '"')
            quoted = !quoted;
        n++;
    }
    n += n < rest->len; /* the comma */
    *rest = bytes_of(rest->p + n, rest->len - n);
    return name;
}

static bool is_option_name(struct bytes name, const char *option)
{
    return name.len == strlen(option) &&
           ascii_equal_folded_n(name.p, (const unsigned char *)option, name.len);
}

static bool is_known_option(struct bytes name)
{
    for (size_t i = 0; i < sizeof(ssh_options) / sizeof(ssh_options[0]); i++)
        if (is_option_name(name, ssh_options[i]))
            return true;
    return false;
}

bool ssh_option_are(struct bytes word)
{
    if (memchr(word.p, '"', word.len) != NULL || memchr(word.p, '=', word.len) != NULL)
        return word.p[0] != '|'; /* the base64 of a hashed host */
    while (word.len > 0)
        if (!is_known_option(take_name(&word)))
            return false;
    return true;
}

bool ssh_option_has(struct bytes options, const char *option)
{
    while (options.len > 0)
        if (is_option_name(take_name(&options), option))
            return true;
    return false;
}

/* What stands after NAME=, without its quotes. */
static void put_value(struct bytes value, struct buf *out)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '\\' && i + 1 < value.len && value.p[i + 1] == '"')
            i++;
        else if (value.p[i] == '"')
            continue;
        buf_put_byte(out, value.p[i]);
    }
}

bool ssh_option_value(struct bytes options, const char *option, struct buf *out)
{
    while (options.len > 0) {
        struct bytes before = options, name = take_name(&options);
        size_t len = before.len - options.len;

        if (!is_option_name(name, option) || len <= name.len || before.p[name.len] != '=')
            continue;
        len -= len > 0 && before.p[len - 1] == ',';
        put_value(bytes_of(before.p + name.len + 1, len - name.len - 1), out);
        return true;
    }
    return false;
}

void ssh_option_put_others(struct bytes options, const char *const *but, struct buf *out)
{
    while (options.len > 0) {
        struct bytes name = take_name(&options);
        const char *const *known = but;

        while (*known != NULL && !is_option_name(name, *known))
            known++;
        if (*known != NULL)
            continue;
        buf_put_text(out, out->len > 0 ? ", " : "");
        buf_put(out, name);
    }
}
