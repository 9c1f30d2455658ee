#include "load/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "edhoc/suite.h"
#include "load/file.h"
#include "load/mech_conf.h"
#include "load/place.h"

/* Where a value comes from; `label` names it in errors. */
enum source { FROM_MECH_CONF, FROM_ENVIRONMENT, FROM_STORE };

struct value {
    enum source source;
    const char *label;
    const char *text;
};

static edhoc_err bad(const struct value *v, const char *format, ...)
    __attribute__((format(printf, 2, 3))) EDHOC_MUST_USE;

static edhoc_err bad(const struct value *v, const char *format, ...)
{
    char rule[512];
    va_list args;

    va_start(args, format);
    if (vsnprintf(rule, sizeof(rule), format, args) < 0)
        rule[0] = '\0';
    va_end(args);
    return report(EDHOC_ERR_SETTING, "%s: %s", v->label, rule);
}

/* ---- the kinds of value ---- */

/* Of a file, with or without "file:"; what else a place can be has no folder to be relative to. */
static bool is_relative(const char *place)
{
    const char *path;

    return place_is_file(place) && place_path(place, &path) == EDHOC_OK && path[0] != '/';
}

/* Programs of all folders read mech.conf, and only a shell knows what ~ is: not in quotes, nor in a unit
 * file of systemd. */
static edhoc_err check_path(const struct value *v)
{
    if (v->source == FROM_MECH_CONF && is_relative(v->text))
        return bad(v, "\"%.60s\" is not an absolute path", v->text);
    if (strncmp(v->text, "~/", 2) == 0)
        return bad(v, "\"%.60s\": ~ is not expanded here; write the whole path", v->text);
    return EDHOC_OK;
}

static edhoc_err replace(struct settings *s, size_t offset, char *text)
{
    char **to = (char **)(void *)((char *)s + offset);

    free(*to);
    *to = text;
    return EDHOC_OK;
}

static edhoc_err set_path(struct settings *s, size_t offset, const struct value *v)
{
    edhoc_err err = check_path(v);
    char *copy;

    if (err != EDHOC_OK)
        return err;
    copy = strdup(v->text);
    return copy != NULL ? replace(s, offset, copy) : EDHOC_ERR_NOMEM;
}

/* Of a file that is opened long after the setting was read, perhaps from another folder. */
static edhoc_err set_file(struct settings *s, size_t offset, const struct value *v)
{
    char *path;
    edhoc_err err;

    if (!place_is_file(v->text))
        return bad(v, "\"%.60s\" is no file", v->text);
    err = check_path(v);
    if (err != EDHOC_OK)
        return err;
    err = place_absolute(v->text, &path);
    if (err == EDHOC_ERR_NOMEM)
        return err;
    return err == EDHOC_OK ? replace(s, offset, path) : file_blame(err, v->label);
}

static edhoc_err set_log(struct settings *s, size_t offset, const struct value *v)
{
    char *copy;

    if (strcmp(v->text, "none") == 0)
        return replace(s, offset, NULL);
    if (strcmp(v->text, SETTING_SYSLOG) != 0)
        return set_file(s, offset, v);
    copy = strdup(SETTING_SYSLOG);
    return copy != NULL ? replace(s, offset, copy) : EDHOC_ERR_NOMEM;
}

static edhoc_err set_suites(struct settings *s, size_t offset, const struct value *v)
{
    edhoc_err err = suite_list_parse(v->text, &s->suites);

    (void)offset;
    return err == EDHOC_OK ? EDHOC_OK : file_blame(err, v->label);
}

#define OPTION_NEGOEX 0x100u /* beside those of settings.h */

static const struct {
    const char *name;
    unsigned bit;
} option_names[] = {
    {"confirm", EDHOC_CONFIRM},
    {"hide-target", EDHOC_HIDE_TARGET},
    {"cred-by-reference", EDHOC_CRED_BY_REFERENCE},
    {"negoex", OPTION_NEGOEX},
};

#define OPTION_NAMES (sizeof(option_names) / sizeof(option_names[0]))

static edhoc_err add_option(struct bytes word, const struct value *v, unsigned *bits)
{
    for (size_t i = 0; i < OPTION_NAMES; i++) {
        if (!bytes_equal(bytes_of_text(option_names[i].name), word))
            continue;
        if ((*bits & option_names[i].bit) != 0)
            return bad(v, "\"%s\" is listed twice", option_names[i].name);
        *bits |= option_names[i].bit;
        return EDHOC_OK;
    }
    return bad(v,
               "\"%.*s\" is no option; options are confirm, hide-target, cred-by-reference and "
               "negoex, separated by commas, or none alone",
               (int)(word.len < 60 ? word.len : 60), (const char *)word.p);
}

