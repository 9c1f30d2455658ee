/* gss-edhoc list: who we are here, and whom we believe. */
#include "list.h"

#include "list_keys.h"
#include "table.h"
#include "tool.h"
#include "trust_list.h"
#include "trust_notes.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "load/load.h"
#include "load/settings.h"
#include "peer/trust.h"

static const char help[] =
    "Usage: gss-edhoc list [--json]\n"
    "\n"
    "Lists this user's identities, the services' that this user may read, the anchors and the trust\n"
    "lines, each with its end, as the environment and mech.conf have them.\n"
    "\n"
    "      --json  as one JSON object: identities, services, anchors, trust\n"
    "  -h, --help  this text\n";

enum { IDENTITIES, SERVICES, ANCHORS, TRUST, SECTIONS };

static const struct {
    const char *heading, *key;
    const struct column *columns;
    size_t width;
    const char *none; /* what is said of an empty one */
} sections[SECTIONS] = {
    {"IDENTITIES", "identities", list_identity_columns, LIST_IDENTITY_COLUMNS,
     "none; a user's key is made by: gss-edhoc keygen NAME"},
    {"SERVICES", "services", list_identity_columns, LIST_SERVICE_COLUMNS,
     "none that this user may read"},
    {"ANCHORS", "anchors", list_anchor_columns, LIST_ANCHOR_COLUMNS,
     "none; the setting anchors names a file of CA certificates"},
    {"TRUST", "trust", trust_list_columns, TRUST_LIST_COLUMNS,
     "none; peers' keys are pinned by: gss-edhoc trust add"},
};

/* ---- printing ---- */

static edhoc_err print_section(const struct table *t, size_t section)
{
    printf("%s%s\n", section > 0 ? "\n" : "", sections[section].heading);
    if (t->rows > 0 || t->failed)
        return table_print(t);
    puts(sections[section].none);
    return EDHOC_OK;
}

static edhoc_err print_json(const struct table t[SECTIONS])
{
    edhoc_err err = EDHOC_OK;

    for (size_t i = 0; i < SECTIONS && err == EDHOC_OK; i++) {
        printf("%s\n  \"%s\": ", i == 0 ? "{" : ",", sections[i].key);
        err = table_print_json(&t[i], 2);
    }
    if (err == EDHOC_OK)
        puts("\n}");
    return err;
}

static edhoc_err print(const struct table t[SECTIONS], bool json)
{
    edhoc_err err = EDHOC_OK;

    if (json)
        return print_json(t);
    for (size_t i = 0; i < SECTIONS && err == EDHOC_OK; i++)
        err = print_section(&t[i], i);
    return err;
}

/* ---- filling ---- */

static bool list_trust(const struct settings *s, struct table *t)
{
    struct trust *trust = NULL;
    size_t broken = 0;
    edhoc_err err = load_trust(s, true, NULL, &trust);

    if (err == EDHOC_OK)
        err = trust_list_fill(trust, t);
    if (err == EDHOC_OK)
        broken = trust_tell_notes(trust);
    trust_free(trust);
    return err == EDHOC_OK ? broken == 0 : tool_fail(err) == TOOL_OK;
}

static int list(bool json)
{
    struct table t[SECTIONS];
    struct settings s;
    edhoc_err err = settings_read(NULL, 0, &s);
    bool well = err == EDHOC_OK;

    for (size_t i = 0; i < SECTIONS; i++)
        table_open(&t[i], sections[i].columns, sections[i].width);
    if (well) {
        well = list_identities(&s, &t[IDENTITIES]);
        well &= list_services(&s, &t[SERVICES]);
        well &= list_anchors(&s, &t[ANCHORS]);
        well &= list_trust(&s, &t[TRUST]);
        err = print(t, json);
    }
    for (size_t i = 0; i < SECTIONS; i++)
        table_close(&t[i]);
    settings_clear(&s);
    if (err != EDHOC_OK)
        return tool_fail(err);
    return well ? TOOL_OK : TOOL_FAILED;
}

int cmd_list(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    bool json = false;
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (c == 'h') {
            fputs(help, stdout);
            return TOOL_OK;
        }
        if (c != 'j')
            return tool_usage("list: no option %s", argv[optind - 1]);
        json = true;
    }
    if (argc > optind)
        return tool_usage("list: it takes no argument; of a file: gss-edhoc show FILE");
    return list(json);
}
