/* Whom this side believes, and whether that includes the one it wants to talk to. */
#include "check.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "edhoc/cred.h"
#include "edhoc/edhoc.h"
#include "edhoc/suite.h"
#include "load/load.h"
#include "peer/match.h"
#include "peer/trust.h"
#include "peer/x509_names.h"
#include "peer/x509_store.h"

#define SHOWN_MAX 10 /* lines of the same trouble that are told one by one */

static bool is_valid(const struct check *c, const struct trust_line *line)
{
    return c->now >= line->valid_after && c->now < line->valid_before;
}

/* ---- suites ---- */

struct suite_list check_suites(const struct check *c, const struct keytype *type)
{
    struct suite_list list = {{0}, 0};

    for (size_t i = 0; i < c->settings.suites.len; i++) {
        const struct suite *suite = suite_by_id(c->settings.suites.id[i]);

        if (suite_fits(suite, type) && suite_available(suite))
            suite_list_add(&list, suite->id);
    }
    return list;
}

void check_put_suites(const struct suite_list *list, struct buf *out)
{
    char number[16];

    for (size_t i = 0; i < list->len; i++) {
        (void)snprintf(number, sizeof(number), "%s%d", i > 0 ? ", " : "", list->id[i]);
        buf_put_text(out, number);
    }
    buf_put_byte(out, '\0');
}

/* ---- lines that are out of date, or soon will be ---- */

static unsigned role(const struct check *c)
{
    return c->acceptor ? TRUST_CLIENT : TRUST_SERVER;
}

/* Does this line concern what is checked? */
static bool concerns(const struct check *c, const struct trust_line *line)
{
    return (line->roles & role(c)) != 0 &&
           (c->acceptor || c->target == NULL || match_list(line->principals, c->target, true));
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
    unsigned said = 0;

    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);

        if (!concerns(c, line) || (is_valid(c, line) && line->valid_before - c->now >= SOON))
            continue;
        if (said++ < SHOWN_MAX)
            say_line_time(c, line);
    }
    if (said > SHOWN_MAX)
        check_say(c, CHECK_WARN, "trust: and %u more such lines; see: gss-edhoc trust list",
                  said - SHOWN_MAX);
}

/* ---- is there anybody? ---- */

static size_t count_valid(const struct check *c)
{
    size_t n = 0;

    for (size_t i = 0; i < trust_count(c->trust); i++)
        n += concerns(c, trust_at(c->trust, i)) && is_valid(c, trust_at(c->trust, i));
    return n;
}

static void check_anybody(struct check *c)
{
    const char *peers = c->acceptor ? "clients" : "servers";
    struct x509_store *anchors = trust_anchors(c->trust);
    size_t n = count_valid(c);

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
    char kid[17];

    check_say(c, CHECK_OK, "trust: %s line %u pins %s to %s (key id %s)", line->file, line->line,
              c->target, key_type(cred_key(line->cred))->ssh_name, tool_key_id(line->cred, kid));
}

/* The line that would do, but for the role or the service that it names. */
static const struct trust_line *near_miss(const struct check *c, const char **why)
{
    const char *host = strrchr(c->target, '@');

    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);
        const char *at = strpbrk(line->principals, ",*?!") == NULL ? strrchr(line->principals, '@')
                                                                   : NULL;

        *why = "as a client only: add the option server";
        if (match_list(line->principals, c->target, true))
            return line;
        *why =
            "which is another service on that host; ask for that one, or get the .pub file of this "
            "one and run: gss-edhoc trust add KEY.pub";
        if (at != NULL && strcmp(at, host) == 0)
            return line;
    }
    return NULL;
}

static void say_no_line(struct check *c)
{
    const char *why;
    const struct trust_line *line = near_miss(c, &why);

    if (line != NULL)
        check_say(c, CHECK_FAIL, "trust: no line pins %s; %s line %u pins %s, %s", c->target,
                  line->file, line->line, line->principals, why);
    else
        check_say(c, CHECK_FAIL,
                  "trust: no line pins %s in %s; get its .pub file from its administrator, and "
                  "run: gss-edhoc trust add KEY.pub",
                  c->target, trust_places(c->trust));
}

/* Lines of the target that are valid, or what its certificate would have to be. */
static void check_target(struct check *c)
{
    struct x509_store *anchors = trust_anchors(c->trust);
    const struct trust_line *stale = NULL;
    char text[TOOL_TIME];
    size_t n = 0;

    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);

        if (!concerns(c, line))
            continue;
        if (is_valid(c, line) && n++ < SHOWN_MAX)
            say_target_line(c, line);
        else if (!is_valid(c, line))
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
    else if (anchors != NULL)
        check_say(c, CHECK_OK, "trust: %s must show a certificate of a CA in %s, for the host %s",
                  c->target, x509_store_path(anchors), x509_target_host(c->target));
    else
        say_no_line(c);
}

void check_trust(struct check *c)
{
    edhoc_err err;

    trust_free(c->trust);
    c->trust = NULL;
    err = load_trust(&c->settings, !c->acceptor, &c->trust);
    if (err != EDHOC_OK) {
        check_error(c, err, "trust",
                    err == EDHOC_ERR_FILE ? "make that file, or correct the setting that names it"
                                          : NULL);
        return;
    }
    if (c->acceptor || c->target == NULL)
        check_anybody(c);
    else
        check_target(c);
    if (count_valid(c) > 0 || c->acceptor || c->target == NULL)
        check_line_times(c);
}