static edhoc_err parse_options(const struct value *v, unsigned *bits)
{
    const char *at = v->text;
    edhoc_err err = EDHOC_OK;

    *bits = 0;
    if (strcmp(at, "none") == 0)
        return EDHOC_OK;
    while (err == EDHOC_OK) {
        size_t len = strcspn(at, ",");

        err = add_option(bytes_of(at, len), v, bits);
        if (at[len] == '\0')
            break;
        at += len + 1;
        at += strspn(at, " ");
    }
    return err;
}

/* NegoEx changes what the whole process offers, so a credential has no say in it. */
static edhoc_err set_options(struct settings *s, size_t offset, const struct value *v)
{
    unsigned bits;
    edhoc_err err = parse_options(v, &bits);

    (void)offset;
    if (err != EDHOC_OK)
        return err;
    if (v->source == FROM_STORE && (bits & OPTION_NEGOEX) != 0)
        return bad(v, "negoex is for the environment and mech.conf only");
    if (v->source != FROM_STORE)
        s->negoex = (bits & OPTION_NEGOEX) != 0;
    s->options = bits & ~OPTION_NEGOEX;
    return EDHOC_OK;
}

bool settings_may_want_negoex(const struct mech_conf *conf)
{
    const char *variable = secure_getenv("GSS_EDHOC_OPTIONS");

    return (conf->options != NULL && strstr(conf->options, "negoex") != NULL) ||
           (variable != NULL && strstr(variable, "negoex") != NULL);
}

void settings_put_options(struct buf *out, const struct settings *s)
{
    const unsigned bits = s->options | (s->negoex ? OPTION_NEGOEX : 0);
    const char *between = "";

    for (size_t i = 0; i < OPTION_NAMES; i++) {
        if ((bits & option_names[i].bit) == 0)
            continue;
        buf_put_text(out, between);
        buf_put_text(out, option_names[i].name);
        between = ",";
    }
    if (bits == 0)
        buf_put_text(out, "none");
}

/* ---- the table ---- */

