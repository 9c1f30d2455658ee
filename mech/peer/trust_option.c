#include "peer/trust_option.h"

#include <string.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/err.h"
#include "base/utc.h"
#include "peer/trust_place.h"
#include "peer/match.h"
#include "peer/trust_terms.h"

#define LOCAL_USER_MAX 255

/* ---- options ---- */

/* What has been read of one option word. */
struct reading {
    const struct trust_place *at;
    struct bytes rest;
    struct trust_terms *terms;
    unsigned seen; /* rows of the table below, to refuse a second one */
};

/* The value of an option, as it is written and as it is meant. */
struct value {
    struct bytes written;
    char text[TRUST_LINE_MAX + 1];
};

static edhoc_err read_role(struct reading *r, const char *name, const struct value *value)
{
    (void)value;
    r->terms->roles |= strcmp(name, "client") == 0 ? TRUST_CLIENT : TRUST_SERVER;
    return EDHOC_OK;
}

static edhoc_err read_time(struct reading *r, const char *name, const struct value *value)
{
    int64_t *to = strcmp(name, "valid-after") == 0 ? &r->terms->valid_after
                                                   : &r->terms->valid_before;

    if (utc_read(bytes_of_text(value->text), to))
        return EDHOC_OK;
    return trust_bad(r->at,
                     "%s=\"%.60s\" is no time; write YYYYMMDD, YYYYMMDDHHMM or "
                     "YYYYMMDDHHMMSS (UTC)",
                     name, value->text);
}

static edhoc_err read_local_user(struct reading *r, const char *name, const struct value *value)
{
    struct bytes text = bytes_of_text(value->text);

    if (text.len < 1 || text.len > LOCAL_USER_MAX || !cbor_clean_text(text) ||
        strpbrk(value->text, " :/") != NULL)
        return trust_bad(r->at, "%s=\"%.60s\" is no user's name", name, value->text);
    r->terms->local_user = value->written;
    return EDHOC_OK;
}

static edhoc_err read_namespaces(struct reading *r, const char *name, const struct value *value)
{
    r->terms->elsewhere = !match_list(bytes_of_text(value->text), BYTES_LITERAL("gss-edhoc"));
    if (value->text[0] == '\0')
        return trust_bad(r->at, "%s=\"\" does not match anything", name);
    return EDHOC_OK;
}

static edhoc_err read_authority(struct reading *r, const char *name, const struct value *value)
{
    (void)name;
    (void)value;
    r->terms->is_ca = true;
    return EDHOC_OK;
}

static const struct {
    const char *name;
    bool has_value, openssh;
    edhoc_err (*read)(struct reading *r, const char *name, const struct value *value);
} options[] = {
    {"client", false, false, read_role},
    {"server", false, false, read_role},
    {"local-user", true, false, read_local_user},
    {"valid-after", true, true, read_time},
    {"valid-before", true, true, read_time},
    {"namespaces", true, true, read_namespaces},
    {"cert-authority", false, true, read_authority},
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

/* OpenSSH's own options may be in any case, as there. */
static bool is_named(size_t option, struct bytes name)
{
    const char *wanted = options[option].name;
    bool fold = options[option].openssh;

    if (strlen(wanted) != name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((fold ? ascii_lower((char)name.p[i]) : (char)name.p[i]) != wanted[i])
            return false;
    return true;
}

static size_t find_option(struct bytes name)
{
    size_t i = 0;

    while (i < OPTION_COUNT && !is_named(i, name))
        i++;
    return i;
}

/* The part up to = or , or the end. */
static struct bytes take_name(struct reading *r)
{
    struct bytes name = bytes_of(r->rest.p, 0);

    while (name.len < r->rest.len && r->rest.p[name.len] != '=' && r->rest.p[name.len] != ',')
        name.len++;
    r->rest = bytes_of(r->rest.p + name.len, r->rest.len - name.len);
    return name;
}

static bool take_char(struct reading *r, char c)
{
    if (r->rest.len == 0 || r->rest.p[0] != (uint8_t)c)
        return false;
    r->rest = bytes_of(r->rest.p + 1, r->rest.len - 1);
    return true;
}

void trust_option_value(struct bytes value, char *out)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.p[i] != '\\' || i + 1 == value.len || value.p[i + 1] != '"')
            *out++ = (char)value.p[i];
    *out = '\0';
}

