#include "check_trust.h"

#include "check_near.h"
#include "check_path.h"
#include "check_say.h"
#include "line_key.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "crypto/key.h"
#include "edhoc/cred.h"
#include "load/load.h"
#include "peer/match.h"
#include "peer/name.h"
#include "peer/trust.h"
#include "peer/x509_store.h"

#define SHOWN_MAX 10 /* lines of the same trouble that are told one by one */

bool check_trust_is_valid(const struct check *c, const struct trust_line *line)
{
    return c->now >= line->valid_after && c->now < line->valid_before;
}

/* ---- lines that are out of date, or soon will be ---- */

static unsigned role(const struct check *c)
{
    return c->acceptor ? TRUST_CLIENT : TRUST_SERVER;
}

/* Does this line concern what is checked? */
bool check_trust_concerns(const struct check *c, const struct trust_line *line)
{
    return (line->roles & role(c)) != 0 &&
           (c->acceptor || c->target == NULL ||
            match_target(bytes_of_text(line->principals), bytes_of_text(c->target)));
}

static void say_line_time(struct check *c, const struct trust_line *line)
{
    char text[TOOL_TIME];

    if (c->now < line->valid_after)
        check_say(c, CHECK_WARN, "trust: %s line %u (%s) is not valid before %s; see the clock",
                  line->file, line->line, line->principals, tool_time(line->valid_after, text));
    else if (c->now >= line->valid_before)
        check_say(c, CHECK_WARN,
                  "trust: %s line %u (%s) expired on %s; renew its valid-before, or remove it",
                  line->file, line->line, line->principals, tool_time(line->valid_before, text));
    else
        check_say(c, CHECK_WARN,
                  "trust: %s line %u (%s) expires in %lld days, on %s; renew its valid-before",
                  line->file, line->line, line->principals,
                  (long long)((line->valid_before - c->now) / 86400),
                  tool_time(line->valid_before, text));
}

static void check_line_times(struct check *c)
{
    struct trust_cursor at = {.part = 0};
    const struct trust_line *line;
    unsigned said = 0;

    while ((line = trust_next(c->trust, &at)) != NULL) {
        if (!check_trust_concerns(c, line) ||
            (check_trust_is_valid(c, line) && line->valid_before - c->now >= SOON))
            continue;
        if (said++ < SHOWN_MAX)
            say_line_time(c, line);
    }
    if (said > SHOWN_MAX)
        check_say(c, CHECK_WARN, "trust: and %u more such lines; see: gss-edhoc trust list",
                  said - SHOWN_MAX);
}

/* ---- lines that do not count ---- */

static void check_notes(struct check *c)
{
    size_t said[2] = {0, 0};

    for (size_t i = 0; i < trust_note_count(c->trust); i++) {
        bool taken;
        struct trust_story story;

        trust_note(c->trust, i, &taken, &story);
        if (said[taken]++ >= SHOWN_MAX)
            continue;
        if (taken)
            check_say(c, CHECK_FAIL,
                      "trust: %s; the line grants nothing, and no certificate gets its names: mend "
                      "it or remove it",
                      story.text);
        else
            check_say(c, CHECK_WARN, "trust: %s; the line is passed over", story.text);
    }
    for (int taken = 1; taken >= 0; taken--)
        if (said[taken] > SHOWN_MAX)
            check_say(c, taken ? CHECK_FAIL : CHECK_WARN,
                      "trust: and %zu more such lines; see: gss-edhoc trust list",
                      said[taken] - SHOWN_MAX);
}

/* ---- is there anybody? ---- */

size_t check_trust_count(const struct check *c)
{
    struct trust_cursor at = {.part = 0};
    const struct trust_line *line;
    size_t n = 0;

    while ((line = trust_next(c->trust, &at)) != NULL)
        n += check_trust_concerns(c, line) && check_trust_is_valid(c, line);
    return n;
}

/* The only ones that are pinned are ourselves; *own is such a line. */
static bool pins_only_us(const struct check *c, const struct trust_line **own)
{
    *own = NULL;
    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);

        if (!check_trust_concerns(c, line) || !check_trust_is_valid(c, line))
            continue;
        if (!check_near_is_own(c, line))
            return false;
        *own = line;
    }
    return *own != NULL;
}

