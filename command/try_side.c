#include "try_side.h"

#include "text.h"
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "base/report.h"
#include "crypto/key.h"
#include "crypto/keytype.h"
#include "crypto/openssh_type.h"
#include "edhoc/cred.h"
#include "edhoc/edhoc.h"
#include "edhoc/message_error.h"
#include "edhoc/suite.h"
#include "load/settings.h"
#include "load/sources.h"
#include "peer/identity.h"
#include "peer/party.h"
#include "peer/peer.h"
#include "peer/trust.h"
#include "profile/gss_api.h"

struct try_side {
    bool initiator;
    const char *name;
    struct settings settings;
    struct sources *sources, *chosen; /* chosen: an initiator's for this target, or NULL */
    struct profile *profile;
    struct party *party;
    struct edhoc *engine;
    bool told_own, told_peer, told_target; /* what was said */
};

static void say(bool initiator, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line, which is seen at once: the other side may take its time. */
static void say(bool initiator, const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    if (vsnprintf(text, sizeof(text), format, args) < 0)
        text[0] = '\0';
    va_end(args);
    cbor_make_clean(text);
    printf("%s: %s\n", initiator ? "client" : "server", text);
    (void)fflush(stdout);
}

int try_side_fail(bool initiator, edhoc_err err)
{
    const char *details = report_details(err);

    if (err == EDHOC_ERR_FILE && details[0] != '\0') /* or the connection: it says which */
        say(initiator, "FAIL: %s", details);
    else
        say(initiator, "FAIL: %s%s%s", report_sentence(err), details[0] != '\0' ? ": " : "",
            details);
    return TOOL_FAILED;
}

/* ---- who we are, and whom we believe ---- */

static void say_key(const struct try_side *s, const char *what, const struct cred *cred,
                    const char *of)
{
    struct buf text = buf_new(64);

    if (openssh_key_fingerprint(cred_key(cred), &text) != EDHOC_OK)
        buf_reset(&text);
    say(s->initiator, "%s %s: %s, %.*s%s", what, of, key_type(cred_key(cred))->name, (int)text.len,
        (const char *)text.p,
        cred_ssh_cert(cred).len > 0   ? ", with an OpenSSH certificate"
        : cred_chain_length(cred) > 0 ? ", with a certificate"
                                      : "");
    buf_free(&text);
}

static edhoc_err current(void *arg, struct identity_set **identities, struct trust **trust)
{
    const struct try_side *s = arg;
    edhoc_err stale,
        err = sources_get(s->chosen != NULL ? s->chosen : s->sources, identities, trust, &stale);

    if (stale != EDHOC_OK)
        say(s->initiator, "%s", report_details(stale));
    return err;
}

static void say_identities(const struct try_side *s, const struct identity_set *set)
{
    for (size_t i = 0; i < set->len; i++)
        say_key(s, "key", set->id[i]->by_value, set->id[i]->source);
    if (set->passed_over != NULL)
        say(s->initiator, "some files beside them are passed over; gss-edhoc check -a says which");
}

static edhoc_err say_what_there_is(struct try_side *s)
{
    struct identity_set *identities = NULL;
    struct trust *trust = NULL;
    edhoc_err err = current(s, &identities, &trust);

    if (err == EDHOC_OK) {
        size_t lines = trust_count(trust) + trust_ca_count(trust);

        say_identities(s, identities);
        say(s->initiator, "trust: %zu line%s in %s%s", lines, lines == 1 ? "" : "s",
            trust_places(trust), trust_anchors(trust) != NULL ? ", and CAs" : "");
    }
    identity_set_free(identities);
    trust_free(trust);
    return err;
}

static edhoc_err choose(struct try_side *s)
{
    unsigned line = 0;
    edhoc_err stale, err = sources_choose(s->sources, s->name, &s->chosen, &line, &stale);

    if (err == EDHOC_OK && line != 0)
        say(true, "key by %s line %u", s->settings.identities, line);
    return err;
}

static edhoc_err load(struct try_side *s)
{
    edhoc_err err = sources_settings(NULL, 0, &s->settings);

    if (err == EDHOC_OK)
        err = sources_new(&s->settings, s->initiator, NULL, &s->sources);
    if (err == EDHOC_OK && s->initiator)
        err = choose(s);
    return err == EDHOC_OK ? say_what_there_is(s) : err;
}

/* ---- the session ---- */

static edhoc_err new_profile(struct try_side *s)
{
    struct profile_wish wish = {.target = s->name,
                                .hide_target = (s->settings.options & EDHOC_HIDE_TARGET) != 0,
                                .confirm = (s->settings.options & EDHOC_CONFIRM) != 0};

    return s->initiator ? profile_new_initiator(&wish, &s->profile)
                        : profile_new_responder(&s->profile);
}

static edhoc_err new_session(struct try_side *s)
{
    struct party_config party = {.initiator = s->initiator,
                                 .current = current,
                                 .arg = s,
                                 .name = s->name,
                                 .suites = s->settings.suites,
                                 .by_reference = (s->settings.options & EDHOC_CRED_BY_REFERENCE) !=
                                                 0};
    struct edhoc_config config = {.role = s->initiator ? EDHOC_INITIATOR : EDHOC_RESPONDER,
                                  .parties = &party_parties,
                                  .profile = &profile_gss_api};
    edhoc_err err = new_profile(s);

    if (err == EDHOC_OK)
        err = party_new(&party, &s->party);
    config.parties_arg = s->party;
    config.profile_arg = s->profile;
    return err == EDHOC_OK ? edhoc_new(&config, &s->engine) : err;
}

edhoc_err try_side_new(bool initiator, const char *name, struct try_side **out)
{
    struct try_side *s = calloc(1, sizeof(*s));
    edhoc_err err;

    *out = NULL;
    if (s == NULL)
        return EDHOC_ERR_NOMEM;
    s->initiator = initiator;
    s->name = name;
    err = load(s);
    if (err == EDHOC_OK)
        err = new_session(s);
    if (err == EDHOC_OK)
        *out = s;
    else
        try_side_free(s);
    return err;
}

void try_side_free(struct try_side *s)
{
    if (s == NULL)
        return;
    edhoc_free(s->engine);
    profile_free(s->profile);
    party_free(s->party);
    sources_free(s->chosen);
    sources_free(s->sources);
    settings_clear(&s->settings);
    free(s);
}

/* ---- what a step tells ---- */

static const char *message_name(const struct try_side *s, struct bytes in, struct bytes out)
{
    if (message_is_error(out))
        return "error message";
    if (s->initiator)
        return in.len == 0 || message_is_error(in) ? "message_1" : "message_3";
    return edhoc_done(s->engine) ? "message_4" : "message_2";
}

static void say_proposal(const struct try_side *s)
{
    const struct suite *suite = edhoc_suite(s->engine);

    if (suite != NULL)
        say(s->initiator, "METHOD %d, cipher suite %d", edhoc_method(s->engine), suite->id);
}

/* It may be hidden until message_3. */
static void say_target(struct try_side *s)
{
    const char *target = profile_target(s->profile);

    if (s->initiator || target == NULL || s->told_target)
        return;
    s->told_target = true;
    say(false, "asked for %s", target);
}

/* Which of our keys it is, once that is chosen. */
static void say_own(struct try_side *s)
{
    const struct identity *id = party_identity(s->party);

    if (id == NULL || s->told_own)
        return;
    s->told_own = true;
    say(s->initiator, "authenticates with %s", id->source);
}

/* By its line, where there is one; proven means that the key was believed, too. */
static void say_peer(struct try_side *s)
{
    const struct peer *peer = party_peer(s->party);

    if (peer->cred == NULL || s->told_peer)
        return;
    s->told_peer = true;
    say_key(s, "the peer has proven to hold the key of", peer->cred, peer->name);
    if (peer->file != NULL)
        say(s->initiator, "believed by %s line %u%s%s", peer->file, peer->line,
            peer->local_user != NULL ? ", local user " : "",
            peer->local_user != NULL ? peer->local_user : "");
    else
        say(s->initiator, "believed by its certificate");
}

static void say_end(const struct try_side *s)
{
    int64_t expires = party_expires(s->party);
    char text[TOOL_TIME];

    say(s->initiator, "done; good %s%s", expires == INT64_MAX ? "without end" : "until ",
        expires == INT64_MAX ? "" : tool_time(expires, text));
}

static double ms_since(const struct timespec *began)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - began->tv_sec) * 1e3 +
           (double)(now.tv_nsec - began->tv_nsec) / 1e6;
}

edhoc_err try_side_step(struct try_side *s, struct bytes in, struct buf *out)
{
    struct timespec began;
    edhoc_err err;
    double took;

    (void)clock_gettime(CLOCK_MONOTONIC, &began);
    err = edhoc_step(s->engine, in, out);
    took = ms_since(&began);
    say_target(s);
    say_own(s);
    say_peer(s);
    if (err == EDHOC_OK && in.len == 0)
        say_proposal(s);
    if (out->len > 0)
        say(s->initiator, "-> %s, %zu bytes (%.1f ms)", message_name(s, in, buf_bytes(out)),
            out->len, took);
    if (err == EDHOC_OK && edhoc_done(s->engine)) {
        say_proposal(s);
        say_end(s);
    }
    return err;
}

bool try_side_done(const struct try_side *s)
{
    return edhoc_done(s->engine);
}
