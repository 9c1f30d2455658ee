#include "check_settings.h"

#include "check_say.h"
#include "near.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/err.h"
#include "load/settings.h"

#define VARIABLE_MAX 64

/* GSS_EDHOC_TRUST, ... */
static void put_variable(const char *setting, char variable[VARIABLE_MAX])
{
    int at = snprintf(variable, VARIABLE_MAX, "GSS_EDHOC_");

    for (; *setting != '\0' && at < VARIABLE_MAX - 1; setting++)
        variable[at++] = ascii_upper(*setting);
    variable[at] = '\0';
}

/* The variable that is nearest to a name; its distance. */
static unsigned nearest(const char *name, char variable[VARIABLE_MAX])
{
    unsigned best = NEAR_FAR;
    char candidate[VARIABLE_MAX];
    const char *setting;

    variable[0] = '\0';
    for (size_t i = 0; (setting = settings_name(i)) != NULL; i++) {
        unsigned distance;

        put_variable(setting, candidate);
        distance = near_distance(name, candidate);
        if (distance < best || strcmp(candidate, name) == 0) {
            best = distance;
            (void)snprintf(variable, VARIABLE_MAX, "%s", candidate);
        }
    }
    return best;
}

/* One that nothing looks at is told where its name is ours, or nearly a setting's. */
static void check_variable(struct check *c, const char *entry)
{
    char name[VARIABLE_MAX], variable[VARIABLE_MAX];
    size_t len = strcspn(entry, "=");
    bool ours = strncmp(entry, "GSS_EDHOC_", 10) == 0;
    unsigned distance;

    if (len >= sizeof(name) || !(ours || ascii_equal_folded_n((const unsigned char *)entry,
                                                              (const unsigned char *)"GSS", 3)))
        return;
    (void)snprintf(name, sizeof(name), "%.*s", (int)len, entry);
    distance = nearest(name, variable);
    if (strcmp(name, variable) == 0)
        return;
    if (distance < NEAR_FAR)
        check_say(c, CHECK_WARN,
                  "settings: the variable %s is none that is looked at; did you mean %s?", name,
                  variable);
    else if (ours)
        check_say(c, CHECK_WARN,
                  "settings: the variable %s is none that is looked at; mech_edhoc(8) lists them",
                  name);
}

bool check_settings(struct check *c)
{
    edhoc_err err = settings_read(NULL, 0, &c->settings);

    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        check_variable(c, *entry);
    if (err != EDHOC_OK)
        check_error(c, err, "settings", "mend or unset it; mech_edhoc(8) lists the settings");
    return err == EDHOC_OK;
}
