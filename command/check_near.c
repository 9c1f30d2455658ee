#include "check_near.h"

#include "check_say.h"
#include "near.h"

#include <string.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "edhoc/cred.h"
#include "peer/identity.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/trust.h"

/* ---- how a line differs ---- */

/* Its one name, or NULL: of patterns none can have been meant. */
static const char *only_name(const struct trust_line *line)
{
    return strpbrk(line->principals, ",*?!") == NULL ? line->principals : NULL;
}

static bool pins_as_client(const struct trust_line *line, const char *target)
{
    return !line->is_ca && match_target(bytes_of_text(line->principals), bytes_of_text(target));
}

static bool same_host(const struct trust_line *line, const char *target)
{
    const char *name = only_name(line), *host = name != NULL ? name_host(name) : NULL;

    return host != NULL && strcmp(host, name_host(target)) == 0;
}

static bool same_service(const char *a, const char *b)
{
    size_t len = strcspn(a, "@");

    return len == strcspn(b, "@") &&
           ascii_equal_folded_n((const unsigned char *)a, (const unsigned char *)b, len);
}

/* HTTP and http are two services. */
static bool other_case(const struct trust_line *line, const char *target)
{
    return same_host(line, target) && same_service(line->principals, target);
}

static bool begins(const char *host, const char *with)
{
    size_t len = strlen(with);

    return strncmp(host, with, len) == 0 && host[len] == '.';
}

/* web and web.example.org, whichever is the target's. */
static bool other_length(const struct trust_line *line, const char *target)
{
    const char *name = only_name(line), *host = name != NULL ? name_host(name) : NULL;

    return host != NULL && same_service(name, target) &&
           (begins(host, name_host(target)) || begins(name_host(target), host));
}

static bool misspelt(const struct trust_line *line, const char *target)
{
    const char *name = only_name(line);

    return name != NULL && name_host(name) != NULL && near_distance(name, target) <= 1;
}

/* The best reason first. */
static const struct {
    bool (*fits)(const struct trust_line *line, const char *target);
    bool
        meant; /* "did you mean", and then what is to be known; else what it pins, and what to do */
    const char *why;
} reasons[] = {
    {pins_as_client, false, "as a client only: add the option server"},
    {other_case, true, "services are compared as they are written, upper and lower case"},
    {other_length, true,
     "hosts are compared as they are written, and nothing is looked up: use one "
     "name, the whole one, on both sides"},
    {misspelt, true,
     "there is a letter of difference; if it is another host, get its .pub file and run: gss-edhoc trust add KEY.pub"},
    {same_host, false,
     "which is another service on that host; ask for that one, or get the .pub file of this one "
     "and run: gss-edhoc trust add KEY.pub"},
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static const struct trust_line *find(const struct check *c, size_t reason)
{
    struct trust_cursor at = {0};
    const struct trust_line *line;

    while ((line = trust_next(c->trust, &at)) != NULL)
        if (reasons[reason].fits(line, c->target))
            return line;
    return NULL;
}

/* ---- one's own key ---- */

bool check_near_is_own(const struct check *c, const struct trust_line *line)
{
    for (size_t i = 0; c->identities != NULL && i < c->identities->len; i++)
        if (cred_same_secret(line->cred, c->identities->id[i]->by_value))
            return true;
    return false;
}

/* A line that pins a key of this side's where a server's belongs, or NULL. One for clients is right where
 * this machine is a server as well. */
static const struct trust_line *own_line(const struct check *c)
{
    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);

        if ((line->roles & TRUST_SERVER) != 0 && check_near_is_own(c, line))
            return line;
    }
    return NULL;
}

/* ---- all of it ---- */

static void say_near(struct check *c, const struct trust_line *line, size_t reason)
{
    if (reasons[reason].meant)
        check_say(c, CHECK_FAIL, "trust: no line pins %s; did you mean %s, %s line %u? %s",
                  c->target, line->principals, line->file, line->line, reasons[reason].why);
    else
        check_say(c, CHECK_FAIL, "trust: no line pins %s; %s line %u pins %s, %s", c->target,
                  line->file, line->line, line->principals, reasons[reason].why);
}

void check_near(struct check *c)
{
    const struct trust_line *line = NULL, *own = own_line(c);
    size_t reason = 0;

    while (reason < REASONS && (line = find(c, reason)) == NULL)
        reason++;
    if (line != NULL)
        say_near(c, line, reason);
    else if (own != NULL)
        check_say(
            c, CHECK_FAIL,
            "trust: no line pins %s in %s; line %u of %s (%s) pins this side's own key, which "
            "belongs into the server's trust file: get the server's .pub file, and run: "
            "gss-edhoc trust add KEY.pub",
            c->target, trust_places(c->trust), own->line, own->file, own->principals);
    else
        check_say(c, CHECK_FAIL,
                  "trust: no line pins %s in %s; get its .pub file from its administrator, and "
                  "run: gss-edhoc trust add KEY.pub",
                  c->target, trust_places(c->trust));
}