/* ="VALUE", where \" stands for a quote, as OpenSSH reads it. */
static edhoc_err take_value(struct reading *r, const char *name, struct value *value)
{
    value->written = BYTES_NONE;
    if (!take_char(r, '=') || !take_char(r, '"'))
        return trust_bad(r->at, "write %s=\"...\", with quotes", name);
    value->written = bytes_of(r->rest.p, 0);
    while (r->rest.len > 0 && r->rest.p[0] != '"') {
        if (r->rest.p[0] == '\\' && r->rest.len > 1 && r->rest.p[1] == '"')
            (void)take_char(r, '\\');
        (void)take_char(r, (char)r->rest.p[0]);
    }
    value->written.len = (size_t)(r->rest.p - value->written.p);
    if (!take_char(r, '"'))
        return trust_bad(r->at, "%s=\"... has no closing quote", name);
    trust_option_value(value->written, value->text);
    return EDHOC_OK;
}

static edhoc_err read_option(struct reading *r)
{
    struct bytes name = take_name(r);
    size_t i = find_option(name);
    struct value value; /* not to be cleared, for its size */
    edhoc_err err;

    if (i == OPTION_COUNT)
        return trust_bad(
            r->at,
            "\"%.*s\" is neither a key type nor an option; options are client, server, "
            "valid-after, valid-before, local-user, namespaces, cert-authority, separated by commas "
            "without blanks; key types are ssh-ed25519, ssh-ed448, ecdsa-sha2-nistp256, "
            "ecdsa-sha2-nistp384, ecdh-x25519, ecdh-x448, ecdh-nistp256, ecdh-nistp384",
            TRUST_SHOWN(name));
    if ((r->seen & 1u << i) != 0)
        return trust_bad(r->at, "the option %s is given twice", options[i].name);
    r->seen |= 1u << i;
    if (options[i].has_value)
        err = take_value(r, options[i].name, &value);
    else if (r->rest.len > 0 && r->rest.p[0] == '=')
        err = trust_bad(r->at, "the option %s has no value", options[i].name);
    else
        err = EDHOC_OK;
    if (err == EDHOC_OK)
        err = options[i].read(r, options[i].name, &value);
    return err;
}

/* OpenSSH reads a CA line's valid-before as the last second at which it is valid, and so it is here
 * (doc/mechanism.md 8.5). */
static edhoc_err settle_authority(const struct trust_place *at, struct trust_terms *terms)
{
    if (terms->is_ca && terms->valid_before != INT64_MAX)
        terms->valid_before++;
    if (bytes_equal(terms->local_user, BYTES_LITERAL("*")) && !terms->is_ca)
        return trust_bad(at, "local-user=\"*\" is for cert-authority lines: a key has one name");
    return EDHOC_OK;
}

edhoc_err trust_options_parse(struct bytes word, const struct trust_place *at,
                              struct trust_terms *terms)
{
    struct reading r = {at, word, terms, 0};
    edhoc_err err = read_option(&r);

    while (err == EDHOC_OK && r.rest.len > 0) {
        if (!take_char(&r, ','))
            return trust_bad(at, "expected a comma between options at \"%.*s\"",
                             TRUST_SHOWN(r.rest));
        err = read_option(&r);
    }
    if (err == EDHOC_OK && terms->valid_after >= terms->valid_before)
        err = trust_bad(at, "valid-before must be later than valid-after");
    return err == EDHOC_OK ? settle_authority(at, terms) : err;
}