/* ---- suites of both sides ---- */

static void say_no_suite(struct check *c, const struct identity *id)
{
    check_say(c, CHECK_FAIL,
              "suites: none of those configured can use %s, a key of type %s; unset "
              "GSS_EDHOC_SUITES (and "
              "suites= in mech.conf), or make a key of another type (gss-edhoc keygen -t)",
              id->source, key_type(id->key)->ssh_name);
}

/* Composes the first message, as a client does: every reason not to begin shows here. */
static void check_first_message(struct check *c)
{
    struct edhoc_config config = {.role = EDHOC_INITIATOR,
                                  .options = c->settings.options,
                                  .identities = c->identities,
                                  .trust = c->trust,
                                  .suites = c->settings.suites,
                                  .target = c->target,
                                  .now = c->now};
    struct buf message = buf_new(EDHOC_TOKEN_MAX);
    struct edhoc *session = NULL;
    edhoc_err err = edhoc_new(&config, &session);

    if (err == EDHOC_OK)
        err = edhoc_step(session, BYTES_NONE, &message);
    if (err == EDHOC_OK)
        check_say(c, CHECK_OK,
                  "handshake: can begin: METHOD %d, cipher suite %d; the rest is up to the server, "
                  "which must trust this client's key",
                  edhoc_method(session), edhoc_suite(session)->id);
    else
        check_error(c, err, "suites", NULL);
    edhoc_free(session);
    buf_free(&message);
}

/* A peer that proves our own key is refused. */
static bool check_reflection(struct check *c, const struct identity *id)
{
    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);

        if (!concerns(c, line) || !cred_same_key(line->cred, id->by_value))
            continue;
        check_say(c, CHECK_FAIL,
                  "trust: %s line %u pins %s to this side's own key, %s; two endpoints need two "
                  "keys",
                  line->file, line->line, line->principals, id->source);
        return false;
    }
    return true;
}

static void check_initiator(struct check *c)
{
    const struct identity *id = c->identities->id[0];
    struct suite_list suites = check_suites(c, key_type(id->key));
    struct buf text = buf_new(256);

    if (suites.len == 0) {
        say_no_suite(c, id);
    } else if (c->target == NULL) {
        check_put_suites(&suites, &text);
        check_say(c, CHECK_OK,
                  "suites: %s (for the whole answer, name the server: gss-edhoc check "
                  "SERVICE@HOST)",
                  (const char *)text.p);
    } else if (c->trust != NULL && check_reflection(c, id) && c->identity_good &&
               (count_valid(c) > 0 ||
                (trust_anchors(c->trust) != NULL && x509_target_host(c->target) != NULL))) {
        check_first_message(c);
    }
    buf_free(&text);
}

/* Is there a suite under which this client's key and one of ours can be used? */
static bool can_serve(const struct check *c, const struct trust_line *line)
{
    for (size_t i = 0; i < c->identities->len; i++) {
        struct suite_list ours = check_suites(c, key_type(c->identities->id[i]->key));

        for (size_t k = 0; k < ours.len; k++)
            if (suite_fits(suite_by_id(ours.id[k]), key_type(cred_key(line->cred))))
                return true;
    }
    return false;
}

/* A Diffie-Hellman key serves clients of every kind of key in its suites. */
static void say_unserved(struct check *c, const struct trust_line *line)
{
    const struct keytype *type = key_type(cred_key(line->cred));
    struct suite_list theirs = check_suites(c, type);

    if (theirs.len == 0)
        check_say(c, CHECK_WARN,
                  "suites: none of those configured can use the %s key of %s line %u (%s)",
                  type->ssh_name, line->file, line->line, line->principals);
    else
        check_say(c, CHECK_WARN,
                  "suites: none joins the %s key of %s line %u (%s) with a key here; add one with: "
                  "gss-edhoc keygen -t %s",
                  type->ssh_name, line->file, line->line, line->principals,
                  keytype_by_curve(suite_by_id(theirs.id[0])->dh, true)->name);
}

static void check_clients(struct check *c)
{
    unsigned said = 0, served = 0;

    for (size_t i = 0; i < trust_count(c->trust); i++) {
        const struct trust_line *line = trust_at(c->trust, i);

        if (!concerns(c, line) || !is_valid(c, line))
            continue;
        if (can_serve(c, line)) {
            served++;
            continue;
        }
        if (said++ < SHOWN_MAX)
            say_unserved(c, line);
    }
    if (said > 0 && served == 0 && trust_anchors(c->trust) == NULL)
        check_say(c, CHECK_FAIL, "suites: there is none for any client that is pinned");
}

static void check_acceptor(struct check *c)
{
    struct suite_list all = {{0}, 0};
    struct buf text = buf_new(256);

    for (size_t i = 0; i < c->identities->len; i++) {
        struct suite_list some = check_suites(c, key_type(c->identities->id[i]->key));

        if (some.len == 0)
            say_no_suite(c, c->identities->id[i]);
        for (size_t k = 0; k < some.len; k++)
            suite_list_add(&all, some.id[k]);
    }
    check_put_suites(&all, &text);
    if (all.len > 0)
        check_say(c, CHECK_OK, "suites: %s", (const char *)text.p);
    if (all.len > 0 && c->trust != NULL)
        check_clients(c);
    buf_free(&text);
}

void check_handshake(struct check *c)
{
    if (c->identities == NULL || c->identities->len == 0)
        return;
    if (c->acceptor)
        check_acceptor(c);
    else
        check_initiator(c);
}