static const struct {
    const char *name;
    edhoc_err (*set)(struct settings *s, size_t offset, const struct value *v);
    size_t offset;
    bool conf_only; /* its variable is not a setting's, and there is no store key */
} rows[] = {
    {"identity", set_path, offsetof(struct settings, identity), false},
    {"service_identity", set_path, offsetof(struct settings, service_identity), false},
    {"certificate", set_path, offsetof(struct settings, certificate), false},
    {"trust", set_path, offsetof(struct settings, trust), false},
    {"anchors", set_path, offsetof(struct settings, anchors), false},
    {"crls", set_path, offsetof(struct settings, crls), false},
    {"revoked", set_path, offsetof(struct settings, revoked), false},
    {"log", set_log, offsetof(struct settings, log), false},
    {"trace", set_file, offsetof(struct settings, trace), true},
    {"suites", set_suites, 0, false},
    {"options", set_options, 0, false},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const char *settings_name(size_t i)
{
    return i < ROWS ? rows[i].name : NULL;
}

static size_t find_row(const char *name, size_t len)
{
    size_t i = 0;

    while (i < ROWS && !bytes_equal(bytes_of_text(rows[i].name), bytes_of(name, len)))
        i++;
    return i;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static edhoc_err apply(struct settings *s, size_t row, const struct value *v)
{
    if (v->text == NULL || v->text[0] == '\0')
        return bad(v, "is empty; leave it out instead");
    if (strlen(v->text) > SETTING_MAX)
        return bad(v, "longer than %d bytes", SETTING_MAX);
    if (has_control(v->text))
        return bad(v, "has control characters");
    return rows[row].set(s, rows[row].offset, v);
}

/* ---- mech.conf ---- */

#define BLANKS " \t\r\n\v\f"

/* One word "key=value" of the options, which `seen` tells apart from those before. */
static edhoc_err apply_word(struct settings *s, char *word, const struct mech_conf *conf,
                            unsigned *seen)
{
    size_t len = strcspn(word, "=");
    size_t row = find_row(word, len);
    char label[256];
    struct value v = {FROM_MECH_CONF, label, word + len + 1};

    (void)snprintf(label, sizeof(label), "%s line %u: %.*s", conf->file, conf->line,
                   (int)(len < 60 ? len : 60), word);
    if (row == ROWS)
        return bad(&v, "is no setting; settings are identity, service_identity, certificate, "
                       "trust, anchors, crls, revoked, log, trace, suites, options");
    if (word[len] == '\0')
        return bad(&v, "needs a value, without blanks around the =");
    if ((*seen & 1u << row) != 0)
        return bad(&v, "is given twice");
    *seen |= 1u << row;
    return apply(s, row, &v);
}

static edhoc_err apply_mech_conf(struct settings *s, const struct mech_conf *conf)
{
    char *options, *save = NULL;
    unsigned seen = 0;
    edhoc_err err = EDHOC_OK;

    if (conf->options == NULL)
        return EDHOC_OK;
    options = strdup(conf->options);
    if (options == NULL)
        return EDHOC_ERR_NOMEM;
    for (char *word = strtok_r(options, BLANKS, &save); word != NULL && err == EDHOC_OK;
         word = strtok_r(NULL, BLANKS, &save))
        err = apply_word(s, word, conf, &seen);
    free(options);
    return err;
}

/* ---- environment and store ---- */

/* Does this one say which identity it is to be? */
static bool names_identity(size_t row)
{
    return strcmp(rows[row].name, "identity") == 0 || strcmp(rows[row].name, "certificate") == 0;
}

#define VARIABLE_PREFIX "GSS_EDHOC_"

static bool is_ours(const char *variable)
{
    return variable[0] == VARIABLE_PREFIX[0] &&
           strncmp(variable, VARIABLE_PREFIX, strlen(VARIABLE_PREFIX)) == 0;
}

/* A server has none, mostly, and asks for each request. */
static bool has_variables(void)
{
    char **variable = environ;

    while (variable != NULL && *variable != NULL && !is_ours(*variable))
        variable++;
    return variable != NULL && *variable != NULL;
}

static edhoc_err read_environment(struct settings *s, bool *named)
{
    edhoc_err err = EDHOC_OK;

    if (!has_variables())
        return EDHOC_OK;
    for (size_t row = 0; row < ROWS && err == EDHOC_OK; row++) {
        char name[64] = VARIABLE_PREFIX;
        size_t at = strlen(name);
        struct value v = {FROM_ENVIRONMENT, name, NULL};

        if (rows[row].conf_only)
            continue;
        for (const char *c = rows[row].name; *c != '\0'; c++)
            name[at++] = ascii_upper(*c);
        v.text = secure_getenv(name);
        if (v.text != NULL) {
            err = apply(s, row, &v);
            *named |= names_identity(row);
        }
    }
    return err;
}

#define STORE_PREFIX "edhoc_"

static edhoc_err read_pair(struct settings *s, const struct setting_pair *pair, unsigned *seen,
                           bool *named)
{
    struct value v = {FROM_STORE, pair->key, pair->value};
    size_t row;

    if (pair->key == NULL)
        return report(EDHOC_ERR_SETTING, "a credential store entry without a key");
    if (strncmp(pair->key, STORE_PREFIX, strlen(STORE_PREFIX)) != 0)
        return EDHOC_OK;
    row = find_row(pair->key + strlen(STORE_PREFIX), strlen(pair->key) - strlen(STORE_PREFIX));
    if (row == ROWS || rows[row].conf_only)
        return report(EDHOC_ERR_SETTING,
                      "%.60s: no such credential store key; keys are edhoc_identity, "
                      "edhoc_service_identity, edhoc_certificate, edhoc_trust, edhoc_anchors, "
                      "edhoc_crls, edhoc_revoked, edhoc_log, edhoc_suites, edhoc_options",
                      pair->key);
    if ((*seen & 1u << row) != 0)
        return bad(&v, "is given twice in the credential store");
    *seen |= 1u << row;
    *named |= names_identity(row);
    return apply(s, row, &v);
}

static edhoc_err read_store(const struct setting_pair *store, size_t count, struct settings *s,
                            bool *named)
{
    unsigned seen = 0;
    edhoc_err err = EDHOC_OK;

    for (size_t i = 0; i < count && err == EDHOC_OK; i++)
        err = read_pair(s, &store[i], &seen, named);
    return err;
}

/* The file by which an identity is chosen is more specific than the registration line, and less than
 * the environment and a store. */
static edhoc_err find_identities(struct settings *s, bool named)
{
    edhoc_err err = named ? EDHOC_OK : place_home("identities", &s->identities);

    if (err != EDHOC_ERR_NO_IDENTITY)
        return err;
    report_clear();
    return EDHOC_OK;
}

/* Least specific first, each replacing what came before. */
edhoc_err settings_read_with(const struct mech_conf *conf, const struct setting_pair *store,
                             size_t count, struct settings *out)
{
    bool named = false;
    edhoc_err err;

    *out = (struct settings){.suites = suite_defaults()};
    err = apply_mech_conf(out, conf);
    if (err == EDHOC_OK)
        err = read_environment(out, &named);
    if (err == EDHOC_OK)
        err = read_store(store, count, out, &named);
    if (err == EDHOC_OK)
        err = find_identities(out, named);
    return err;
}

edhoc_err settings_read(const struct setting_pair *store, size_t count, struct settings *out)
{
    struct mech_conf conf;
    edhoc_err err = mech_conf_read(GSSCONFDIR, &conf);

    *out = (struct settings){.identity = NULL};
    if (err == EDHOC_OK)
        err = settings_read_with(&conf, store, count, out);
    mech_conf_clear(&conf);
    return err;
}

void settings_clear(struct settings *s)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].set != set_suites && rows[i].set != set_options)
            free(*(char **)(void *)((char *)s + rows[i].offset));
    free(s->identities);
    *s = (struct settings){0};
}

const char *settings_trace(void)
{
    const char *path = secure_getenv("GSS_EDHOC_TRACE");

    return path != NULL && path[0] != '\0' ? path : NULL;
}
