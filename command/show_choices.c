#include "show_choices.h"

#include "show_key.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/choices.h"
#include "load/identity_file.h"
#include "load/place.h"
#include "peer/identity.h"

bool show_is_choices(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strcmp(slash != NULL ? slash + 1 : path, "identities") == 0;
}

static edhoc_err show_choice(const char *path, const struct choice *choice)
{
    struct identity *id = NULL;
    edhoc_err err;

    printf("%s line %u: %s\n", path, choice->line, choice->patterns);
    printf("    place        %.*s\n", (int)place_told(choice->place), choice->place);
    err = load_identity_at(choice->place, NULL, NULL, &id);
    if (err == EDHOC_OK && id->principals != NULL)
        printf("    names        %s\n", id->principals);
    if (err == EDHOC_OK)
        err = show_key(id->key, id->by_value);
    identity_free(id);
    return err;
}

/* The path as it was given, which errors are to name, made absolute for what is relative to it. */
static edhoc_err read_absolute(const char *path, struct choices **out)
{
    char *absolute;
    edhoc_err err = place_absolute(path, &absolute);

    *out = NULL;
    if (err == EDHOC_OK)
        err = choices_read(absolute, NULL, out);
    free(absolute);
    return err;
}

int show_choices(const char *path)
{
    struct choices *choices;
    edhoc_err err = read_absolute(path, &choices);
    int status = TOOL_OK;

    if (err != EDHOC_OK)
        return tool_fail(err);
    for (size_t i = 0; i < choices_count(choices); i++) {
        err = show_choice(path, choices_at(choices, i));
        if (err != EDHOC_OK)
            status = tool_fail(err);
    }
    if (choices_count(choices) == 0)
        printf("%s: no line in it; a client's key is the usual one for every target\n", path);
    choices_free(choices);
    return status;
}

static void print_targets(const char *file, const struct choices *choices, const char *key)
{
    for (size_t i = 0; i < choices_count(choices); i++) {
        const struct choice *choice = choices_at(choices, i);

        if (strcmp(choice->place, key) == 0)
            printf("    for          %s (%s line %u)\n", choice->patterns, file, choice->line);
    }
}

void show_targets(const char *key)
{
    struct choices *choices = NULL;
    char *file, *absolute = NULL;

    if (place_home("identities", &file) == EDHOC_OK && place_absolute(key, &absolute) == EDHOC_OK &&
        choices_read(file, NULL, &choices) == EDHOC_OK)
        print_targets(file, choices, absolute);
    report_clear();
    choices_free(choices);
    free(absolute);
    free(file);
}
