#include "check_choice.h"

#include "check_say.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/report.h"
#include "load/choices.h"
#include "load/place.h"

/* Somebody who wrote the file wants to know why nobody reads it. */
static void say_not_looked_at(struct check *c)
{
    char *path;

    if (place_home("identities", &path) != EDHOC_OK)
        report_clear();
    else if (access(path, F_OK) == 0)
        check_say(c, CHECK_OK, "choice: the environment names an identity, so %s is not looked at",
                  path);
    free(path);
}

/* The settings that the mechanism has for this target. */
static void take(struct check *c, const struct choice *choice)
{
    check_say(c, CHECK_OK, "choice: %s line %u (%s) has %.*s for %s", c->settings.identities,
              choice->line, choice->patterns, (int)place_told(choice->place), choice->place,
              c->target);
    free(c->settings.identity);
    free(c->settings.certificate);
    c->settings.certificate = NULL;
    c->settings.identity = strdup(choice->place);
}

static void choose(struct check *c, const struct choices *choices)
{
    const struct choice *choice = c->target != NULL ? choices_find(choices, c->target) : NULL;

    if (choice != NULL)
        take(c, choice);
    else if (c->target != NULL)
        check_say(c, CHECK_OK, "choice: no line of %s is for %s, so it is the usual key",
                  c->settings.identities, c->target);
    else
        check_say(c, CHECK_OK,
                  "choice: %s has keys for some targets; gss-edhoc check SERVICE@HOST says which "
                  "one is for whom",
                  c->settings.identities);
}

bool check_choice(struct check *c)
{
    struct choices *choices;
    edhoc_err err;

    if (c->acceptor)
        return true;
    if (c->settings.identities == NULL) {
        say_not_looked_at(c);
        return true;
    }
    err = choices_read(c->settings.identities, NULL, &choices);
    if (err != EDHOC_OK)
        check_error(c, err, "choice", "until then no program gets a client's key");
    else if (choices_count(choices) > 0)
        choose(c, choices);
    choices_free(choices);
    return err == EDHOC_OK;
}