static void check_anybody(struct check *c)
{
    const char *peers = c->acceptor ? "clients" : "servers";
    struct x509_store *anchors = trust_anchors(c->trust);
    size_t n = check_trust_count(c);
    const struct trust_line *own;

    if (anchors == NULL && trust_ca_count(c->trust) == 0 && pins_only_us(c, &own)) {
        check_say(c, CHECK_FAIL,
                  "trust: %s line %u (%s) pins this side's own key, and no other is pinned; here "
                  "belong the keys of %s: gss-edhoc trust add KEY.pub",
                  own->file, own->line, own->principals, peers);
        return;
    }
    if (n == 0 && anchors == NULL) {
        check_say(c, CHECK_FAIL,
                  "trust: no %s are pinned in %s; add a line with: gss-edhoc trust add KEY.pub",
                  peers, trust_places(c->trust));
        return;
    }
    check_say(c, CHECK_OK, "trust: %zu line%s for %s in %s%s%s", n, n == 1 ? "" : "s", peers,
              trust_places(c->trust), anchors != NULL ? ", and the CAs in " : "",
              anchors != NULL ? x509_store_path(anchors) : "");
}

/* ---- the target of an initiator ---- */

static void say_target_line(struct check *c, const struct trust_line *line)
{
    struct bytes type = line_key_type(line);
    char id[LINE_KEY_ID];
    edhoc_err err = line_key_id(line, id);

    if (err != EDHOC_OK)
        check_error(c, err, "trust", NULL);
    else if (line->is_ca)
        check_say(c, CHECK_OK,
                  "trust: %s line %u believes host certificates of the CA %s for %s, whose host "
                  "they must name",
                  line->file, line->line, id, c->target);
    else
        check_say(c, CHECK_OK, "trust: %s line %u pins %s to %.*s (key id %s)", line->file,
                  line->line, c->target, (int)type.len, (const char *)type.p, id);
}

/* Lines of the target that are valid, or what its certificate would have to be. */
static void check_target(struct check *c)
{
    struct x509_store *anchors = trust_anchors(c->trust);
    const struct trust_line *stale = NULL, *line;
    struct trust_cursor at = {.part = 0};
    struct trust_story story;
    char text[TOOL_TIME];
    size_t n = 0;

    while ((line = trust_next(c->trust, &at)) != NULL) {
        if (!check_trust_concerns(c, line))
            continue;
        if (check_trust_is_valid(c, line) && n++ < SHOWN_MAX)
            say_target_line(c, line);
        else if (!check_trust_is_valid(c, line))
            stale = line;
    }
    if (n > 0)
        return;
    if (stale != NULL && c->now >= stale->valid_before)
        check_say(c, CHECK_FAIL,
                  "trust: the line for %s, %s line %u, expired on %s; renew its valid-before",
                  c->target, stale->file, stale->line, tool_time(stale->valid_before, text));
    else if (stale != NULL)
        check_say(c, CHECK_FAIL,
                  "trust: the line for %s, %s line %u, is not valid before %s; see its "
                  "valid-after and the clock",
                  c->target, stale->file, stale->line, tool_time(stale->valid_after, text));
    else if (trust_taken_by(c->trust, TRUST_SERVER, bytes_of_text(c->target), &story))
        check_say(c, CHECK_FAIL,
                  "trust: no line pins %s but one that cannot be understood; mend that line, "
                  "certificates do not make up for it",
                  c->target);
    else if (anchors != NULL)
        check_say(c, CHECK_OK, "trust: %s must show a certificate of a CA in %s, for the host %s",
                  c->target, x509_store_path(anchors), name_host(c->target));
    else
        check_near(c);
}

/* A running program goes on for a minute with what it has read, then the same follows. */
static void say_unread(struct check *c, edhoc_err err, const char *follows)
{
    char path[1024], advice[1280];

    if (!check_path_advice(report_details(err), "trust", path, sizeof(path)))
        (void)snprintf(
            path, sizeof(path), "%s",
            err == EDHOC_ERR_FILE ? "make that file, or correct the setting that names it" : "");
    (void)snprintf(advice, sizeof(advice), "%s%sas long as that is so, %s", path,
                   path[0] != '\0' ? "; " : "", follows);
    check_error(c, err, "trust", advice);
}

void check_trust(struct check *c)
{
    edhoc_err err;

    trust_free(c->trust);
    c->trust = NULL;
    err = load_trust(&c->settings, !c->acceptor, NULL, &c->trust);
    if (err != EDHOC_OK) {
        say_unread(c, err, "nobody is believed");
        return;
    }
    check_notes(c);
    err = trust_check_anchors(c->trust);
    if (err != EDHOC_OK)
        say_unread(c, err, "no certificate is believed");
    if (c->acceptor || c->target == NULL)
        check_anybody(c);
    else
        check_target(c);
    if (check_trust_count(c) > 0 || c->acceptor || c->target == NULL)
        check_line_times(c);
}
